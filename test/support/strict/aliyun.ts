/** How Alibaba's endpoints behave, by plan. Facts: upstreams.md, sections 1.1, 1.2, 2, 3 and table (a). */
import { CODING_PLAN_BODY } from './bodies';
import { DEEPSEEK_REPLAY, KIMI_REPLAY } from './families';
import { BASE_BEHAVIOR, DASHSCOPE_MODEL } from './behavior';
import type { ProviderBehavior } from './provider';
import { algo, says, type StrictModel } from './rule';

/**
 * Describes one model of Model Studio: the requirements that all of them share, with `overrides`. Thinking models need
 * their earlier reasoning (section 2, preserve_thinking), and the default output limit of an endpoint may be tiny
 * (section 2, max tokens).
 */
const row = (names: RegExp, overrides: Omit<Partial<StrictModel>, 'names'>): StrictModel => ({
  ...DASHSCOPE_MODEL,
  names,
  thinks: 'on',
  efforts: [],
  expects: ['preserve_thinking', 'max_tokens'],
  ...overrides,
});

/** GLM streams arguments only on request (section 2, tool_stream). */
const GLM = { textOnly: true, expects: ['preserve_thinking', 'max_tokens', 'tool_stream'] } as const;

/** Only the maker's limit is known, and the limit here may be lower: requests need no `max_tokens`. */
const MAKERS_LIMIT = { expects: ['preserve_thinking'] } as const;

/** Kimi and DeepSeek have the same requirement at DashScope, which wraps the message (section 3). */
const KIMI = { replay: KIMI_REPLAY } as const;
const DEEPSEEK = { replay: DEEPSEEK_REPLAY } as const;

/** Models without a thinking mode reject its fields, except `preserve_thinking`: qwen-code sends it to them too. */
const LACKS_THINKING = {
  thinks: 'never',
  expects: ['max_tokens'],
  lacks: ['enable_thinking', 'thinking_budget', 'reasoning_effort'],
} as const;

const CODING_MODELS: readonly StrictModel[] = [
  row(/^qwen3\.7-plus$/, { maxTokens: 65_536, maxBudget: 262_144 }),
  row(/^qwen3\.[56]-plus$/, { maxTokens: 65_536, maxBudget: 81_920 }),
  row(/^qwen3-max-2026-01-23$/, { maxTokens: 32_768, maxBudget: 81_920, textOnly: true, thinks: 'off' }),
  row(/^qwen3-coder-(next|plus)$/, { maxTokens: 65_536, textOnly: true, ...LACKS_THINKING }),
  row(/^glm-(5|4\.7)$/, { maxTokens: 16_384, maxBudget: 32_768, ...GLM }),
  row(/^kimi-k2\.5$/, { maxTokens: 32_768, maxBudget: 81_920, thinks: 'off', ...KIMI }),
  row(/^MiniMax-M2\.5$/, { maxTokens: 24_576, textOnly: true, thinks: 'always' }),
];

/** Levels: `reasoning_effort` of section 2. That Qwen3.8 always thinks is from models.dev, 2026-08-03. */
const TOKEN_PLAN_MODELS: readonly StrictModel[] = [
  row(/^qwen3\.8-(max|flash)$/, { maxTokens: 131_072, thinks: 'always', efforts: ['none', 'low', 'medium', 'xhigh'] }),
  row(/^qwen3\.7-max$/, { maxTokens: 65_536, textOnly: true }),
  row(/^qwen3\.6-plus$/, { maxTokens: 65_536 }),
  // Source: claude-provider-switcher v1.1.1.
  row(/^auto$/, { textOnly: true, expects: [], lacks: ['tool_choice', 'parallel_tool_calls'] }),
  row(/^glm-5\.2$/, { maxTokens: 131_072, ...GLM, efforts: ['high', 'max'] }),
  row(/^glm-5\.3$/, {
    maxTokens: 131_072,
    ...GLM,
    expects: ['preserve_thinking', 'tool_stream'],
    thinks: 'always',
    efforts: ['low', 'high', 'max'],
  }),
  row(/^deepseek-v4-(pro|flash)$/, {
    maxTokens: 384_000,
    textOnly: true,
    efforts: ['high', 'max'],
    ...MAKERS_LIMIT,
    ...DEEPSEEK,
  }),
  row(/^kimi-k2\.6$/, { maxTokens: 262_144, ...MAKERS_LIMIT, ...KIMI }),
  row(/^kimi-k2\.7-code$/, { maxTokens: 262_144, thinks: 'always', ...MAKERS_LIMIT, ...KIMI }),
  row(/^MiniMax-M2\.5$/, { maxTokens: 32_768, textOnly: true, thinks: 'always' }),
];

/** Pay-as-you-go serves more models than any list contains, hence the row for all names. */
const PAYG_MODELS: readonly StrictModel[] = [...TOKEN_PLAN_MODELS, ...CODING_MODELS, row(/^/, {})];

const MESSAGES: ProviderBehavior['says'] = {
  'fixed-thinking': algo('The value of the enable_thinking parameter is restricted to True.'),
  'budget-range': algo('The thinking_budget parameter must be a positive integer and not greater than {maximum}'),
  'missing-reasoning': says('{text}', 'InvalidParameter'),
  'image-for-text-model': algo('Unexpected item type in content.'),
  // Inferred: the same sentence as for `enable_search`.
  'model-field': algo('This model does not support {param}.'),
};

const aliyun = (
  overrides: Pick<ProviderBehavior, 'name' | 'models'> & Partial<ProviderBehavior>,
): ProviderBehavior => ({
  ...BASE_BEHAVIOR.dashscope,
  // json_schema is for Qwen3.8 Max and some 3.7 (section 2); others reject it (inferred).
  formats: ['text', 'json_object'],
  says: MESSAGES,
  ...overrides,
});

/** Provider behaviors by name. */
export const ALIYUN: Readonly<Record<string, ProviderBehavior>> = {
  'aliyun-coding': aliyun({
    name: 'aliyun-coding',
    models: CODING_MODELS,
    // Which callers pass is not known; the message itself says that only coding agents do.
    rejectsCallers: /^$|^(node|undici|curl|python)\b/i,
    says: {
      ...MESSAGES,
      caller: says('Coding Plan is currently only available for Coding Agents', null, { status: 405 }),
    },
    errorBody: CODING_PLAN_BODY,
  }),
  'aliyun-token-plan': aliyun({
    name: 'aliyun-token-plan',
    models: TOKEN_PLAN_MODELS,
    // Source: pi-ai marks `strict` as supported.
    functionFields: ['name', 'description', 'parameters', 'strict'],
  }),
  'aliyun-payg': aliyun({ name: 'aliyun-payg', models: PAYG_MODELS }),
};
