/** P1-P5 and R1: content parts and summary parts are opened, filled by deltas, ended and closed, in this order. */
import { isDeepStrictEqual } from 'node:util';
import { asArray, asRecord, asString } from '../../../../src/base/json';
import { error, show, type Finding, type Rule } from './rule';
import {
  itemOf, joinDeltas, partsOf, type RecordedItem, type RecordedPart, type RecordedStream, type StreamEvent,
} from './recorded-stream';

type Counter = 'content_index' | 'summary_index';

interface PartKind {
  /** The item type that contains the part. */
  readonly itemType: string;
  /** Its events are `<prefix>.delta` and `<prefix>.done`. */
  readonly prefix: string;
  /** The field of the part, and of `<prefix>.done`, that holds the text. */
  readonly field: string;
}

/** Part type → the item that contains it and the events that fill it. */
const KINDS: Readonly<Record<string, PartKind>> = {
  output_text: { itemType: 'message', prefix: 'response.output_text', field: 'text' },
  refusal: { itemType: 'message', prefix: 'response.refusal', field: 'refusal' },
  reasoning_text: { itemType: 'reasoning', prefix: 'response.reasoning_text', field: 'text' },
  summary_text: { itemType: 'reasoning', prefix: 'response.reasoning_summary_text', field: 'text' },
};
/** Where the parts of an item are listed once it is closed. */
const LISTS: Readonly<Record<Counter, string>> = { content_index: 'content', summary_index: 'summary' };
const UNKNOWN: PartKind = { itemType: '?', prefix: '?', field: 'text' };

const partOf = (event: StreamEvent | undefined): Readonly<Record<string, unknown>> =>
  asRecord(event?.data['part']) ?? {};
const kindOf = (part: RecordedPart): PartKind =>
  KINDS[asString(partOf(part.added[0] ?? part.partDone[0])['type']) ?? ''] ?? UNKNOWN;
const nameOf = (part: RecordedPart): string => `part ${part.partIndex} of output ${part.item.outputIndex}`;

function* openedBeforeUse(part: RecordedPart): Iterable<Finding> {
  const [added] = part.added;
  const kind = kindOf(part);
  if (added && kind === UNKNOWN) yield error(added, `a part of the unknown type ${show(partOf(added)['type'])}`);
  const itemType = itemOf(part.item.added[0])['type'];
  if (added && kind !== UNKNOWN && itemType !== kind.itemType) {
    yield error(added, `a ${show(partOf(added)['type'])} part in a ${show(itemType)} item`);
  }
  for (const event of [...part.deltas, ...part.textDone, ...part.partDone]) {
    if (!added || added.index > event.index) yield error(event, `${event.type} before ${nameOf(part)} is opened`);
  }
  for (const event of [...part.deltas, ...part.textDone]) {
    if (added && !event.type.startsWith(`${kind.prefix}.`)) {
      yield error(event, `${event.type} in a ${show(partOf(added)['type'])} part`);
    }
  }
}

/** Checks all parts of one item: their indexes count up from 0 in the order in which they are opened. */
function* countedUp(parts: readonly RecordedPart[]): Iterable<Finding> {
  const opened = parts.flatMap((part) => part.added.map((event) => ({ event, part })));
  opened.sort((left, right) => left.event.index - right.event.index);
  for (const [position, { event, part }] of opened.entries()) {
    if (part.partIndex !== position) yield error(event, `${nameOf(part)} is opened, expected part ${position}`);
    const content = partOf(event);
    const text = content[kindOf(part).field];
    if (text !== '') yield error(event, `${nameOf(part)} is opened with the text ${show(text)}`);
    if (content['type'] === 'output_text' && !isDeepStrictEqual(content['annotations'], [])) {
      yield error(event, `${nameOf(part)} is opened with the annotations ${show(content['annotations'])}`);
    }
  }
}

function* deltasAddUp(part: RecordedPart): Iterable<Finding> {
  const [done, ...others] = part.textDone;
  for (const event of others) yield error(event, `${event.type} is sent twice for ${nameOf(part)}`);
  if (!done) return;
  const text = asString(done.data[kindOf(part).field]);
  const sum = joinDeltas(part.deltas);
  if (text !== sum)
    yield error(done, `the deltas of ${nameOf(part)} give ${show(sum)}, ${done.type} has ${show(text)}`);
  for (const event of part.deltas) {
    if (event.index > done.index) yield error(event, `${event.type} after ${done.type}`);
  }
}

function* closedAfterText(part: RecordedPart): Iterable<Finding> {
  const [closed, ...others] = part.partDone;
  const [itemDone] = part.item.done;
  const [text] = part.textDone;
  for (const event of others) yield error(event, `${nameOf(part)} is closed twice`);
  if (!closed) {
    if (itemDone) yield error(itemDone, `${nameOf(part)} is open when its item is closed`);
    return;
  }
  if (itemDone && closed.index > itemDone.index) yield error(closed, `${nameOf(part)} is closed after its item`);
  if (!text || text.index > closed.index) yield error(closed, `${nameOf(part)} is closed before its text is done`);
  const { field } = kindOf(part);
  const value = partOf(closed)[field];
  if (text && value !== text.data[field]) {
    yield error(closed, `${nameOf(part)} is closed with ${show(value)}, its text is ${show(text.data[field])}`);
  }
  const [added] = part.added;
  if (added && partOf(added)['type'] !== partOf(closed)['type']) {
    yield error(closed, `${nameOf(part)} changes its type to ${show(partOf(closed)['type'])}`);
  }
}

/** Checks all parts of one item: the closed item lists exactly the parts of their part.done events. */
function* listedInItem(parts: readonly RecordedPart[], item: RecordedItem, counter: Counter): Iterable<Finding> {
  const [done] = item.done;
  const type = itemOf(done)['type'];
  if (!done || (type !== 'message' && type !== 'reasoning')) return;
  const listed = asArray(itemOf(done)[LISTS[counter]]) ?? [];
  if (listed.length !== parts.length) {
    yield error(
      done,
      `output ${item.outputIndex} lists ${listed.length} of its ${parts.length} ${LISTS[counter]} parts`,
    );
  }
  for (const [position, part] of parts.entries()) {
    const closed = part.partDone[0];
    if (closed && position in listed && !isDeepStrictEqual(listed[position], partOf(closed))) {
      yield error(
        done,
        `output ${item.outputIndex} lists ${show(listed[position])}, the part was ${show(partOf(closed))}`,
      );
    }
  }
}

type OfPart = (part: RecordedPart) => Iterable<Finding>;
type OfParts = (parts: readonly RecordedPart[], item: RecordedItem, counter: Counter) => Iterable<Finding>;

const eachPart = (check: OfPart, counter: Counter) => (stream: RecordedStream): Iterable<Finding> =>
  stream.items.flatMap((item) => partsOf(item, counter).flatMap((part) => [...check(part)]));
const allParts = (check: OfParts, counter: Counter) => (stream: RecordedStream): Iterable<Finding> =>
  stream.items.flatMap((item) => [...check(partsOf(item, counter), item, counter)]);

export const PART_RULES: readonly Rule[] = [
  { id: 'P1', check: eachPart(openedBeforeUse, 'content_index') },
  { id: 'P2', check: allParts(countedUp, 'content_index') },
  { id: 'P3', check: eachPart(deltasAddUp, 'content_index') },
  { id: 'P4', check: eachPart(closedAfterText, 'content_index') },
  { id: 'P5', check: allParts(listedInItem, 'content_index') },
  ...[
    eachPart(openedBeforeUse, 'summary_index'),
    allParts(countedUp, 'summary_index'),
    eachPart(deltasAddUp, 'summary_index'),
    eachPart(closedAfterText, 'summary_index'),
    allParts(listedInItem, 'summary_index'),
  ].map((check) => ({ id: 'R1', check })),
];
