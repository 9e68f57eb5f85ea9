/**
 * Rewrites the messages of a request for upstreams that reject their usual form. Each function is pure and returns the
 * same object if there is nothing to change. upstream/repairs.ts decides which rejection requires which function.
 */
import { asArray, compact } from '../base/json';
import type { ChatAssistantMessage, ChatContent, ChatMessage, ChatPart, ChatRequest } from '../wire/chat';
import { isReasoningItem } from '../wire/read-native';

/** Replaces the messages; returns the same request if all of them are the same objects. */
function withMessages(chat: ChatRequest, messages: readonly ChatMessage[]): ChatRequest {
  const isSame =
    messages.length === chat.messages.length && messages.every((message, index) => message === chat.messages[index]);
  return isSame ? chat : { ...chat, messages };
}

/** Maps each message; returns the same request if none changes. */
export const mapMessages = (chat: ChatRequest, map: (message: ChatMessage) => ChatMessage): ChatRequest =>
  withMessages(chat, chat.messages.map(map));

const mapAssistant = (chat: ChatRequest, map: (message: ChatAssistantMessage) => ChatMessage): ChatRequest =>
  mapMessages(chat, (message) => (message.role === 'assistant' ? map(message) : message));

/**
 * Makes the roles alternate, as Mistral's and Gemma's templates require ("roles must alternate user/assistant/…").
 * Later instructions become user text, adjacent messages of the same role are joined, and a user message comes first.
 */
export function alternateRoles(chat: ChatRequest): ChatRequest {
  const head = chat.messages.findIndex((message) => !isInstructions(message));
  const split = head === -1 ? chat.messages.length : head;
  const [leading, others] = [chat.messages.slice(0, split), chat.messages.slice(split)];
  const body = joinAdjacent(others.map(asUser));
  return withMessages(chat, [...leading, ...(body[0]?.role === 'assistant' ? [CONTINUE] : []), ...body]);
}

/** A user message for upstreams that require one. */
export const CONTINUE: ChatMessage = { role: 'user', content: 'Continue.' };

const isInstructions = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';

const asUser = (message: ChatMessage): ChatMessage =>
  message.role === 'system' || message.role === 'developer'
    ? { role: 'user', content: wrap(message.content, '<developer>\n', '\n</developer>') }
    : message;

const wrap = (content: ChatContent, before: string, after: string): ChatContent =>
  typeof content === 'string'
    ? `${before}${content}${after}`
    : [{ type: 'text', text: before }, ...content, { type: 'text', text: after }];

function joinAdjacent(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const pair = join(joined.at(-1), message);
    if (pair) joined[joined.length - 1] = pair;
    else joined.push(message);
  }
  return joined;
}

/** Joins two user or two assistant messages; undefined if they must stay separate. */
function join(first: ChatMessage | undefined, second: ChatMessage): ChatMessage | undefined {
  if (first?.role === 'user' && second.role === 'user') {
    return { role: 'user', content: joinContent(first.content, second.content) };
  }
  if (first?.role !== 'assistant' || second.role !== 'assistant' || first.tool_calls) return undefined;
  const details = [...(first.reasoning_details ?? []), ...(second.reasoning_details ?? [])];
  return {
    ...second,
    content: joinContent(first.content ?? '', second.content ?? ''),
    ...compact({
      reasoning_content: joinReasoning(first.reasoning_content, second.reasoning_content),
      reasoning: joinReasoning(first.reasoning, second.reasoning),
      reasoning_details: details.length > 0 ? details : undefined,
    }),
  };
}

const joinReasoning = (first: string | undefined, second: string | undefined): string | undefined =>
  first && second ? `${first}\n${second}` : first || (second ?? first);

function joinContent(first: ChatContent, second: ChatContent): ChatContent {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  if (typeof first === 'string' && typeof second === 'string') return `${first}\n\n${second}`;
  return [...toParts(first), ...toParts(second)];
}

const toParts = (content: ChatContent): readonly ChatPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

/** Inserts an assistant message after results, before a user message (Mistral: "Unexpected role 'user' after …"). */
export function separateUserFromResults(chat: ChatRequest): ChatRequest {
  const messages = chat.messages.flatMap((message, index) =>
    message.role === 'user' && chat.messages[index - 1]?.role === 'tool' ? [UNDERSTOOD, message] : [message],
  );
  return withMessages(chat, messages);
}

const UNDERSTOOD: ChatMessage = { role: 'assistant', content: 'Understood.' };

/** Joins the leading instructions into one system message, for templates that accept only one. */
export function joinInstructions(chat: ChatRequest): ChatRequest {
  const end = chat.messages.findIndex((message) => !isInstructions(message));
  const [first, ...rest] = end === -1 ? chat.messages : chat.messages.slice(0, end);
  if (first === undefined || rest.length === 0) return chat;
  const content = rest.map((message) => message.content ?? '').reduce(joinContent, first.content ?? '');
  return { ...chat, messages: [{ role: 'system', content }, ...chat.messages.slice(1 + rest.length)] };
}

/** Replaces `developer` with `system` ("developer is not one of ['system', 'assistant', …]"). */
export const useSystemRole = (chat: ChatRequest): ChatRequest =>
  mapMessages(chat, (message) => (message.role === 'developer' ? { ...message, role: 'system' } : message));

/** Turns instructions into user text ("System role not supported", Gemma). */
export const instructAsUser = (chat: ChatRequest): ChatRequest => mapMessages(chat, asUser);

/** Joins the leading instructions into one message; later ones become user text. */
export function instructOnce(chat: ChatRequest): ChatRequest {
  const joined = joinInstructions(chat);
  const [first, ...rest] = joined.messages;
  if (first === undefined) return chat;
  const later = instructAsUser({ ...joined, messages: rest });
  return later.messages === rest ? joined : { ...joined, messages: [first, ...later.messages] };
}

/** Appends a user message, for upstreams that cannot continue a response ("must end with a user message"). */
export function endWithUser(chat: ChatRequest): ChatRequest {
  const last = chat.messages.at(-1)?.role;
  return last === 'user' || last === 'tool' ? chat : { ...chat, messages: [...chat.messages, CONTINUE] };
}

/** Replaces blank content, with null next to calls, and drops blank parts ("text content blocks must be non-empty"). */
export const fillEmptyContent = (chat: ChatRequest): ChatRequest =>
  mapMessages(chat, (message) => {
    if (message.content === null) return message;
    const content = withoutBlanks(message.content);
    if (content.length > 0) return content === message.content ? message : { ...message, content };
    return message.role === 'assistant' && message.tool_calls
      ? { ...message, content: null }
      : { ...message, content: '(empty)' };
  });

/** @returns the same content if nothing in it is blank; empty content if everything is */
function withoutBlanks(content: ChatContent): ChatContent {
  if (typeof content === 'string') return content.trim() === '' ? '' : content;
  const parts = content.filter((part) => part.type !== 'text' || part.text.trim() !== '');
  return parts.length === content.length ? content : parts;
}

/** Removes `detail` from images ("image_detail is invalid"). */
export const dropPictureDetail = (chat: ChatRequest): ChatRequest =>
  mapContent(chat, (content) => {
    if (typeof content === 'string' || !content.some(hasDetail)) return content;
    return content.map((part) =>
      part.type === 'image_url' ? { ...part, image_url: { url: part.image_url.url } } : part,
    );
  });

const hasDetail = (part: ChatPart): boolean => part.type === 'image_url' && part.image_url.detail !== undefined;

/** Splits parallel calls into one call per message, each before its result ("only supports single tool-calls"). */
export function splitParallelCalls(chat: ChatRequest): ChatRequest {
  const hasSeveral = (message: ChatMessage): boolean =>
    message.role === 'assistant' && (message.tool_calls?.length ?? 0) > 1;
  if (!chat.messages.some(hasSeveral)) return chat;
  const results = new Map<string, ChatMessage>();
  for (const message of chat.messages) if (message.role === 'tool') results.set(message.tool_call_id, message);
  const messages = chat.messages.flatMap((message): readonly ChatMessage[] => {
    if (message.role === 'tool') return [];
    if (message.role !== 'assistant' || !message.tool_calls) return [message];
    return message.tool_calls.flatMap((call, index) => {
      const base = index === 0 ? message : { role: 'assistant' as const, content: '' };
      const result = results.get(call.id);
      return [{ ...base, tool_calls: [call] }, ...(result ? [result] : [])];
    });
  });
  return { ...chat, messages };
}

/** Joins text-only content into one string ("content must be a string"). */
export const useStringContent = (chat: ChatRequest): ChatRequest => mapContent(chat, asString);

/** Writes content as a list of parts, for upstreams that reject strings. */
export const usePartsContent = (chat: ChatRequest): ChatRequest =>
  mapContent(chat, (content) => (content === '' ? content : toParts(content)));

function mapContent(chat: ChatRequest, map: (content: ChatContent) => ChatContent): ChatRequest {
  return mapMessages(chat, (message) => {
    if (message.content === null) return message;
    const content = map(message.content);
    return content === message.content ? message : { ...message, content };
  });
}

const asString = (content: ChatContent): ChatContent =>
  typeof content !== 'string' && content.every((part) => part.type === 'text')
    ? content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : content;

/** Replaces each image with a sentence, for models without vision ("unknown variant `image_url`"). */
export function replacePictures(chat: ChatRequest): ChatRequest {
  return mapContent(chat, (content) => {
    if (typeof content === 'string' || !content.some((part) => part.type === 'image_url')) return content;
    return asString(content.map((part) => (part.type === 'image_url' ? PICTURE_MARKER : part)));
  });
}

const PICTURE_MARKER: ChatPart = { type: 'text', text: '[image left out: the model cannot see images]' };

/** Drops the reasoning of earlier turns, whichever field holds it ("property 'reasoning_content' is unsupported"). */
export function dropReasoning(chat: ChatRequest): ChatRequest {
  return mapAssistant(chat, (message) => {
    const { reasoning_content, reasoning, reasoning_details, ...rest } = message;
    const isBare = [reasoning_content, reasoning, reasoning_details].every((value) => value === undefined);
    return isBare ? message : rest;
  });
}

/** Moves the reasoning text to the field that the upstream reads. */
export function renameReasoning(chat: ChatRequest, field: 'reasoning_content' | 'reasoning'): ChatRequest {
  return mapAssistant(chat, (message) => {
    const { reasoning_content, reasoning, ...rest } = message;
    const text = reasoning_content ?? reasoning;
    return text === undefined || message[field] !== undefined ? message : { ...rest, [field]: text };
  });
}

/** Moves text next to calls to the end of the reasoning (gpt-oss: "Cannot pass both content and thinking …"). */
export function moveTextIntoReasoning(chat: ChatRequest): ChatRequest {
  return mapAssistant(chat, (message) => {
    const field = message.reasoning_content === undefined ? 'reasoning' : 'reasoning_content';
    const reasoning = message[field];
    const text = message.content === null ? '' : asString(message.content);
    if (!message.tool_calls || reasoning === undefined || typeof text !== 'string' || text === '') return message;
    return { ...message, content: '', [field]: reasoning === '' ? text : `${reasoning}\n\n${text}` };
  });
}

/**
 * Drops ciphertext from reasoning items, and items that are then empty (vLLM: "Encrypted content is not supported").
 */
export function dropCiphertext(chat: ChatRequest): ChatRequest {
  return mapAssistant(chat, (message) =>
    message.reasoning_details?.some(isEncrypted)
      ? { ...message, reasoning_details: message.reasoning_details.flatMap(withoutCiphertext) }
      : message,
  );
}

/** Drops reasoning items without ciphertext, which OpenAI's own endpoint rejects. */
export function dropPlainReasoningItems(chat: ChatRequest): ChatRequest {
  const isPlain = (detail: unknown): boolean => isReasoningItem(detail) && !isEncrypted(detail);
  return mapAssistant(chat, (message) =>
    message.reasoning_details?.some(isPlain)
      ? { ...message, reasoning_details: message.reasoning_details.filter((detail) => !isPlain(detail)) }
      : message,
  );
}

const isEncrypted = (detail: unknown): boolean => isReasoningItem(detail) && detail['encrypted_content'] !== undefined;

function withoutCiphertext(detail: unknown): readonly unknown[] {
  if (!isReasoningItem(detail)) return [detail];
  const { encrypted_content: _ciphertext, ...open } = detail;
  const hasText = ['summary', 'content'].some((field) => (asArray(open[field]) ?? []).length > 0);
  return hasText ? [open] : [];
}
