/** The provider that a model name selects, and its key. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, findRoute, PROVIDERS } from '../../src/providers/catalog';
import { collectKeys } from '../../src/providers/keys';

const provider = (name: string) => findProvider(name, 'http://127.0.0.1/v1');

const ROUTES: readonly (readonly [
  requested: string | undefined,
  primary: string,
  leadsTo: string,
  model: string | undefined,
])[] = [
  ['glm-4.7', 'aliyun-coding', 'aliyun-coding', 'glm-4.7'],
  [undefined, 'aliyun-coding', 'aliyun-coding', undefined],
  ['deepseek/deepseek-v4-pro', 'aliyun-coding', 'deepseek', 'deepseek-v4-pro'],
  ['DeepSeek/deepseek-v4-pro', 'aliyun-coding', 'deepseek', 'deepseek-v4-pro'],
  ['aliyun-coding/glm-5', 'aliyun-coding', 'aliyun-coding', 'glm-5'],
  ['unknown/model', 'aliyun-coding', 'aliyun-coding', 'unknown/model'],
  ['deepseek/deepseek-chat', 'openrouter', 'openrouter', 'deepseek/deepseek-chat'],
  ['fast', 'aliyun-coding', 'aliyun-coding', 'glm-4.7'],
  ['FAST', 'aliyun-coding', 'aliyun-coding', 'glm-4.7'],
  ['deep', 'openrouter', 'deepseek', 'deepseek-v4-pro'],
  ['__proto__', 'aliyun-coding', 'aliyun-coding', '__proto__'],
  ['constructor', 'openrouter', 'openrouter', 'constructor'],
  ['__proto__/x', 'aliyun-coding', 'aliyun-coding', '__proto__/x'],
  ['openrouter/qwen/qwen3-coder', 'aliyun-coding', 'openrouter', 'qwen/qwen3-coder'],
];

describe('findRoute', () => {
  for (const [requested, primary, leadsTo, model] of ROUTES) {
    it(`${requested ?? 'no name'} at ${primary} selects ${leadsTo}`, () => {
      const route = findRoute(requested, provider(primary), { fast: 'glm-4.7', deep: 'deepseek/deepseek-v4-pro' });
      assert.deepEqual([route.provider.name, route.model], [leadsTo, model]);
    });
  }
});

it('every provider’s key comes only from its own variable', () => {
  const env = Object.fromEntries(
    PROVIDERS.flatMap(({ keyEnv }) => keyEnv.slice(0, 1)).map((name) => [name, `sk-test-${name}`]),
  );
  const keys = collectKeys(PROVIDERS, { ...env, AI_API_KEY: 'sk-test-primary' });
  for (const { name, keyEnv } of PROVIDERS)
    assert.deepEqual(keys[name], keyEnv[0] === undefined ? undefined : [`sk-test-${keyEnv[0]}`]);
  assert.deepEqual(collectKeys(PROVIDERS, {}), {});
});
