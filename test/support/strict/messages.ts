/** Strict rules for single messages: roles, fields, content. */
import { asArray, asRecord, asString, type UnknownRecord } from '../../../src/base/json';
import { algo, first, gateway, plain, recordsOf, says, describeType } from './rule';
import type { Fault, CheckedRequest, StrictRule } from './rule';

const MESSAGE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content', 'name'],
  developer: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'tool_calls'],
  tool: ['role', 'content', 'tool_call_id'],
  function: ['role', 'content', 'name'],
};

const roleOf = (message: UnknownRecord): string => plain(message['role'] ?? '');
const hasCalls = (message: UnknownRecord): boolean => 'tool_calls' in message;
const pathOf = (index: number, field: string): string => `messages[${index}].${field}`;

function roleFault({ messages, behavior }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) =>
    behavior.roles.includes(roleOf(message))
      ? undefined
      : { param: pathOf(index, 'role'), role: roleOf(message), index: String(index) },
  );
}

function messageField({ messages, behavior, settings }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) => {
    const extensions = roleOf(message) === 'assistant' ? behavior.assistantFields : [];
    const known = [...(MESSAGE_FIELDS[roleOf(message)] ?? []), ...extensions, ...settings.allowFields];
    const name = Object.keys(message).find((key) => !known.includes(key));
    return name === undefined ? undefined : { param: pathOf(index, name), name, index: String(index) };
  });
}

function contentMissing({ messages, behavior }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) => {
    // OpenAI does not require content in an assistant message with calls; Qwen 3 does (upstreams.md, Messages).
    const isOptional = behavior.column === 'openai' && hasCalls(message);
    return 'content' in message || isOptional ? undefined : { param: pathOf(index, 'content') };
  });
}

function contentNull({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) =>
    message['content'] === null && !hasCalls(message) ? { param: pathOf(index, 'content') } : undefined,
  );
}

function contentType({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, ({ content }, index) => {
    const isFine = content === undefined || content === null || typeof content === 'string' || Array.isArray(content);
    return isFine ? undefined : { param: pathOf(index, 'content'), got: describeType(content) };
  });
}

function contentEmpty({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, ({ content }, index) =>
    asArray(content)?.length === 0 ? { param: pathOf(index, 'content'), index: String(index) } : undefined,
  );
}

/** Text content must be a string: an array is valid only for media or an explicit cache marker. */
function contentArray({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) => {
    if (!Array.isArray(message['content'])) return undefined;
    const needsArray = recordsOf(message['content']).some((part) => part['type'] !== 'text' || 'cache_control' in part);
    return needsArray && roleOf(message) !== 'tool' ? undefined : { param: pathOf(index, 'content') };
  });
}

/** Returns the first fault in the content parts of all messages. */
function firstPart(
  request: CheckedRequest,
  find: (part: UnknownRecord, path: string, message: UnknownRecord) => Fault | undefined,
): Fault | undefined {
  return first(request.messages, (message, index) =>
    first(recordsOf(message['content']), (part, position) =>
      find(part, pathOf(index, `content[${position}]`), message),
    ),
  );
}

function partType(request: CheckedRequest): Fault | undefined {
  const known = request.behavior.partTypes;
  return firstPart(request, ({ type }, path) =>
    known.includes(plain(type)) ? undefined : { param: `${path}.type`, type: plain(type) },
  );
}

function partRole(request: CheckedRequest): Fault | undefined {
  return firstPart(request, ({ type }, path, message) => {
    const role = roleOf(message);
    const isText = type === 'text' || (type === 'refusal' && role === 'assistant');
    return role === 'user' || isText ? undefined : { param: path, role, type: plain(type) };
  });
}

const PART_FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'cache_control'],
  image_url: ['type', 'image_url'],
  input_audio: ['type', 'input_audio'],
  video_url: ['type', 'video_url'],
  file: ['type', 'file'],
  refusal: ['type', 'refusal'],
};

function isValidPart(part: UnknownRecord): boolean {
  const type = plain(part['type']);
  if (Object.keys(part).some((name) => PART_FIELDS[type]?.includes(name) !== true)) return false;
  if (type === 'text' || type === 'refusal') return typeof part[type] === 'string';
  const media = asRecord(part[type]);
  if (type !== 'image_url') return media !== undefined;
  return /^(https?:\/\/|data:image\/)/.test(asString(media?.['url']) ?? '');
}

function partShape(request: CheckedRequest): Fault | undefined {
  return firstPart(request, (part, path) =>
    isValidPart(part) ? undefined : { param: `${path}.${plain(part['type'])}` },
  );
}

function emptyAssistant({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) => {
    const isEmpty = roleOf(message) === 'assistant' && message['content'] === '' && !hasCalls(message);
    return isEmpty && message['reasoning_content'] === undefined ? { param: pathOf(index, 'content') } : undefined;
  });
}

function systemPosition({ messages, model }: CheckedRequest): Fault | undefined {
  if (!model.oneSystem) return undefined;
  return first(messages, (message, index) =>
    index > 0 && roleOf(message) === 'system' ? { param: pathOf(index, 'role') } : undefined,
  );
}

/** Finds an empty text part, or a message with empty content and no calls. */
function emptyText({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) => {
    const { content } = message;
    const position = recordsOf(content).findIndex((part) => part['type'] === 'text' && part['text'] === '');
    const isEmpty = position >= 0 || (content === '' && !hasCalls(message));
    return isEmpty ? { param: pathOf(index, `content[${Math.max(0, position)}].text`) } : undefined;
  });
}

function imageForTextModel({ messages, model }: CheckedRequest): Fault | undefined {
  if (!model.textOnly) return undefined;
  return first(messages, (message, index) =>
    recordsOf(message['content']).some((part) => part['type'] === 'image_url')
      ? { param: pathOf(index, 'content') }
      : undefined,
  );
}

/** Codex requests `original`, which Chat endpoints reject (cc-switch#7476). */
function imageDetail(request: CheckedRequest): Fault | undefined {
  return firstPart(request, (part, path) => {
    const detail = asRecord(part['image_url'])?.['detail'];
    const isKnown = detail === undefined || detail === 'auto' || detail === 'low' || detail === 'high';
    return isKnown ? undefined : { param: `${path}.image_url.detail`, value: plain(detail) };
  });
}

/** Finds a lone surrogate, which JavaScript escapes in JSON; it does not escape a complete pair. */
function loneSurrogate({ rawBody }: CheckedRequest): Fault | undefined {
  const at = rawBody.search(/(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/i);
  return at === -1 ? undefined : { param: 'messages', at: String(at) };
}

function blankResult({ messages }: CheckedRequest): Fault | undefined {
  return first(messages, (message, index) =>
    roleOf(message) === 'tool' && asString(message['content'])?.trim() === ''
      ? { param: pathOf(index, 'content') }
      : undefined,
  );
}

/** The rules for single messages. */
export const MESSAGE_RULES = [
  {
    name: 'messages-required',
    check: ({ body }) => ('messages' in body ? undefined : { param: 'messages' }),
    openai: says("Missing required parameter: '{param}'.", 'missing_required_parameter'),
    // Inferred from the gateway's schema checker.
    dashscope: gateway("'messages' is a required property"),
  },
  {
    name: 'messages-empty',
    check: ({ messages }) => (messages.length === 0 ? { param: 'messages' } : undefined),
    openai: says(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
    ),
    dashscope: gateway("[] is too short - 'messages'"),
  },
  {
    name: 'role',
    check: roleFault,
    openai: says(
      "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and " +
      "'developer'.",
      'invalid_value',
    ),
    // Reports of 2025-12 and 2026-03 have `messages.['0].role`, one of 2026-08 has `messages.[0].role` (Proma#1496).
    dashscope: gateway(
      "{role} is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.[{index}].role'",
    ),
  },
  {
    name: 'lone-surrogate',
    check: loneSurrogate,
    // From DeepSeek's parser (opencode#17758).
    openai: says('Failed to parse the request body as JSON: lone leading surrogate in hex escape at column {at}'),
    // Inferred text.
    dashscope: gateway('Failed to parse the request body as JSON: lone leading surrogate in hex escape at column {at}'),
  },
  {
    name: 'image-detail',
    check: imageDetail,
    openai: says('image_detail is invalid', 'invalid_value'),
    // Inferred text.
    dashscope: algo("'{param}' must be one of ['auto', 'low', 'high'], got '{value}'."),
  },
  {
    name: 'blank-result',
    check: blankResult,
    // From hosts of DeepSeek (zeroclaw#5565).
    openai: says('tool message content must not be empty'),
    // Inferred text.
    dashscope: algo('The content field is a required field.'),
  },
  {
    name: 'message-fields',
    check: messageField,
    openai: says("Unknown parameter: '{param}'.", 'unknown_parameter'),
    // The message of OpenAI's own validator for the same error (transitive-bullshit/agentic#531); inferred here.
    dashscope: gateway("Additional properties are not allowed ('{name}' was unexpected) - 'messages.[{index}]'"),
  },
  {
    name: 'content-missing',
    check: contentMissing,
    openai: says("Missing required parameter: '{param}'.", 'missing_required_parameter'),
    dashscope: algo('The content field is a required field.'),
  },
  {
    name: 'content-null',
    check: contentNull,
    openai: says("Invalid value for 'content': expected a string, got null."),
    dashscope: algo('The content field is a required field.'),
  },
  {
    name: 'content-type-of-value',
    check: contentType,
    openai: says(
      "Invalid type for '{param}': expected one of a string or array of objects, but got {got} instead.",
      'invalid_type',
    ),
    dashscope: algo('input content must be a string.'),
  },
  {
    name: 'content-empty-array',
    check: contentEmpty,
    openai: says(
      "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
    ),
    dashscope: gateway("[] is too short - 'messages.[{index}].content'"),
  },
  // Z.ai reports an empty text before the array around it; only its row has a message for this.
  { name: 'text-empty', check: emptyText },
  { name: 'content-array', check: contentArray, dashscope: algo('input content must be a string.') },
  {
    name: 'part-type',
    check: partType,
    openai: says(
      "Invalid value: '{type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.",
      'invalid_value',
    ),
    dashscope: algo('Unexpected item type in content.'),
  },
  {
    name: 'part-role',
    check: partRole,
    openai: says(
      "Invalid '{param}': parts of type '{type}' are only allowed for messages with role 'user', but this message " +
      "has role '{role}'.",
    ),
    dashscope: algo('Unexpected item type in content.'),
  },
  {
    name: 'part-shape',
    check: partShape,
    openai: says("Invalid type for '{param}'.", 'invalid_type'),
    dashscope: algo('Input should be a valid string'),
  },
  {
    // Inferred: no known provider rejects it, but several templates mishandle it (upstreams.md, Messages).
    name: 'empty-assistant',
    check: emptyAssistant,
    dashscope: algo('The content field is a required field.'),
  },
  {
    name: 'no-user-message',
    check: ({ messages }) =>
      messages.some((message) => roleOf(message) === 'user') ? undefined : { param: 'messages' },
    dashscope: algo('The input messages do not contain elements with the role of user.'),
  },
  {
    // Reported for Qwen templates on vLLM and SGLang, not for DashScope itself: the strictest one applies.
    name: 'system-position',
    check: systemPosition,
    dashscope: algo('System message must be at the beginning.'),
  },
  // Only rows of models without vision have a message for this.
  { name: 'image-for-text-model', check: imageForTextModel },
] as const satisfies readonly StrictRule[];
