/** `text.format` to `response_format`, or to words where the upstream has no such field. */
import type { Notes } from '../base/result';
import type { Dialect } from '../providers/dialect';
import type { ChatContent, ChatMessage, ChatRequest } from '../wire/chat-request';
import type { TextFormat } from '../wire/responses-request';

export interface TranslatedFormat {
  readonly fields: Pick<ChatRequest, 'response_format'>;
  /** Words that go into the instructions when the field alone does not say enough. */
  readonly instructions?: string;
}

type JsonFormat = Exclude<TextFormat, { readonly type: 'text' }>;

/** Walks down the ladder json_schema → json_object → prompt to what the dialect takes. */
export function translateFormat(format: TextFormat | undefined, dialect: Dialect, notes: Notes): TranslatedFormat {
  if (format === undefined || format.type === 'text') return { fields: {} };
  if (dialect.responseFormat === 'json_schema') {
    if (format.type === 'json_object') return { fields: { response_format: { type: 'json_object' } } };
    const { type, ...schema } = format;
    return { fields: { response_format: { type, json_schema: schema } } };
  }
  notes.add(`asked for ${format.type} in words: the provider takes ${dialect.responseFormat} at most`);
  const fields = dialect.responseFormat === 'json_object' ? { response_format: { type: 'json_object' } as const } : {};
  return { fields, instructions: inWords(format) };
}

/**
 * The request without `response_format`, for a model that turned out to refuse it. A schema then stands in the first
 * message, instructions or not; a plain `json_object` needs no words: the request must have them anyway.
 */
export function withFormatInWords(chat: ChatRequest): ChatRequest {
  const { response_format: format, ...rest } = chat;
  const [first, ...others] = chat.messages;
  if (format?.type !== 'json_schema' || first === undefined) return rest;
  return { ...rest, messages: [withText(first, inWords({ type: format.type, ...format.json_schema })), ...others] };
}

function withText(message: ChatMessage, text: string): ChatMessage {
  if (message.role !== 'system' && message.role !== 'developer' && message.role !== 'user') return message;
  return { ...message, content: joined(message.content, text) };
}

const joined = (content: ChatContent, text: string): ChatContent =>
  typeof content === 'string' ? `${content}\n\n${text}` : [...content, { type: 'text', text }];

function inWords(format: JsonFormat): string {
  const only = 'Answer with one JSON object and nothing else: no prose, no code fence.';
  return format.type === 'json_object'
    ? only
    : `${only} It must match this JSON Schema:\n${JSON.stringify(format.schema)}`;
}
