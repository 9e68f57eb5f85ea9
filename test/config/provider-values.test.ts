/** AI_PROVIDER chooses the base URL, and the host of that URL decides which provider's key is used. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addProviderValues } from '../../src/config/provider-values';
import {
  fromProcess, resolveConfig, type Environment, type FlagTexts, type ResolvedConfig,
} from '../../src/config/resolve';
import { PROVIDERS } from '../../src/providers/catalog';
import { DEFAULT_BASE_URL } from '../../src/providers/provider';

function load(flags: FlagTexts, env: Environment): ResolvedConfig {
  const resolved = resolveConfig(flags, env);
  return addProviderValues(resolved, { flags, env, findOrigin: fromProcess });
}

function resolve(flags: FlagTexts, env: Environment) {
  const resolved = load(flags, env);
  assert.ok(resolved.ok, resolved.ok ? '' : resolved.errors.join('\n'));
  return resolved;
}

const errorsOf = (flags: FlagTexts, env: Environment): readonly string[] => {
  const resolved = load(flags, env);
  return resolved.ok ? [] : resolved.errors;
};

describe('the provider', () => {
  test('is known by its name and its aliases, in any case', () => {
    for (const { name } of PROVIDERS)
      assert.equal(
        resolve({ provider: name.toUpperCase(), aiBaseUrl: 'http://127.0.0.1:9/v1' }, {}).config.provider,
        name,
      );
    assert.equal(resolve({}, { AI_PROVIDER: 'z.ai' }).config.provider, 'zai');
  });

  test('is rejected if unknown, with a list of the known names', () => {
    const names = PROVIDERS.map(({ name }) => name);
    assert.deepEqual(errorsOf({}, { AI_PROVIDER: 'opnrouter' }), [
      `Cannot use "opnrouter" from env AI_PROVIDER: expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)} ` +
      '(did you mean openrouter?).',
    ]);
  });

  test('has its error reported together with those of other options', () => {
    assert.equal(errorsOf({ provider: 'openai-compatible' }, {}).length, 1);
    assert.equal(errorsOf({ provider: 'unknown', port: 'x' }, {}).length, 2);
  });
});

describe('the base URL', () => {
  test('is the first one of the provider if only the provider is given', () => {
    for (const { name, baseUrls } of PROVIDERS) {
      if (baseUrls.length === 0) continue;
      const { config, origins } = resolve({}, { AI_PROVIDER: name });
      assert.deepEqual([config.aiBaseUrl, origins.aiBaseUrl], [baseUrls[0], { kind: 'env', name: 'AI_PROVIDER' }]);
    }
    assert.deepEqual(resolve({ provider: 'ollama' }, {}).origins.aiBaseUrl, { kind: 'flag', name: '--provider' });
  });

  test('is the user’s own if one is given', () => {
    const { config } = resolve({ provider: 'zai' }, { AI_API_BASE: 'https://gateway.example/v1' });
    assert.deepEqual([config.provider, config.aiBaseUrl], ['zai', 'https://gateway.example/v1']);
  });

  test('is the default if no provider is named', () => {
    const { config, origins } = resolve({}, {});
    assert.deepEqual([config.aiBaseUrl, origins.aiBaseUrl], [DEFAULT_BASE_URL, { kind: 'default' }]);
  });

  test('is required for a provider without one', () => {
    assert.deepEqual(errorsOf({}, { AI_PROVIDER: 'openai-compatible' }), [
      'Cannot use "openai-compatible" from env AI_PROVIDER without a base URL: set AI_API_BASE or --ai-base-url.',
    ]);
  });
});

describe('the key', () => {
  const OWN = { ZAI_API_KEY: 'sk-test-zai', DASHSCOPE_API_KEY: 'sk-test-dashscope' };

  test('comes from the flag, then AI_API_KEY, then the variable of the provider', () => {
    const env = { ...OWN, AI_PROVIDER: 'zai', AI_API_KEY: 'sk-test-any' };
    const found = (flags: FlagTexts, given: Environment) => {
      const { config, origins } = resolve(flags, given);
      return [config.aiApiKey, origins.aiApiKey];
    };
    assert.deepEqual(found({ aiApiKey: 'sk-test-flag' }, env), [
      'sk-test-flag',
      { kind: 'flag', name: '--ai-api-key' },
    ]);
    assert.deepEqual(found({}, env), ['sk-test-any', { kind: 'env', name: 'AI_API_KEY' }]);
    assert.deepEqual(found({}, { ...env, AI_API_KEY: '' }), ['sk-test-zai', { kind: 'env', name: 'ZAI_API_KEY' }]);
  });

  test('comes from the variable of the host’s provider if no provider is named', () => {
    assert.equal(resolve({}, OWN).config.aiApiKey, 'sk-test-dashscope');
    assert.equal(resolve({ aiBaseUrl: 'https://api.z.ai/api/coding/paas/v4' }, OWN).config.aiApiKey, 'sk-test-zai');
  });

  test('is never sent to a host that is not the provider’s', () => {
    for (const aiBaseUrl of ['http://127.0.0.1:8000/v1', 'https://unknown.example/v1', 'https://api.deepseek.com']) {
      assert.equal(resolve({ aiBaseUrl }, OWN).config.aiApiKey, undefined, aiBaseUrl);
    }
  });

  test('is rejected if it is not valid in a header, and not quoted', () => {
    const [error = ''] = errorsOf({}, { AI_PROVIDER: 'zai', ZAI_API_KEY: 'sk-test 0123456789' });
    assert.match(error, /^Cannot use "sk-…" from env ZAI_API_KEY: expected visible ASCII/);
    assert.doesNotMatch(error, /0123/);
  });
});

describe('several keys', () => {
  test('AI_API_KEY and its numbered variables come before those of the provider', () => {
    const keysOf = (flags: FlagTexts, env: Environment) => {
      const { config, origins } = resolve({ provider: 'zai', ...flags }, env);
      return [config.aiApiKey, config.apiKeys, origins.aiApiKey];
    };
    const all = { AI_API_KEY_1: 'a', AI_API_KEY_2: 'b', ZAI_API_KEY: 'c' };
    assert.deepEqual(keysOf({}, all), ['a', ['a', 'b'], { kind: 'env', name: 'AI_API_KEY_1' }]);
    assert.deepEqual(keysOf({}, { AI_API_KEY: 'x', ZAI_API_KEY_1: 'c' })[1], undefined);
    assert.deepEqual(keysOf({}, { ZAI_API_KEY_1: 'c', ZAI_API_KEY_2: 'd' })[1], ['c', 'd']);
    assert.deepEqual(keysOf({ aiApiKey: 'f' }, all), ['f', undefined, { kind: 'flag', name: '--ai-api-key' }]);
  });

  test('a key that is not valid in a header is rejected, and not quoted', () => {
    assert.deepEqual(errorsOf({}, { AI_API_KEY: 'sk-fine', AI_API_KEY_1: 'sk-two words-secret' }).length, 1);
    assert.ok(!errorsOf({}, { AI_API_KEY_1: 'sk-two words-secret' }).join().includes('words-secret'));
  });
});
