/** F1, F2, C1: the text of a call streams like any other text, in the right kind of item. */
import { asString, parseJson } from '../../../../src/base/json';
import { error, show, warning, type Finding, type Rule } from './rule';
import { itemOf, joinDeltas, type ItemStory, type Story } from './story';

interface CallKind {
  readonly itemType: string;
  readonly prefix: string;
  readonly field: string;
}

const FUNCTION: CallKind = {
  itemType: 'function_call',
  prefix: 'response.function_call_arguments',
  field: 'arguments',
};
const CUSTOM: CallKind = { itemType: 'custom_tool_call', prefix: 'response.custom_tool_call_input', field: 'input' };

const textAdds = (kind: CallKind) =>
  function* (story: Story): Iterable<Finding> {
    for (const item of story.items) yield* checkCall(item, kind);
  };

function* checkCall(item: ItemStory, { itemType, prefix, field }: CallKind): Iterable<Finding> {
  const type = itemOf(item.added[0] ?? item.done[0])['type'];
  const deltas = item.inner.filter((event) => event.type === `${prefix}.delta`);
  const [done, ...others] = item.inner.filter((event) => event.type === `${prefix}.done`);
  const [closed] = item.done;
  if (type !== itemType) {
    for (const event of done ? [...deltas, done] : deltas) yield error(event, `${event.type} in a ${show(type)} item`);
    return;
  }
  for (const event of others) yield error(event, `${event.type} is sent twice`);
  if (closed && (!done || done.index > closed.index)) yield error(closed, `the call is closed before ${prefix}.done`);
  if (!done) return;
  for (const event of deltas) {
    if (event.index > done.index) yield error(event, `${event.type} after ${done.type}`);
  }
  const said = done.data[field];
  const sum = joinDeltas(deltas);
  if (sum !== said) yield error(done, `the deltas give ${show(sum)}, ${done.type} says ${show(said)}`);
  if (closed && itemOf(closed)[field] !== said) {
    yield error(
      closed,
      `${field} of the closed call is ${show(itemOf(closed)[field])}, ${done.type} said ${show(said)}`,
    );
  }
}

function* jsonArguments(story: Story): Iterable<Finding> {
  for (const item of story.items) {
    const [closed] = item.done;
    const call = itemOf(closed);
    if (call['type'] !== 'function_call' || call['status'] !== 'completed') continue;
    const text = asString(call['arguments']) ?? '';
    if (parseJson(text) === undefined) yield warning(closed, `the arguments are not JSON: ${show(text)}`);
  }
}

export const CALL_RULES: readonly Rule[] = [
  { id: 'F1', check: textAdds(FUNCTION) },
  { id: 'F2', check: jsonArguments },
  { id: 'C1', check: textAdds(CUSTOM) },
];
