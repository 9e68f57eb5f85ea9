/** Requests that providers reject with a documented or reported error body (upstreams.md, sections 1-3). */
import { calling, SYSTEM, toolCall, toolResult, user } from '../upstream/chat-bodies';
import { history, messages, tools, type Json } from './case';
import type { StrictRuleName } from './rules';

/** `rejected` and `accepted` are changes to `chatRequest()`; `body` is the body of the rejection. */
export interface ProviderCase {
  readonly provider: string;
  readonly model: string;
  readonly rule: StrictRuleName;
  readonly rejected: Json;
  readonly accepted: Json;
  readonly body: unknown;
  /** 400 when absent. */
  readonly status?: number;
  /** The rejected User-Agent. */
  readonly caller?: string;
}

const DEVELOPER = messages({ role: 'developer', content: 'x' }, user());
const PLAIN = messages({ role: 'system', content: 'x' }, user());
const ROUND = history(calling(toolCall('c')), toolResult('c'));
const THOUGHT = history({ ...calling(toolCall('c')), reasoning_content: 'Hm.' }, toolResult('c'));
const CUT = history({ ...calling(toolCall('c', 'f', '{"a":')), reasoning_content: '' }, toolResult('c'));
const tool = (name: string, parameters: Json = { type: 'object', properties: {} }): Json => ({
  type: 'function',
  function: { name, parameters },
});
const choice = (tool_choice: unknown, more: Json = {}): Json => ({ ...tools(tool('f')), tool_choice, ...more });
const named = { type: 'function', function: { name: 'f' } };
const property = (schema: unknown): Json => tools(tool('f', { type: 'object', properties: { a: schema } }));

const zai = (code: string, message: string) => ({ error: { code, message } });
const moonshot = (message: string) => ({ error: { message, type: 'invalid_request_error' } });
const deepseek = (message: string, param: string) => ({
  error: { message, type: 'invalid_request_error', param, code: 'invalid_request_error' },
});
const dashscope = (message: string, code: string) => ({
  error: { message, type: 'invalid_request_error', param: null, code },
  request_id: 'req-1',
});
const algo = (text: string) =>
  dashscope(`<400> InternalError.Algo.InvalidParameter: ${text}`, 'invalid_parameter_error');
const minimax = (message: string) => ({
  type: 'error',
  error: { type: 'bad_request_error', message, http_code: '400' },
  request_id: 'req-1',
});
const mimo = (param: string) =>
  `data:${JSON.stringify({ error: { code: '400', message: 'Param Incorrect', param, type: '' } })}`;

const GLM = { provider: 'zai', model: 'glm-5.2' } as const;
const KIMI = { provider: 'moonshot', model: 'kimi-k2.6' } as const;
const DEEPSEEK = { provider: 'deepseek', model: 'deepseek-v4-pro' } as const;
const MINIMAX = { provider: 'minimax', model: 'MiniMax-M3' } as const;
const MIMO = { provider: 'mimo', model: 'mimo-v2.6-pro' } as const;
const off = { thinking: { type: 'disabled' } };

const MAKERS: readonly ProviderCase[] = [
  { ...GLM, rule: 'role', rejected: DEVELOPER, accepted: PLAIN, body: zai('1214', 'Incorrect role information') },
  {
    ...GLM,
    rule: 'text-empty',
    rejected: messages(user([{ type: 'text', text: '' }])),
    accepted: PLAIN,
    body: zai('1214', 'messages[0].content[0].text:text cannot be empty.'),
  },
  {
    ...GLM,
    rule: 'orphan-result',
    rejected: history(toolResult('c')),
    accepted: ROUND,
    body: zai('1214', 'The messages parameter is illegal. Please check the documentation.'),
  },
  {
    ...GLM,
    rule: 'max-tokens-range',
    rejected: { max_tokens: 200_000 },
    accepted: { max_tokens: 131_072 },
    body: zai('1210', 'max_tokens参数非法：限制数值范围[1,131072]'),
  },
  {
    ...KIMI,
    rule: 'missing-reasoning',
    rejected: ROUND,
    accepted: THOUGHT,
    body: moonshot('thinking is enabled but reasoning_content is missing in assistant tool call message at index 2'),
  },
  {
    ...KIMI,
    rule: 'missing-reasoning',
    rejected: ROUND,
    accepted: { ...ROUND, ...off },
    body: moonshot('thinking is enabled but reasoning_content is missing in assistant tool call message at index 2'),
  },
  {
    ...KIMI,
    rule: 'locked-temperature',
    rejected: { temperature: 0.3 },
    accepted: { temperature: 1 },
    body: moonshot('invalid temperature: only 1 is allowed for this model'),
  },
  {
    ...KIMI,
    rule: 'locked-temperature',
    rejected: { temperature: 1, ...off },
    accepted: { temperature: 0.6, ...off },
    body: moonshot('invalid temperature: only 0.6 is allowed for this model'),
  },
  {
    ...KIMI,
    rule: 'forced-choice-while-thinking',
    rejected: choice(named),
    accepted: choice(named, off),
    body: moonshot("tool_choice 'specified' is incompatible with thinking enabled"),
  },
  {
    ...KIMI,
    rule: 'forced-choice-while-thinking',
    rejected: choice('required'),
    accepted: choice('auto'),
    body: moonshot("tool_choice 'required' is incompatible with thinking enabled"),
  },
  {
    ...KIMI,
    rule: 'tool-schema',
    rejected: property({ type: 'object', anyOf: [{ type: 'string' }] }),
    accepted: property({ anyOf: [{ type: 'string' }] }),
    body: moonshot('when using anyOf, type should be defined in anyOf items instead of the parent schema'),
  },
  {
    ...DEEPSEEK,
    rule: 'role',
    rejected: DEVELOPER,
    accepted: PLAIN,
    body: deepseek(
      'Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, ' +
      'expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder`',
      'messages[0].role',
    ),
  },
  {
    ...DEEPSEEK,
    rule: 'missing-reasoning',
    rejected: ROUND,
    accepted: THOUGHT,
    body: deepseek(
      'The `reasoning_content` in the thinking mode must be passed back to the API.',
      'messages[2].reasoning_content',
    ),
  },
  {
    ...DEEPSEEK,
    rule: 'forced-choice-while-thinking',
    rejected: choice('required'),
    accepted: choice('required', off),
    body: deepseek('Thinking mode does not support this tool_choice', 'tool_choice'),
  },
  {
    ...DEEPSEEK,
    rule: 'max-tokens-range',
    rejected: { max_tokens: 400_000 },
    accepted: { max_tokens: 8_192 },
    body: deepseek('Invalid max_tokens value, the valid range of max_tokens is [1, 384000]', 'max_tokens'),
  },
  {
    ...MINIMAX,
    rule: 'role',
    rejected: DEVELOPER,
    accepted: PLAIN,
    body: minimax('invalid params, chat content has invalid message role: developer (2013)'),
  },
  {
    ...MINIMAX,
    rule: 'system-position',
    rejected: messages(SYSTEM, SYSTEM, user()),
    accepted: messages(SYSTEM, user()),
    body: minimax('invalid params, invalid chat setting (2013)'),
  },
  {
    ...MINIMAX,
    rule: 'orphan-result',
    rejected: history(toolResult('c')),
    accepted: ROUND,
    body: minimax("invalid params, tool result's tool id(c) not found (2013)"),
  },
  {
    ...MINIMAX,
    rule: 'unanswered-call',
    rejected: history(calling(toolCall('c')), user(), toolResult('c')),
    accepted: ROUND,
    body: minimax('invalid params, tool call result does not follow tool call (2013)'),
  },
  {
    ...MINIMAX,
    rule: 'call-arguments',
    rejected: CUT,
    accepted: THOUGHT,
    body: minimax('invalid params, invalid function arguments json string, tool_call_id: c (2013)'),
  },
  {
    ...MIMO,
    rule: 'missing-reasoning',
    rejected: ROUND,
    accepted: THOUGHT,
    body: mimo('The reasoning_content in the thinking mode must be passed back to the API.'),
  },
  {
    ...MIMO,
    rule: 'content-array',
    rejected: history(
      { ...calling(toolCall('c')), reasoning_content: '' },
      toolResult('c', [{ type: 'text', text: 'x' }]),
    ),
    accepted: THOUGHT,
    body: mimo('`text` is not set'),
  },
  {
    ...MIMO,
    rule: 'call-arguments',
    rejected: CUT,
    accepted: THOUGHT,
    body: mimo('unexpected end of data: line 1 column 6 (char 5)'),
  },
];

const CODING = { provider: 'aliyun-coding', model: 'qwen3.7-plus' } as const;
const SYSTEM_TWICE = messages(SYSTEM, SYSTEM, user());
const template = (param: string) => ({
  object: 'error',
  message: 'System message must be at the beginning.',
  type: 'BadRequestError',
  param,
  code: 400,
});

const HOSTS: readonly ProviderCase[] = [
  {
    ...CODING,
    rule: 'caller',
    status: 405,
    caller: 'curl/8.0',
    rejected: {},
    accepted: {},
    body: { error: 'Coding Plan is currently only available for Coding Agents' },
  },
  {
    ...CODING,
    model: 'GLM-4.7',
    rule: 'unknown-model',
    rejected: {},
    accepted: { model: 'glm-4.7' },
    body: dashscope("model 'GLM-4.7' is not supported", 'invalid_parameter_error'),
  },
  {
    ...CODING,
    rule: 'max-tokens-range',
    rejected: { max_tokens: 65_537 },
    accepted: { max_tokens: 65_536 },
    body: algo('Range of max_tokens should be [1, 65536]'),
  },
  {
    ...CODING,
    rule: 'budget-range',
    rejected: { enable_thinking: true, thinking_budget: 81_921 },
    accepted: { enable_thinking: true, thinking_budget: 81_920 },
    model: 'qwen3.6-plus',
    body: algo('The thinking_budget parameter must be a positive integer and not greater than 81920'),
  },
  {
    ...CODING,
    model: 'MiniMax-M2.5',
    rule: 'fixed-thinking',
    rejected: { enable_thinking: false },
    accepted: {},
    body: algo('The value of the enable_thinking parameter is restricted to True.'),
  },
  {
    ...CODING,
    rule: 'forced-choice-while-thinking',
    rejected: choice('required', { enable_thinking: true }),
    accepted: choice('required', { enable_thinking: false }),
    body: algo('The tool_choice parameter does not support being set to required or object in thinking mode'),
  },
  {
    ...CODING,
    rule: 'json-mode-with-thinking',
    rejected: { response_format: { type: 'json_object' }, messages: [user('As JSON.')] },
    accepted: { response_format: { type: 'json_object' }, messages: [user('As JSON.')], enable_thinking: false },
    body: algo('Json mode response is not supported when enable_thinking is true'),
  },
  {
    ...CODING,
    rule: 'thinking-needs-stream',
    rejected: { stream: false },
    accepted: { stream: false, enable_thinking: false },
    body: dashscope(
      'parameter.enable_thinking must be set to false for non-streaming calls',
      'invalid_parameter_error',
    ),
  },
  {
    provider: 'aliyun-token-plan',
    model: 'kimi-k2.6',
    rule: 'missing-reasoning',
    rejected: { ...ROUND, enable_thinking: true },
    accepted: THOUGHT,
    body: dashscope(
      'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
      'InvalidParameter',
    ),
  },
  {
    provider: 'kimi-code',
    model: 'kimi-for-coding',
    rule: 'caller',
    status: 403,
    caller: 'codex-cli/0.136.0',
    rejected: {},
    accepted: {},
    body: {
      error: {
        message:
          'Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, Roo Code, ' +
          'Kilo Code, etc.',
        type: 'access_terminated_error',
      },
    },
  },
  {
    provider: 'siliconflow',
    model: 'THUDM/GLM-4-32B',
    rule: 'model-field',
    rejected: { enable_thinking: true },
    accepted: {},
    body: { code: 20015, message: 'current model does not support parameter enable_thinking', data: null },
  },
  {
    provider: 'vllm',
    model: 'Qwen/Qwen3.5-397B-A17B',
    rule: 'system-position',
    rejected: SYSTEM_TWICE,
    accepted: messages(SYSTEM, user()),
    body: template('messages[1].role'),
  },
  {
    provider: 'sglang',
    model: 'Qwen/Qwen3.5-397B-A17B',
    rule: 'system-position',
    rejected: messages(user(), SYSTEM),
    accepted: messages(SYSTEM, user()),
    body: template('messages[1].role'),
  },
];

export const PROVIDER_CASES: readonly ProviderCase[] = [...MAKERS, ...HOSTS];

/** Fields that most hosts reject, each with a value and the providers that accept it. */
export const UNCOMMON_FIELDS: Readonly<
  Record<string, { readonly value: unknown; readonly acceptedBy: readonly string[] }>
> = {
  enable_thinking: { value: true, acceptedBy: ['aliyun-coding', 'aliyun-token-plan', 'aliyun-payg', 'siliconflow'] },
  preserve_thinking: { value: true, acceptedBy: ['aliyun-coding', 'aliyun-token-plan', 'aliyun-payg'] },
  thinking: { value: { type: 'disabled' }, acceptedBy: ['zai', 'moonshot', 'minimax', 'deepseek', 'mimo', 'ark'] },
  reasoning: { value: { effort: 'low' }, acceptedBy: ['openrouter'] },
  reasoning_split: { value: true, acceptedBy: ['minimax'] },
  chat_template_kwargs: { value: {}, acceptedBy: ['vllm', 'sglang', 'llama-cpp'] },
  tool_stream: { value: true, acceptedBy: ['aliyun-coding', 'aliyun-token-plan', 'aliyun-payg', 'zai'] },
  prompt_cache_key: { value: 'k', acceptedBy: ['moonshot', 'kimi-code'] },
  metadata: { value: {}, acceptedBy: [] },
  store: { value: false, acceptedBy: [] },
};
