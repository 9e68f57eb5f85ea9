/** Strict rules for the top-level fields of a completion request: names, types, ranges and mutual exclusion. */
import { asRecord, isRecord } from '../../../src/base/json';
import { isThinking } from './model-rules';
import { algo, first, gateway, plain, quote, says, describeType } from './rule';
import type { Fault, CheckedRequest, StrictRule, UpstreamDialect } from './rule';

type FieldType = 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'object';

/** Lowest and highest value; an exclusive bound is itself rejected. */
interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusive?: 'minimum' | 'maximum';
}
interface FieldRow {
  /** Accepted JSON types. */
  readonly types: readonly FieldType[];
  /** The dialects that accept the field. */
  readonly in: readonly UpstreamDialect[];
  readonly openai?: Bounds;
  /** `text` is DashScope's own message for a value out of range. */
  readonly dashscope?: Bounds & { readonly text: string };
}

const BOTH = ['openai', 'dashscope'] as const;
const OPENAI = ['openai'] as const;
const DASHSCOPE = ['dashscope'] as const;
const PENALTY = { minimum: -2, maximum: 2 } as const;

/**
 * Every accepted field. OpenAI fields that no other host documents (`metadata`, `store`, `service_tier` …) are absent
 * on purpose: DashScope's third-party back ends reject them with a 400 (upstreams.md, section 2). It is not known
 * whether DashScope rejects or ignores the other unknown fields; rejecting them is stricter.
 */
const FIELDS: Readonly<Record<string, FieldRow>> = {
  model: { types: ['string'], in: BOTH },
  messages: { types: ['array'], in: BOTH },
  stream: { types: ['boolean'], in: BOTH },
  stream_options: { types: ['object'], in: BOTH },
  tools: { types: ['array'], in: BOTH },
  tool_choice: { types: ['string', 'object'], in: BOTH },
  parallel_tool_calls: { types: ['boolean'], in: BOTH },
  max_tokens: { types: ['integer'], in: BOTH },
  max_completion_tokens: { types: ['integer'], in: OPENAI },
  temperature: {
    types: ['number'],
    in: BOTH,
    openai: { minimum: 0, maximum: 2 },
    // The upper bound is exclusive: 2 is rejected, 1.99 is accepted (mnfst/modelparams.dev#232, probed 2026-08-17).
    dashscope: { minimum: 0, maximum: 2, exclusive: 'maximum', text: 'Temperature should be in [0.0, 2.0)' },
  },
  top_p: {
    types: ['number'],
    in: BOTH,
    openai: { minimum: 0, maximum: 1 },
    // Reports of 2024 quote `(0.0, 1.0)`, which excludes 1 (NextChat#4772); the documentation includes it.
    dashscope: { minimum: 0, maximum: 1, exclusive: 'minimum', text: 'Range of top_p should be (0.0, 1.0]' },
  },
  // The texts for top_k, seed and the penalties are inferred from those of similar fields.
  top_k: {
    types: ['integer'],
    in: DASHSCOPE,
    dashscope: { minimum: 0, text: 'Parameter top_k be greater than or equal to 0' },
  },
  presence_penalty: {
    types: ['number'],
    in: BOTH,
    openai: PENALTY,
    dashscope: { ...PENALTY, text: 'Presence_penalty should be in [-2.0, 2.0]' },
  },
  frequency_penalty: {
    types: ['number'],
    in: BOTH,
    openai: PENALTY,
    dashscope: { ...PENALTY, text: 'Frequency_penalty should be in [-2.0, 2.0]' },
  },
  n: {
    types: ['integer'],
    in: BOTH,
    openai: { minimum: 1, maximum: 128 },
    dashscope: { minimum: 1, maximum: 4, text: 'Range of n should be [1, 4]' },
  },
  seed: {
    types: ['integer'],
    in: BOTH,
    dashscope: { minimum: 0, text: 'Range of seed should be [0, 9223372036854775807]' },
  },
  stop: { types: ['string', 'array'], in: BOTH },
  logprobs: { types: ['boolean'], in: BOTH },
  top_logprobs: {
    types: ['integer'],
    in: BOTH,
    openai: { minimum: 0, maximum: 20 },
    dashscope: { minimum: 0, maximum: 5, text: 'Range of top_logprobs should be [0, 5]' },
  },
  logit_bias: { types: ['object'], in: OPENAI },
  user: { types: ['string'], in: OPENAI },
  response_format: { types: ['object'], in: BOTH },
  modalities: { types: ['array'], in: OPENAI },
  audio: { types: ['object'], in: OPENAI },
  reasoning_effort: { types: ['string'], in: BOTH },
  // Accepted only by some providers, whose rows list them (strict/providers.ts).
  thinking: { types: ['object'], in: [] },
  reasoning: { types: ['object'], in: [] },
  reasoning_split: { types: ['boolean'], in: [] },
  chat_template_kwargs: { types: ['object'], in: [] },
  prompt_cache_key: { types: ['string'], in: [] },
  enable_thinking: { types: ['boolean'], in: DASHSCOPE },
  thinking_budget: {
    types: ['integer'],
    in: DASHSCOPE,
    // 262,144 is the highest budget of any Coding Plan model (upstreams.md, table a); the text is DashScope's.
    dashscope: {
      minimum: 1,
      maximum: 262_144,
      text: 'The thinking_budget parameter must be a positive integer and not greater than 262144',
    },
  },
  // qwen-code sends it on every request, Coding Plan included (upstreams.md, section 2).
  preserve_thinking: { types: ['boolean'], in: DASHSCOPE },
  // Inferred for the Coding Plan; Alibaba's clients send it for GLM on the Token Plan.
  tool_stream: { types: ['boolean'], in: DASHSCOPE },
  enable_search: { types: ['boolean'], in: DASHSCOPE },
};

const TYPE_CHECKS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  array: Array.isArray,
  object: isRecord,
};

/** Lists the fields that all upstreams of a dialect accept. */
export const fieldsOf = (dialect: UpstreamDialect): readonly string[] =>
  Object.keys(FIELDS).filter((name) => FIELDS[name]?.in.includes(dialect));

function unknownField({ body, behavior, settings }: CheckedRequest): Fault | undefined {
  return first(Object.keys(body), (name) =>
    behavior.fields.includes(name) || settings.allowFields.includes(name) ? undefined : { param: name },
  );
}

function fieldType({ body }: CheckedRequest): Fault | undefined {
  return first(Object.entries(body), ([name, value]) => {
    const types = FIELDS[name]?.types;
    if (types === undefined || types.some((type) => TYPE_CHECKS[type](value))) return undefined;
    return { param: name, expected: types.join(' or '), got: describeType(value), value: plain(value) };
  });
}

function sideOutside(value: number, bounds: Bounds): 'below' | 'above' | undefined {
  const { minimum = -Infinity, maximum = Infinity, exclusive } = bounds;
  if (value < minimum || (value === minimum && exclusive === 'minimum')) return 'below';
  if (value > maximum || (value === maximum && exclusive === 'maximum')) return 'above';
  return undefined;
}

/** Finds a number out of range. `text` is DashScope's message; the other values are for OpenAI's. */
function fieldRange({ body, behavior }: CheckedRequest): Fault | undefined {
  return first(Object.entries(body), ([name, value]) => {
    const row = FIELDS[name];
    const bounds = row?.[behavior.column];
    if (row === undefined || bounds === undefined || typeof value !== 'number') return undefined;
    const side = sideOutside(value, bounds);
    if (side === undefined) return undefined;
    return {
      param: name,
      value: String(value),
      kind: row.types.includes('integer') ? 'integer' : 'decimal',
      side: side === 'below' ? 'below minimum' : 'above maximum',
      bound: side === 'below' ? `>= ${bounds.minimum}` : `<= ${bounds.maximum}`,
      text: row.dashscope?.text ?? '',
    };
  });
}

function maxTokensRange({ body, model, settings }: CheckedRequest): Fault | undefined {
  const maximum = model.maxTokens ?? settings.maxTokens;
  return first(['max_tokens', 'max_completion_tokens'], (name) => {
    const value = body[name];
    if (typeof value !== 'number' || (value >= 1 && value <= maximum)) return undefined;
    return { param: name, value: String(value), maximum: String(maximum) };
  });
}

function streamOptions({ body }: CheckedRequest): Fault | undefined {
  return first(Object.entries(asRecord(body['stream_options']) ?? {}), ([name, value]) =>
    name === 'include_usage' && typeof value === 'boolean' ? undefined : { param: `stream_options.${name}` },
  );
}

function stopShape({ body }: CheckedRequest): Fault | undefined {
  const stop = body['stop'];
  if (!Array.isArray(stop)) return undefined;
  const isList = stop.length >= 1 && stop.length <= 4 && stop.every((element) => typeof element === 'string');
  return isList ? undefined : { param: 'stop', value: quote(stop) };
}

function effort({ body, behavior, model }: CheckedRequest): Fault | undefined {
  const value = body['reasoning_effort'];
  const known = model.efforts ?? behavior.efforts;
  return value === undefined || known.includes(plain(value))
    ? undefined
    : { param: 'reasoning_effort', value: plain(value), known: known.map((word) => `'${word}'`).join(', ') };
}

/** The rules for fields other than messages, tools and response_format. */
export const FIELD_RULES = [
  {
    name: 'unknown-field',
    check: unknownField,
    openai: says("Unknown parameter: '{param}'.", 'unknown_parameter'),
    // Inferred: the gateway validates with a JSON Schema, and this is the message of that validator.
    dashscope: gateway("Additional properties are not allowed ('{param}' was unexpected)"),
  },
  {
    name: 'field-type',
    check: fieldType,
    openai: says("Invalid type for '{param}': expected {expected}, but got {got} instead.", 'invalid_type'),
    // Inferred from the same validator.
    dashscope: gateway("{value} is not of type {expected} - '{param}'"),
  },
  {
    name: 'model-required',
    check: ({ body }) => (plain(body['model'] ?? '') === '' ? { param: 'model' } : undefined),
    openai: says('you must provide a model parameter'),
    dashscope: gateway('you must provide a model parameter'),
  },
  {
    name: 'unknown-model',
    check: ({ body, behavior, settings }) => {
      const model = plain(body['model']);
      const known = settings.models?.includes(model) ?? behavior.models.some(({ names }) => names.test(model));
      return known ? undefined : { param: 'model', model };
    },
    openai: says('The model `{model}` does not exist or you do not have access to it.', 'model_not_found'),
    dashscope: says("model '{model}' is not supported", 'invalid_parameter_error'),
  },
  {
    name: 'field-range',
    check: fieldRange,
    openai: says(
      "Invalid '{param}': {kind} {side} value. Expected a value {bound}, but got {value} instead.",
      'invalid_value',
    ),
    dashscope: algo('{text}'),
  },
  {
    name: 'max-tokens-range',
    check: maxTokensRange,
    openai: says(
      '{param} is out of range: {value}. This model supports 1 to {maximum} completion tokens, whereas you provided ' +
      '{value}.',
      'invalid_value',
    ),
    dashscope: algo('Range of max_tokens should be [1, {maximum}]'),
  },
  {
    name: 'two-token-limits',
    check: ({ body }) =>
      'max_tokens' in body && 'max_completion_tokens' in body ? { param: 'max_tokens' } : undefined,
    openai: says(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'invalid_parameter_combination',
    ),
  },
  {
    name: 'stream-options-without-stream',
    check: ({ body }) =>
      'stream_options' in body && body['stream'] !== true ? { param: 'stream_options' } : undefined,
    openai: says("The 'stream_options' parameter is only allowed when 'stream' is enabled."),
    dashscope: algo('The "stream_options" parameter is only allowed when "stream" is enabled.'),
  },
  {
    name: 'stream-options',
    check: streamOptions,
    openai: says("Unknown parameter: '{param}'.", 'unknown_parameter'),
    // Inferred, as for `unknown-field`.
    dashscope: gateway("Additional properties are not allowed ('{param}' was unexpected)"),
  },
  {
    name: 'thinking-needs-stream',
    check: (request) => (isThinking(request) && request.body['stream'] !== true ? { param: 'stream' } : undefined),
    dashscope: says(
      'parameter.enable_thinking must be set to false for non-streaming calls',
      'invalid_parameter_error',
    ),
  },
  {
    // qwen-code's source says that DashScope rejects the pair; the text is inferred.
    name: 'budget-with-effort',
    check: ({ body }) =>
      'thinking_budget' in body && 'reasoning_effort' in body ? { param: 'thinking_budget' } : undefined,
    dashscope: algo('thinking_budget and reasoning_effort cannot be set at the same time.'),
  },
  {
    name: 'reasoning-effort',
    check: effort,
    openai: says("Invalid value: '{value}'. Supported values are: {known}.", 'invalid_value'),
    // Inferred text.
    dashscope: algo("Invalid value: '{value}'. Supported values are: {known}."),
  },
  {
    name: 'stop',
    check: stopShape,
    openai: says(
      "'$.stop' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    ),
    // Inferred from the parameter's description: a string or a list of one element type.
    dashscope: gateway("{value} is not valid under any of the given schemas - 'stop'"),
  },
] as const satisfies readonly StrictRule[];
