/** Strict cases for the HTTP part and the top-level fields of a request. */
import { ALGO, type HttpCase, type StrictCase } from './case';
import type { RawRequest } from './rules';

const header = (name: string, value?: string): Partial<RawRequest> => ({
  headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json', [name]: value },
});

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
  '(i.e. Authorization: Bearer YOUR_KEY).';
const GZIP = 'The scripted upstream rejects accept-encoding "gzip": the bridge must request identity.';

/** Route, key, encodings, JSON. */
export const HTTP_CASES: readonly HttpCase[] = [
  {
    rule: 'route',
    rejected: { path: '/v1/responses' },
    accepted: {},
    dashscope: 'Not Found (POST /v1/responses)',
    openai: 'Invalid URL (POST /v1/responses)',
  },
  { rule: 'route', rejected: { method: 'PUT' }, accepted: {}, openai: 'Invalid URL (PUT /v1/chat/completions)' },
  {
    rule: 'authorization',
    rejected: header('authorization'),
    accepted: header('authorization', 'Bearer sk-test-other'),
    dashscope: NO_KEY,
    openai: NO_KEY,
  },
  {
    rule: 'api-key',
    settings: { apiKey: 'sk-test-right' },
    rejected: header('authorization', 'Bearer sk-test-wrong'),
    accepted: header('authorization', 'Bearer sk-test-right'),
    dashscope: 'invalid access token or token expired',
    openai: 'Incorrect API key provided: sk-test-***.',
  },
  {
    rule: 'accept-encoding',
    rejected: header('accept-encoding', 'gzip'),
    accepted: header('accept-encoding', 'identity'),
    dashscope: GZIP,
    openai: GZIP,
  },
  {
    rule: 'content-type',
    rejected: header('content-type', 'text/plain'),
    accepted: header('content-type', 'application/json; charset=utf-8'),
    dashscope: 'Content-Type must be application/json, got "text/plain".',
    openai:
      "Unsupported content type: 'text/plain'. This API method only accepts 'application/json' requests, but you " +
      "specified the header 'Content-Type: text/plain'. Please try again with a supported content type.",
  },
  {
    rule: 'json-body',
    rejected: { rawBody: '{"model":' },
    accepted: {},
    dashscope: 'Request body is not a valid JSON object.',
    openai:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
      'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)',
  },
];

/** Fields of the Responses API that a bridge could forget to remove. */
const LEFTOVERS = [
  'input', 'instructions', 'store', 'include', 'metadata', 'prompt_cache_key', 'reasoning', 'service_tier',
  'previous_response_id', 'truncation', 'text', 'max_output_tokens', 'client_metadata', 'safety_identifier',
].map(
  (field): StrictCase => ({
    rule: 'unknown-field',
    rejected: { [field]: {} },
    accepted: {},
    dashscope: `Additional properties are not allowed ('${field}' was unexpected)`,
    openai: `Unknown parameter: '${field}'.`,
  }),
);

/** Names, types, ranges, exclusions. */
export const FIELD_CASES: readonly StrictCase[] = [
  ...LEFTOVERS,
  {
    rule: 'unknown-field',
    rejected: { logit_bias: {} },
    accepted: { top_k: 20 },
    dashscope: "Additional properties are not allowed ('logit_bias' was unexpected)",
  },
  {
    rule: 'unknown-field',
    rejected: { enable_thinking: true },
    accepted: { reasoning_effort: 'low' },
    openai: "Unknown parameter: 'enable_thinking'.",
  },
  {
    rule: 'field-type',
    rejected: { temperature: null },
    accepted: { temperature: 0.5 },
    dashscope: "null is not of type number - 'temperature'",
    openai: "Invalid type for 'temperature': expected number, but got null instead.",
  },
  {
    rule: 'field-type',
    rejected: { stream: 'true' },
    accepted: { stream: true },
    dashscope: "true is not of type boolean - 'stream'",
    openai: "Invalid type for 'stream': expected boolean, but got a string instead.",
  },
  {
    rule: 'model-required',
    rejected: { model: undefined },
    accepted: { model: 'any' },
    dashscope: 'you must provide a model parameter',
    openai: 'you must provide a model parameter',
  },
  {
    rule: 'unknown-model',
    settings: { models: ['glm-4.7'] },
    rejected: { model: 'GLM-4.7' },
    accepted: { model: 'glm-4.7' },
    dashscope: "model 'GLM-4.7' is not supported",
    openai: 'The model `GLM-4.7` does not exist or you do not have access to it.',
  },
  ...(
    [
      ['temperature', 2, 1.99, 'Temperature should be in [0.0, 2.0)'],
      ['top_p', 0, 1, 'Range of top_p should be (0.0, 1.0]'],
      ['top_k', -1, 0, 'Parameter top_k be greater than or equal to 0'],
      ['presence_penalty', 2.1, 2, 'Presence_penalty should be in [-2.0, 2.0]'],
      ['frequency_penalty', -2.1, -2, 'Frequency_penalty should be in [-2.0, 2.0]'],
      ['n', 5, 4, 'Range of n should be [1, 4]'],
      ['seed', -1, 0, 'Range of seed should be [0, 9223372036854775807]'],
      ['top_logprobs', 6, 5, 'Range of top_logprobs should be [0, 5]'],
      ['thinking_budget', 0, 1, 'The thinking_budget parameter must be a positive integer and not greater than 262144'],
      [
        'thinking_budget',
        262_145,
        262_144,
        'The thinking_budget parameter must be a positive integer and not greater than 262144',
      ],
    ] as const
  ).map(([field, rejected, accepted, text]): StrictCase => ({
    rule: 'field-range',
    rejected: { [field]: rejected },
    accepted: { [field]: accepted },
    dashscope: ALGO + text,
  })),
  {
    rule: 'field-range',
    rejected: { temperature: 2.5 },
    accepted: { temperature: 2 },
    openai: "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
  },
  {
    rule: 'field-range',
    rejected: { n: 0 },
    accepted: { n: 128 },
    openai: "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  },
  {
    rule: 'max-tokens-range',
    rejected: { max_tokens: 65_537 },
    accepted: { max_tokens: 65_536 },
    dashscope: `${ALGO}Range of max_tokens should be [1, 65536]`,
    openai:
      'max_tokens is out of range: 65537. This model supports 1 to 65536 completion tokens, whereas you provided ' +
      '65537.',
  },
  {
    rule: 'max-tokens-range',
    settings: { maxTokens: 16_384 },
    rejected: { max_tokens: 0 },
    accepted: { max_tokens: 1 },
    dashscope: `${ALGO}Range of max_tokens should be [1, 16384]`,
  },
  {
    rule: 'two-token-limits',
    rejected: { max_tokens: 1, max_completion_tokens: 1 },
    accepted: { max_completion_tokens: 1 },
    openai: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
  },
  {
    rule: 'stream-options-without-stream',
    rejected: { stream: false, stream_options: { include_usage: true } },
    accepted: { stream: true, stream_options: { include_usage: true } },
    dashscope: `${ALGO}The "stream_options" parameter is only allowed when "stream" is enabled.`,
    openai: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  },
  {
    rule: 'stream-options',
    rejected: { stream_options: { include_obfuscation: false } },
    accepted: { stream_options: { include_usage: false } },
    dashscope: "Additional properties are not allowed ('stream_options.include_obfuscation' was unexpected)",
    openai: "Unknown parameter: 'stream_options.include_obfuscation'.",
  },
  {
    rule: 'thinking-needs-stream',
    rejected: { enable_thinking: true, stream: undefined },
    accepted: { enable_thinking: false, stream: undefined },
    dashscope: 'parameter.enable_thinking must be set to false for non-streaming calls',
  },
  {
    rule: 'budget-with-effort',
    rejected: { thinking_budget: 1024, reasoning_effort: 'low' },
    accepted: { thinking_budget: 1024 },
    dashscope: `${ALGO}thinking_budget and reasoning_effort cannot be set at the same time.`,
  },
  {
    rule: 'reasoning-effort',
    rejected: { reasoning_effort: 'ultra' },
    accepted: { reasoning_effort: 'xhigh' },
    dashscope: `${ALGO}Invalid value: 'ultra'. Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', 'max'.`,
    openai: "Invalid value: 'ultra'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh'.",
  },
  {
    rule: 'stop',
    rejected: { stop: ['a', 1] },
    accepted: { stop: ['a', 'b'] },
    dashscope: `["a",1] is not valid under any of the given schemas - 'stop'`,
    openai: "'$.stop' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
  },
];
