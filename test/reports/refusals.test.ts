/** Reports of rejected fields, full contexts, and errors that no retry can fix. */
import assert from 'node:assert/strict';
import { codex, sdk, user } from '../support/reports/client';
import { testReports, type Report, type ReportedAnswer, type ReportedRequest } from '../support/reports/report';
import { answered, refused, say, unless } from '../support/reports/upstream';

const turn = (text = 'x', more: object = {}): ReportedRequest => codex([user(text)], more);

/** A field is rejected until a request omits it: three calls for two turns. */
const fieldRefused = (
  field: string, saw: string, source: string, refusal: ReportedAnswer, request: ReportedRequest = turn(),
): Report => ({
  saw, source, text: 'fine', calls: 3, requests: [request, request],
  upstream: ({ body }) => unless(body[field] !== undefined && body[field] !== 'auto', refusal),
});

const chatRequest = (more: object): ReportedRequest => sdk({ input: 'hi', ...more });

testReports('fields', [
  fieldRefused('stream_options', 'a host does not know stream_options', 'vercel/ai#1578',
    answered(400, { error: {
      message: "property 'stream_options' is unsupported, did you mean 'stream'?", type: 'invalid_request_error',
    } })),
  fieldRefused('stream_options', 'a host rejected stream_options with 422, in a list of details', 'variation',
    answered(422, { detail: [{
      type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted', input: {},
    }] })),
  fieldRefused('reasoning_effort', 'a host rejected the effort with a plain string', 'variation',
    answered(400, '"json: unknown field \\"reasoning_effort\\""')),
  fieldRefused('reasoning_effort', 'a host named the effort only in param, with 404', 'variation',
    refused('This parameter is not supported by the model.', { param: 'reasoning_effort' }, 404)),
  fieldRefused('temperature', 'a reasoning model rejected temperature', 'variation',
    refused("Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is " +
      'supported.', { param: 'temperature', code: 'unsupported_value' }), chatRequest({ temperature: 0.2 })),
  fieldRefused('top_p', 'a host rejected top_p with 500', 'variation',
    answered(500, { error: { message: 'unsupported parameter(s): top_p', type: 'server_error' } }),
    chatRequest({ top_p: 0.2 })),
  fieldRefused('reasoning_effort', 'a model without thinking rejected the effort', 'variation',
    answered(400, [{ error: { code: 400, message: 'Unknown name "reasoning_effort": Cannot find field.' } }])),
  fieldRefused('tool_choice', 'a model with thinking rejected a forced tool', 'variation',
    answered(400, { code: 'InvalidParameter', message:
      'The tool_choice parameter does not support being set to required or object in thinking mode' }),
    turn('x', { tool_choice: 'required' })),
  fieldRefused('tool_choice', 'no endpoint of a router accepted a forced tool', 'variation',
    refused("No endpoints found that support the provided 'tool_choice' value.", { code: 404 }, 404),
    turn('x', { tool_choice: { type: 'function', name: 'exec_command' } })),
  {
    saw: 'a newer model knows only max_completion_tokens', source: 'router-for-me/CLIProxyAPI#2101', text: 'fine',
    upstream: ({ body }) => unless('max_tokens' in body, refused(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: 'max_tokens', code: 'unsupported_parameter' })),
    requests: [sdk({ model: 'o4-mini', input: 'hi', max_output_tokens: 900 })],
    check: ({ last }) => assert.equal(last.body.max_completion_tokens, 900),
  },
  ...([
    ['in a range', answered(400, { error: 'Range of max_tokens should be [1, 8192]' })],
    ['with 422', answered(422, { detail: [{
      loc: ['body', 'max_tokens'], msg: 'Input should be less than or equal to 8192', type: 'less_than_equal',
    }] })],
    ['by their number', refused('max_tokens is too large: 100000. This model supports at most 8192 completion tokens.',
      { param: 'max_tokens' })],
  ] as const).map(([how, refusal]): Report => ({
    saw: `an output limit above that of the model was rejected ${how}`, source: 'variation', text: 'fine', calls: 3,
    upstream: ({ body }) => unless(body.max_tokens > 8_192, refusal),
    requests: [1, 2].map(() => chatRequest({ max_output_tokens: 100_000 })),
    check: ({ last }) => assert.equal(last.body.max_tokens, 8_192),
  })),
  {
    saw: 'a profile with effort xhigh or minimal failed: invalid reasoning value', source: 'ollama/ollama#17252',
    env: { AI_PROVIDER: 'ollama' }, text: 'fine',
    upstream: ({ body: { reasoning_effort: effort } }) => unless(
      effort !== undefined && !['high', 'medium', 'low', 'max', 'none'].includes(effort),
      refused(`invalid reasoning value: "${effort}" (must be "high", "medium", "low", "max", or "none")`)),
    requests: ['xhigh', 'minimal', 'ultra'].map((effort) =>
      turn(effort, { model: 'glm-5.2:cloud', reasoning: { effort, summary: 'auto' } })),
  },
]);

/** The client must get the error code that makes Codex compact, after one call. */
const overflow = (saw: string, source: string, answer: ReportedAnswer): Report => ({
  saw: `a full context was not compacted: ${saw}`, source, ends: 'failed', code: 'context_length_exceeded', calls: 1,
  upstream: () => answer, requests: [turn()],
});
const overflowing = (saw: string, message: string, status = 400): Report =>
  overflow(saw, 'variation', refused(message, {}, status));

testReports('full contexts', [
  overflow('newer wording of vLLM', 'proxysoul/Empryo#52', refused(
    "You passed 202753 input tokens and requested 0 output tokens. However, the model's context length is only " +
      '202752 tokens, resulting in a maximum input length of 202752 tokens. Please reduce the length of the input ' +
      'prompt. (parameter=input_tokens, value=202753)',
    { type: 'BadRequestError', param: 'input_tokens', code: 400 })),
  overflow('one token too many at vLLM', 'earendil-works/pi#5930', refused(
    "This model's maximum context length is 262144 tokens. However, you requested 0 output tokens and your prompt " +
      'contains at least 262145 input tokens, for a total of at least 262145 tokens.',
    { type: 'BadRequestError', code: 400 })),
  overflowing('llama.cpp', 'the request exceeds the available context size. try increasing the context size', 500),
  overflowing('Ollama', 'prompt is too long: 9000 tokens > 8192 maximum', 500),
  overflowing('LM Studio',
    'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context ' +
      'length of only 4096 tokens'),
  overflowing('SGLang', "The input (9000 tokens) is longer than the model's context length (8192 tokens)."),
  overflowing('Mistral', 'Prompt contains 140000 tokens and 0 draft tokens, too large for model with 131072 maximum ' +
    'context length'),
  overflowing('Gemini', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'),
  overflowing('MiniMax', 'invalid params, context window exceeds limit (2013)'),
  overflowing('LiteLLM',
    'litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: prompt is too long'),
  overflow('422 with a list', 'variation', answered(422, { detail: [{
    loc: ['body', 'messages'], msg: 'Input is too long: 9000 tokens exceed the context limit of 8192', type: 'value',
  }] })),
  overflow('413 with an empty body', 'variation', answered(413, '')),
  overflow('413 with the error page of a web server', 'variation',
    answered(413, '<html><head><title>413 Request Entity Too Large</title></head></html>')),
]);

testReports('errors', [
  {
    saw: 'an error in a list was shown as raw JSON', source: 'BigPizzaV3/CodexPlusPlus#367', ends: 'failed', calls: 1,
    words: /^[^{[]*missing a thought_signature[^{[]*$/,
    upstream: () => answered(400, [{ error: {
      code: 400, message: 'Function call is missing a thought_signature in functionCall parts.',
      status: 'INVALID_ARGUMENT',
    } }]),
    requests: [turn('x', { model: 'gemini-3.5-flash' })],
  },
  ...([
    ['a string', 'No such luck with this request'],
    ['an object of lists', { errors: { messages: ['No such luck with this request'] } }],
    ['an error in an error, as text', { error: { message: '{"error":{"message":"No such luck with this request"}}' } }],
    ['a list of strings', ['No such luck with this request']],
    ['a sentence under msg', { code: 1, msg: 'No such luck with this request', data: null }],
  ] as const).map(([form, body]): Report => ({
    saw: `the message of the provider was lost: its error is ${form}`, source: 'variation', ends: 'failed', calls: 1,
    words: /^[^{[]*No such luck with this request\.[^{[]*$/, upstream: () => answered(400, body), requests: [turn()],
  })),
  {
    saw: 'a request above the limit per minute was retried endlessly', ends: 'failed', calls: 1,
    source: 'openclaw/openclaw#130275, Gitlawb/openclaude#449', words: /12345/,
    upstream: () => ({
      status: 413, headers: { 'retry-after': '1' },
      body: { error: {
        message: 'Request too large for model `openai/gpt-oss-120b` in organization `org_x` service tier ' +
          '`on_demand` on tokens per minute (TPM): Limit 8000, Requested 12345, please reduce your message size and ' +
          'try again.',
        type: 'tokens', code: 'rate_limit_exceeded',
      } },
    }),
    requests: [turn('x', { model: 'openai/gpt-oss-120b' })],
    check: ({ reply }) => assert.match(reply.response.error.code, /^(context_length_exceeded|invalid_prompt)$/),
  },
  ...[
    'tools param requires --jinja flag',
    'Value is not callable: null at row 58, column 111 of the chat template',
    'image input is not supported by this server',
  ].map((message): Report => ({
    saw: `a setting of the server looked like a broken server: ${message}`, ends: 'failed', calls: 1,
    source: message.includes('--jinja') ? 'defilantech/LLMKube#126' : 'variation', code: 'invalid_prompt',
    words: new RegExp(message), env: { AI_PROVIDER: 'llama-cpp' },
    upstream: () => refused(message, { code: 500, type: 'server_error' }, 500),
    requests: [turn('x', { model: 'qwen3-32b' })],
  })),
  ...['/v1/chat/completions', '/v1/responses', '/v1/chat/completions/'].map((path): Report => ({
    saw: `the address of the provider was pasted with ${path}`, text: 'fine', env: { AI_API_BASE: `UPSTREAM${path}` },
    source: path === '/v1/chat/completions' ? 'farion1231/cc-switch#2806' : 'variation',
    upstream: (sent) => (sent.path === '/v1/chat/completions' ? say() : refused(`not found: ${sent.path}`, {}, 404)),
    requests: [turn()],
  })),
]);
