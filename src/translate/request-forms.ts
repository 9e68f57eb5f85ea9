/** Applies the dialect's request forms to a translated request. */
import type { RequestForm } from '../providers/dialect';
import type { ChatRequest } from '../wire/chat';
import {
  alternateRoles, fillEmptyContent, instructAsUser, moveTextIntoReasoning, oneCallForEachMessage, renameCallIds,
  separateUserFromResults,
} from './reshape-messages';
import { writeCallsAsText } from './reshape-tools';

/** The function for each form; the same functions repair rejected requests. */
export const REQUEST_FORMS: { readonly [F in RequestForm]: (chat: ChatRequest) => ChatRequest } = {
  'alternating-roles': alternateRoles,
  'assistant-between-tool-and-user': separateUserFromResults,
  'instructions-as-user': instructAsUser,
  'nine-letter-call-ids': (chat) => renameCallIds(chat, { length: 9, exact: true, alphanumeric: true }),
  'one-call-for-each-message': oneCallForEachMessage,
  'text-inside-reasoning': moveTextIntoReasoning,
  'calls-as-text-without-tools': (chat) => (chat.tools?.length ? chat : writeCallsAsText(chat)),
  'no-empty-content': fillEmptyContent,
};

/** Applies the forms that the provider is known to need. */
export const applyForms = (chat: ChatRequest, forms: readonly RequestForm[]): ChatRequest =>
  forms.reduce((changed, form) => REQUEST_FORMS[form](changed), chat);
