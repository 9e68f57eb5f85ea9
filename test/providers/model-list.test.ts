/** The models that a user can pick: rows, the default model, and the provider's own list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROVIDERS } from '../../src/providers/catalog';
import { listEntries, type CatalogEntry } from '../../src/providers/model-list';
import type { Model, Provider } from '../../src/providers/provider';

const model = (id: string): Model => ({
  id,
  name: `The ${id}`,
  contextWindow: 200_000,
  maxOutput: 16_000,
  input: ['text'],
  efforts: ['low'],
  evidence: 'source',
});

const PROVIDER: Provider = {
  name: 'acme',
  title: 'Acme',
  baseUrls: [],
  keyEnv: [],
  docs: 'https://acme.example',
  dialect: { maxTokens: 4_000, images: false },
  defaultModel: 'second',
  models: [model('first'), model('second')],
};

const summary = (entries: readonly CatalogEntry[]) =>
  entries.map(({ model: { id }, basis, isDefault }) => `${id} ${basis}${isDefault ? ' default' : ''}`);

test('the default model comes first, and the rows keep their order', () => {
  assert.deepEqual(summary(listEntries(PROVIDER)), ['second source default', 'first source']);
  assert.deepEqual(summary(listEntries(PROVIDER, { preferred: 'FIRST' })), ['first source default', 'second source']);
});

test('an unknown default model gets conservative guesses and the values of the dialect', () => {
  const [unknown, ...rest] = listEntries(PROVIDER, { preferred: 'third' });
  assert.deepEqual(unknown, {
    model: {
      id: 'third',
      name: 'third',
      contextWindow: 128_000,
      maxOutput: 4_000,
      input: ['text'],
      efforts: [],
      evidence: 'inferred',
    },
    provider: PROVIDER,
    basis: 'assumed',
    isDefault: true,
  });
  assert.equal(rest.length, 2);
  const neutral = { ...PROVIDER, dialect: {}, models: [] };
  assert.deepEqual(
    listEntries(neutral, { preferred: 'third' }).map((entry) => [entry.model.maxOutput, entry.model.input]),
    [[8_192, ['text', 'image']]],
  );
});

test('without rows and a default model, the list is empty', () => {
  const { defaultModel, ...neutral } = { ...PROVIDER, models: [] };
  assert.equal(defaultModel, 'second');
  assert.deepEqual(listEntries(neutral), []);
});

test('the provider’s facts override the row, except for id and name', () => {
  const found = [{ id: 'FIRST', name: 'first-4bit', contextWindow: 32_768, input: ['text', 'image'] as const }];
  const entry = listEntries(PROVIDER, { discovered: found }).find(({ model: { id } }) => id === 'first');
  assert.deepEqual(entry, {
    model: { ...model('first'), contextWindow: 32_768, input: ['text', 'image'] },
    provider: PROVIDER,
    basis: 'source',
    isDefault: false,
  });
});

test('models that only the provider lists come last, once each', () => {
  const found = [{ id: 'zeta', name: 'Zeta', contextWindow: 64_000 }, { id: 'first' }, { id: 'alpha' }, { id: 'zeta' }];
  const entries = listEntries(PROVIDER, { preferred: 'alpha', discovered: found });
  assert.deepEqual(summary(entries), ['alpha listed default', 'first source', 'second source', 'zeta listed']);
  const zeta = entries.at(-1)?.model;
  assert.deepEqual([zeta?.name, zeta?.contextWindow, zeta?.maxOutput, zeta?.efforts], ['Zeta', 64_000, 4_000, []]);
});

test('an alias has the facts of its model, at any provider, and hides a row of the same name', () => {
  const aliases = { fast: 'first', far: 'deepseek/deepseek-v4-pro', second: 'first', lost: 'unknown-model' };
  const entries = listEntries(PROVIDER, { aliases });
  assert.deepEqual(summary(entries), [
    'second source default',
    'fast source',
    'far source',
    'lost assumed',
    'first source',
  ]);
  const [second, fast, far, lost] = entries;
  assert.deepEqual(
    [second?.model.name, fast?.model.name, lost?.model.name],
    ['second (The first)', 'fast (The first)', 'lost (unknown-model)'],
  );
  assert.deepEqual([far?.provider.name, far?.model.contextWindow], ['deepseek', 1_000_000]);
});

test('a local server with a single model uses it for any name', () => {
  const local = PROVIDERS.find(({ local: isLocal, models }) => isLocal && models.length === 0);
  assert.ok(local);
  const discovered = [{ id: 'file.gguf', contextWindow: 4_096 }];
  const windowOf = (found: typeof discovered, primary = local): number | undefined =>
    listEntries(primary, { preferred: 'mine', discovered: found }).find(({ model }) => model.id === 'mine')?.model
      .contextWindow;
  assert.equal(windowOf(discovered), 4_096);
  assert.equal(windowOf([...discovered, { id: 'other', contextWindow: 8_192 }]), 128_000);
  const remote = PROVIDERS.find(({ local: isLocal, models }) => !isLocal && models.length === 0);
  assert.ok(remote);
  assert.equal(windowOf(discovered, remote), 128_000);
});
