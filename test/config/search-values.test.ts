/** The web search options: keys, addresses, and missing values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/command/load-config';
import { SEARCH_BACKENDS } from '../../src/providers/search-backends';
import { SEARCH_NAMES } from '../../src/providers/search-names';

const BASE = { AI_API_KEY: 'sk-test-key' };

test("the key comes from the service's own variable, and BRIDGE_SEARCH_KEY overrides it", () => {
  for (const name of SEARCH_NAMES) {
    for (const variable of SEARCH_BACKENDS[name].keyVariables) {
      const env = { ...BASE, BRIDGE_SEARCH: name, [variable]: ' sk-test-own ' };
      const own = loadConfig({}, env);
      assert.ok(own.ok, name);
      assert.deepEqual([own.config.searchKey, own.origins.searchKey], ['sk-test-own', { kind: 'env', name: variable }]);
      const given = loadConfig({}, { ...env, BRIDGE_SEARCH_KEY: 'sk-test-given' });
      assert.ok(given.ok && given.config.searchKey === 'sk-test-given', name);
    }
  }
});

test('a service without its key or address is an error that names the variable or flag', () => {
  const errorsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
    const loaded = loadConfig({}, { ...BASE, ...env });
    return loaded.ok ? [] : loaded.errors;
  };
  assert.deepEqual(errorsOf({ BRIDGE_SEARCH: 'tavily' }), [
    '--search tavily needs a key. Set TAVILY_API_KEY or BRIDGE_SEARCH_KEY.',
  ]);
  assert.deepEqual(errorsOf({ BRIDGE_SEARCH: 'searxng' }), [
    '--search searxng needs the address of your SearXNG. Set --search-url.',
  ]);
  assert.deepEqual(errorsOf({ BRIDGE_SEARCH: 'searxng', BRIDGE_SEARCH_URL: 'http://127.0.0.1:8888' }), []);
  assert.match(errorsOf({ BRIDGE_SEARCH: 'altavista' })[0] ?? '', /altavista.*expected tavily, brave/);
  assert.match(
    errorsOf({ BRIDGE_SEARCH: 'tavily', BRIDGE_SEARCH_URL: 'file:///x' })[0] ?? '',
    /http:\/\/ or https:\/\//,
  );
});

test("a search service on the provider's own host needs no separate key", () => {
  const loaded = loadConfig({}, { ...BASE, BRIDGE_SEARCH: 'zai', AI_API_BASE: 'https://api.z.ai/api/coding/paas/v4' });
  assert.ok(loaded.ok && loaded.config.searchKey === undefined);
});
