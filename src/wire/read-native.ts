/** Reads the events of a provider's own Responses endpoint, leniently. */
import { asArray, asNumber, asRecord, asText, isRecord, type JsonValue, type UnknownRecord } from '../base/json';
import type {
  NativeEvent, NativeOutputItem, NativePosition, NativeReasoning, NativeResponse, NativeTextKind,
} from './native';
import type { MessagePhase } from './responses-output';
import { readChatChunk, readChatUsage } from './read-chat';

/** The kind of text in each text event, and the field of its `.done` event with the text of the whole part. */
const TEXT_FIELDS: ReadonlyMap<string, readonly [kind: NativeTextKind, field: string]> = new Map([
  ['response.output_text', ['text', 'text']],
  ['response.refusal', ['refusal', 'refusal']],
  ['response.reasoning_summary_text', ['summary', 'text']],
  ['response.reasoning_text', ['content', 'text']],
  // The event's name in Open Responses (responses-protocol.md, schema facts).
  ['response.reasoning', ['content', 'text']],
  ['response.function_call_arguments', ['arguments', 'arguments']],
]);

const TERMINAL_EVENTS: readonly string[] =
  ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled'];

/**
 * Reads the data of one event.
 * @param name the `event:` field, for data that does not repeat its type
 */
export function readNativeEvent(value: unknown, name: string | undefined): NativeEvent {
  if (!isRecord(value)) return { type: 'error', error: value };
  const type = asText(value['type']) ?? name;
  if (type === 'error' || isChatError(value, type)) return { type: 'error', error: value };
  if (type === undefined)
    return value['object'] === 'response' ? { type: 'end', response: readNativeResponse(value) } : { type: 'other' };
  if (TERMINAL_EVENTS.includes(type))
    return { type: 'end', response: readNativeResponse(asRecord(value['response']) ?? {}, type) };
  if (type === 'response.output_item.added' || type === 'response.output_item.done') {
    return { type: 'item', ...readPosition(value), item: readItem(value['item']), done: type.endsWith('done') };
  }
  return readText(value, type);
}

/**
 * Reads a Response object.
 * @param event the lifecycle event that carried it, if any
 */
export function readNativeResponse(value: unknown, event?: string): NativeResponse {
  const response = asRecord(value) ?? {};
  const error = response['error'];
  return {
    status: readStatus(asText(response['status']), event),
    incompleteReason: asText(asRecord(response['incomplete_details'])?.['reason']),
    error: error === null || error === '' ? undefined : error,
    usage: readChatUsage(response['usage']),
    output: (asArray(response['output']) ?? []).map((item, index) => ({
      index,
      itemId: asText(asRecord(item)?.['id']),
      item: readItem(item),
    })),
  };
}

/** Returns the status that the event names, unless the Response itself says that it was not completed. */
function readStatus(status: string | undefined, event: string | undefined): string | undefined {
  if (event === undefined) return status;
  const isBad = status === 'failed' || status === 'incomplete' || status === 'cancelled';
  return event === 'response.completed' && isBad ? status : event.slice('response.'.length);
}

/** Whether the value is an error in the shape of Chat Completions, which gateways put into the stream. */
function isChatError(value: UnknownRecord, type: string | undefined): boolean {
  return (type === undefined || !type.startsWith('response.')) && readChatChunk(value).error !== undefined;
}

function readText(value: UnknownRecord, type: string): NativeEvent {
  const dot = type.lastIndexOf('.');
  const found = TEXT_FIELDS.get(type.slice(0, dot));
  const whole = type.endsWith('.done');
  if (!found || !(whole || type.endsWith('.delta'))) return { type: 'other' };
  const [kind, field] = found;
  const text = asText(value[whole ? field : 'delta']);
  if (text === undefined) return { type: 'other' };
  const part = asNumber(value['summary_index']) ?? asNumber(value['content_index']) ?? 0;
  return { type: 'text', ...readPosition(value), kind, part, text, whole, logprobs: readLogprobs(value['logprobs']) };
}

const readPosition = (value: UnknownRecord): NativePosition => ({
  index: asNumber(value['output_index']),
  itemId: asText(value['item_id']) ?? asText(asRecord(value['item'])?.['id']),
});

function readLogprobs(value: unknown): readonly JsonValue[] | undefined {
  const list = asArray(value);
  return list && list.length > 0 ? (list as readonly JsonValue[]) : undefined;
}

/** Whether a value is a reasoning item of a Responses endpoint, as opposed to a signed block of a Chat provider. */
export const isReasoningItem = (value: unknown): value is NativeReasoning =>
  isRecord(value) && value['type'] === 'reasoning';

const PHASES: readonly MessagePhase[] = ['commentary', 'final_answer', 'partial_answer'];

function readItem(value: unknown): NativeOutputItem {
  const item = asRecord(value) ?? {};
  switch (item['type']) {
    case 'message':
      return {
        type: 'message',
        text: joinParts(item['content'], 'text', ''),
        refusal: joinParts(item['content'], 'refusal', ''),
        phase: PHASES.find((phase) => phase === item['phase']),
      };
    case 'reasoning': {
      const summary = joinParts(item['summary'], 'text', '\n\n');
      return {
        type: 'reasoning',
        summary,
        content: joinParts(item['content'], 'text', ''),
        sealed: readSealed(item, summary),
      };
    }
    case 'function_call':
      return {
        type: 'call',
        callId: asText(item['call_id']),
        name: asText(item['name']),
        arguments: isRecord(item['arguments']) ? JSON.stringify(item['arguments']) : asText(item['arguments']),
      };
    default:
      return { type: 'other' };
  }
}

/**
 * Returns the item for the next request, without `status`, which belongs to the response, and without nulls, which some
 * endpoints reject.
 * @returns undefined if the item has neither encrypted content nor a summary
 */
function readSealed(item: UnknownRecord, summary: string | undefined): UnknownRecord | undefined {
  if (asText(item['encrypted_content']) === undefined && summary === undefined) return undefined;
  const fields = Object.entries(item).filter(([key, value]) => key !== 'status' && value !== null);
  return Object.fromEntries(fields);
}

function joinParts(value: unknown, field: string, separator: string): string | undefined {
  const texts = (asArray(value) ?? []).flatMap((part) => asText(asRecord(part)?.[field]) ?? []);
  return texts.length === 0 ? undefined : texts.join(separator);
}
