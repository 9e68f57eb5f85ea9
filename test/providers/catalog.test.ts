/** Finds the provider of a host, the requested model, and its dialect. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, PROVIDERS, resolveModel } from '../../src/providers/catalog';
import { DEFAULT_DIALECT } from '../../src/providers/dialect';
import { DEFAULT_BASE_URL } from '../../src/providers/provider';

const plan = findProvider('aliyun-coding', 'http://127.0.0.1/v1');
const neutral = findProvider('openai-compatible', 'http://127.0.0.1/v1');

const ADDRESSES = PROVIDERS.flatMap((provider) => provider.baseUrls.map((url) => [provider, url] as const));
const isHere = (url: string): boolean => new URL(url).hostname === '127.0.0.1';

describe('the provider', () => {
  it('is found by the host of the base URL', () => {
    for (const [provider, url] of ADDRESSES) if (!isHere(url)) assert.equal(findProvider(undefined, url), provider);
    assert.equal(findProvider(undefined, DEFAULT_BASE_URL).name, 'aliyun-coding');
    assert.equal(
      findProvider(undefined, 'https://coding.dashscope.aliyuncs.com/some/other/path').name,
      'aliyun-coding',
    );
  });

  it('of a port on this machine is unknown, unless the user names it', () => {
    for (const [provider, url] of ADDRESSES) {
      if (isHere(url)) assert.equal(findProvider(undefined, url), neutral);
      assert.equal(findProvider(provider.name, url), provider);
    }
  });

  it('of an unknown host is the neutral one', () => {
    for (const url of [
      'http://127.0.0.1:8080/v1',
      'https://example.com',
      'https://coding.dashscope.aliyuncs.com:8443/v1',
      'https://evil-coding.dashscope.aliyuncs.com.example/v1',
    ]) {
      assert.equal(findProvider(undefined, url).name, 'openai-compatible', url);
    }
  });

  it('is the one that the user names, whatever the host', () => {
    assert.equal(findProvider('openai-compatible', DEFAULT_BASE_URL), neutral);
    assert.equal(findProvider('no-such-provider', DEFAULT_BASE_URL), plan);
  });
});

describe('the model', () => {
  const ids = (requested: string | undefined, preferred?: string) => [
    resolveModel(plan, requested, preferred).id,
    resolveModel(neutral, requested, preferred).id,
  ];
  const NAMES: readonly (readonly [
    requested: string | undefined,
    preferred: string | undefined,
    plan: string,
    neutral: string,
  ])[] = [
    ['glm-4.7', undefined, 'glm-4.7', 'glm-4.7'],
    ['GLM-4.7', undefined, 'glm-4.7', 'GLM-4.7'],
    ['MINIMAX-m2.5', undefined, 'MiniMax-M2.5', 'MINIMAX-m2.5'],
    ['unknown/Model', undefined, 'unknown/Model', 'unknown/Model'],
    ['gpt-5', undefined, 'qwen3.7-plus', 'gpt-5'],
    ['gpt-6.1-sol', 'mine', 'mine', 'mine'],
    ['GPT-5.1-Codex', 'mine', 'mine', 'mine'],
    ['codex-mini', 'mine', 'mine', 'mine'],
    ['gpt-6.2-sol', 'mine', 'mine', 'mine'],
    ['codex-auto-review', undefined, 'qwen3.7-plus', 'codex-auto-review'],
    ['gpt-oss-120b', 'mine', 'gpt-oss-120b', 'gpt-oss-120b'],
    ['o3-mini', 'mine', 'mine', 'mine'],
    ['gptx', 'mine', 'gptx', 'gptx'],
    ['codexa', 'mine', 'codexa', 'codexa'],
    ['olmo-2', 'mine', 'olmo-2', 'olmo-2'],
    [undefined, undefined, 'qwen3.7-plus', ''],
    [undefined, 'GLM-5', 'glm-5', 'GLM-5'],
    ['glm-5', 'mine', 'glm-5', 'glm-5'],
  ];
  for (const [requested, preferred, ofPlan, ofNeutral] of NAMES) {
    it(`${requested ?? 'none'} with DEFAULT_MODEL ${preferred ?? 'not set'}`, () =>
      assert.deepEqual(ids(requested, preferred), [ofPlan, ofNeutral]));
  }

  it('has the dialect of its row, then of its provider, then the neutral one', () => {
    assert.deepEqual(resolveModel(neutral, 'x', undefined).dialect, DEFAULT_DIALECT);
    const qwen = resolveModel(plan, 'qwen3.7-plus', undefined).dialect;
    assert.deepEqual(
      [qwen.thinking.kind, qwen.images, qwen.maxTokens, qwen.toolChoice],
      ['enable_thinking', true, 65_536, 'auto-only'],
    );
    const coder = resolveModel(plan, 'qwen3-coder-plus', undefined).dialect;
    assert.deepEqual([coder.thinking.kind, coder.images, coder.toolChoice], ['none', false, 'any']);
    const unknown = resolveModel(plan, 'unknown', undefined);
    assert.deepEqual(
      [unknown.model, unknown.dialect.thinking.kind, unknown.dialect.maxTokens],
      [undefined, 'enable_thinking', undefined],
    );
  });
});

for (const provider of PROVIDERS) {
  describe(`the row of ${provider.name}`, () => {
    it('is consistent', () => {
      const ids = provider.models.map(({ id }) => id.toLowerCase());
      assert.equal(new Set(ids).size, ids.length);
      if (provider.defaultModel !== undefined) assert.ok(ids.includes(provider.defaultModel.toLowerCase()));
      for (const url of provider.baseUrls)
        assert.match(url, isHere(url) ? /^http:.*[^/]$/ : /^https:\/\/[^/]+(\/[^/]+)*$/);
    });

    for (const model of provider.models) {
      it(`${model.id} has plausible limits`, () => {
        assert.ok(Number.isInteger(model.contextWindow) && Number.isInteger(model.maxOutput));
        assert.ok(model.maxOutput <= model.contextWindow);
        assert.ok(model.input.includes('text'));
        assert.equal(new Set(model.efforts).size, model.efforts.length);
      });
    }
  });
}
