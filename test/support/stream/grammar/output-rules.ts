/** O1-O3 and U1-U3: the final response is consistent with the streamed events and with itself. */
import { isDeepStrictEqual } from 'node:util';
import { asRecord, type UnknownRecord } from '../../../../src/base/json';
import { error, show, warning, type Finding, type Rule } from './rule';
import { itemOf, outputOf, responseOf, type RecordedStream } from './recorded-stream';

/**
 * A completed response lists every item. An incomplete or failed one lists at least the closed items, in order; it may
 * list open items.
 */
function* sameItems(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.terminals) {
    const listed = outputOf(event).map((item) => item['id']);
    const opened = stream.items.map((item) => itemOf(item.added[0])['id']);
    const closed = stream.items.filter((item) => item.done.length > 0).map((item) => itemOf(item.done[0])['id']);
    const required = event.type === 'response.completed' ? opened : closed;
    const allowed = opened.filter((id) => required.includes(id) || listed.includes(id));
    if (!isDeepStrictEqual(listed, allowed)) {
      yield error(event, `the output of ${event.type} is ${show(listed)}, streamed were ${show(allowed)}`);
    }
  }
}

function* equalItems(stream: RecordedStream): Iterable<Finding> {
  const closed = new Map(stream.items.map((item) => [itemOf(item.done[0])['id'], itemOf(item.done[0])]));
  for (const event of stream.terminals) {
    for (const item of outputOf(event)) {
      const streamed = closed.get(item['id']);
      if (streamed && !isDeepStrictEqual(item, streamed)) {
        yield error(
          event,
          `item ${show(item['id'])} differs from its output_item.done: ${show(item)}, ${show(streamed)}`,
        );
      }
    }
  }
}

function* onlyCompleted(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.terminals.filter((each) => each.type === 'response.completed')) {
    for (const item of outputOf(event)) {
      if ('status' in item && item['status'] !== 'completed') {
        yield error(event, `item ${show(item['id'])} of a completed response is ${show(item['status'])}`);
      }
    }
  }
}

const COUNTS = ['input_tokens', 'output_tokens', 'total_tokens'];
/** The total, its details object, and the key in it that may not exceed the total. */
const DETAILS = [
  ['input_tokens', 'input_tokens_details', 'cached_tokens'],
  ['output_tokens', 'output_tokens_details', 'reasoning_tokens'],
] as const;

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;

function usages(
  stream: RecordedStream,
): readonly (readonly [event: RecordedStream['events'][number], usage: UnknownRecord])[] {
  return stream.lifecycle.flatMap((event) => {
    const usage = asRecord(responseOf(event)['usage']);
    return usage ? [[event, usage] as const] : [];
  });
}

function* usagePresent(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.terminals) {
    const usage = responseOf(event)['usage'];
    if (event.type === 'response.failed' || asRecord(usage)) continue;
    yield warning(event, `usage of ${event.type} is ${show(usage)}`);
  }
}

function* usageAddsUp(stream: RecordedStream): Iterable<Finding> {
  for (const [event, usage] of usages(stream)) {
    const wrong = COUNTS.filter((key) => !isCount(usage[key]));
    for (const key of wrong) yield error(event, `usage.${key} is ${show(usage[key])}`);
    const [input, output, total] = COUNTS.map((key) => Number(usage[key]));
    if (wrong.length === 0 && Number(input) + Number(output) !== total) {
      yield error(event, `usage: ${input} + ${output} is not ${total}`);
    }
  }
}

function* usageDetails(stream: RecordedStream): Iterable<Finding> {
  for (const [event, usage] of usages(stream)) {
    for (const [totalKey, detailsKey, key] of DETAILS) {
      const count = asRecord(usage[detailsKey])?.[key];
      const total = usage[totalKey];
      const name = `usage.${detailsKey}.${key}`;
      if (!isCount(count)) yield error(event, `${name} is ${show(count)}`);
      else if (isCount(total) && count > total) yield error(event, `${name} ${count} exceeds ${totalKey} ${total}`);
    }
  }
}

export const OUTPUT_RULES: readonly Rule[] = [
  { id: 'O1', check: sameItems },
  { id: 'O2', check: equalItems },
  { id: 'O3', check: onlyCompleted },
  { id: 'U1', check: usagePresent },
  { id: 'U2', check: usageAddsUp },
  { id: 'U3', check: usageDetails },
];
