/** S1-S2, L1-L5, E1-E3: numbering, the order of lifecycle events, and how a stream ends. */
import { asArray, asRecord, asText } from '../../../../src/base/json';
import { error, show, warning, type Finding, type Rule } from './rule';
import { itemOf, outputOf, responseOf, type RecordedStream } from './recorded-stream';

const STATUS: Readonly<Record<string, string>> = {
  'response.created': 'in_progress',
  'response.queued': 'queued',
  'response.in_progress': 'in_progress',
  'response.completed': 'completed',
  'response.incomplete': 'incomplete',
  'response.failed': 'failed',
};
/** `failed` may directly follow `created`: every client still gets the message (responses-protocol.md, findings). */
const SECOND = ['response.in_progress', 'response.queued', 'response.failed'];
const REASONS = ['max_output_tokens', 'content_filter'];

function* numbered(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.events) {
    const number = event.data['sequence_number'];
    if (!Number.isInteger(number))
      yield error(event, `sequence_number of ${event.type} is ${show(number)}, not an integer`);
  }
}

function* ascending(stream: RecordedStream): Iterable<Finding> {
  let previous = -1;
  for (const event of stream.events) {
    const number = event.data['sequence_number'];
    if (typeof number !== 'number') continue;
    if (number <= previous) yield error(event, `sequence_number ${number} follows ${previous}`);
    else if (number !== previous + 1) yield warning(event, `sequence_number ${number} instead of ${previous + 1}`);
    previous = number;
  }
}

function* createdFirst(stream: RecordedStream): Iterable<Finding> {
  const [first] = stream.events;
  if (first?.type !== 'response.created') {
    yield error(first ?? 0, `the first event is ${show(first?.type)}, not response.created`);
  }
  const created = stream.events.filter((event) => event.type === 'response.created');
  for (const event of created.slice(1)) yield error(event, 'response.created is sent twice');
  for (const event of created) {
    if (outputOf(event).length > 0) yield error(event, 'the output of response.created is not empty');
  }
}

function* inProgressSecond(stream: RecordedStream): Iterable<Finding> {
  const second = stream.events[1];
  if (!second || !SECOND.includes(second.type)) {
    yield warning(second ?? 1, `the second event is ${show(second?.type)}, not response.in_progress`);
  }
}

function* oneTerminal(stream: RecordedStream): Iterable<Finding> {
  const [terminal, ...others] = stream.terminals;
  if (!terminal) yield error(-1, 'no terminal event');
  for (const event of others) yield error(event, `a second terminal event: ${event.type}`);
  for (const event of stream.events.slice((terminal?.index ?? Infinity) + 1)) {
    yield error(event, `${event.type} follows the terminal event`);
  }
}

function* statusMatches(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.lifecycle) {
    const response = responseOf(event);
    const expected = STATUS[event.type];
    if (response['status'] !== expected)
      yield error(event, `the status in ${event.type} is ${show(response['status'])}`);
    if (response['object'] !== 'response')
      yield error(event, `the object in ${event.type} is ${show(response['object'])}`);
    if (!asArray(response['output'])) yield error(event, `the output in ${event.type} is not an array`);
  }
}

function* stableIdentity(stream: RecordedStream): Iterable<Finding> {
  const first = responseOf(stream.lifecycle[0]);
  for (const event of stream.lifecycle) {
    for (const key of ['id', 'created_at', 'model']) {
      const value = responseOf(event)[key];
      const report = key === 'model' ? warning : error;
      if (value !== first[key]) yield report(event, `${key} changes from ${show(first[key])} to ${show(value)}`);
    }
  }
}

function* endDetails(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.lifecycle) {
    const response = responseOf(event);
    const failure = asRecord(response['error']);
    const reason = asRecord(response['incomplete_details'])?.['reason'];
    if (event.type !== 'response.failed') {
      if ((response['error'] ?? null) !== null) yield error(event, `${event.type} carries an error`);
    } else if (!asText(failure?.['code']) || !asText(failure?.['message'])) {
      yield error(event, `the error of response.failed has no code and message: ${show(response['error'])}`);
    }
    if (event.type !== 'response.incomplete') {
      if ((response['incomplete_details'] ?? null) !== null)
        yield error(event, `${event.type} carries incomplete_details`);
    } else if (typeof reason !== 'string' || !REASONS.includes(reason)) {
      yield error(event, `the reason of response.incomplete is ${show(reason)}`);
    }
  }
}

function* failedAfterError(stream: RecordedStream): Iterable<Finding> {
  const failed = stream.events.filter((event) => event.type === 'response.failed').at(-1);
  for (const event of stream.events.filter((each) => each.type === 'error')) {
    if ((failed?.index ?? -1) < event.index) yield error(event, 'no response.failed follows the error event');
  }
}

function* lastItemIncomplete(stream: RecordedStream): Iterable<Finding> {
  const terminal = stream.terminals[0];
  const last = stream.items.at(-1);
  if (terminal?.type !== 'response.incomplete' || !last) return;
  // An open item is also incomplete: a truncated call is never closed.
  const done = last.done[0];
  if (done && itemOf(done)['status'] !== 'incomplete') {
    yield warning(done, `the response is incomplete, its last item is ${show(itemOf(done)['status'])}`);
  }
}

export const LIFECYCLE_RULES: readonly Rule[] = [
  { id: 'S1', check: numbered },
  { id: 'S2', check: ascending },
  { id: 'L1', check: createdFirst },
  { id: 'L2', check: inProgressSecond },
  { id: 'L3', check: oneTerminal },
  { id: 'L4', check: statusMatches },
  { id: 'L5', check: stableIdentity },
  { id: 'E1', check: endDetails },
  { id: 'E2', check: failedAfterError },
  { id: 'E3', check: lastItemIncomplete },
];
