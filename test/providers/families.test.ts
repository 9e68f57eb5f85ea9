/** Model families: dialect values by model name, their precedence, and the ids that are sent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, resolveModel } from '../../src/providers/catalog';
import { DEFAULT_DIALECT, type Dialect } from '../../src/providers/dialect';
import type { Provider } from '../../src/providers/provider';

const neutral = findProvider('openai-compatible', 'http://127.0.0.1/v1');
const on = (provider: string, model: string): Dialect =>
  resolveModel(findProvider(provider, 'http://127.0.0.1/v1'), model, undefined).dialect;

const NEUTRAL_DIALECT = { ...DEFAULT_DIALECT, ...neutral.dialect };

const PLACEHOLDER = '(reasoning not kept)';

describe('on an unknown host', () => {
  const NAMES: readonly (readonly [name: string, expected: Partial<Dialect>])[] = [
    ['qwen3.6-plus', { lateInstructions: 'user', reasoningReplay: 'reasoning_content', thinkTags: 'leading' }],
    ['Qwen/Qwen3-32B', { lateInstructions: 'user', thinkTags: 'leading' }],
    ['glm-5.3', { reasoningReplay: 'reasoning_content', sampling: true }],
    ['zai-org/GLM-4.7', { reasoningReplay: 'reasoning_content' }],
    [
      'kimi-k2-instruct',
      { reasoningPlaceholder: PLACEHOLDER, toolChoice: 'auto-only', sampling: true, placeholderOn: 'calls' },
    ],
    ['moonshotai/Kimi-K2.5', { reasoningPlaceholder: PLACEHOLDER, sampling: false, placeholderOn: 'calls' }],
    ['kimi-k2.7-code', { sampling: false, placeholderOn: 'calls' }],
    ['kimi-k3', { sampling: false, placeholderOn: 'answers' }],
    ['MiniMaxAI/MiniMax-M2.5', { reasoningReplay: 'think', lateInstructions: 'user', thinkTags: 'leading' }],
    ['minimax-m2:cloud', { reasoningReplay: 'think' }],
    [
      'Pro/deepseek-ai/DeepSeek-V4',
      { reasoningPlaceholder: PLACEHOLDER, placeholderOn: 'answers', toolChoice: 'auto-only' },
    ],
    ['mimo-v2.6-flash', { reasoningPlaceholder: PLACEHOLDER, toolChoice: 'any' }],
  ];
  for (const [name, expected] of NAMES) {
    it(name, () => {
      const { dialect } = resolveModel(neutral, name, undefined);
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(Reflect.get(dialect, field), value, field);
      assert.deepEqual(dialect.thinking, DEFAULT_DIALECT.thinking, 'thinking is controlled as for any model');
    });
  }

  it('Kimi’s schema rules are included', () => {
    assert.deepEqual(resolveModel(neutral, 'kimi-k3', undefined).dialect.schema, [
      'inline-refs',
      'no-boolean-schemas',
      'no-tuples',
      'no-type-beside-any-of',
      'required-must-exist',
    ]);
    assert.deepEqual(resolveModel(neutral, 'qwen3-32b', undefined).dialect.schema, []);
  });

  it('other names have no family', () => {
    for (const name of ['gpt-oss:20b', 'llama-3', 'my-qwen', 'not/a-kimi-k3', 'kimi', 'deepseek', ''])
      assert.deepEqual(resolveModel(neutral, name, undefined).dialect, NEUTRAL_DIALECT, name);
  });
});

describe('precedence', () => {
  const provider = (dialect: Partial<Dialect>, row: Partial<Dialect> = {}): Provider => ({
    ...neutral,
    dialect,
    models: [
      {
        id: 'kimi-k3',
        name: 'K3',
        contextWindow: 10,
        maxOutput: 5,
        input: ['text'],
        efforts: [],
        evidence: 'inferred',
        dialect: row,
      },
    ],
  });
  const resolve = (dialect: Partial<Dialect>, row: Partial<Dialect> = {}): Dialect =>
    resolveModel(provider(dialect, row), 'kimi-k3', undefined).dialect;

  it('the family overrides the neutral dialect', () => assert.equal(resolve({}).sampling, false));
  it('the provider overrides the family', () => assert.equal(resolve({ sampling: true }).sampling, true));
  it('the model’s limits override the provider', () => {
    const { images, maxTokens } = resolve({ images: true, maxTokens: 99 });
    assert.deepEqual([images, maxTokens], [false, 5]);
  });
  it('the model’s row overrides everything', () => {
    const { sampling, images, maxTokens } = resolve(
      { sampling: true },
      { sampling: false, images: true, maxTokens: 3 },
    );
    assert.deepEqual([sampling, images, maxTokens], [false, true, 3]);
  });
  it('a provider keeps the values of a family that it hosts, unless it has its own', () => {
    assert.equal(on('aliyun-coding', 'MiniMax-M2.5').reasoningReplay, 'reasoning_content');
    assert.equal(on('minimax', 'MiniMax-M3').reasoningReplay, 'reasoning_details');
    assert.equal(on('vllm', 'MiniMax-M3').reasoningReplay, 'reasoning');
    assert.equal(on('moonshot', 'kimi-k3').lateInstructions, 'system');
    assert.equal(on('aliyun-coding', 'qwen3-coder-plus').reasoningReplay, 'none');
    assert.equal(on('openrouter', 'moonshotai/kimi-k3').reasoningPlaceholder, PLACEHOLDER);
  });
});

describe('ids', () => {
  const id = (provider: string, requested: string, preferred?: string): string =>
    resolveModel(findProvider(provider, 'http://127.0.0.1/v1'), requested, preferred).id;

  it('lose the suffixes that the provider rejects', () => {
    assert.equal(id('zai', 'glm-5.3[1m]'), 'glm-5.3');
    assert.equal(id('zai', 'GLM-9[1M]'), 'GLM-9');
    assert.equal(id('zai', 'gpt-5', 'glm-4.7[1m]'), 'glm-4.7');
    assert.equal(id('openai-compatible', 'glm-5.3[1m]'), 'glm-5.3[1m]');
  });

  it('of open models that resemble Codex’s own are kept', () => {
    assert.equal(id('ollama', 'gpt-oss:20b', 'qwen3'), 'gpt-oss:20b');
    assert.equal(id('ollama', 'gpt-5.1', 'qwen3'), 'qwen3');
  });
});
