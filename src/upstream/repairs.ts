/**
 * Lists the repairs: the wording of each rejection, regardless of the HTTP status, and the change to the request. The
 * wordings come from upstreams.md, section 2, and public reports. The order matters: the first match is tried first.
 */
import { anyOf } from '../errors/wordings';
import {
  dropStrict, renameCallIds, SCHEMA_STEPS, shortenDescriptions, shortenToolNames, simplifySchemas,
} from '../translate/reshape-tools';
import { REQUEST_FORMS } from '../translate/request-forms';
import {
  alternateRoles, dropCiphertext, dropPictureDetail, dropPlainReasoningItems, dropReasoning, endWithUser,
  fillEmptyContent, instructAsUser, instructOnce, moveTextIntoReasoning, replacePictures, separateUserFromResults,
  splitParallelCalls, usePartsContent, useStringContent, useSystemRole,
} from '../translate/reshape-messages';
import { moveFormatIntoMessages } from '../translate/settings';
import type { ChatRequest } from '../wire/chat';
import {
  findCallIdForm, findLengthLimit, findNamedField, findNativeOption, findReasoning, findTokenLimit, omitNative,
  REJECTED, renameTokenLimit, type Rejection, type Repair, type Reshape, type RowRepair,
} from './parse-rejection';

/** A repair and its row. */
export interface FoundRepair {
  readonly row: string;
  readonly repair: Repair;
}

interface RepairRow {
  /** The name of the row; each row is tried once per request. */
  readonly row: string;
  /** @returns undefined if the rejection is about something else; a repair that changes nothing is not used */
  readonly find: (rejection: Rejection, chat: ChatRequest, callsLeft: number) => RowRepair | undefined;
}

/** Creates a row that matches a wording and makes one change. */
const row = (name: string, pattern: RegExp, apply: Reshape, dialect?: string): RepairRow => ({
  row: name,
  find: ({ text }) => (pattern.test(text) ? { apply, ...(dialect !== undefined && { dialect }) } : undefined),
});

const without = (...fields: readonly (keyof ChatRequest)[]): Reshape => (chat) => {
  if (fields.every((field) => chat[field] === undefined)) return chat;
  const rest = { ...chat };
  for (const field of fields) delete rest[field];
  return rest;
};

/** Creates a row that removes fields. */
const dropping = (pattern: RegExp, ...fields: readonly (keyof ChatRequest)[]): RepairRow =>
  row(`without ${fields.join(', ')}`, pattern, without(...fields));

const PICTURES = anyOf(
  'image_?url', 'input_image', 'image input', 'input modalit', 'at most 0 image', 'images?\\b.{0,40}\\bnot',
  '\\b(not|un)[ -]?support\\w*.{0,30}\\bimages?', '\\bvision\\b', 'multi-?modal', 'mmproj', '\\bpictures?\\b',
  "content.{1,6}type: .{0,20}'text'", 'content\\[\\]\\.type', 'text[- ]only', '不支持.{0,10}(图|多模态)',
  'cannot (read|process|handle|see|accept).{0,20}\\bimages?', "only supports? .?text",
  'only (supports? )?.?text.? (content|input|parts?|is|are|messages)',
);
/** The image itself is invalid; images in general are accepted. */
const BAD_PICTURE = anyOf(
  'too (large|big|small|many)', 'exceed', 'download', 'fetch', 'decod', 'corrupt', 'base64', 'resolution', 'pixels',
  'timed? ?out', 'accessible', 'valid image', 'image (url|data|format) is',
);

const SCHEMA = anyOf(
  '\\bschema\\b', 'grammar', '\\$ref', '\\$defs', '\\b(any|one|all)Of\\b', 'additionalProperties', 'patternProperties',
  'function\\.parameters', 'function_?declarations', 'parameters\\.properties', 'input_schema', 'exclusiveM(in|ax)imum',
);

const ALTERNATE = anyOf(
  'alternat', 'consecutive.{0,40}(role|messages?|user|assistant)', 'same role', '2 or more assistant messages',
  '(user|assistant|same).{0,40}(in a row|adjacent)',
  'expected.{0,20}\\bassistant\\b.{0,20}(got|but|found).{0,20}\\buser\\b',
);
const USER_AFTER_TOOL = anyOf(
  'user\\W.{0,40}(after|follow).{0,30}tool', 'after.{0,20}\\btool.{0,60}(expected|must be).{0,20}assistant',
);
const ONE_SYSTEM_MESSAGE = anyOf(
  '\\bsystem\\b.{0,60}(first|begin|start|once|single|only one|multiple|several|at most one|after role)',
  '(multiple|several|only one|one|single|more than one|role|initial optional) \\W?system\\b',
);
const NO_SYSTEM_MESSAGE = anyOf(
  '(system|developer) (role|messages?|prompts?|instructions?)\\W.{0,30}not (be )?(support|allow|enabled)',
  'not support.{0,20}system', "role: input should be (?!.*'system')",
  "role\\W+system\\W+.{0,20}not (be )?(support|allow)",
);
const STRING_CONTENT = anyOf('content.{0,80}\\bstring\\b', 'expected a string', 'must be a string');
const PARTS_CONTENT = anyOf('content.{0,80}\\b(list|array|sequence|parts)\\b', 'string, expected a sequence');
const EITHER_CONTENT = /string or|or (a )?string|null|\blength\b|too long/i;
const NO_EMPTY_CONTENT = anyOf('content.{0,80}(empty|blank|minlength|at least 1 char)', 'empty.{0,30}content');

const hasCalls = ({ messages }: ChatRequest): boolean =>
  messages.some((message) => message.role === 'tool' || (message.role === 'assistant' && message.tool_calls));

/** Keeps `none`, because it forces nothing. */
const withoutForce: Reshape = (chat) =>
  chat.tool_choice === undefined || chat.tool_choice === 'auto' || chat.tool_choice === 'none'
    ? chat
    : { ...chat, tool_choice: 'auto' };

const oneCallAtATime: Reshape = (chat) => without('parallel_tool_calls')(splitParallelCalls(chat));

/** Repairs of the fields other than messages and tools. */
const FIELD_ROWS: readonly RepairRow[] = [
  {
    // DashScope, Kimi, DeepSeek with thinking; OpenRouter: "No endpoints found that support the provided 'tool_choice'"
    row: 'tool_choice: auto',
    find: ({ text }) =>
      /tool[_ ]choice/i.test(text) ? { apply: withoutForce, dialect: "toolChoice: 'auto-only'" } : undefined,
  },
  { row: 'token limit', find: ({ text }, chat) => findTokenLimit(text, chat) },
  { row: 'name of the token limit', find: ({ text, field }, chat) => renameTokenLimit(`${field} ${text}`, chat) },
  // One of the two, never both (DashScope).
  dropping(/thinking_budget.*reasoning_effort|reasoning_effort.*thinking_budget/s, 'thinking_budget'),
  {
    // "Json mode response is not supported when enable_thinking is true"; "This response_format type is unavailable".
    row: 'response_format as a prompt',
    find: ({ text }, chat) =>
      /json mode|json_schema|response_format|json_object|text\.format/i.test(text) && chat.response_format
        ? { apply: moveFormatIntoMessages, dialect: "responseFormat: 'prompt'" } : undefined,
  },
  // DashScope: "Range of n should be [1, 4]", or no `n` with thinking.
  dropping(/\brange of n\b|\bparameter:? n\b|['"`]n['"`]/i, 'n'),
  // Ollama: `invalid reasoning value: "xhigh" (must be "high", …)`; `"m" does not support thinking`.
  dropping(/invalid reasoning value|reasoning\.effort|not support (thinking|reasoning)\b/i, 'reasoning_effort'),
];

/** Repairs of the messages. */
const MESSAGE_ROWS: readonly RepairRow[] = [
  // vLLM: "Encrypted content is not supported."; OpenAI: "The encrypted content … could not be verified".
  row('reasoning without encrypted_content', /encrypted.content/i, dropCiphertext),
  // OpenAI, after a change of model: "Invalid 'input[2].content': array too long. Expected an array with maximum length
  // 0"; "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."
  row('reasoning items with encrypted_content alone',
    /content\W{1,6}array too long.{0,60}length 0\b|item with id .{1,80}not found/i, dropPlainReasoningItems),
  // OpenAI: "Item 'rs_1' of type 'reasoning' was provided without its required following item."
  row('no reasoning items', /'reasoning' was provided without its required/i, dropReasoning),
  // gpt-oss on llama.cpp: "Cannot pass both content and thinking in an assistant message with tool calls!".
  row('text inside reasoning', /both content and (thinking|reasoning)/i, moveTextIntoReasoning,
    "forms: ['text-inside-reasoning']"),
  { row: 'reasoning of earlier turns', find: findReasoning },
  row('pictures without detail', /detail/i, dropPictureDetail),
  {
    row: 'pictures as text',
    find: ({ text }) =>
      PICTURES.test(text) && !BAD_PICTURE.test(text)
        ? { apply: replacePictures, dialect: 'images: false' } : undefined,
  },
  // Mistral, Gemma: "After the optional system message, conversation roles must alternate user/assistant/…".
  row('alternating roles', ALTERNATE, alternateRoles, "forms: ['alternating-roles']"),
  // Mistral: "Unexpected role 'user' after role 'tool'".
  row('assistant between tool and user', USER_AFTER_TOOL, separateUserFromResults,
    "forms: ['assistant-between-tool-and-user']"),
  row('system instead of developer', /\bdeveloper\b/i, useSystemRole, "instructionsRole: 'system'"),
  row('one system message', ONE_SYSTEM_MESSAGE, instructOnce, "lateInstructions: 'user'"),
  // Gemma: "System role not supported"; "Developer instruction is not enabled for models/gemma-3".
  row('instructions as user text', NO_SYSTEM_MESSAGE, instructAsUser, "forms: ['instructions-as-user']"),
  row('the user last', /(must|should) end with.{0,20}\buser|last (message|role).{0,30}\buser|prefill/i, endWithUser),
  // Llama's template in vLLM: "This model only supports single tool-calls at once!".
  row('one call for each message', /single tool.?calls? at once/i, oneCallAtATime,
    "forms: ['one-call-for-each-message']"),
  {
    // Mistral: "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9."
    row: 'call ids',
    find: ({ text, field }, chat) => {
      const form = hasCalls(chat) ? findCallIdForm(text, field) : undefined;
      const name = `call ids of ${form?.exact === true ? '' : 'at most '}${form?.length} characters`;
      const dialect = form?.exact === true && form.length === 9 && "forms: ['nine-letter-call-ids']";
      return form && { name, apply: (request) => renameCallIds(request, form), ...(dialect && { dialect }) };
    },
  },
  {
    // Bedrock: "The toolConfig field must be defined when using toolUse and toolResult content blocks".
    row: 'calls as text',
    find: ({ text }, chat) =>
      /tool/i.test(text) && !chat.tools?.length && hasCalls(chat)
        ? { apply: REQUEST_FORMS['calls-as-text-without-tools'], dialect: "forms: ['calls-as-text-without-tools']" }
        : undefined,
  },
  {
    row: 'content as string',
    find: ({ text }) =>
      STRING_CONTENT.test(text) && !EITHER_CONTENT.test(text) && !/tool_?call/i.test(text)
        ? { apply: (chat) => useStringContent(replacePictures(chat)), dialect: "content: 'string'" }
        : undefined,
  },
  {
    row: 'content as parts',
    find: ({ text }) =>
      PARTS_CONTENT.test(text) && !EITHER_CONTENT.test(text)
        ? { apply: usePartsContent, dialect: "content: 'parts'" }
        : undefined,
  },
  row('no empty content', NO_EMPTY_CONTENT, fillEmptyContent, "forms: ['no-empty-content']"),
];

/** Repairs of the tools. Too many tools are not repaired: the user decides which ones to remove. */
const TOOL_ROWS: readonly RepairRow[] = [
  {
    row: 'short tool descriptions',
    find: ({ text, field }) => {
      const maxLength = /description/i.test(`${field} ${text}`) ? findLengthLimit(text) : undefined;
      const name = `tool descriptions of at most ${maxLength} characters`;
      return maxLength === undefined ? undefined : { name, apply: (chat) => shortenDescriptions(chat, maxLength) };
    },
  },
  {
    row: 'short tool names',
    find: ({ text, field }) => {
      const maxLength = /\bname\b/i.test(`${field} ${text}`) ? findLengthLimit(text) : undefined;
      const name = `tool names of at most ${maxLength} characters`;
      // Shorter names would no longer be distinct.
      if (maxLength === undefined || maxLength < 16) return undefined;
      return { name, apply: (chat) => shortenToolNames(chat, maxLength) };
    },
  },
  row('tools without strict', /\bstrict\b/i, dropStrict, 'strictTools: false'),
  ...SCHEMA_STEPS.map((rules, step): RepairRow => ({
    row: `schema step ${step + 1}`,
    find: ({ text }, chat, callsLeft) =>
      SCHEMA.test(text) && chat.tools && step >= firstStep(callsLeft, text)
        ? {
            name: `simpler tool schemas (${rules.join(', ')})`,
            apply: (request) => simplifySchemas(request, rules),
            dialect: `schema: ${JSON.stringify(rules)}`,
          }
        : undefined,
  })),
];

/** Chooses the first step by the wording; the last calls are reserved for schemas that every validator accepts. */
function firstStep(callsLeft: number, text: string): number {
  if (callsLeft < 3) return SCHEMA_STEPS.length - callsLeft;
  if (/required|anyOf|oneOf/.test(text)) return 0;
  return /\$ref|\$defs|boolean|prefixItems|tuple/.test(text) ? 1 : 2;
}

/** Removes any top-level field that the rejection names, up to three times. */
const NAMED_FIELD_ROWS = ['first', 'second', 'third'].map((which): RepairRow => ({
  row: `${which} named field`,
  find: ({ text, field }, chat) => {
    if (!REJECTED.test(text)) return undefined;
    const option = findNativeOption(text, field, chat);
    if (option) return { name: `without ${option}`, apply: omitNative(option) };
    const named = findNamedField(text, field, chat);
    return named && { name: `without ${named}`, apply: without(named) };
  },
}));

const ROWS: readonly RepairRow[] = [...FIELD_ROWS, ...MESSAGE_ROWS, ...TOOL_ROWS, ...NAMED_FIELD_ROWS];

/** The names of the rows in order, for docs/protocol.md. */
export const REPAIR_NAMES: readonly string[] = ROWS.map((each) => each.row);

/**
 * @param tried rows and repairs already used for this request
 * @param callsLeft how many more calls this request may use
 * @returns the repair for the next call and its row; undefined if no row matches the rejection
 */
export function findRepair(
  rejection: Rejection, chat: ChatRequest, tried: ReadonlySet<string>, callsLeft: number,
): FoundRepair | undefined {
  for (const { row: name, find } of ROWS) {
    const found = tried.has(name) ? undefined : find(rejection, chat, callsLeft);
    const repair = found && { ...found, name: found.name ?? name };
    if (repair && !tried.has(repair.name) && repair.apply(chat) !== chat) return { row: name, repair };
  }
  return undefined;
}

/** Whether a rejection requires the same repair again. @param chat the request before that repair */
export function isSameRejection({ row: name, repair }: FoundRepair, rejection: Rejection, chat: ChatRequest): boolean {
  const found = ROWS.find((candidate) => candidate.row === name)?.find(rejection, chat, ROWS.length);
  return found !== undefined && (found.name ?? name) === repair.name;
}
