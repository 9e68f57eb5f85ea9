/** One refused and one accepted request for each strict rule of each dialect, with the exact text of the refusal. */
import { calling, functionTool, SYSTEM, toolCall, toolResult, user } from './chat-bodies';
import type { StrictSettings } from './strict-rule';
import type { RawRequest, StrictRuleName } from './strict-rules';

type Json = Readonly<Record<string, unknown>>;

/** A row: what varies from `chatRequest()` (or from the HTTP request around it), and what is answered. */
export interface StrictCase {
  readonly rule: StrictRuleName;
  /** Body fields, or with `http` the parts of the request around them. */
  readonly refused: Json;
  readonly accepted: Json;
  readonly dashscope?: string;
  readonly openai?: string;
  readonly settings?: Partial<StrictSettings>;
}

/** A row whose `refused` and `accepted` are HTTP requests. */
export interface HttpCase extends Omit<StrictCase, 'refused' | 'accepted'> {
  readonly refused: Partial<RawRequest>;
  readonly accepted: Partial<RawRequest>;
}

const ALGO = '<400> InternalError.Algo.InvalidParameter: ';
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const TEXT = { type: 'text', text: 'Hello' };

const messages = (...list: readonly unknown[]): Json => ({ messages: list });
const history = (...list: readonly unknown[]): Json => messages(SYSTEM, user(), ...list);
const tools = (...list: readonly unknown[]): Json => ({ tools: list });
const rounds = (count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, index) => [calling(toolCall(`c${index}`)), toolResult(`c${index}`)]).flat();
const thinking: Json = { enable_thinking: true };
const named = (name: string): Json => ({ tool_choice: { type: 'function', function: { name } } });
const schema = (json_schema: Json): Json => ({ response_format: { type: 'json_schema', json_schema } });
const jsonMode: Json = { response_format: { type: 'json_object' } };
const header = (name: string, value?: string): Partial<RawRequest> => ({
  headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json', [name]: value },
});

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
  '(i.e. Authorization: Bearer YOUR_KEY).';
const GZIP = 'The scripted upstream refuses accept-encoding "gzip": the bridge asks for identity.';

export const HTTP_CASES: readonly HttpCase[] = [
  {
    rule: 'route',
    refused: { path: '/v1/responses' },
    accepted: {},
    dashscope: 'Not Found (POST /v1/responses)',
    openai: 'Invalid URL (POST /v1/responses)',
  },
  { rule: 'route', refused: { method: 'PUT' }, accepted: {}, openai: 'Invalid URL (PUT /v1/chat/completions)' },
  {
    rule: 'authorization',
    refused: header('authorization'),
    accepted: header('authorization', 'Bearer sk-test-other'),
    dashscope: NO_KEY,
    openai: NO_KEY,
  },
  {
    rule: 'api-key',
    settings: { apiKey: 'sk-test-right' },
    refused: header('authorization', 'Bearer sk-test-wrong'),
    accepted: header('authorization', 'Bearer sk-test-right'),
    dashscope: 'invalid access token or token expired',
    openai: 'Incorrect API key provided: sk-test-***.',
  },
  {
    rule: 'accept-encoding',
    refused: header('accept-encoding', 'gzip'),
    accepted: header('accept-encoding', 'identity'),
    dashscope: GZIP,
    openai: GZIP,
  },
  {
    rule: 'content-type',
    refused: header('content-type', 'text/plain'),
    accepted: header('content-type', 'application/json; charset=utf-8'),
    dashscope: 'Content-Type must be application/json, got "text/plain".',
    openai:
      "Unsupported content type: 'text/plain'. This API method only accepts 'application/json' requests, but you " +
      "specified the header 'Content-Type: text/plain'. Please try again with a supported content type.",
  },
  {
    rule: 'json-body',
    refused: { rawBody: '{"model":' },
    accepted: {},
    dashscope: 'Request body is not a valid JSON object.',
    openai:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
      'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)',
  },
];

/** What a bridge from the Responses API could leave behind in a completion request. */
const LEFTOVERS = [
  'input', 'instructions', 'store', 'include', 'metadata', 'prompt_cache_key', 'reasoning', 'service_tier',
  'previous_response_id', 'truncation', 'text', 'max_output_tokens', 'client_metadata', 'safety_identifier',
].map(
  (field): StrictCase => ({
    rule: 'unknown-field',
    refused: { [field]: {} },
    accepted: {},
    dashscope: `Additional properties are not allowed ('${field}' was unexpected)`,
    openai: `Unknown parameter: '${field}'.`,
  }),
);

const FIELD_CASES: readonly StrictCase[] = [
  ...LEFTOVERS,
  {
    rule: 'unknown-field',
    refused: { logit_bias: {} },
    accepted: { top_k: 20 },
    dashscope: "Additional properties are not allowed ('logit_bias' was unexpected)",
  },
  {
    rule: 'unknown-field',
    refused: { enable_thinking: true },
    accepted: { reasoning_effort: 'low' },
    openai: "Unknown parameter: 'enable_thinking'.",
  },
  {
    rule: 'field-type',
    refused: { temperature: null },
    accepted: { temperature: 0.5 },
    dashscope: "null is not of type number - 'temperature'",
    openai: "Invalid type for 'temperature': expected number, but got null instead.",
  },
  {
    rule: 'field-type',
    refused: { stream: 'true' },
    accepted: { stream: true },
    dashscope: "true is not of type boolean - 'stream'",
    openai: "Invalid type for 'stream': expected boolean, but got a string instead.",
  },
  {
    rule: 'model-required',
    refused: { model: undefined },
    accepted: { model: 'any' },
    dashscope: 'you must provide a model parameter',
    openai: 'you must provide a model parameter',
  },
  {
    rule: 'unknown-model',
    settings: { models: ['glm-4.7'] },
    refused: { model: 'GLM-4.7' },
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
      ['thinking_budget', 262_145, 262_144, 'The thinking_budget parameter must be a positive integer and not greater than 262144'],
    ] as const
  ).map(
    ([field, refused, accepted, text]): StrictCase => ({
      rule: 'field-range',
      refused: { [field]: refused },
      accepted: { [field]: accepted },
      dashscope: ALGO + text,
    }),
  ),
  {
    rule: 'field-range',
    refused: { temperature: 2.5 },
    accepted: { temperature: 2 },
    openai: "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
  },
  {
    rule: 'field-range',
    refused: { n: 0 },
    accepted: { n: 128 },
    openai: "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
  },
  {
    rule: 'max-tokens-range',
    refused: { max_tokens: 65_537 },
    accepted: { max_tokens: 65_536 },
    dashscope: `${ALGO}Range of max_tokens should be [1, 65536]`,
    openai:
      'max_tokens is out of range: 65537. This model supports 1 to 65536 completion tokens, whereas you provided 65537.',
  },
  {
    rule: 'max-tokens-range',
    settings: { maxTokens: 16_384 },
    refused: { max_tokens: 0 },
    accepted: { max_tokens: 1 },
    dashscope: `${ALGO}Range of max_tokens should be [1, 16384]`,
  },
  {
    rule: 'two-token-limits',
    refused: { max_tokens: 1, max_completion_tokens: 1 },
    accepted: { max_completion_tokens: 1 },
    openai: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
  },
  {
    rule: 'stream-options-without-stream',
    refused: { stream: false, stream_options: { include_usage: true } },
    accepted: { stream: true, stream_options: { include_usage: true } },
    dashscope: `${ALGO}The "stream_options" parameter is only allowed when "stream" is enabled.`,
    openai: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  },
  {
    rule: 'stream-options',
    refused: { stream_options: { include_obfuscation: false } },
    accepted: { stream_options: { include_usage: false } },
    dashscope: "Additional properties are not allowed ('stream_options.include_obfuscation' was unexpected)",
    openai: "Unknown parameter: 'stream_options.include_obfuscation'.",
  },
  {
    rule: 'thinking-needs-stream',
    refused: { ...thinking, stream: undefined },
    accepted: { enable_thinking: false, stream: undefined },
    dashscope: 'parameter.enable_thinking must be set to false for non-streaming calls',
  },
  {
    rule: 'budget-with-effort',
    refused: { thinking_budget: 1024, reasoning_effort: 'low' },
    accepted: { thinking_budget: 1024 },
    dashscope: `${ALGO}thinking_budget and reasoning_effort cannot be set at the same time.`,
  },
  {
    rule: 'reasoning-effort',
    refused: { reasoning_effort: 'ultra' },
    accepted: { reasoning_effort: 'xhigh' },
    dashscope: `${ALGO}Invalid value: 'ultra'. Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', 'max'.`,
    openai: "Invalid value: 'ultra'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh'.",
  },
  {
    rule: 'stop',
    refused: { stop: ['a', 1] },
    accepted: { stop: ['a', 'b'] },
    dashscope: `["a",1] is not valid under any of the given schemas - 'stop'`,
    openai: "'$.stop' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
  },
];

const MESSAGE_CASES: readonly StrictCase[] = [
  {
    rule: 'messages-required',
    refused: { messages: undefined },
    accepted: messages(user()),
    dashscope: "'messages' is a required property",
    openai: "Missing required parameter: 'messages'.",
  },
  {
    rule: 'messages-empty',
    refused: messages(),
    accepted: messages(user()),
    dashscope: "[] is too short - 'messages'",
    openai: "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  },
  {
    rule: 'role',
    refused: messages({ role: 'developer', content: 'x' }, user()),
    accepted: messages({ role: 'system', content: 'x' }, user()),
    dashscope: "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.[0].role'",
  },
  {
    rule: 'role',
    refused: messages(user(), { role: 'latest_reminder', content: 'x' }),
    accepted: messages({ role: 'developer', content: 'x' }, user()),
    openai:
      "Invalid value: 'latest_reminder'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
  },
  ...['id', 'status', 'phase'].map(
    (field): StrictCase => ({
      rule: 'message-fields',
      refused: history({ role: 'assistant', content: 'x', [field]: 'y' }, user()),
      accepted: history({ role: 'assistant', content: 'x', reasoning_content: 'y' }, user()),
      dashscope: `Additional properties are not allowed ('${field}' was unexpected) - 'messages.[2]'`,
      openai: `Unknown parameter: 'messages[2].${field}'.`,
    }),
  ),
  {
    rule: 'message-fields',
    refused: history(calling(toolCall('c')), { ...toolResult('c'), name: 'read_file' }),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: "Additional properties are not allowed ('name' was unexpected) - 'messages.[3]'",
    openai: "Unknown parameter: 'messages[3].name'.",
  },
  {
    rule: 'content-missing',
    refused: messages({ role: 'user' }),
    accepted: messages({ role: 'user', content: '' }),
    dashscope: `${ALGO}The content field is a required field.`,
    openai: "Missing required parameter: 'messages[0].content'.",
  },
  {
    rule: 'content-missing',
    refused: history({ role: 'assistant', tool_calls: [toolCall('c')] }, toolResult('c')),
    accepted: history({ role: 'assistant', content: null, tool_calls: [toolCall('c')] }, toolResult('c')),
    dashscope: `${ALGO}The content field is a required field.`,
  },
  {
    rule: 'content-null',
    refused: history({ role: 'assistant', content: null }, user()),
    accepted: history({ role: 'assistant', content: null, tool_calls: [toolCall('c')] }, toolResult('c')),
    dashscope: `${ALGO}The content field is a required field.`,
    openai: "Invalid value for 'content': expected a string, got null.",
  },
  {
    rule: 'content-type-of-value',
    refused: history(calling(toolCall('c')), toolResult('c', { ok: true })),
    accepted: history(calling(toolCall('c')), toolResult('c', '{"ok":true}')),
    dashscope: `${ALGO}input content must be a string.`,
    openai:
      "Invalid type for 'messages[3].content': expected one of a string or array of objects, but got an object instead.",
  },
  {
    rule: 'content-empty-array',
    refused: messages(user([])),
    accepted: messages(user([TEXT, IMAGE])),
    dashscope: "[] is too short - 'messages.[0].content'",
    openai:
      "Invalid 'messages[0].content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  },
  {
    rule: 'content-array',
    refused: messages(user([TEXT, TEXT])),
    accepted: messages(user([TEXT, IMAGE]), user([{ ...TEXT, cache_control: { type: 'ephemeral' } }])),
    dashscope: `${ALGO}input content must be a string.`,
  },
  {
    rule: 'content-array',
    refused: history(calling(toolCall('c')), toolResult('c', [TEXT, IMAGE])),
    accepted: history(calling(toolCall('c')), toolResult('c'), user([IMAGE])),
    dashscope: `${ALGO}input content must be a string.`,
  },
  {
    rule: 'part-type',
    refused: messages(user([{ type: 'input_text', text: 'x' }, IMAGE])),
    accepted: messages(user([TEXT, IMAGE])),
    dashscope: `${ALGO}Unexpected item type in content.`,
    openai:
      "Invalid value: 'input_text'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.",
  },
  {
    rule: 'part-role',
    refused: history({ role: 'assistant', content: [IMAGE] }, user()),
    accepted: history(user([IMAGE])),
    dashscope: `${ALGO}Unexpected item type in content.`,
    openai:
      "Invalid 'messages[2].content[0]': parts of type 'image_url' are only allowed for messages with role 'user', but " +
      "this message has role 'assistant'.",
  },
  {
    rule: 'part-role',
    refused: history(calling(toolCall('c')), toolResult('c', [IMAGE])),
    accepted: history(calling(toolCall('c')), toolResult('c', [TEXT])),
    openai:
      "Invalid 'messages[3].content[0]': parts of type 'image_url' are only allowed for messages with role 'user', but " +
      "this message has role 'tool'.",
  },
  {
    rule: 'part-shape',
    refused: messages(user([{ type: 'image_url', image_url: 'data:image/png;base64,AAAA' }])),
    accepted: messages(user([{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'high' } }])),
    dashscope: `${ALGO}Input should be a valid string`,
    openai: "Invalid type for 'messages[0].content[0].image_url'.",
  },
  {
    rule: 'empty-assistant',
    refused: history({ role: 'assistant', content: '' }, user()),
    accepted: history({ role: 'assistant', content: '', reasoning_content: 'x' }, user()),
    dashscope: `${ALGO}The content field is a required field.`,
  },
  {
    rule: 'no-user-message',
    refused: messages(SYSTEM),
    accepted: messages(user()),
    dashscope: `${ALGO}The input messages do not contain elements with the role of user.`,
  },
  {
    rule: 'system-position',
    refused: messages(SYSTEM, SYSTEM, user()),
    accepted: messages(SYSTEM, user(), user()),
    dashscope: `${ALGO}System message must be at the beginning.`,
  },
  {
    rule: 'system-position',
    refused: messages(user(), SYSTEM),
    accepted: messages(SYSTEM, user()),
    dashscope: `${ALGO}System message must be at the beginning.`,
  },
];

const UNANSWERED_DASHSCOPE =
  `${ALGO}An assistant message with "tool_calls" must be followed by tool messages responding to each "tool_call_id". ` +
  'The following tool_call_ids did not have response messages: ';
const UNANSWERED_OPENAI =
  "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
  'The following tool_call_ids did not have response messages: ';
const ORPHAN_DASHSCOPE = `${ALGO}messages with role "tool" must be a response to a preceeding message with "tool_calls".`;
const ORPHAN_OPENAI =
  "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";

const HISTORY_CASES: readonly StrictCase[] = [
  {
    rule: 'calls-empty',
    refused: history({ role: 'assistant', content: 'x', tool_calls: [] }, user()),
    accepted: history({ role: 'assistant', content: 'x' }, user()),
    dashscope: "[] is too short - 'messages.[2].tool_calls'",
    openai:
      "Invalid 'messages[2].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  },
  {
    rule: 'call-id',
    refused: history(calling(toolCall('')), toolResult('')),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: `${ALGO}'messages[2].tool_calls[0].id' must be a non-empty string.`,
    openai:
      "Invalid 'messages[2].tool_calls[0].id': empty string. Expected a string with minimum length 1, but got an empty string instead.",
  },
  {
    rule: 'call-shape',
    refused: history(calling({ ...toolCall('c'), index: 0 }), toolResult('c')),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: `${ALGO}'messages[2].tool_calls[0]' must be a function call with name and arguments.`,
    openai: "Invalid type for 'messages[2].tool_calls[0]'.",
  },
  {
    rule: 'call-name',
    refused: history(calling(toolCall('c', 'mcp.read file')), toolResult('c')),
    accepted: history(calling(toolCall('c', 'mcp__read-file')), toolResult('c')),
    dashscope: `${ALGO}'mcp.read file' does not match '^[a-zA-Z0-9_-]{1,64}$' - 'messages[2].tool_calls[0].function.name'`,
    openai:
      "Invalid 'messages[2].tool_calls[0].function.name': string does not match pattern. Expected a string that matches " +
      "the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
  },
  ...['', '{"path":', '"text"', '[1]', 'null'].map(
    (text): StrictCase => ({
      rule: 'call-arguments',
      refused: history(calling(toolCall('c', 'f', text)), toolResult('c')),
      accepted: history(calling(toolCall('c', 'f', '{}')), toolResult('c')),
      dashscope: `${ALGO}The "function.arguments" parameter of the code model must be in JSON format.`,
      openai: "Invalid 'messages[2].tool_calls[0].function.arguments': expected a JSON object.",
    }),
  ),
  {
    rule: 'duplicate-call-id',
    refused: history(calling(toolCall('c'), toolCall('c')), toolResult('c'), toolResult('c')),
    accepted: history(calling(toolCall('c'), toolCall('d')), toolResult('d'), toolResult('c')),
    dashscope: `${ALGO}Duplicate value for 'tool_call_id' of 'c' in 'messages[2].tool_calls[1].id'.`,
    openai: "Duplicate value for 'tool_call_id' of 'c' in 'messages[2].tool_calls[1].id'.",
  },
  {
    rule: 'result-id',
    refused: history(calling(toolCall('c')), { role: 'tool', content: 'x' }),
    accepted: history(calling(toolCall('c')), toolResult('c')),
    dashscope: `${ALGO}'messages[3].tool_call_id' must be a non-empty string.`,
    openai: "Missing required parameter: 'messages[3].tool_call_id'.",
  },
  {
    rule: 'unanswered-call',
    refused: history(calling(toolCall('c'), toolCall('d'), toolCall('e')), toolResult('d'), user()),
    accepted: history(calling(toolCall('c'), toolCall('d')), toolResult('d'), toolResult('c'), user()),
    dashscope: `${UNANSWERED_DASHSCOPE}message[4].role`,
    openai: `${UNANSWERED_OPENAI}c, e`,
  },
  {
    // A message between call and result is the shape that Codex' history has (codex-protocol.md).
    rule: 'unanswered-call',
    refused: history(calling(toolCall('c')), user(), toolResult('c')),
    accepted: history(calling(toolCall('c')), toolResult('c'), user()),
    dashscope: `${UNANSWERED_DASHSCOPE}message[3].role`,
    openai: `${UNANSWERED_OPENAI}c`,
  },
  {
    // An id may come again, as providers count from 0 in each answer, but needs its answer again.
    rule: 'unanswered-call',
    refused: history(calling(toolCall('c')), toolResult('c'), calling(toolCall('c'))),
    accepted: history(calling(toolCall('c')), toolResult('c'), calling(toolCall('c')), toolResult('c')),
    dashscope: `${UNANSWERED_DASHSCOPE}message[5].role`,
    openai: `${UNANSWERED_OPENAI}c`,
  },
  ...[
    history(toolResult('c')),
    history(calling(toolCall('c')), toolResult('c'), toolResult('other')),
    history(calling(toolCall('c')), toolResult('c'), toolResult('c')),
    history(calling(toolCall('c')), toolResult('c'), user(), toolResult('c')),
  ].map(
    (refused): StrictCase => ({
      rule: 'orphan-result',
      refused,
      accepted: history(calling(toolCall('c')), toolResult('c')),
      dashscope: ORPHAN_DASHSCOPE,
      openai: ORPHAN_OPENAI,
    }),
  ),
  {
    rule: 'repetitive-calls',
    refused: history(...rounds(5)),
    accepted: history(...rounds(4), calling(toolCall('x')), toolResult('x', 'other'), ...rounds(4)),
    dashscope:
      `${ALGO}Repetitive tool calls detected in the conversation history. The same tool call with identical name and ` +
      'arguments has been repeated across multiple consecutive rounds. Please modify your request or adjust the tool ' +
      'call arguments to avoid infinite loops.',
  },
];

const NOT_OBJECT = (name: string, type: string): string =>
  `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`;

const TOOL_CASES: readonly StrictCase[] = [
  {
    rule: 'tools-empty',
    refused: tools(),
    accepted: tools(functionTool()),
    dashscope: "[] is too short - 'tools'",
    openai: "[] is too short - 'tools'",
  },
  {
    rule: 'tool-type',
    refused: tools(functionTool(), { type: 'custom', name: 'apply_patch' }),
    accepted: tools(functionTool(), functionTool('apply_patch')),
    dashscope: "custom is not one of ['function'] - 'tools.[1].type'",
    openai: "Invalid value: 'custom'. Supported values are: 'function'.",
  },
  {
    rule: 'tool-function',
    refused: tools({ type: 'function', name: 'read_file', parameters: { type: 'object' } }),
    accepted: tools(functionTool()),
    dashscope: "'function' is a required property - 'tools.[0]'",
    openai: "Missing required parameter: 'tools[0].function'.",
  },
  {
    rule: 'tool-fields',
    refused: tools({ ...functionTool(), name: 'read_file' }),
    accepted: tools(functionTool()),
    dashscope: "Additional properties are not allowed ('name' was unexpected) - 'tools[0].name'",
    openai: "Unknown parameter: 'tools[0].name'.",
  },
  {
    rule: 'tool-fields',
    refused: tools(functionTool('f', { strict: false })),
    accepted: tools(functionTool('f')),
    dashscope: "Additional properties are not allowed ('strict' was unexpected) - 'tools[0].function.strict'",
  },
  {
    rule: 'tool-fields',
    refused: tools(functionTool('f', { output_schema: {} })),
    accepted: tools(functionTool('f', { strict: true })),
    openai: "Unknown parameter: 'tools[0].function.output_schema'.",
  },
  ...['mcp.read', 'x'.repeat(65), ''].map(
    (name): StrictCase => ({
      rule: 'tool-name',
      refused: tools(functionTool(name)),
      accepted: tools(functionTool('x'.repeat(64))),
      dashscope: `${ALGO}'${name}' does not match '^[a-zA-Z0-9_-]{1,64}$' - 'tools[0].function.name'`,
      openai:
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern " +
        "'^[a-zA-Z0-9_-]{1,64}$'.",
    }),
  ),
  {
    rule: 'duplicate-tool-name',
    refused: tools(functionTool('f'), functionTool('f')),
    accepted: tools(functionTool('f'), functionTool('g')),
    dashscope: `${ALGO}Tool names must be unique: 'f' appears more than once.`,
    openai: "Tool names must be unique: 'f' appears more than once.",
  },
  {
    rule: 'forbidden-tool-name',
    refused: tools(functionTool('search')),
    accepted: tools(functionTool('search_'), functionTool('Search')),
    dashscope: `${ALGO}Tool names are not allowed to be [search]`,
  },
  ...([[{}, 'None'], [{ type: 'string' }, 'string'], [true, 'None']] as const).map(
    ([parameters, type]): StrictCase => ({
      rule: 'tool-parameters',
      refused: tools(functionTool('f', { parameters })),
      accepted: tools(functionTool('f', { parameters: { type: 'object' } })),
      dashscope: NOT_OBJECT('f', type),
      openai: NOT_OBJECT('f', type),
    }),
  ),
  {
    rule: 'tool-parameters',
    refused: tools({ type: 'function', function: { name: 'f' } }),
    accepted: tools(functionTool('f')),
    dashscope: NOT_OBJECT('f', 'None'),
  },
  {
    rule: 'tool-choice-without-tools',
    refused: { tool_choice: 'auto' },
    accepted: { tool_choice: 'auto', ...tools(functionTool()) },
    dashscope: `${ALGO}Invalid value for "tool_choice": "tool_choice" is only allowed when "tools" are specified.`,
    openai: "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
  },
  ...[
    'any',
    { type: 'function', name: 'read_file' },
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
    { type: 'function', function: { name: 'read_file' }, name: 'read_file' },
  ].map(
    (choice): StrictCase => ({
      rule: 'tool-choice',
      refused: { tool_choice: choice, ...tools(functionTool()) },
      accepted: { ...named('read_file'), ...tools(functionTool()) },
      dashscope: `${ALGO}tool_choice is one of the strings that should be ["none", "auto"]`,
      openai:
        `Invalid value: '${typeof choice === 'string' ? choice : JSON.stringify(choice)}'. ` +
        "Supported values are: 'none', 'auto', and 'required'.",
    }),
  ),
  {
    rule: 'tool-choice-unknown',
    refused: { ...named('write_file'), ...tools(functionTool()) },
    accepted: { ...named('read_file'), ...tools(functionTool()) },
    dashscope: `${ALGO}Invalid value for "tool_choice": no function named "write_file" was specified in the "tools" parameter.`,
    openai: "Tool choice 'write_file' not found in 'tools' parameter.",
  },
  ...[{ tool_choice: 'required' }, named('read_file')].map(
    (choice): StrictCase => ({
      rule: 'forced-choice-while-thinking',
      refused: { ...thinking, ...choice, ...tools(functionTool()) },
      accepted: { enable_thinking: false, ...choice, ...tools(functionTool()) },
      dashscope: `${ALGO}The tool_choice parameter does not support being set to required or object in thinking mode`,
    }),
  ),
  {
    rule: 'parallel-without-tools',
    refused: { parallel_tool_calls: true },
    accepted: { parallel_tool_calls: true, ...tools(functionTool()) },
    dashscope:
      `${ALGO}Invalid value for "parallel_tool_calls": "parallel_tool_calls" is only allowed when "tools" are specified.`,
    openai: "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
  },
];

const JSON_WORD = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";

const FORMAT_CASES: readonly StrictCase[] = [
  {
    rule: 'response-format',
    refused: { response_format: { type: 'grammar' } },
    accepted: { response_format: { type: 'text' } },
    dashscope: `${ALGO}'response_format.type' must be one of ['text', 'json_object', 'json_schema'], got 'grammar'.`,
    openai: "Invalid value: 'grammar'. Supported values are: 'json_object', 'json_schema', and 'text'.",
  },
  {
    rule: 'json-schema-name',
    refused: schema({ schema: { type: 'object' } }),
    accepted: schema({ name: 'reply', schema: { type: 'object' } }),
    dashscope: `${ALGO}'response_format.json_schema.name' is a required property`,
    openai: "Missing required parameter: 'response_format.json_schema.name'.",
  },
  {
    rule: 'json-schema-schema',
    refused: schema({ name: 'reply' }),
    accepted: schema({ name: 'reply', schema: {}, strict: true }),
    dashscope: `${ALGO}'response_format.json_schema.schema' is a required property`,
    openai: "Missing required parameter: 'response_format.json_schema.schema'.",
  },
  {
    rule: 'json-word',
    refused: jsonMode,
    accepted: { ...jsonMode, ...messages(SYSTEM, user('Answer in JSON.')) },
    dashscope: ALGO + JSON_WORD,
    openai: JSON_WORD,
  },
  {
    rule: 'json-mode-with-thinking',
    refused: { ...jsonMode, ...thinking, ...messages(user('Answer in JSON.')) },
    accepted: { ...jsonMode, enable_thinking: false, ...messages(user('Answer in JSON.')) },
    dashscope: `${ALGO}Json mode response is not supported when enable_thinking is true`,
  },
];

/** Every case over a body. */
export const BODY_CASES: readonly StrictCase[] = [
  ...FIELD_CASES,
  ...MESSAGE_CASES,
  ...HISTORY_CASES,
  ...TOOL_CASES,
  ...FORMAT_CASES,
];
