/** A reasoning item of the history as a native Responses endpoint takes it, apart from what Chat providers signed. */
import { isRecord } from '../base/json';
import { asArray } from '../base/narrow';
import type { ReasoningPayload } from '../tools/envelope';
import type { ChatRequest } from '../wire/chat';
import type { NativeReasoning } from '../wire/native';
import type { ReasoningItem } from '../wire/responses-request';

export interface SplitReasoning {
  /** Usually one; several where they followed each other without a word between, none where nothing is known. */
  readonly items: readonly NativeReasoning[];
  /** Blocks of Chat providers, unread. */
  readonly details: readonly unknown[];
}

/**
 * The item of an endpoint is kept in our envelope, and a session that began without the bridge has what is foreign to
 * us. Any other reasoning is raw text, in the form that most endpoints read. Our own envelope never goes: vLLM answers
 * "Encrypted content is not supported.", and llama.cpp "item['content'] is empty" to an item without text.
 *
 * @param sealed what our envelope held; undefined when the envelope is not ours
 * @param number its place among the reasoning items: vLLM refuses items without an id, so one is made of it
 */
export function splitReasoning(
  item: ReasoningItem,
  sealed: ReasoningPayload | undefined,
  number: number,
): SplitReasoning {
  const kept = sealed?.details ?? [];
  const details = kept.filter((detail) => !isReasoningItem(detail));
  const own = kept.filter(isReasoningItem);
  if (own.length > 0) return { items: own, details };
  const text = item.content ?? sealed?.text ?? '';
  const summary = text !== '' || sealed ? '' : item.summary;
  const encrypted = sealed ? undefined : item.encryptedContent;
  if (text === '' && summary === '' && encrypted === undefined) return { items: [], details };
  const made: NativeReasoning = {
    type: 'reasoning',
    id: item.id ?? `rs_${number}`,
    summary: summary === '' ? [] : [{ type: 'summary_text', text: summary }],
    ...(text !== '' && { content: [{ type: 'reasoning_text', text }] }),
    ...(encrypted !== undefined && { encrypted_content: encrypted }),
  };
  return { items: [made], details };
}

/** The request without seals in its reasoning items; an item that says nothing then goes too. The same object when there are none. */
export function withoutSeals(chat: ChatRequest): ChatRequest {
  if (!chat.messages.some((message) => message.role === 'assistant' && message.reasoning_details?.some(isSealed)))
    return chat;
  const messages = chat.messages.map((message) => {
    if (message.role !== 'assistant' || !message.reasoning_details) return message;
    return { ...message, reasoning_details: message.reasoning_details.flatMap(unseal) };
  });
  return { ...chat, messages };
}

const isSealed = (detail: unknown): boolean => isReasoningItem(detail) && detail['encrypted_content'] !== undefined;

function unseal(detail: unknown): readonly unknown[] {
  if (!isReasoningItem(detail)) return [detail];
  const { encrypted_content: _seal, ...open } = detail;
  const says = ['summary', 'content'].some((field) => (asArray(open[field]) ?? []).length > 0);
  return says ? [open] : [];
}

const isReasoningItem = (detail: unknown): detail is NativeReasoning =>
  isRecord(detail) && detail['type'] === 'reasoning';
