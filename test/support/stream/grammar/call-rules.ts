/** F1, F2, C1: the deltas of a call add up to its text, in the right kind of item. */
import { asString, parseJson } from '../../../../src/base/json';
import { error, show, warning, type Finding, type Rule } from './rule';
import { itemOf, joinDeltas, type RecordedItem, type RecordedStream } from './recorded-stream';

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

const deltasAddUp = (kind: CallKind) =>
  function* (stream: RecordedStream): Iterable<Finding> {
    for (const item of stream.items) yield* checkCall(item, kind);
  };

function* checkCall(item: RecordedItem, { itemType, prefix, field }: CallKind): Iterable<Finding> {
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
  const text = done.data[field];
  const sum = joinDeltas(deltas);
  if (sum !== text) yield error(done, `the deltas give ${show(sum)}, ${done.type} has ${show(text)}`);
  if (closed && itemOf(closed)[field] !== text) {
    yield error(
      closed,
      `${field} of the closed call is ${show(itemOf(closed)[field])}, ${done.type} has ${show(text)}`,
    );
  }
}

function* jsonArguments(stream: RecordedStream): Iterable<Finding> {
  for (const item of stream.items) {
    const [closed] = item.done;
    const call = itemOf(closed);
    if (call['type'] !== 'function_call' || call['status'] !== 'completed') continue;
    const text = asString(call['arguments']) ?? '';
    if (parseJson(text) === undefined) yield warning(closed, `the arguments are not JSON: ${show(text)}`);
  }
}

export const CALL_RULES: readonly Rule[] = [
  { id: 'F1', check: deltasAddUp(FUNCTION) },
  { id: 'F2', check: jsonArguments },
  { id: 'C1', check: deltasAddUp(CUSTOM) },
];
