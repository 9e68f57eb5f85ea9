/**
 * Validates a Responses request: unknown JSON in, typed request out. Errors contain the path of the field. Items and
 * parts of future clients become `unrecognized` and never fail a request.
 */
import { isRecord, type JsonObject, type JsonValue, type UnknownRecord } from '../base/json';
import { asArray, asBoolean, asNumber, asRecord, asText, compact } from '../base/narrow';
import { invalid, optional, readFormat, readToolChoice, readTools } from './read-fields';
import { readInput } from './read-items';
import type { ResponsesEcho, ResponsesRequest, Sampling } from './responses-request';

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
    model: optional(body, 'model', asText, 'a non-empty string'),
    instructions: readInstructions(body['instructions']),
    input: readInput(body['input']),
    stream: optional(body, 'stream', asBoolean, 'true or false') ?? false,
    tools: readTools(body['tools'], 'tools'),
    toolChoice: readToolChoice(body['tool_choice']),
    parallelToolCalls: optional(body, 'parallel_tool_calls', asBoolean, 'true or false'),
    maxOutputTokens: optional(body, 'max_output_tokens', asCount, 'a positive integer'),
    maxToolCalls: optional(body, 'max_tool_calls', asCount, 'a positive integer'),
    reasoning: reasoning && compact({ effort: asText(reasoning['effort']), summary: asText(reasoning['summary']) }),
    format: readFormat(text?.['format'], 'text.format'),
    verbosity: asText(text?.['verbosity']),
    topLogprobs: optional(body, 'top_logprobs', asNumber, 'a number'),
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
  throw invalid('instructions', 'a string', value);
}

/** Reads the sampling settings, which have the same names in both protocols. */
export function readSampling(body: UnknownRecord): Sampling {
  const stop = body['stop'];
  return compact({
    temperature: optional(body, 'temperature', asNumber, 'a number'),
    top_p: optional(body, 'top_p', asNumber, 'a number'),
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
  const given = ECHO_FIELDS.map((field) => [field, (body[field] ?? ECHO_DEFAULTS[field]) as JsonValue]);
  return Object.fromEntries(given);
}

function asCount(value: unknown): number | undefined {
  const number = asNumber(value);
  return number !== undefined && Number.isInteger(number) && number > 0 ? number : undefined;
}
