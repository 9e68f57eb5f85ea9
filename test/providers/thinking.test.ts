/** The exact fields that are sent for each effort to each provider. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, PROVIDERS, resolveModel } from '../../src/providers/catalog';
import { DEFAULT_DIALECT, EFFORTS } from '../../src/providers/dialect';
import { translateThinking } from '../../src/translate/settings';
import { readResponsesRequest } from '../../src/wire/read-responses';

/** Fields by effort; `default` is a request without one. Efforts that are not listed are not tested. */
type Sent = Readonly<Record<string, object>>;
type Row = readonly [provider: string, model: string, sent: Sent];

const dashscope = (fields: object): object => ({ ...fields, preserve_thinking: true });
const ON = dashscope({ enable_thinking: true });
const OFF = dashscope({ enable_thinking: false });
const effort = (level: string): object => dashscope({ enable_thinking: true, reasoning_effort: level });
const budget = (tokens: number): object => dashscope({ enable_thinking: true, thinking_budget: tokens });
const HYBRID: Sent = { default: ON, none: OFF, minimal: OFF, low: ON, high: ON, max: ON };
const GRADED: Sent = {
  default: ON,
  none: OFF,
  minimal: OFF,
  low: budget(4_096),
  medium: budget(16_384),
  high: ON,
  xhigh: ON,
  max: ON,
};
const QWEN38: Sent = {
  default: ON,
  none: effort('low'),
  minimal: effort('low'),
  low: effort('low'),
  medium: effort('medium'),
  high: effort('xhigh'),
  xhigh: effort('xhigh'),
  max: effort('xhigh'),
};
const HIGH_MAX: Sent = {
  default: ON,
  none: OFF,
  minimal: OFF,
  low: effort('high'),
  medium: effort('high'),
  high: effort('high'),
  xhigh: effort('high'),
  max: effort('max'),
  ultra: effort('max'),
};

const zai = (fields: object = {}): object => ({ thinking: { type: 'enabled', clear_thinking: false }, ...fields });
const enabled = (fields: object = {}): object => ({ thinking: { type: 'enabled' }, ...fields });
const DISABLED = { thinking: { type: 'disabled' } };
const level = (reasoning_effort: string): object => ({ reasoning_effort });
const template = (enable_thinking: boolean): object => ({
  chat_template_kwargs: { enable_thinking, preserve_thinking: true },
});
const TEMPLATE: Sent = {
  default: template(true),
  none: template(false),
  minimal: template(false),
  low: template(true),
  high: template(true),
};
const NOTHING: Sent = { default: {}, none: {}, minimal: {}, high: {}, max: {} };

const ROWS: readonly Row[] = [
  ['aliyun-coding', 'qwen3.7-plus', HYBRID],
  ['aliyun-coding', 'glm-5', HYBRID],
  ['aliyun-coding', 'kimi-k2.5', HYBRID],
  ['aliyun-coding', 'qwen3-coder-plus', NOTHING],
  ['aliyun-coding', 'MiniMax-M2.5', { default: dashscope({}), none: dashscope({}), high: dashscope({}) }],
  ['aliyun-coding', 'a-new-model', HYBRID],
  ['aliyun-token-plan', 'qwen3.8-max', QWEN38],
  ['aliyun-token-plan', 'qwen3.7-max', HYBRID],
  ['aliyun-token-plan', 'glm-5.2', HIGH_MAX],
  ['aliyun-token-plan', 'glm-5.3', { default: ON, none: effort('low'), medium: effort('high'), max: effort('max') }],
  ['aliyun-token-plan', 'deepseek-v4-pro', HIGH_MAX],
  ['aliyun-token-plan', 'kimi-k2.7-code', { default: ON, none: ON, high: ON }],
  ['aliyun-payg', 'qwen3.7-plus', GRADED],
  ['aliyun-payg', 'qwen3.8-max', QWEN38],
  ['aliyun-payg', 'glm-5.2', HIGH_MAX],
  [
    'zai',
    'glm-5.3',
    {
      default: zai(),
      none: zai(level('low')),
      minimal: zai(level('low')),
      medium: zai(level('high')),
      xhigh: zai(level('high')),
      max: zai(level('max')),
    },
  ],
  [
    'zai',
    'glm-5.2',
    { default: zai(), none: DISABLED, minimal: DISABLED, low: zai(level('high')), max: zai(level('max')) },
  ],
  ['zai', 'glm-4.7', { default: zai(), none: DISABLED, minimal: DISABLED, low: zai(), max: zai() }],
  [
    'moonshot',
    'kimi-k3',
    {
      default: {},
      none: level('low'),
      minimal: level('low'),
      medium: level('high'),
      xhigh: level('high'),
      ultra: level('max'),
    },
  ],
  ['moonshot', 'kimi-k2.7-code', { default: enabled(), none: enabled(), high: enabled() }],
  ['moonshot', 'kimi-k2.6', { default: enabled(), none: DISABLED, minimal: DISABLED, high: enabled() }],
  [
    'kimi-code',
    'kimi-for-coding',
    { default: {}, none: level('low'), low: level('low'), medium: level('high'), max: level('max') },
  ],
  [
    'minimax',
    'MiniMax-M3',
    {
      default: { thinking: { type: 'adaptive' }, reasoning_split: true },
      none: { ...DISABLED, reasoning_split: true },
      high: { thinking: { type: 'adaptive' }, reasoning_split: true },
    },
  ],
  ['minimax', 'MiniMax-M2.7', { default: { reasoning_split: true }, none: { reasoning_split: true } }],
  // Documented: minimal → low, medium and xhigh → high, ultra → max.
  [
    'deepseek',
    'deepseek-v4-pro',
    {
      default: enabled(),
      none: DISABLED,
      minimal: enabled(level('low')),
      low: enabled(level('low')),
      medium: enabled(level('high')),
      high: enabled(level('high')),
      xhigh: enabled(level('high')),
      max: enabled(level('max')),
      ultra: enabled(level('max')),
    },
  ],
  ['mimo', 'mimo-v2.6-pro', { default: enabled(), none: DISABLED, minimal: DISABLED, high: enabled() }],
  ['siliconflow', 'Qwen/Qwen3-32B', NOTHING],
  [
    'ark',
    'ep-20260101',
    {
      default: enabled(),
      none: DISABLED,
      minimal: enabled(level('low')),
      medium: enabled(level('medium')),
      xhigh: enabled(level('high')),
    },
  ],
  [
    'openrouter',
    'z-ai/glm-5.3',
    { default: {}, none: { reasoning: { effort: 'none' } }, xhigh: { reasoning: { effort: 'xhigh' } } },
  ],
  ['vllm', 'Qwen/Qwen3-32B', TEMPLATE],
  ['sglang', 'Qwen/Qwen3-32B', TEMPLATE],
  ['llama-cpp', 'whatever', TEMPLATE],
  [
    'ollama',
    'gpt-oss:20b',
    {
      default: {},
      none: level('none'),
      minimal: level('low'),
      medium: level('medium'),
      xhigh: level('high'),
      max: level('high'),
    },
  ],
  ['lm-studio', 'whatever', NOTHING],
  [
    'openai-compatible',
    'whatever',
    { default: {}, none: level('none'), minimal: level('minimal'), xhigh: level('xhigh'), max: level('max') },
  ],
];

function sentTo(provider: string, model: string, effortWord: string | undefined): object {
  const { dialect } = resolveModel(findProvider(provider, 'http://127.0.0.1/v1'), model, undefined);
  const request = readResponsesRequest({
    input: 'Hi',
    ...(effortWord !== undefined && { reasoning: { effort: effortWord } }),
  });
  return translateThinking(request, { dialect, forwardReasoning: false });
}

for (const [provider, model, sent] of ROWS) {
  describe(`${model} at ${provider}`, () => {
    for (const [word, fields] of Object.entries(sent)) {
      it(word, () => assert.deepEqual(sentTo(provider, model, word === 'default' ? undefined : word), fields));
    }
  });
}

it('minimal is sent to a model that has it as a level', () => {
  const thinking = { kind: 'enable_thinking', levels: ['minimal', 'high'] } as const;
  const dialect = { ...DEFAULT_DIALECT, thinking };
  const request = readResponsesRequest({ input: 'Hi', reasoning: { effort: 'minimal' } });
  const sent = translateThinking(request, { dialect, forwardReasoning: false });
  assert.deepEqual(sent, { enable_thinking: true, reasoning_effort: 'minimal' });
});

it('every effort of every provider sends a level that its row names, or none', () => {
  for (const { name, models } of PROVIDERS) {
    for (const id of [...models.map((model) => model.id), 'some-model']) {
      const { thinking } = resolveModel(findProvider(name, 'http://127.0.0.1/v1'), id, undefined).dialect;
      if (!('levels' in thinking) || !thinking.levels) continue;
      for (const word of EFFORTS) {
        const { reasoning_effort: sent = thinking.levels[0] } = sentTo(name, id, word) as { reasoning_effort?: string };
        assert.ok(thinking.levels.includes(sent ?? ''), `${name}/${id}: ${word} sends ${sent}`);
      }
    }
  }
});

it('every offered effort sends different fields', () => {
  const same = PROVIDERS.flatMap(({ name, models }) => models.filter(({ id, efforts }) => {
    const distinct = new Set(efforts.map((word) => JSON.stringify(sentTo(name, id, word))));
    return distinct.size < efforts.length;
  }).map(({ id }) => `${name}/${id}`));
  assert.deepEqual(same, []);
});
