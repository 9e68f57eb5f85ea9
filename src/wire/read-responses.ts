/**
 * Validates a Responses request: unknown JSON in, typed request out. Errors contain the path of the field. Items and
 * content parts of unknown types never fail a request: they become `unrecognized`, or `call` for an item whose type
 * ends in `_call`.
 */
import {
  asArray, asBoolean, asNumber, asRecord, asString, asText, compact, isRecord, type JsonObject, type JsonValue,
  type UnknownRecord,
} from '../base/json';
import { asId, invalid, readContent, readFormat, readOptional, readToolChoice, readTools } from './read-fields';
import type {
  CallOutputItem, InputItem, MessageItem, MessageRole, ResponsesEcho, ResponsesRequest, Sampling,
} from './responses-request';

/** Request fields that every Response repeats, with their defaults. Spec: Response fields. */
const ECHO_DEFAULTS = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: null,
  safety_identifier: null,
  service_tier: 'default',
  store: true,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
} as const;
const ECHO_FIELDS = Object.keys(ECHO_DEFAULTS) as (keyof typeof ECHO_DEFAULTS)[];

/** @throws UnreadableField with the path of the first invalid field */
export function readResponsesRequest(body: unknown): ResponsesRequest {
  if (!isRecord(body)) throw invalid('', 'the body to be a JSON object', body);
  const text = asRecord(body['text']);
  const reasoning = asRecord(body['reasoning']);
  return compact({
    model: readOptional(body, 'model', asText, 'a non-empty string'),
    instructions: readInstructions(body['instructions']),
    input: readInput(body['input']),
    stream: readOptional(body, 'stream', asBoolean, 'true or false') ?? false,
    tools: readTools(body['tools'], 'tools'),
    toolChoice: readToolChoice(body['tool_choice']),
    parallelToolCalls: readOptional(body, 'parallel_tool_calls', asBoolean, 'true or false'),
    maxOutputTokens: readOptional(body, 'max_output_tokens', asCount, 'a positive integer'),
    maxToolCalls: readOptional(body, 'max_tool_calls', asCount, 'a positive integer'),
    reasoning: reasoning && compact({ effort: asText(reasoning['effort']), summary: asText(reasoning['summary']) }),
    format: readFormat(text?.['format'], 'text.format'),
    verbosity: asText(text?.['verbosity']),
    topLogprobs: readOptional(body, 'top_logprobs', asNumber, 'a number'),
    sampling: readSampling(body),
    user: asText(body['user']),
    promptCacheKey: asText(body['prompt_cache_key']),
    previousResponseId: asText(body['previous_response_id']),
    store: asBoolean(body['store']),
    include: (asArray(body['include']) ?? []).filter((entry): entry is string => typeof entry === 'string'),
    modalities: asArray(body['modalities']) as readonly string[] | undefined,
    audio: asRecord(body['audio']) as JsonObject | undefined,
    echo: readEcho(body),
  });
}

/** Reads a string, or a list of items, whose texts are joined. */
function readInstructions(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (Array.isArray(value)) {
    const texts = readInput(value).flatMap((item) => (item.type === 'message' ? item.content : []));
    return texts.map((part) => (part.type === 'text' ? part.text : '')).join('\n\n');
  }
  throw invalid('instructions', 'a string or a list of items', value);
}

/** Reads the sampling settings, which have the same names in both protocols. @throws UnreadableField */
export function readSampling(body: UnknownRecord): Sampling {
  const stop = body['stop'];
  return compact({
    temperature: readOptional(body, 'temperature', asNumber, 'a number'),
    top_p: readOptional(body, 'top_p', asNumber, 'a number'),
    top_k: asNumber(body['top_k']),
    stop: typeof stop === 'string' || Array.isArray(stop) ? (stop as string | readonly string[]) : undefined,
    seed: asNumber(body['seed']),
    presence_penalty: asNumber(body['presence_penalty']),
    frequency_penalty: asNumber(body['frequency_penalty']),
    logit_bias: asRecord(body['logit_bias']) as JsonObject | undefined,
    n: asNumber(body['n']),
  });
}

function readEcho(body: UnknownRecord): ResponsesEcho {
  const echo: Record<string, JsonValue> = {};
  for (const field of ECHO_FIELDS) echo[field] = (body[field] ?? ECHO_DEFAULTS[field]) as JsonValue;
  return echo;
}

function asCount(value: unknown): number | undefined {
  const number = asNumber(value);
  return number !== undefined && Number.isInteger(number) && number > 0 ? number : undefined;
}

type ReadItem = (item: UnknownRecord, path: string) => InputItem;

const ROLES: readonly MessageRole[] = ['user', 'assistant', 'system', 'developer'];

/**
 * Reads `input`: a string is one user message; an empty string is none.
 * @param path the field that holds it
 * @throws UnreadableField if it is neither a string nor a list, or if a message has an unknown role, or an item has
 * unreadable content or tools; an item of an unknown type is not an error
 */
export function readInput(value: unknown, path = 'input'): readonly InputItem[] {
  if (typeof value === 'string') {
    return value === '' ? [] : [{ type: 'message', role: 'user', content: [{ type: 'text', text: value }] }];
  }
  const list = asArray(value);
  if (!list) throw invalid(path, 'a string or a list of items', value);
  return list.map((item, index) => readItem(item, `${path}[${index}]`));
}

function readItem(value: unknown, path: string): InputItem {
  if (typeof value === 'string') return { type: 'message', role: 'user', content: [{ type: 'text', text: value }] };
  if (!isRecord(value)) return { type: 'unrecognized', kind: value === null ? 'null' : typeof value };
  const type = asText(value['type']) ?? (value['role'] === undefined ? 'unknown' : 'message');
  // Own properties only: a type may be called `constructor`.
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read) return read(value, path);
  return type.endsWith('_call') ? { type: 'call', itemType: type, item: value } : { type: 'unrecognized', kind: type };
}

const READERS: Readonly<Record<string, ReadItem>> = {
  message: readMessage,
  reasoning: (item) => compact({
    type: 'reasoning' as const,
    id: asText(item['id']),
    summary: joinTexts(item['summary'], '\n\n'),
    content: asArray(item['content']) && joinTexts(item['content'], ''),
    encryptedContent: asText(item['encrypted_content']),
  }),
  function_call_output: readCallOutput,
  custom_tool_call_output: readCallOutput,
  local_shell_call_output: readCallOutput,
  shell_call_output: readCallOutput,
  apply_patch_call_output: readCallOutput,
  tool_search_output: (item, path) => ({
    type: 'tool_search_output',
    callId: asString(item['call_id']) ?? '',
    tools: readTools(item['tools'], `${path}.tools`),
  }),
  additional_tools: (item, path) => ({ type: 'additional_tools', tools: readTools(item['tools'], `${path}.tools`) }),
  agent_message: (item, path) => compact({
    type: 'agent_message' as const,
    author: asText(item['author']),
    recipient: asText(item['recipient']),
    content: readContent(item['content'], `${path}.content`),
  }),
  compaction: readCompaction,
  compaction_summary: readCompaction,
  context_compaction: readCompaction,
  compaction_trigger: () => ({ type: 'compaction_trigger' }),
  configuration_update: (item) => compact({
    type: 'configuration_update' as const,
    reasoning: asRecord(item['reasoning']),
    text: asRecord(item['text']),
  }),
  item_reference: (item) => ({ type: 'item_reference', id: asText(item['id']) ?? '' }),
};

function readMessage(item: UnknownRecord, path: string): MessageItem {
  const role = ROLES.find((known) => known === item['role']);
  if (!role) throw invalid(`${path}.role`, ROLES.map((known) => `"${known}"`).join(', '), item['role']);
  return { type: 'message', role, content: readContent(item['content'], `${path}.content`) };
}

/** After create_goal, Codex sends an output with the tool's name but no call id (codex-protocol.md, section 1). */
function readCallOutput(item: UnknownRecord, path: string): CallOutputItem {
  const callId = item['call_id'];
  return compact({
    type: 'call_output' as const,
    callId: asId(callId),
    label: asText(item['name']),
    output: readOutput(item['output'], `${path}.output`),
  });
}

/** Reads text or a list of `input_…` parts; other JSON, such as the chunks of shell outputs, becomes JSON text. */
function readOutput(value: unknown, path: string): CallOutputItem['output'] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  const list = asArray(value);
  const parts = list?.every((part) => asText(asRecord(part)?.['type'])?.startsWith('input_'));
  return parts ? readContent(value, path) : [{ type: 'text', text: JSON.stringify(value) }];
}

function readCompaction(item: UnknownRecord): InputItem {
  return { type: 'compaction', encryptedContent: asString(item['encrypted_content']) ?? '' };
}

function joinTexts(value: unknown, separator: string): string {
  if (typeof value === 'string') return value;
  const texts = (asArray(value) ?? []).flatMap((part) => asText(asRecord(part)?.['text']) ?? []);
  return texts.join(separator);
}

/** True for an item that only references another one; its type is optional. Spec: Responses API, ItemReference. */
export function isReference(item: unknown): item is UnknownRecord {
  if (!isRecord(item)) return false;
  return (
    item['type'] === 'item_reference' ||
    (item['type'] == null && item['id'] !== undefined && item['role'] === undefined)
  );
}

/** Fields that reference stored data. A `prompt` is stored by OpenAI, so `readKeptTurn` rejects it. */
const STORE_FIELDS = ['previous_response_id', 'conversation', 'prompt'] as const;

/**
 * Whether a request refers to stored data, or is itself stored or run in the background. Most Codex requests do none of
 * this, so the state is not loaded for them.
 * @param body a request as received
 */
export function usesState(body: unknown, client: 'codex' | 'generic'): boolean {
  if (!isRecord(body)) return false;
  if (wantsStore(body['store'], client) || (body['background'] ?? false) !== false) return true;
  return STORE_FIELDS.some((field) => body[field] != null) || (asArray(body['input']) ?? []).some(isReference);
}

/**
 * Whether to store the response. The API's default is true. Codex keeps its own conversation: it has sent
 * `store: false` since 0.80, so for Codex an absent field means false.
 */
export function wantsStore(store: unknown, client: 'codex' | 'generic'): boolean {
  return store === true || (store !== false && client !== 'codex');
}
