/** Keys in the providers' own variables: only those of the requested provider. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findProvider, PROVIDERS } from '../../src/providers/catalog';
import { resolveKey, resolveKeys } from '../../src/providers/keys';

const plan = findProvider('aliyun-coding', 'http://127.0.0.1/v1');

it('the first variable that is set is used; an empty one is not set', () => {
  const [first = '', second = '', third = ''] = plan.keyEnv;
  assert.equal(resolveKey(plan, {}), undefined);
  assert.deepEqual(resolveKey(plan, { [third]: 'sk-test-3' }), { variable: third, key: 'sk-test-3' });
  assert.deepEqual(resolveKey(plan, { [first]: ' ', [second]: ' sk-test-2 ', [third]: 'sk-test-3' }), {
    variable: second,
    key: 'sk-test-2',
  });
});

it('no provider reads the variable of another company', () => {
  const everything = Object.fromEntries(
    PROVIDERS.flatMap(({ keyEnv }) => keyEnv.map((name) => [name, `sk-test-${name}`])),
  );
  for (const provider of PROVIDERS) {
    const { keyEnv } = provider;
    const others = Object.fromEntries(Object.entries(everything).filter(([name]) => !keyEnv.includes(name)));
    assert.equal(resolveKey(provider, others), undefined, provider.name);
    assert.equal(resolveKey(provider, everything)?.variable, keyEnv[0], provider.name);
  }
});

it('an unknown host gets no key', () => {
  const everything = Object.fromEntries(PROVIDERS.flatMap(({ keyEnv }) => keyEnv.map((name) => [name, 'sk-test'])));
  assert.equal(resolveKey(findProvider(undefined, 'https://unknown.example/v1'), everything), undefined);
});

it('NAME, NAME_1, NAME_2 and so on are the keys of a provider, each once', () => {
  const row = findProvider('zai', 'http://127.0.0.1/v1');
  const keysOf = (env: Readonly<Record<string, string>>) => resolveKeys(row, env).map(({ key }) => key);
  assert.deepEqual(keysOf({ ZAI_API_KEY_1: 'a', ZAI_API_KEY_2: 'b' }), ['a', 'b']);
  const withGap = { ZAI_API_KEY: 'a', ZAI_API_KEY_1: 'a', ZAI_API_KEY_2: ' b ', ZAI_API_KEY_4: 'd' };
  assert.deepEqual(keysOf(withGap), ['a', 'b']);
  assert.deepEqual(keysOf({ ZAI_API_KEY: ' ', ZHIPU_API_KEY: 'z', ZHIPU_API_KEY_1: 'y' }), ['z', 'y']);
  assert.deepEqual(keysOf({ OTHER_1: 'x' }), []);
});
