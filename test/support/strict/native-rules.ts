/**
 * What the scripted Responses endpoint refuses, in the words of real ones: llama.cpp's server, vLLM, Ollama and OpenAI.
 * It is stricter than each of them: it refuses what any of them does.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import {
  asArray, asRecord, asString, asText, isRecord, parseJsonObject, type UnknownRecord,
} from '../../../src/base/json';

export interface NativeRefusal {
  readonly status: number;
  readonly message: string;
  readonly param?: string;
}

export interface NativeSubject {
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: UnknownRecord | undefined;
  readonly apiKey: string | undefined;
  /** Efforts that the model knows; every word when absent. */
  readonly efforts: readonly string[] | undefined;
  /** Reasoning items as they were given out. */
  readonly issued: readonly UnknownRecord[];
}

type Check = (subject: NativeSubject & { readonly body: UnknownRecord }) => string | NativeRefusal | undefined;

const no = (status: number, message: string, param?: string): NativeRefusal => ({
  status,
  message,
  ...(param !== undefined && { param }),
});

/** The first refusal, or undefined when the request is served. A rule that returns text is a 400. */
export function judgeNative(subject: NativeSubject): NativeRefusal | undefined {
  const { body, headers, route } = subject;
  if (route !== 'POST /v1/responses') return no(404, 'File Not Found');
  const key = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (key === undefined || (subject.apiKey !== undefined && key !== subject.apiKey)) return no(401, 'Invalid API Key');
  if (headers['accept-encoding'] !== 'identity')
    return no(400, 'The scripted upstream wants accept-encoding: identity.');
  if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '') || body === undefined)
    return no(400, 'We could not parse the JSON body of your request.');
  for (const check of CHECKS) {
    const found = check({ ...subject, body });
    if (found !== undefined) return typeof found === 'string' ? no(400, found) : found;
  }
  return undefined;
}

/** What a plain endpoint documents; everything else of OpenAI's API is unknown here. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  model: (value) => asText(value) !== undefined,
  instructions: (value) => asText(value) !== undefined,
  input: Array.isArray,
  stream: (value) => value === true,
  store: (value) => value === false,
  tools: (value) => Array.isArray(value) && value.length > 0,
  tool_choice: (value) => typeof value === 'string' || isRecord(value),
  parallel_tool_calls: (value) => typeof value === 'boolean',
  max_output_tokens: (value) => Number.isInteger(value),
  temperature: (value) => typeof value === 'number',
  top_p: (value) => typeof value === 'number',
  top_logprobs: (value) => Number.isInteger(value),
  text: isRecord,
  reasoning: isRecord,
  include: Array.isArray,
  prompt_cache_key: (value) => asText(value) !== undefined,
};
const REQUIRED = ['model', 'input', 'stream', 'store'];

const checkFields: Check = ({ body }) => {
  const missing = REQUIRED.find((field) => !(field in body));
  if (missing !== undefined) return no(400, `Missing required parameter: '${missing}'.`, missing);
  const unknown = Object.keys(body).find((field) => FIELDS[field] === undefined);
  if (unknown !== undefined) return no(400, `Unknown parameter: '${unknown}'.`, unknown);
  const wrong = Object.entries(body).find(([field, value]) => !FIELDS[field]?.(value))?.[0];
  return wrong === undefined ? undefined : no(400, `Invalid type for '${wrong}'.`, wrong);
};

const ITEM_FIELDS: Readonly<Record<string, readonly string[]>> = {
  message: ['type', 'role', 'content'],
  function_call: ['type', 'call_id', 'name', 'arguments'],
  function_call_output: ['type', 'call_id', 'output'],
  reasoning: ['type', 'id', 'summary', 'content', 'encrypted_content'],
};

const checkItems: Check = ({ body, issued }) => {
  const items = asArray(body['input']) ?? [];
  if (items.length === 0) return "'input' must be a string or array of objects";
  for (const [index, value] of items.entries()) {
    const item = asRecord(value) ?? {};
    const type = asText(item['type']) ?? '';
    const known = ITEM_FIELDS[type];
    if (!known) return "Cannot determine type of 'item'";
    const unknown = Object.entries(item).find(([field, entry]) => !known.includes(field) || entry === null)?.[0];
    if (unknown !== undefined)
      return no(400, `Unknown parameter: 'input[${index}].${unknown}'.`, `input[${index}].${unknown}`);
    const fault =
      type === 'message'
        ? checkMessage(item)
        : type === 'reasoning'
          ? checkReasoning(item, issued)
          : checkCall(item, type);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

function checkMessage(item: UnknownRecord): string | undefined {
  const role = asText(item['role']) ?? '';
  const parts = asArray(item['content']) ?? [];
  if (!['user', 'assistant', 'developer', 'system'].includes(role)) return `unexpected role ${role}`;
  // llama.cpp takes an assistant message without content for no item at all.
  if (parts.length === 0) return "Cannot determine type of 'item'";
  for (const part of parts.map((entry) => asRecord(entry) ?? {})) {
    const type = part['type'];
    if (role === 'assistant' && type !== 'output_text') return "'type' must be 'output_text'";
    if (role !== 'assistant' && !['input_text', 'input_image', 'input_file'].includes(String(type)))
      return "'type' must be one of 'input_text', 'input_image', or 'input_file'";
    if (type === 'input_image' && (asText(part['image_url']) === undefined || asText(part['detail']) === undefined))
      return "'image_url' is required";
    if (String(type).endsWith('_text') && asText(part['text']) === undefined) return "'Input text' requires 'text'";
  }
  return undefined;
}

function checkReasoning(item: UnknownRecord, issued: readonly UnknownRecord[]): string | undefined {
  if (asText(item['id']) === undefined) return 'Field required: id';
  if (issued.some((known) => isDeepStrictEqual(known, item))) return undefined;
  if (item['encrypted_content'] !== undefined) return 'Encrypted content is not supported.';
  if (!Array.isArray(item['summary'])) return "Cannot determine type of 'item'";
  const [first] = asArray(item['content']) ?? [];
  // vLLM reads the summary where there is no text, llama.cpp refuses an item without either.
  if (first === undefined) return (asArray(item['summary']) ?? []).length > 0 ? undefined : "item['content'] is empty";
  return asText(asRecord(first)?.['text']) === undefined ? "item['content']['text'] is not a string" : undefined;
}

function checkCall(item: UnknownRecord, type: string): string | undefined {
  if (asText(item['call_id']) === undefined) return "Cannot determine type of 'item'";
  if (type === 'function_call_output')
    return asText(item['output']) === undefined ? "Output of tool call should be 'Input text'" : undefined;
  if (!/^[\w-]{1,64}$/.test(asString(item['name']) ?? '')) return `Invalid 'name': ${String(item['name'])}`;
  return parseJsonObject(asString(item['arguments']) ?? '')
    ? undefined
    : 'failed to parse function call arguments: invalid character';
}

/** Each call is answered once, before anything but calls and answers comes. */
const checkPairs: Check = ({ body }) => {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const item of (asArray(body['input']) ?? []).filter(isRecord)) {
    const id = String(item['call_id']);
    if (item['type'] === 'function_call') {
      if (seen.has(id)) return `Duplicate call_id ${id}.`;
      seen.add(id);
      open.add(id);
    } else if (item['type'] === 'function_call_output') {
      if (!open.delete(id)) return `No tool call found for function call output with call_id ${id}.`;
    } else if (open.size > 0) {
      return `No tool output found for function call ${[...open][0]}.`;
    }
  }
  return open.size > 0 ? `No tool output found for function call ${[...open][0]}.` : undefined;
};

const TOOL_FIELDS = ['type', 'name', 'description', 'parameters', 'strict'];

const checkTools: Check = ({ body }) => {
  const tools = (asArray(body['tools']) ?? []).map((tool) => asRecord(tool) ?? {});
  for (const [index, tool] of tools.entries()) {
    if (tool['type'] !== 'function') return "'type' of tool must be 'function'";
    const unknown = Object.keys(tool).find((field) => !TOOL_FIELDS.includes(field));
    if (unknown !== undefined)
      return no(400, `Unknown parameter: 'tools[${index}].${unknown}'.`, `tools[${index}].${unknown}`);
    if (!/^[\w-]{1,64}$/.test(asString(tool['name']) ?? '')) return `Invalid 'tools[${index}].name'.`;
    // Absent means true (llama.cpp): a schema that is not strict would then be refused or rewritten.
    if (typeof tool['strict'] !== 'boolean') return `Missing required parameter: 'tools[${index}].strict'.`;
    if (asRecord(tool['parameters'])?.['type'] !== 'object')
      return `Invalid schema for function '${String(tool['name'])}'.`;
  }
  const names = tools.map((tool) => tool['name']);
  if (new Set(names).size < names.length) return 'Duplicate tool names.';
  const choice = body['tool_choice'];
  if (choice === undefined || (tools.length > 0 && ['auto', 'none', 'required'].includes(String(choice))))
    return undefined;
  const named = asRecord(choice);
  return named?.['type'] === 'function' && names.includes(named['name'])
    ? undefined
    : "Tool choice not found in 'tools'.";
};

const checkSettings: Check = ({ body, efforts }) => {
  const effort = asRecord(body['reasoning'])?.['effort'];
  if (effort !== undefined && efforts && !efforts.includes(String(effort)))
    return `invalid reasoning value: "${String(effort)}" (must be ${efforts.map((word) => `"${word}"`).join(', ')})`;
  const include = asArray(body['include']) ?? [];
  if (include.some((entry) => entry !== 'reasoning.encrypted_content' && entry !== 'message.output_text.logprobs'))
    return "Invalid value for 'include'.";
  const format = asRecord(asRecord(body['text'])?.['format']);
  if (body['text'] !== undefined && !['json_object', 'json_schema'].includes(String(format?.['type'])))
    return "Invalid value for 'text.format'.";
  if (format?.['type'] === 'json_schema' && (asText(format['name']) === undefined || !isRecord(format['schema'])))
    return "Missing required parameter: 'text.format.name'.";
  return undefined;
};

const CHECKS: readonly Check[] = [checkFields, checkItems, checkPairs, checkTools, checkSettings];
