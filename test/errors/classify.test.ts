/** Classification of error bodies as providers send them (upstreams.md, section 5). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classifyHttpFailure, classifyStreamError } from '../../src/errors/classify';
import { ERRORS, type ErrorKind } from '../../src/errors/error-table';

type Row = readonly [name: string, status: number, body: string | object, kind: ErrorKind];

/** `{"error":{…}}`, the format of OpenAI and compatible servers. */
const openai = (message: string, code: string | null = null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
});
/** DashScope's model service, with its prefix and id. */
const algo = (text: string) => ({
  error: {
    message: `<400> InternalError.Algo.InvalidParameter: ${text}`,
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_parameter_error',
  },
  id: 'chatcmpl-1',
  request_id: 'req-1',
});
/** DashScope's own format. */
const native = (code: string, message: string) => ({ code, message, request_id: 'req-1' });
/** Z.ai: the code is a number in a string. */
const zai = (code: string, message: string) => ({ error: { code, message } });

const QUOTA_TEXT = 'You exceeded your current quota, please check your plan and billing details.';

const ROWS: readonly Row[] = [
  ['Coding Plan, wrong key', 401, openai('invalid access token or token expired', 'invalid_api_key'), 'auth'],
  ['DashScope, wrong key', 401, openai('Incorrect API key provided. ', 'invalid_api_key'), 'auth'],
  ['a plan key at the pay-as-you-go host', 403, native('InvalidApiKey', 'invalid api-key'), 'auth'],
  [
    'DeepSeek, wrong key',
    401,
    openai('Authentication Fails, Your api key: ****1234 is invalid', 'invalid_request_error'),
    'auth',
  ],
  ['Z.ai, wrong key', 401, zai('1001', 'Authentication parameter not received in Header'), 'auth'],
  ['a 403 without a message', 403, '', 'auth'],

  [
    'Coding Plan, caller check with a string as error',
    405,
    { error: 'Coding Plan is currently only available for Coding Agents' },
    'wrong_client',
  ],
  [
    'Kimi Code, caller check',
    403,
    openai(
      'Kimi For Coding is currently only available for Coding Agents such as Kimi CLI',
      null,
      'access_terminated_error',
    ),
    'wrong_client',
  ],

  [
    'Coding Plan, unknown model',
    400,
    openai("model 'GLM-4.7' is not supported", 'invalid_parameter_error'),
    'model_not_found',
  ],
  [
    'DashScope, unknown model',
    404,
    openai('The model `x` does not exist or you do not have access to it.', 'model_not_found'),
    'model_not_found',
  ],
  ['DashScope native, unknown model', 400, native('InvalidParameter', 'Model not exist.'), 'model_not_found'],
  [
    'DashScope, model not activated',
    400,
    native(
      'InvalidParameter',
      'The product is not activated, please confirm that you have activated products and try again after activation.',
    ),
    'model_not_found',
  ],
  ['Z.ai, unknown model', 400, zai('1211', '模型不存在，请检查模型代码。'), 'model_not_found'],
  [
    'Z.ai, unknown model in English',
    400,
    zai('1211', 'Unknown Model, please check the model code.'),
    'model_not_found',
  ],

  [
    'Coding Plan, five hours used up',
    429,
    openai('hour allocated quota exceeded.', 'insufficient_quota', 'insufficient_quota'),
    'quota',
  ],
  ['Coding Plan, week used up', 429, openai('week allocated quota exceeded.', 'Throttling.AllocationQuota'), 'quota'],
  ['Coding Plan, month used up', 429, openai('month allocated quota exceeded.', 'insufficient_quota'), 'quota'],
  [
    'DashScope, free tier used up',
    403,
    native('AllocationQuota.FreeTierOnly', 'The free tier of the model has been exhausted.'),
    'quota',
  ],
  ['DashScope, free quota', 403, native('Throttling.AllocationQuota', 'Free allocated quota exceeded.'), 'quota'],
  [
    'DashScope, in arrears',
    400,
    native('Arrearage', 'Access denied, please make sure your account is in good standing.'),
    'quota',
  ],
  [
    'Z.ai, five hours used up',
    429,
    zai('1308', '已达到 5 小时的使用上限。您的限额将在 2026-08-25 07:41:44 重置。'),
    'quota',
  ],
  ['Z.ai, no balance or package', 429, zai('1113', '余额不足或无可用资源包,请充值。'), 'quota'],
  [
    'Z.ai, fair use',
    429,
    zai('1313', "Your account's current usage pattern does not comply with the Fair Usage Policy."),
    'quota',
  ],
  ['DeepSeek, no balance', 402, openai('Insufficient Balance', 'invalid_request_error', 'unknown_error'), 'quota'],
  ['OpenAI, billing', 429, openai(QUOTA_TEXT, 'insufficient_quota', 'insufficient_quota'), 'quota'],

  [
    'DashScope, tokens per minute reported as a quota',
    429,
    openai(
      `${QUOTA_TEXT} For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit`,
      'insufficient_quota',
      'insufficient_quota',
    ),
    'rate_limit',
  ],
  [
    'DashScope native, tokens per minute',
    429,
    native('Throttling.AllocationQuota', 'Allocated quota exceeded, please increase your quota limit.'),
    'rate_limit',
  ],
  [
    'DashScope, requests',
    429,
    openai('Requests rate limit exceeded, please try again later.', 'limit_requests', 'limit_requests'),
    'rate_limit',
  ],
  [
    'DashScope native, requests',
    429,
    native('Throttling.RateQuota', 'Requests rate limit exceeded, please try again later.'),
    'rate_limit',
  ],
  [
    'DashScope, burst',
    429,
    openai(
      'Request rate increased too quickly. To ensure system stability, please adjust your client logic.',
      'limit_burst_rate',
      'limit_burst_rate',
    ),
    'rate_limit',
  ],
  [
    'Coding Plan, concurrency',
    429,
    openai('concurrency allocated quota exceeded.', 'insufficient_quota'),
    'rate_limit',
  ],
  ['Z.ai, concurrency', 429, zai('1302', '您的账户已达到速率限制，请您控制请求频率'), 'rate_limit'],
  ['Z.ai, overloaded', 429, zai('1305', '该模型当前访问量过大，请您稍后再试'), 'overload'],
  [
    'Kimi, engine overloaded',
    429,
    openai('The engine is currently overloaded, please try again later', null, 'engine_overloaded_error'),
    'overload',
  ],
  ['Bedrock, tokens', 429, { message: 'Too many tokens, please wait before trying again.' }, 'rate_limit'],
  [
    'OpenAI, requests',
    429,
    openai('Rate limit reached for gpt in organization org on requests per min', 'rate_limit_exceeded', 'requests'),
    'rate_limit',
  ],

  ['DashScope, overloaded', 503, native('ServiceUnavailable', 'Service is unavailable.'), 'overload'],
  [
    'DashScope, capacity',
    503,
    openai('Too many requests. Your requests are being throttled due to system capacity limits.', 'ServiceUnavailable'),
    'overload',
  ],
  [
    'Anthropic-like, overloaded',
    529,
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'overload',
  ],

  ['Qwen, input too long', 400, algo('Range of input length should be [1, 983616]'), 'context_overflow'],
  ['GLM at DashScope, input too long', 400, algo('Range of input length should be [1, 202752]'), 'context_overflow'],
  ['DashScope, tokens of all messages', 400, algo('Total message token length exceed model limit'), 'context_overflow'],
  [
    'a gateway, body too large',
    413,
    '<html><head><title>413 Request Entity Too Large</title></head></html>',
    'context_overflow',
  ],
  ['Z.ai, prompt too long', 400, zai('1261', 'Prompt 超长'), 'context_overflow'],
  ['Z.ai, prompt too long in English', 400, zai('1261', 'Prompt exceeds max length'), 'context_overflow'],
  [
    'MiniMax, window',
    400,
    {
      type: 'error',
      error: {
        type: 'bad_request_error',
        message: 'invalid params, context window exceeds limit (2013)',
        http_code: '400',
      },
      request_id: 'r',
    },
    'context_overflow',
  ],
  [
    'Kimi, window',
    400,
    openai('Invalid request: Your request exceeded model token limit: 262144 (requested: 263000)'),
    'context_overflow',
  ],
  [
    'DeepSeek and vLLM, window',
    400,
    openai("This model's maximum context length is 131072 tokens. However, you requested 140000 tokens."),
    'context_overflow',
  ],
  [
    'SGLang, window',
    400,
    {
      object: 'error',
      message: "Input length (265330) exceeds model's maximum context length (262144).",
      type: 'BadRequestError',
      code: 400,
    },
    'context_overflow',
  ],
  [
    'llama.cpp, window',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
      },
    },
    'context_overflow',
  ],
  [
    'LM Studio, window',
    400,
    { error: 'The number of tokens to keep from the initial prompt is greater than the context length.' },
    'context_overflow',
  ],
  ['Ollama, window', 400, { error: 'prompt too long; exceeded max context length by 12 tokens' }, 'context_overflow'],
  [
    'OpenAI, window',
    400,
    openai('Your input exceeds the context window of this model.', 'context_length_exceeded'),
    'context_overflow',
  ],

  [
    'DashScope, moderated input',
    400,
    openai('Input text data may contain inappropriate content.', 'data_inspection_failed', 'data_inspection_failed'),
    'moderation',
  ],
  [
    'DashScope, moderated by the model service',
    400,
    algo('DataInspectionFailed: Input text data may contain inappropriate content.'),
    'moderation',
  ],
  [
    'DashScope native, moderated output',
    400,
    native('DataInspectionFailed', 'Output data may contain inappropriate content.'),
    'moderation',
  ],

  [
    'DashScope, repeated calls',
    400,
    algo('Repetitive tool calls detected in the conversation history.'),
    'upstream_rejected',
  ],
  ['DashScope, limit of max_tokens', 400, algo('Range of max_tokens should be [1, 65536]'), 'upstream_rejected'],
  [
    'DashScope, forced choice',
    400,
    algo('The tool_choice parameter does not support being set to required or object in thinking mode'),
    'upstream_rejected',
  ],
  [
    'DashScope, thinking without stream',
    400,
    openai('parameter.enable_thinking must be set to false for non-streaming calls', 'invalid_parameter_error'),
    'upstream_rejected',
  ],
  [
    'DashScope, JSON mode',
    400,
    algo('Json mode response is not supported when enable_thinking is true'),
    'upstream_rejected',
  ],
  ['Z.ai, parameters', 400, zai('1214', 'messages 参数非法。请检查文档。'), 'upstream_rejected'],
  [
    'DeepSeek, role',
    400,
    'Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`',
    'upstream_rejected',
  ],
  [
    'DeepSeek, reasoning missing',
    400,
    openai('The `reasoning_content` in the thinking mode must be passed back to the API.', 'invalid_request_error'),
    'upstream_rejected',
  ],
  ['a 422', 422, { detail: 'Unprocessable' }, 'upstream_rejected'],

  ['a server failure', 500, openai('Internal server error', 'internal_error', 'server_error'), 'upstream_error'],
  ['an HTML page of a proxy', 502, '<html><head><title>502 Bad Gateway</title></head></html>', 'upstream_error'],
  ['a proxy timeout', 504, 'upstream request timeout', 'timeout'],
  ['a 408', 408, '', 'timeout'],
];

describe('HTTP failures', () => {
  for (const [name, status, body, kind] of ROWS) {
    it(`${name}: ${kind}`, () => {
      const error = classifyHttpFailure({
        status,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        host: 'api.example',
      });
      assert.equal(error.kind, kind);
      assert.equal(error.details.upstreamStatus, status);
      assert.ok(error.message.startsWith(`api.example answered ${status}: `), error.message);
    });
  }

  it('the message has the provider’s text, advice, and the request id for the provider’s support', () => {
    const body = JSON.stringify(openai('Incorrect API key provided', 'invalid_api_key'));
    const { message, details } = classifyHttpFailure({ status: 401, body, host: 'api.example', requestId: 'r-1' });
    assert.equal(
      message,
      'api.example answered 401: Incorrect API key provided. Check that AI_API_KEY belongs to api.example. (request ' +
      'id r-1)',
    );
    assert.deepEqual(details, {
      providerCode: 'invalid_api_key', requestId: 'r-1', upstreamStatus: 401,
      providerText: 'Incorrect API key provided.', advice: 'Check that AI_API_KEY belongs to api.example.',
    });
  });

  it('a request id in the header overrides one in the body, and the wait is kept', () => {
    const failure = { status: 429, body: JSON.stringify(native('Throttling.RateQuota', 'Slow.')), host: 'api.example' };
    assert.equal(classifyHttpFailure(failure).details.requestId, 'req-1');
    const { requestId, retryAfterMs } = classifyHttpFailure({
      ...failure,
      requestId: 'r-2',
      retryAfterMs: 1_500,
    }).details;
    assert.deepEqual([requestId, retryAfterMs], ['r-2', 1_500]);
  });
});

describe('errors inside a stream', () => {
  const STREAM_ROWS: readonly (readonly [name: string, value: unknown, kind: ErrorKind])[] = [
    ['moderated', openai('Output data may contain inappropriate content.', 'data_inspection_failed'), 'moderation'],
    ['throttled', native('Throttling.RateQuota', 'Requests rate limit exceeded'), 'rate_limit'],
    [
      'rejected by DashScope',
      native('InvalidParameter', '<400> InternalError.Algo.InvalidParameter: The content field is a required field.'),
      'upstream_rejected',
    ],
    [
      'rejected with a status as code',
      { error: { code: 400, message: 'Provider returned error' } },
      'upstream_rejected',
    ],
    ['limited with a status as code', { error: { code: 429, message: 'Provider returned error' } }, 'rate_limit'],
    ['failed with a status as code', { error: { code: 502, message: 'Provider disconnected' } }, 'upstream_error'],
    [
      'vLLM',
      { object: 'error', message: 'Something went wrong', type: 'InternalServerError', code: 500 },
      'upstream_error',
    ],
    ['MiniMax', { base_resp: { status_code: 1002, status_msg: 'rate limit' } }, 'rate_limit'],
    ['a string', 'overflow', 'upstream_error'],
    [
      'a message that is JSON itself',
      { error: { message: '{"error":{"message":"hour allocated quota exceeded"}}' } },
      'quota',
    ],
    [
      'a message that is an event',
      { error: { message: 'event:error\ndata:{"code":"Throttling","message":"Too fast","request_id":"r-7"}' } },
      'rate_limit',
    ],
    ['an empty error', { error: {} }, 'upstream_error'],
  ];
  for (const [name, value, kind] of STREAM_ROWS) {
    it(`${name}: ${kind}`, () => {
      const error = classifyStreamError(value);
      assert.equal(error.kind, kind);
      assert.match(error.message, /^The provider reported: \S/);
    });
  }
});

it('every kind has a complete row', () => {
  for (const [kind, row] of Object.entries(ERRORS)) {
    assert.ok(row.status >= 400 && row.status < 600, kind);
    assert.match(row.code, /^[a-z_]+$/, kind);
  }
});

it('text of the conversation that a validator quotes is ignored', () => {
  const body = JSON.stringify({
    detail: [{ type: 'missing', loc: ['body', 'messages', 3], input: `${'x'.repeat(700)} rate limit, context window` }],
  });
  assert.equal(classifyHttpFailure({ status: 422, body, host: 'api.example' }).kind, 'upstream_rejected');
});

describe('a full context is recognized in the wording of each server', () => {
  const MESSAGES: readonly (readonly [server: string, status: number, message: string])[] = [
    ['vLLM, new', 400, 'You passed 202753 input tokens and requested 0 output tokens. However, the model\'s context ' +
      'length is only 202752 tokens, resulting in a maximum input length of 202752 tokens.'],
    ['vLLM', 400, 'The decoder prompt (length 40961) is longer than the maximum model length of 40960.'],
    ['Gemini', 400, 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
    ['Groq', 413, 'Request too large for model `m` on tokens per minute (TPM): Limit 8000, Requested 12345, please ' +
      'reduce your message size and try again.'],
    ['OpenAI', 429, 'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000. The input ' +
      'or output tokens must be reduced in order to run successfully.'],
    ['llama.cpp', 400, 'the request exceeds the available context size, try increasing it'],
    ['llama.cpp, old', 500, 'Context size has been exceeded.'],
    ['llama.cpp, batch', 500, 'input is too large to process. increase the physical batch size'],
    ['SGLang', 400, 'Input length (40961 tokens) exceeds the maximum allowed length (40960 tokens).'],
    ['SGLang, longer', 400, 'The input (50000 tokens) is longer than the model\'s context length (40960 tokens).'],
    ['SGLang, total', 400, 'Requested token count exceeds the model\'s maximum context length of 8192 tokens.'],
    ['Ollama', 400, 'the input length exceeds the context length'],
    ['LM Studio', 400, 'Trying to keep the first 9000 tokens when context the overflows. However, the model is ' +
      'loaded with context length of only 4096 tokens, which is not enough.'],
    ['MiniMax', 400, 'invalid params, context window exceeds limit (2013)'],
    ['OpenRouter', 400, "This endpoint's maximum context length is 131072 tokens. However, you requested about " +
      '140000 tokens.'],
    ['LiteLLM', 400, 'litellm.ContextWindowExceededError: litellm.BadRequestError: too long'],
    ['Mistral', 400, 'Prompt contains 65872 tokens, too large for model with 32768 maximum context length'],
    ['xAI', 400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
    ['Anthropic', 400, 'input length and `max_tokens` exceed context limit: 197202 + 21333 > 200000'],
    ['Bedrock', 400, 'Input is too long for requested model.'],
    ['Copilot', 400, 'prompt token count of 140000 exceeds the limit of 128000'],
    ['TGI', 422, '`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000'],
    ['Cerebras', 400, 'Please reduce the length of the messages or completion. Current length is 9000.'],
  ];
  for (const [server, status, message] of MESSAGES) {
    it(server, () => {
      const failure = { status, body: JSON.stringify({ error: { message } }), host: 'api.example' };
      assert.equal(classifyHttpFailure(failure).kind, 'context_overflow');
    });
  }

  const LIMITS: readonly string[] = [
    'Rate limit reached for model `m` on tokens per minute (TPM): Limit 8000, Used 7000, Requested 1500. Please try ' +
    'again in 3.7s.',
    'You have exceeded the maximum number of requests allowed per minute: rate limit',
  ];
  for (const message of LIMITS) {
    it(`but not in a rate limit: ${message.slice(0, 50)}`, () => {
      const body = JSON.stringify({ error: { message } });
      assert.equal(classifyHttpFailure({ status: 429, body, host: 'api.example' }).kind, 'rate_limit');
    });
  }
});

describe('a 500 that a retry cannot fix is a rejection', () => {
  const REJECTIONS: readonly (readonly [message: string, type?: string])[] = [
    ['tools param requires --jinja flag'],
    ['image input is not supported - hint: if this is unexpected, you may need to provide the mmproj'],
    ['Conversation roles must alternate user/assistant/user/assistant/... at row 12, column 3'],
    ['Error rendering prompt with jinja template: "Cannot apply filter"'],
    ['Cannot pass both content and thinking in an assistant message with tool calls!'],
    ['Failed to initialize samplers: failed to parse grammar'],
    ['unsupported field', 'invalid_request_error'],
    ['litellm.BadRequestError: unknown field'],
    ['upstream error: status code 422'],
  ];
  for (const [message, type = 'server_error'] of REJECTIONS) {
    it(message.slice(0, 60), () => {
      const body = JSON.stringify({ error: { code: 500, message, type } });
      assert.equal(classifyHttpFailure({ status: 500, body, host: 'api.example' }).kind, 'upstream_rejected');
    });
  }
});

it('the provider’s text gets a full stop if it has none', () => {
  for (const [text, sentence] of [['No', 'No.'], ['No!', 'No!'], ['No. ', 'No.'], ['不', '不.'], ['不。', '不。']]) {
    assert.equal(classifyStreamError({ error: { message: text } }).message, `The provider reported: ${sentence}`);
  }
});
