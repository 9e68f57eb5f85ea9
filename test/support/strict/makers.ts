/** Defines how the makers' own APIs behave. Facts: upstreams.md, sections 1.3-1.5, 2, 3, 5, tables (a) and (b). */
import { DEEPSEEK, MINIMAX_COMPLETE, MINIMAX_THINK, MOONSHOT, zaiAnswers } from '../upstream/answer-styles';
import { MIMO_BODY, MINIMAX_BODY, MOONSHOT_BODY, ZAI_BODY } from './bodies';
import { DEEPSEEK_V4, KIMI_K2, KIMI_K3, MAKER_MESSAGES, MIMO } from './families';
import { HISTORY_RULES } from './history';
import { MESSAGE_RULES } from './messages';
import { CORE, maker, type ProviderBehavior } from './provider';
import { says, type StrictRule } from './rule';

const GENERIC = says('The messages parameter is illegal. Please check the documentation.', '1214');

/** Z.ai sends the generic text for almost all errors in these. */
const CONVERSATION_RULES: readonly StrictRule[] = [...MESSAGE_RULES, ...HISTORY_RULES];

/** The field `strict` of tools is from pi-ai's source. */
const STRICT = ['name', 'description', 'parameters', 'strict'];

/** Arguments arrive late without `tool_stream` (section 2). GLM-5.3 always thinks. */
const GLM = { thinks: 'on', maxTokens: 131_072, expects: ['tool_stream'] } as const;
const GLM53 = { thinks: 'always', efforts: ['low', 'high', 'max'] } as const;

const zai = maker({
  name: 'zai',
  fields: [...CORE, 'thinking', 'reasoning_effort', 'tool_stream'],
  functionFields: STRICT,
  thinking: { types: ['enabled', 'disabled'], alongside: ['clear_thinking'] },
  // Inferred: AgentScope's source sends only `auto`.
  choices: ['auto'],
  models: [
    { ...GLM, ...GLM53, names: /^glm-5\.3(-highspeed)?$/, textOnly: true },
    { ...GLM, ...GLM53, names: /^glm-5\.(3-flash|4)$/ },
    { ...GLM, names: /^glm-5\.2$/, efforts: ['none', 'high', 'max'], textOnly: true },
    { ...GLM, names: /^glm-(5-turbo|4\.7)$/, lacks: ['reasoning_effort'], textOnly: true },
  ],
  says: {
    ...Object.fromEntries(
      CONVERSATION_RULES.filter(({ openai }) => openai !== undefined).map(({ name }) => [name, GENERIC]),
    ),
    role: says('Incorrect role information', '1214'),
    // The code is inferred.
    'max-tokens-range': says('max_tokens参数非法：限制数值范围[1,{maximum}]', '1210'),
    'text-empty': says('{param}:text cannot be empty.', '1214'),
    'content-array': GENERIC,
    'image-for-text-model': GENERIC,
    // Inferred texts: only the codes are known.
    'unknown-model': says('Unknown model, please check the model code.', '1211'),
    authorization: says('Authentication parameter not received in Header.', '1001'),
    'fixed-thinking': says('This model cannot be kept from thinking.', '1210'),
    'model-field': says('This model does not support {param}.', '1210'),
    'thinking-shape': says('{param} must be one of {known}.', '1210'),
  },
  otherwise: says('{text}', '1210'),
  errorBody: ZAI_BODY,
  answers: zaiAnswers,
});

const KIMI_MESSAGES: ProviderBehavior['says'] = {
  ...MAKER_MESSAGES,
  // That names must not start with a digit is reported (kimi-cli#2531); the text is inferred.
  'tool-name-start': says(
    'function name is invalid, must start with a letter and can contain letters, numbers, underscores, and dashes',
  ),
  // Inferred texts.
  'fixed-thinking': says('thinking cannot be disabled for this model'),
  'model-field': says('{param} is not supported by this model'),
  'thinking-shape': says('{param} must be one of {known}'),
};

/** Needed for cache hits (section 2, prompt_cache_key). */
const CACHED = { expects: ['prompt_cache_key'] } as const;

const kimi = (
  row: Pick<ProviderBehavior, 'name' | 'fields' | 'models'> & Partial<ProviderBehavior>,
): ProviderBehavior =>
  maker({
    thinking: { types: ['enabled', 'disabled'], alongside: [] },
    toolName: /^[a-zA-Z_]/,
    efforts: ['low', 'high', 'max'],
    says: KIMI_MESSAGES,
    otherwise: says('{text}'),
    errorBody: MOONSHOT_BODY,
    answers: () => MOONSHOT,
    ...row,
  });

const moonshot = kimi({
  name: 'moonshot',
  fields: [...CORE, 'thinking', 'reasoning_effort', 'prompt_cache_key'],
  models: [
    { ...KIMI_K3, names: /^kimi-k3(\.1-pro)?$/, lacks: ['thinking'], maxTokens: 1_048_576, ...CACHED },
    {
      ...KIMI_K2,
      names: /^kimi-k2\.7-code$/,
      thinks: 'always',
      lacks: ['reasoning_effort'],
      maxTokens: 262_144,
      ...CACHED,
    },
    { ...KIMI_K2, names: /^kimi-k2\.6$/, lacks: ['reasoning_effort'], maxTokens: 262_144, ...CACHED },
  ],
});

const kimiCode = kimi({
  name: 'kimi-code',
  fields: [...CORE, 'reasoning_effort', 'prompt_cache_key'],
  // Section 1.5: the names that were rejected in cc-switch#3671. Codex sends a different one.
  rejectsCallers: /^(codex-cli|kimi-cli)\//,
  models: [
    { ...KIMI_K3, temperature: { thinking: 1, plain: 0.6 }, names: /^kimi-for-coding$/, maxTokens: 32_768, ...CACHED },
  ],
  says: {
    ...KIMI_MESSAGES,
    caller: says(
      'Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, Roo Code, Kilo ' +
      'Code, etc.',
      null,
      { type: 'access_terminated_error' },
    ),
  },
});

const minimax = maker({
  name: 'minimax',
  // The schema has no tool_choice (AgentScope); max_tokens is deprecated, but not rejected.
  limit: 'max_completion_tokens',
  fields: [
    ...CORE.filter((name) => name !== 'tool_choice' && name !== 'response_format'),
    'max_completion_tokens',
    'thinking',
    'reasoning_split',
  ],
  assistantFields: ['reasoning_details', 'reasoning_content'],
  thinking: { types: ['adaptive', 'disabled'], alongside: [] },
  models: [
    { names: /^MiniMax-M3$/, thinks: 'on', maxTokens: 524_288, oneSystem: true },
    // M2 ignores `disabled`.
    { names: /^MiniMax-M2\.7$/, thinks: 'on', maxTokens: 131_072, oneSystem: true, textOnly: true },
  ],
  says: {
    role: says('invalid params, chat content has invalid message role: {role} (2013)'),
    'system-position': says('invalid params, invalid chat setting (2013)'),
    'unanswered-call': says('invalid params, tool call result does not follow tool call (2013)'),
    'orphan-result': says("invalid params, tool result's tool id({id}) not found (2013)"),
    'call-arguments': says('invalid params, invalid function arguments json string, tool_call_id: {id} (2013)'),
    // Inferred texts.
    'content-array': says('invalid params, content of {param} must be a string (2013)'),
    'image-for-text-model': says('invalid params, {param}: this model does not support images (2013)'),
    'thinking-shape': says('invalid params, {param} must be one of {known} (2013)'),
  },
  otherwise: says('invalid params, {text} (2013)'),
  errorBody: MINIMAX_BODY,
  answers: ({ reasoning_split }) => (reasoning_split === true ? MINIMAX_COMPLETE : MINIMAX_THINK),
});

const deepseek = maker({
  name: 'deepseek',
  roles: ['system', 'user', 'assistant', 'tool', 'latest_reminder'],
  fields: [...CORE, 'thinking', 'reasoning_effort'],
  functionFields: STRICT,
  thinking: { types: ['enabled', 'disabled'], alongside: [] },
  // Documented with the mapping of each value to low, high or max.
  efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'],
  models: [
    { ...DEEPSEEK_V4, names: /^deepseek-(v4-pro|v4-flash)$/, maxTokens: 384_000, textOnly: true },
    { ...DEEPSEEK_V4, names: /^deepseek-flash$/, maxTokens: 384_000 },
  ],
  says: {
    ...MAKER_MESSAGES,
    role: says(
      'Failed to deserialize the JSON body into the target type: {param}: unknown variant `{role}`, expected one of ' +
      '`system`, `user`, `assistant`, `tool`, `latest_reminder`',
      'invalid_request_error',
    ),
    'missing-reasoning': says('{text}', 'invalid_request_error'),
    'forced-choice-while-thinking': says('{text}', 'invalid_request_error'),
    'max-tokens-range': says(
      'Invalid max_tokens value, the valid range of max_tokens is [1, {maximum}]',
      'invalid_request_error',
    ),
    // Inferred texts.
    'content-array': says(
      'Failed to deserialize the JSON body into the target type: {param}: expected a string',
      'invalid_request_error',
    ),
    'image-for-text-model': says(
      'Failed to deserialize the JSON body into the target type: {param}: expected a string',
      'invalid_request_error',
    ),
    'thinking-shape': says(
      'Failed to deserialize the JSON body into the target type: {param}: expected one of {known}',
      'invalid_request_error',
    ),
  },
  otherwise: says('{text}', 'invalid_request_error'),
  answers: () => DEEPSEEK,
});

const NO_TEXT = says('`text` is not set');

const mimo = maker({
  name: 'mimo',
  fields: [...CORE.filter((name) => name !== 'response_format'), 'thinking'],
  functionFields: STRICT,
  thinking: { types: ['enabled', 'disabled'], alongside: [] },
  models: [{ ...MIMO, names: /^mimo-v2\.6-(pro|flash)$/, maxTokens: 131_072 }],
  says: {
    ...MAKER_MESSAGES,
    'content-array': NO_TEXT,
    'content-null': NO_TEXT,
    'call-arguments': says('unexpected end of data: line 1 column {column} (char {char})'),
    // Inferred text.
    'thinking-shape': says('{param} must be one of {known}'),
  },
  errorBody: MIMO_BODY,
});

/** Provider behaviors by name. */
export const MAKERS: Readonly<Record<string, ProviderBehavior>> = {
  zai,
  moonshot,
  'kimi-code': kimiCode,
  minimax,
  deepseek,
  mimo,
};
