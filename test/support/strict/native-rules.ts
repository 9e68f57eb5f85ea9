/**
 * What the scripted Responses endpoint rejects: whatever llama.cpp's server, vLLM, Ollama or OpenAI rejects, with their
 * messages. A provider's behavior adds its own messages and requirements (native-behavior.ts).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import {
  asArray, asRecord, asString, asText, isRecord, parseJsonObject, type UnknownRecord,
} from '../../../src/base/json';
import type { NativeReasoningForm } from '../upstream/native-stream';

export interface NativeRejection {
  readonly status: number;
  readonly message: string;
  readonly param?: string;
  /** Selects a provider's own message. */
  readonly fault?: NativeFault;
}

/** A fault for which providers have their own message. `word` is the rejected type, id, field, role or model. */
export interface NativeFault {
  readonly kind: 'tool' | 'item' | 'pair' | 'field' | 'late' | 'model';
  readonly word: string;
  /** The position of the tool or item. */
  readonly index?: number;
}

/** What a provider's endpoint requires in addition to the rules, and its messages. */
export interface NativeBehavior {
  /** Path of the endpoint; `/v1/responses` when absent. */
  readonly path?: string;
  /** The models that it serves; all when absent. */
  readonly models?: readonly string[];
  /** Efforts that its models accept; all when absent. */
  readonly efforts?: readonly string[];
  /** Fields that a model, by its id, rejects although others accept them. */
  readonly lacks?: Readonly<Record<string, readonly string[]>>;
  /** Its templates accept instructions only at the beginning. */
  readonly oneSystem?: true;
  /** Its item ids are UUIDs. */
  readonly uuids?: true;
  readonly reasoning?: NativeReasoningForm;
  /** Its own messages; for other faults it sends the message of the rule. */
  readonly says: Partial<Readonly<Record<NativeFault['kind'], (fault: NativeFault) => Partial<NativeRejection>>>>;
  /** Renders the error body; OpenAI's when absent. */
  readonly body?: (rejection: NativeRejection) => object;
}

export interface NativeSubject {
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: UnknownRecord | undefined;
  readonly apiKey: string | undefined;
  /** Efforts that the model accepts; all when `undefined`. */
  readonly efforts: readonly string[] | undefined;
  /** Reasoning items that the endpoint sent, which it accepts back unchanged. */
  readonly issued: readonly UnknownRecord[];
  readonly behavior?: NativeBehavior | undefined;
}

/** Returns a rejection, or the message of a 400; undefined if the request passes. */
type Check = (subject: NativeSubject & { readonly body: UnknownRecord }) => string | NativeRejection | undefined;

const reject = (status: number, message: string, param?: string, fault?: NativeFault): NativeRejection => ({
  status,
  message,
  ...(param !== undefined && { param }),
  ...(fault && { fault }),
});

/** Returns a 400 for which a provider may have its own message. */
const rejectFault = (message: string, fault: NativeFault, param?: string): NativeRejection =>
  reject(400, message, param, fault);

/** Returns the first rejection, or undefined if the request is accepted. */
export function validateNative(subject: NativeSubject): NativeRejection | undefined {
  const { body, headers, route, behavior } = subject;
  if (route !== `POST ${behavior?.path ?? '/v1/responses'}`) return reject(404, 'File Not Found');
  const key = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (key === undefined || (subject.apiKey !== undefined && key !== subject.apiKey))
    return reject(401, 'Invalid API Key');
  if (headers['accept-encoding'] !== 'identity')
    return reject(400, 'The scripted upstream requires accept-encoding: identity.');
  if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '') || body === undefined)
    return reject(400, 'We could not parse the JSON body of your request.');
  for (const check of CHECKS) {
    const found = check({ ...subject, body });
    if (found !== undefined) return typeof found === 'string' ? reject(400, found) : withOwnMessage(behavior, found);
  }
  return undefined;
}

/** Applies the provider's own message, if it has one for this fault. */
function withOwnMessage(behavior: NativeBehavior | undefined, rejection: NativeRejection): NativeRejection {
  const render = rejection.fault && behavior?.says[rejection.fault.kind];
  return render && rejection.fault ? { ...rejection, ...render(rejection.fault) } : rejection;
}

/** The fields that a plain endpoint documents; it rejects all other fields of OpenAI's API. */
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

const checkFields: Check = ({ body, behavior }) => {
  const missing = REQUIRED.find((field) => !(field in body));
  if (missing !== undefined) return reject(400, `Missing required parameter: '${missing}'.`, missing);
  const { lacks = {}, models } = behavior ?? {};
  const model = String(body['model']);
  if (models && !models.includes(model))
    return rejectFault(
      `The model ${model} is not supported by the Responses API.`, { kind: 'model', word: model }, 'model',
    );
  const unknown = Object.keys(body).find((field) => FIELDS[field] === undefined || lacks[model]?.includes(field));
  if (unknown !== undefined)
    return rejectFault(`Unknown parameter: '${unknown}'.`, { kind: 'field', word: unknown }, unknown);
  const wrong = Object.entries(body).find(([field, value]) => !FIELDS[field]?.(value))?.[0];
  return wrong === undefined ? undefined : reject(400, `Invalid type for '${wrong}'.`, wrong);
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
    if (!known) return rejectFault("Cannot determine type of 'item'", { kind: 'item', word: type, index });
    const unknown = Object.entries(item).find(([field, entry]) => !known.includes(field) || entry === null)?.[0];
    const path = `input[${index}].${unknown}`;
    if (unknown !== undefined) return rejectFault(`Unknown parameter: '${path}'.`, { kind: 'field', word: path }, path);
    const wrong =
      type === 'message'
        ? checkMessage(item)
        : type === 'reasoning'
          ? checkReasoning(item, issued)
          : checkCall(item, type);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

/** Finds instructions after the beginning, for templates that do not accept them there. */
const checkOrder: Check = ({ body, behavior }) => {
  if (!behavior?.oneSystem) return undefined;
  const items = (asArray(body['input']) ?? []).filter(isRecord);
  const late = items.findIndex(({ role }, index) =>
    (role === 'developer' || role === 'system') && (index > 0 || 'instructions' in body));
  return late === -1
    ? undefined
    : rejectFault('System message must be at the beginning.', { kind: 'late', word: 'developer', index: late });
};

function checkMessage(item: UnknownRecord): string | undefined {
  const role = asText(item['role']) ?? '';
  const parts = asArray(item['content']) ?? [];
  if (!['user', 'assistant', 'developer', 'system'].includes(role)) return `unexpected role ${role}`;
  // llama.cpp does not recognize an assistant message without content as an item.
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
  // vLLM reads the summary if there is no text; llama.cpp rejects an item without either.
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

/** Each call has one result, before any item other than calls and results. */
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
      return unanswered(open);
    }
  }
  return open.size > 0 ? unanswered(open) : undefined;
};

function unanswered(open: ReadonlySet<string>): NativeRejection {
  const [id = ''] = open;
  return rejectFault(`No tool output found for function call ${id}.`, { kind: 'pair', word: id });
}

const TOOL_FIELDS = ['type', 'name', 'description', 'parameters', 'strict'];

const checkTools: Check = ({ body }) => {
  const tools = (asArray(body['tools']) ?? []).map((tool) => asRecord(tool) ?? {});
  for (const [index, tool] of tools.entries()) {
    const type = String(tool['type']);
    if (type !== 'function')
      return rejectFault("'type' of tool must be 'function'", { kind: 'tool', word: type, index });
    const unknown = Object.keys(tool).find((field) => !TOOL_FIELDS.includes(field));
    const path = `tools[${index}].${unknown}`;
    if (unknown !== undefined) return rejectFault(`Unknown parameter: '${path}'.`, { kind: 'field', word: path }, path);
    if (!/^[\w-]{1,64}$/.test(asString(tool['name']) ?? '')) return `Invalid 'tools[${index}].name'.`;
    // An absent `strict` means true (llama.cpp): a schema that is not strict could then be rejected or rewritten.
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

const checkSettings: Check = ({ body, behavior, efforts = behavior?.efforts }) => {
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

const CHECKS: readonly Check[] = [checkFields, checkItems, checkPairs, checkOrder, checkTools, checkSettings];
