/** Strict cases for single messages. */
import { calling, SYSTEM, toolCall, toolResult, user } from '../upstream/chat-bodies';
import { ALGO, callingWith, history, messages, type StrictCase } from './case';

const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const TEXT = { type: 'text', text: 'Hello' };

/** Roles, fields and content. */
export const MESSAGE_CASES: readonly StrictCase[] = [
  {
    rule: 'messages-required',
    rejected: { messages: undefined },
    accepted: messages(user()),
    dashscope: "'messages' is a required property",
    openai: "Missing required parameter: 'messages'.",
  },
  {
    rule: 'messages-empty',
    rejected: messages(),
    accepted: messages(user()),
    dashscope: "[] is too short - 'messages'",
    openai: "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  },
  {
    rule: 'role',
    rejected: messages({ role: 'developer', content: 'x' }, user()),
    accepted: messages({ role: 'system', content: 'x' }, user()),
    dashscope: "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.[0].role'",
  },
  {
    rule: 'role',
    rejected: messages(user(), { role: 'latest_reminder', content: 'x' }),
    accepted: messages({ role: 'developer', content: 'x' }, user()),
    openai:
      "Invalid value: 'latest_reminder'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', " +
      "and 'developer'.",
  },
  ...['id', 'status', 'phase'].map((field): StrictCase => ({
    rule: 'message-fields',
    rejected: history({ role: 'assistant', content: 'x', [field]: 'y' }, user()),
    accepted: history({ role: 'assistant', content: 'x', reasoning_content: 'y' }, user()),
    dashscope: `Additional properties are not allowed ('${field}' was unexpected) - 'messages.[2]'`,
    openai: `Unknown parameter: 'messages[2].${field}'.`,
  })),
  {
    rule: 'message-fields',
    rejected: history(calling(toolCall('c')), { ...toolResult('c'), name: 'read_file' }),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: "Additional properties are not allowed ('name' was unexpected) - 'messages.[3]'",
    openai: "Unknown parameter: 'messages[3].name'.",
  },
  {
    rule: 'content-missing',
    rejected: messages({ role: 'user' }),
    accepted: messages({ role: 'user', content: '' }),
    dashscope: `${ALGO}The content field is a required field.`,
    openai: "Missing required parameter: 'messages[0].content'.",
  },
  {
    rule: 'content-missing',
    rejected: history(callingWith({}), toolResult('c')),
    accepted: history(callingWith({ content: null }), toolResult('c')),
    dashscope: `${ALGO}The content field is a required field.`,
  },
  {
    rule: 'content-null',
    rejected: history({ role: 'assistant', content: null }, user()),
    accepted: history(callingWith({ content: null }), toolResult('c')),
    dashscope: `${ALGO}The content field is a required field.`,
    openai: "Invalid value for 'content': expected a string, got null.",
  },
  {
    rule: 'content-type-of-value',
    rejected: history(calling(toolCall('c')), toolResult('c', { ok: true })),
    accepted: history(calling(toolCall('c')), toolResult('c', '{"ok":true}')),
    dashscope: `${ALGO}input content must be a string.`,
    openai:
      "Invalid type for 'messages[3].content': expected one of a string or array of objects, but got an object " +
      "instead.",
  },
  {
    rule: 'content-empty-array',
    rejected: messages(user([])),
    accepted: messages(user([TEXT, IMAGE])),
    dashscope: "[] is too short - 'messages.[0].content'",
    openai:
      "Invalid 'messages[0].content': empty array. Expected an array with minimum length 1, but got an empty array " +
      "instead.",
  },
  {
    rule: 'content-array',
    rejected: messages(user([TEXT, TEXT])),
    accepted: messages(user([TEXT, IMAGE]), user([{ ...TEXT, cache_control: { type: 'ephemeral' } }])),
    dashscope: `${ALGO}input content must be a string.`,
  },
  {
    rule: 'content-array',
    rejected: history(calling(toolCall('c')), toolResult('c', [TEXT, IMAGE])),
    accepted: history(calling(toolCall('c')), toolResult('c'), user([IMAGE])),
    dashscope: `${ALGO}input content must be a string.`,
  },
  {
    rule: 'part-type',
    rejected: messages(user([{ type: 'input_text', text: 'x' }, IMAGE])),
    accepted: messages(user([TEXT, IMAGE])),
    dashscope: `${ALGO}Unexpected item type in content.`,
    openai:
      "Invalid value: 'input_text'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.",
  },
  {
    rule: 'part-role',
    rejected: history({ role: 'assistant', content: [IMAGE] }, user()),
    accepted: history(user([IMAGE])),
    dashscope: `${ALGO}Unexpected item type in content.`,
    openai:
      "Invalid 'messages[2].content[0]': parts of type 'image_url' are only allowed for messages with role 'user', " +
      "but this message has role 'assistant'.",
  },
  {
    rule: 'part-role',
    rejected: history(calling(toolCall('c')), toolResult('c', [IMAGE])),
    accepted: history(calling(toolCall('c')), toolResult('c', [TEXT])),
    openai:
      "Invalid 'messages[3].content[0]': parts of type 'image_url' are only allowed for messages with role 'user', " +
      "but this message has role 'tool'.",
  },
  {
    rule: 'part-shape',
    rejected: messages(user([{ type: 'image_url', image_url: 'data:image/png;base64,AAAA' }])),
    accepted: messages(user([{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'high' } }])),
    dashscope: `${ALGO}Input should be a valid string`,
    openai: "Invalid type for 'messages[0].content[0].image_url'.",
  },
  {
    rule: 'lone-surrogate',
    rejected: messages(user('cut \ud83d')),
    accepted: messages(user('whole \ud83d\ude00, and \\\\ud83d as text')),
    dashscope: 'Failed to parse the request body as JSON: lone leading surrogate in hex escape at column 68',
    openai: 'Failed to parse the request body as JSON: lone leading surrogate in hex escape at column 68',
  },
  {
    rule: 'image-detail',
    rejected: messages(user([{ type: 'image_url', image_url: { ...IMAGE.image_url, detail: 'original' } }])),
    accepted: messages(user([{ type: 'image_url', image_url: { ...IMAGE.image_url, detail: 'low' } }])),
    dashscope:
      `${ALGO}'messages[0].content[0].image_url.detail' must be one of ['auto', 'low', 'high'], got 'original'.`,
    openai: 'image_detail is invalid',
  },
  {
    rule: 'blank-result',
    rejected: history(calling(toolCall('c')), toolResult('c', ' ')),
    accepted: history(calling(toolCall('c')), toolResult('c', 'x')),
    dashscope: `${ALGO}The content field is a required field.`,
    openai: 'tool message content must not be empty',
  },
  {
    rule: 'empty-assistant',
    rejected: history({ role: 'assistant', content: '' }, user()),
    accepted: history({ role: 'assistant', content: '', reasoning_content: 'x' }, user()),
    dashscope: `${ALGO}The content field is a required field.`,
  },
  {
    rule: 'no-user-message',
    rejected: messages(SYSTEM),
    accepted: messages(user()),
    dashscope: `${ALGO}The input messages do not contain elements with the role of user.`,
  },
  {
    rule: 'system-position',
    rejected: messages(SYSTEM, SYSTEM, user()),
    accepted: messages(SYSTEM, user(), user()),
    dashscope: `${ALGO}System message must be at the beginning.`,
  },
  {
    rule: 'system-position',
    rejected: messages(user(), SYSTEM),
    accepted: messages(SYSTEM, user()),
    dashscope: `${ALGO}System message must be at the beginning.`,
  },
];
