/** I1-I5: each output item is opened once, is closed once, and keeps its identity. */
import { asText, type UnknownRecord } from '../../../../src/base/json';
import { renderList } from '../../../../src/base/quantities';
import { error, show, warning, type Finding, type Rule } from './rule';
import { itemOf, type RecordedItem, type RecordedStream, type StreamEvent } from './recorded-stream';

const CLOSED = ['completed', 'incomplete', 'failed'];
/** Items that must have a status; on others it is optional (responses-protocol.md, schema facts and output items). */
const WITH_STATUS = [
  'message', 'function_call', 'tool_search_call', 'local_shell_call', 'shell_call', 'apply_patch_call',
];

type Expectation = readonly [field: string, holds: (value: unknown) => boolean, expected: string];
const TEXT: Expectation[1] = (value) => asText(value) !== undefined;
const EMPTY: Expectation[1] = (value) => value === '';
const EMPTY_LIST: Expectation[1] = (value) => Array.isArray(value) && value.length === 0;

/** The expected fields of an item when it is opened, by item type. */
const OPENED: Readonly<Record<string, readonly Expectation[]>> = {
  message: [
    ['role', (value) => value === 'assistant', '"assistant"'],
    ['content', EMPTY_LIST, '[]'],
  ],
  reasoning: [
    ['summary', EMPTY_LIST, '[]'],
    ['content', (value) => value === undefined || EMPTY_LIST(value), '[] or absent'],
  ],
  function_call: [['name', TEXT, 'a name'], ['call_id', TEXT, 'an id'], ['arguments', EMPTY, '""']],
  custom_tool_call: [['name', TEXT, 'a name'], ['call_id', TEXT, 'an id'], ['input', EMPTY, '""']],
  tool_search_call: [['call_id', TEXT, 'an id']],
  local_shell_call: [['call_id', TEXT, 'an id']],
  shell_call: [['call_id', TEXT, 'an id']],
  apply_patch_call: [['call_id', TEXT, 'an id']],
};

function* openedInOrder(stream: RecordedStream): Iterable<Finding> {
  const ids = new Set<unknown>();
  let next = 0;
  for (const event of stream.events.filter((each) => each.type === 'response.output_item.added')) {
    const item = itemOf(event);
    const index = event.data['output_index'];
    if (index !== next) yield error(event, `output_index ${show(index)} is opened, expected ${next}`);
    next += 1;
    if (!asText(item['id'])) yield error(event, `the id of output ${show(index)} is ${show(item['id'])}`);
    else if (ids.has(item['id'])) yield error(event, `the item id ${show(item['id'])} is used twice`);
    ids.add(item['id']);
    yield* checkNewItem(event, item);
  }
  for (const item of stream.items) {
    const [done] = item.done;
    if (done && item.added.length === 0) yield error(done, `output ${item.outputIndex} is closed but was never opened`);
  }
}

function* checkNewItem(event: StreamEvent, item: UnknownRecord): Iterable<Finding> {
  const type = String(item['type']);
  const status = item['status'];
  if (checksStatus(item) && status !== 'in_progress')
    yield warning(event, `the status of a new ${type} is ${show(status)}, expected "in_progress"`);
  for (const [field, holds, expected] of OPENED[type] ?? []) {
    if (!holds(item[field]))
      yield error(event, `${field} of a new ${type} is ${show(item[field])}, expected ${expected}`);
  }
}

function* insideOpenItem(stream: RecordedStream): Iterable<Finding> {
  for (const item of stream.items) {
    const [added] = item.added;
    const id = itemOf(added)['id'];
    for (const event of item.inner) {
      if (!added || event.index < added.index) {
        yield error(event, `${event.type} refers to output ${item.outputIndex}, which is not open`);
      } else if ('item_id' in event.data && event.data['item_id'] !== id) {
        yield error(event, `item_id of ${event.type} is ${show(event.data['item_id'])}, expected ${show(id)}`);
      }
    }
  }
}

function* closedOnce(stream: RecordedStream): Iterable<Finding> {
  for (const item of stream.items) {
    const [done, ...others] = item.done;
    for (const event of others) yield error(event, `output ${item.outputIndex} is closed twice`);
    if (!done) continue;
    const before = itemOf(item.added[0]);
    const after = itemOf(done);
    for (const key of ['id', 'type']) {
      if (item.added.length > 0 && after[key] !== before[key]) {
        yield error(
          done,
          `${key} of output ${item.outputIndex} changes from ${show(before[key])} to ${show(after[key])}`,
        );
      }
    }
    if (checksStatus(after) && !CLOSED.includes(String(after['status']))) {
      const found = `the status of a closed ${show(after['type'])} is ${show(after['status'])}`;
      yield error(done, `${found}, expected ${renderList(CLOSED, 'or')}`);
    }
    for (const event of item.inner) {
      if (event.index > done.index) yield error(event, `${event.type} after output ${item.outputIndex} was closed`);
    }
  }
}

/** Only a completed response must have closed every item: a truncated call is left open on purpose. */
function* closedBeforeCompleted(stream: RecordedStream): Iterable<Finding> {
  const completed = stream.events.find((event) => event.type === 'response.completed');
  if (!completed) return;
  for (const item of stream.items) {
    const closed = item.done.some((event) => event.index < completed.index);
    if (!closed) yield error(completed, `response.completed while output ${item.outputIndex} is open`);
  }
}

function* stableCalls(stream: RecordedStream): Iterable<Finding> {
  const callIds = new Map<unknown, RecordedItem>();
  for (const item of stream.items) {
    const before = itemOf(item.added[0]);
    const [done] = item.done;
    for (const key of ['call_id', 'name', 'namespace', 'role']) {
      if (done && item.added.length > 0 && itemOf(done)[key] !== before[key]) {
        yield error(done, `${key} changes from ${show(before[key])} to ${show(itemOf(done)[key])}`);
      }
    }
    const callId = before['call_id'];
    if (callId === undefined) continue;
    if (callIds.has(callId)) yield error(item.added[0], `the call id ${show(callId)} is used twice`);
    callIds.set(callId, item);
  }
}

/** Whether the rules check the status of an item: it has one, or must have one. */
function checksStatus(item: UnknownRecord): boolean {
  return 'status' in item || WITH_STATUS.includes(String(item['type']));
}

export const ITEM_RULES: readonly Rule[] = [
  { id: 'I1', check: openedInOrder },
  { id: 'I2', check: insideOpenItem },
  { id: 'I3', check: closedOnce },
  { id: 'I4', check: closedBeforeCompleted },
  { id: 'I5', check: stableCalls },
];
