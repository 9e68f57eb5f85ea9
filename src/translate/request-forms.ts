/** Gives a translated request the form that the dialect requires, including its marks for the prompt cache. */
import type { Dialect, RequestForm } from '../providers/dialect';
import type { ChatMessage, ChatRequest } from '../wire/chat';
import {
  alternateRoles, fillEmptyContent, instructAsUser, moveTextIntoReasoning, separateUserFromResults,
  splitParallelCalls,
} from './reshape-messages';
import { renameCallIds, writeCallsAsText } from './reshape-tools';

/** The function that implements each form; the same functions repair rejected requests. */
export const REQUEST_FORMS: { readonly [F in RequestForm]: (chat: ChatRequest) => ChatRequest } = {
  'alternating-roles': alternateRoles,
  'assistant-between-tool-and-user': separateUserFromResults,
  'instructions-as-user': instructAsUser,
  'nine-letter-call-ids': (chat) => renameCallIds(chat, { length: 9, exact: true, alphanumeric: true }),
  'one-call-for-each-message': splitParallelCalls,
  'text-inside-reasoning': moveTextIntoReasoning,
  'calls-as-text-without-tools': (chat) => (chat.tools?.length ? chat : writeCallsAsText(chat)),
  'no-empty-content': fillEmptyContent,
};

/** Applies the forms that the provider is known to need, and marks what it should cache. */
export function applyForms(chat: ChatRequest, { forms, cacheControl }: Dialect): ChatRequest {
  const changed = forms.reduce((current, form) => REQUEST_FORMS[form](current), chat);
  return cacheControl === 'none' ? changed : markForCache(changed);
}

/** Marks the first message, which is the instructions, and the last. Gateways can add two more: four are allowed. */
function markForCache(chat: ChatRequest): ChatRequest {
  const last = chat.messages.length - 1;
  return { ...chat, messages: chat.messages.map((message, at) => (at === 0 || at === last ? mark(message) : message)) };
}

/** Marks the last text, because not every provider accepts a mark on a picture. */
function mark(message: ChatMessage): ChatMessage {
  if (message.role === 'assistant') return message;
  const parts = typeof message.content === 'string'
    ? [{ type: 'text', text: message.content } as const]
    : message.content;
  const last = parts.map((part) => part.type === 'text' && part.text !== '').lastIndexOf(true);
  const marked = parts.map((part, at) =>
    at === last && part.type === 'text' ? { ...part, cache_control: { type: 'ephemeral' } as const } : part);
  return last === -1 ? message : { ...message, content: marked };
}
