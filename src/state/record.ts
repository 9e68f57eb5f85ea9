/** Defines the records of a store: a response with its own input, a conversation, or a run. Items are raw JSON. */
import type { MakeId } from '../base/clock';
import { asArray, asText, isRecord, type UnknownRecord } from '../base/json';

/** Ids also come from clients: only one of this form may become a file name or a key in Redis. */
const ID = /^(?:resp|conv|run)_[A-Za-z0-9_-]{1,123}$/;

/** Whether `id` can be the id of a record. */
export const isRecordId = (id: string): boolean => ID.test(id);

/** An item in its wire format. */
export type RawItem = UnknownRecord;

export interface ResponseRecord {
  readonly id: string;
  /** The response that this one continues. */
  readonly previous: string | undefined;
  /** Its own input; earlier items are found through `previous`. */
  readonly input: readonly RawItem[];
  /** The Response object as the client received it. */
  readonly response: UnknownRecord;
}

export interface ConversationRecord {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly metadata: UnknownRecord;
  readonly items: readonly RawItem[];
}

/** @returns undefined if the record is not a response */
export function readResponseRecord(record: UnknownRecord): ResponseRecord | undefined {
  const { id, kind, previous, input, response } = record;
  if (kind !== 'response' || typeof id !== 'string' || !isRecord(response)) return undefined;
  return { id, previous: asText(previous), input: itemsIn(input), response };
}

/** @returns undefined if the record is not a conversation */
export function readConversationRecord(record: UnknownRecord): ConversationRecord | undefined {
  const { id, kind, created_at: createdAt, metadata, items } = record;
  if (kind !== 'conversation' || typeof id !== 'string' || typeof createdAt !== 'number') return undefined;
  return { id, createdAt, metadata: isRecord(metadata) ? metadata : {}, items: itemsIn(items) };
}

/** A background response that other processes can follow; its lines contain the events. */
export interface RunRecord {
  readonly id: string;
  /** The Response as it was when the run began. */
  readonly response: UnknownRecord;
}

/** @returns undefined if the record is not a run */
export function readRunRecord(record: UnknownRecord): RunRecord | undefined {
  const { id, kind, response } = record;
  return kind === 'run' && typeof id === 'string' && isRecord(response) ? { id, response } : undefined;
}

/** Renders a run as JSON text. */
export const renderRunRecord = ({ id, response }: RunRecord): string => JSON.stringify({ kind: 'run', id, response });

/** @param response the Response object as JSON text, which is inserted without parsing */
export function renderResponseRecord(
  { id, previous, input }: Omit<ResponseRecord, 'response'>, response: string,
): string {
  const head = JSON.stringify({ kind: 'response', id, previous }).slice(0, -1);
  // The input may be megabytes and comes last, so that its text is not copied again.
  return `${head},"response":${response},"input":${JSON.stringify(input)}}`;
}

/** Renders a conversation as JSON text. */
export function renderConversationRecord({ id, createdAt, metadata, items }: ConversationRecord): string {
  return JSON.stringify({ kind: 'conversation', id, created_at: createdAt, metadata, items });
}

/** Returns the output of a stored Response. */
export const outputOf = ({ response }: ResponseRecord): readonly RawItem[] => itemsIn(response['output']);

/** Returns the items of any record; for a response, its own input and its output. */
export function itemsOf(record: UnknownRecord): readonly RawItem[] {
  const response = readResponseRecord(record);
  return response ? [...response.input, ...outputOf(response)] : (readConversationRecord(record)?.items ?? []);
}

/** Returns the ids of the items that have one. */
export const idsOf = (items: readonly RawItem[]): readonly string[] =>
  items.flatMap((item) => asText(item['id']) ?? []);

/**
 * Converts the `input` of a request to items that can be listed: text becomes a message, and every item gets an id.
 * Items are otherwise unchanged, because clients expect them back as sent. Spec: Responses API, list input items.
 */
export function toRawItems(input: unknown, makeId: MakeId): readonly RawItem[] {
  if (typeof input === 'string') return input === '' ? [] : [message('user', input, makeId)];
  return (asArray(input) ?? []).flatMap((item) => {
    if (typeof item === 'string') return [message('user', item, makeId)];
    return isRecord(item) ? [withId(item, makeId)] : [];
  });
}

function withId(item: RawItem, makeId: MakeId): RawItem {
  const isMessage = item['type'] === undefined && item['role'] !== undefined;
  const content = item['content'];
  return {
    ...item,
    ...(isMessage && { type: 'message' }),
    ...((isMessage || item['type'] === 'message') &&
      typeof content === 'string' && { content: [textPart(item['role'], content)] }),
    id: asText(item['id']) ?? makeId(isMessage ? 'msg' : (ID_PREFIXES.get(item['type']) ?? 'item')),
  };
}

/** The id prefixes of the API, by item type. */
const ID_PREFIXES: ReadonlyMap<unknown, string> = new Map([
  ['message', 'msg'], ['reasoning', 'rs'], ['function_call', 'fc'], ['function_call_output', 'fco'],
  ['custom_tool_call', 'ctc'], ['custom_tool_call_output', 'ctco'],
]);

const message = (role: string, text: string, makeId: MakeId): RawItem =>
  ({ type: 'message', id: makeId('msg'), role, content: [textPart(role, text)] });

const textPart = (role: unknown, text: string): RawItem =>
  role === 'assistant' ? { type: 'output_text', text, annotations: [] } : { type: 'input_text', text };

/** Returns the items in a value that should be a list of items. */
export function itemsIn(value: unknown): readonly RawItem[] {
  return (asArray(value) ?? []).filter(isRecord);
}
