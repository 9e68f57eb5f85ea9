/** Every row meets the assumptions of the rest of the code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProviderByName, PROVIDERS, resolveModel } from '../../src/providers/catalog';
import { DEFAULT_DIALECT, EFFORTS } from '../../src/providers/dialect';
import { FAMILIES } from '../../src/providers/families';
import { DEFAULT_BASE_URL, type Model, type Provider } from '../../src/providers/provider';

const EVIDENCE = ['documented', 'source', 'reported', 'inferred'];
const FIELDS = [...Object.keys(DEFAULT_DIALECT), 'maxTokens', 'reasoningPlaceholder'];

const knownFields = (dialect: object): readonly string[] =>
  Object.keys(dialect).filter((field) => !FIELDS.includes(field));
const isSentence = (text: string): boolean => /\.$/.test(text);

describe('names', () => {
  it('and aliases belong to one provider each', () => {
    const names = PROVIDERS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z][a-z0-9.-]+$/);
  });

  it('are found in any case and by alias, but not by a part', () => {
    assert.equal(findProviderByName('ZAI')?.name, 'zai');
    assert.equal(findProviderByName(' z.ai ')?.name, 'zai');
    assert.equal(findProviderByName('LMStudio')?.name, 'lm-studio');
    for (const name of ['', 'za', 'toString', '__proto__', 'openai', 'aliyun coding'])
      assert.equal(findProviderByName(name), undefined, name);
  });
});

describe('the order', () => {
  it('starts with the default and ends with the neutral provider', () => {
    assert.equal(PROVIDERS[0]?.baseUrls[0], DEFAULT_BASE_URL);
    const last = PROVIDERS.at(-1);
    assert.deepEqual([last?.baseUrls, last?.keyEnv, last?.dialect, last?.models], [[], [], {}, []]);
  });
});

for (const provider of PROVIDERS) {
  describe(`the row of ${provider.name}`, () => {
    it('has an address, documentation and a key variable', () => checkProvider(provider));
    it('has only fields that a dialect has', () => assert.deepEqual(knownFields(provider.dialect), []));
    for (const model of provider.models) it(model.id, () => checkModel(provider, model));
  });
}

function checkProvider({
  title,
  baseUrls,
  hosts = [],
  keyEnv,
  docs,
  remarks = [],
  local,
  defaultModel,
  models,
}: Provider): void {
  assert.ok(title !== '' && new URL(docs).protocol === 'https:');
  assert.equal(new Set(baseUrls).size, baseUrls.length);
  for (const url of baseUrls) {
    const { protocol, hostname, search, hash } = new URL(url);
    assert.ok(!url.endsWith('/') && search === '' && hash === '', url);
    assert.equal(protocol, hostname === '127.0.0.1' ? 'http:' : 'https:', url);
    assert.ok(hostname !== '127.0.0.1' || local, `${url} is local, its row is not`);
  }
  for (const { source, flags } of hosts) assert.match(`${source}/${flags}`, /^\^.*\$\/$/);
  for (const name of keyEnv) assert.match(name, /^[A-Z][A-Z0-9_]*_KEY$/);
  assert.deepEqual(
    remarks.filter((remark) => !isSentence(remark)),
    [],
  );
  if (defaultModel !== undefined) assert.ok(models.some(({ id }) => id === defaultModel));
  assert.ok(models.length === 0 || defaultModel !== undefined, 'a row with models has a default one');
}

function checkModel(provider: Provider, model: Model): void {
  const { id, name, contextWindow, maxOutput, input, efforts, defaultEffort, dialect = {}, evidence, remark } = model;
  assert.ok(id === id.trim() && name !== '');
  assert.ok(
    Number.isInteger(contextWindow) && Number.isInteger(maxOutput) && maxOutput > 0 && maxOutput <= contextWindow,
  );
  assert.ok(input[0] === 'text' && new Set(input).size === input.length);
  assert.deepEqual(efforts.filter((effort) => !EFFORTS.some((known) => known === effort)), []);
  assert.deepEqual([...efforts].sort((a, b) => rank(a) - rank(b)), efforts, 'efforts are in ascending order');
  if (defaultEffort !== undefined) assert.ok(efforts.includes(defaultEffort));
  assert.deepEqual(knownFields(dialect), []);
  assert.ok(EVIDENCE.includes(evidence));
  if (remark !== undefined) assert.ok(isSentence(remark));
  const resolved = resolveModel(provider, id.toUpperCase(), undefined);
  assert.equal(resolved.model, model);
  assert.deepEqual([resolved.dialect.maxTokens, resolved.dialect.images], [maxOutput, input.includes('image')]);
  const { thinking } = resolved.dialect;
  if (thinking.kind === 'none') assert.ok(efforts.length <= 1, 'without a control, there are no efforts to pick');
  if ('levels' in thinking && thinking.levels) {
    assert.deepEqual(efforts.filter((effort) => effort !== 'none' && !thinking.levels?.includes(effort)), []);
  }
  if ('fixed' in thinking && thinking.fixed)
    assert.ok(!efforts.includes('none'), 'a model that always thinks does not offer "none"');
}

const rank = (effort: string): number => EFFORTS.findIndex((known) => known === effort);

describe('families', () => {
  for (const { title, names, dialect, evidence } of FAMILIES) {
    it(title, () => {
      assert.deepEqual(knownFields(dialect), []);
      assert.ok(names.source.startsWith('^') && names.flags === 'i' && EVIDENCE.includes(evidence));
      assert.equal(
        'thinking' in dialect || 'maxTokens' in dialect || 'images' in dialect,
        false,
        'these values depend on the host',
      );
    });
  }
});
