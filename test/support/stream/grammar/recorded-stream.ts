/** Groups the events of a stream: its response objects, its items, the parts of each item. */
import {
  asArray, asNumber, asRecord, asString, isRecord, parseJson, type UnknownRecord,
} from '../../../../src/base/json';
import { DONE, splitFrames, type Frame } from './frames';

export interface StreamEvent {
  /** Position among the events, from 0; `[DONE]` is not an event. */
  readonly index: number;
  readonly type: string;
  readonly data: UnknownRecord;
}

/** All events that name one `output_index`. */
export interface RecordedItem {
  readonly outputIndex: number;
  readonly added: readonly StreamEvent[];
  readonly done: readonly StreamEvent[];
  /** All other events of the item: parts, deltas, and the ends of texts. */
  readonly inner: readonly StreamEvent[];
}

/** All events of one content part or of one summary part. */
export interface RecordedPart {
  readonly item: RecordedItem;
  readonly partIndex: number;
  readonly added: readonly StreamEvent[];
  readonly deltas: readonly StreamEvent[];
  readonly textDone: readonly StreamEvent[];
  readonly partDone: readonly StreamEvent[];
}

export interface RecordedStream {
  /** Absent if the stream was read from parsed events, to which the framing rules do not apply. */
  readonly frames?: readonly Frame[];
  readonly events: readonly StreamEvent[];
  /** Events that carry a response object. */
  readonly lifecycle: readonly StreamEvent[];
  readonly terminals: readonly StreamEvent[];
  /** In order of `output_index`. */
  readonly items: readonly RecordedItem[];
}

const TERMINALS = ['response.completed', 'response.incomplete', 'response.failed'];
const LIFECYCLE = ['response.created', 'response.queued', 'response.in_progress', ...TERMINALS];
const ITEM_EVENTS = ['response.output_item.added', 'response.output_item.done'];

/** Reads SSE text, or parsed event objects. Skips frames without an event, which the framing rules check. */
export function readRecordedStream(input: string | readonly unknown[]): RecordedStream {
  const frames = typeof input === 'string' ? splitFrames(input) : undefined;
  const values = typeof input === 'string' ? (frames ?? []).map(readData) : input;
  const events: StreamEvent[] = [];
  for (const data of values) {
    const type = asString(asRecord(data)?.['type']);
    if (isRecord(data) && type !== undefined) events.push({ index: events.length, type, data });
  }
  return {
    ...(frames ? { frames } : {}),
    events,
    lifecycle: events.filter((event) => LIFECYCLE.includes(event.type)),
    terminals: events.filter((event) => TERMINALS.includes(event.type)),
    items: groupItems(events),
  };
}

/** Parses the `data` of a frame; `undefined` for comments, `[DONE]` and invalid JSON. */
export function readData(frame: Frame): unknown {
  return frame.data === undefined || frame.data === DONE ? undefined : parseJson(frame.data);
}

/** The content or summary parts of `item`, in order of their index in `field`. */
export function partsOf(item: RecordedItem, field: 'content_index' | 'summary_index'): readonly RecordedPart[] {
  const indexes = new Set<number>();
  for (const event of item.inner) {
    const index = asNumber(event.data[field]);
    if (index !== undefined) indexes.add(index);
  }
  return [...indexes].sort(ascending).map((partIndex) => {
    const partEvents = item.inner.filter((event) => event.data[field] === partIndex);
    const select = (pattern: RegExp): readonly StreamEvent[] => partEvents.filter((event) => pattern.test(event.type));
    return {
      item,
      partIndex,
      added: select(/_part\.added$/),
      deltas: select(/\.delta$/),
      textDone: select(/(?<!_part)\.done$/),
      partDone: select(/_part\.done$/),
    };
  });
}

/** The item that an `output_item` event carries; empty when it carries none. */
export const itemOf = (event: StreamEvent | undefined): UnknownRecord => asRecord(event?.data['item']) ?? {};

/** The response that a lifecycle event carries; empty when it carries none. */
export const responseOf = (event: StreamEvent | undefined): UnknownRecord => asRecord(event?.data['response']) ?? {};

/** The output items of the response that a lifecycle event carries. */
export const outputOf = (event: StreamEvent | undefined): readonly UnknownRecord[] =>
  (asArray(responseOf(event)['output']) ?? []).map((item) => asRecord(item) ?? {});

/** The joined `delta` texts of `events`. */
export const joinDeltas = (events: readonly StreamEvent[]): string =>
  events.map((event) => asString(event.data['delta']) ?? '').join('');

function groupItems(events: readonly StreamEvent[]): readonly RecordedItem[] {
  const indexes = new Set<number>();
  for (const event of events) {
    const index = asNumber(event.data['output_index']);
    if (index !== undefined) indexes.add(index);
  }
  return [...indexes].sort(ascending).map((outputIndex) => {
    const itemEvents = events.filter((event) => event.data['output_index'] === outputIndex);
    return {
      outputIndex,
      added: itemEvents.filter((event) => event.type === 'response.output_item.added'),
      done: itemEvents.filter((event) => event.type === 'response.output_item.done'),
      inner: itemEvents.filter((event) => !ITEM_EVENTS.includes(event.type)),
    };
  });
}

const ascending = (left: number, right: number): number => left - right;
