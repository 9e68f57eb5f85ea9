/**
 * Checks that a new provider needs only one file and its row in the catalog, with the example of
 * docs/how-to-add-a-provider.md.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { addProviderValues } from '../../src/config/provider-values';
import { fromProcess, resolveConfig } from '../../src/config/resolve';
import { findProvider, findProviderByName, findRoute, PROVIDERS } from '../../src/providers/catalog';
import { describeForCodex } from '../../src/providers/codex-models';
import { collectKeys } from '../../src/providers/keys';
import { listEntries } from '../../src/providers/model-list';
import type { Provider } from '../../src/providers/provider';
import { renderProvidersPage } from '../tools/render-providers';
import { PROJECT_ROOT, readSources } from './source-tree';

const GUIDE = readFileSync(join(PROJECT_ROOT, 'docs/how-to-add-a-provider.md'), 'utf8');
const NEUTRAL = findProvider(undefined, 'https://unknown.example/v1');

/** Loads the example file of the guide from outside the project. */
function loadGuideRow(): Provider {
  const code = /```ts\n(\/\*\* Acme[\s\S]*?)```/.exec(GUIDE)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  try {
    const file = join(folder, 'acme.ts');
    const shared = JSON.stringify(join(PROJECT_ROOT, 'src/providers/provider.ts'));
    writeFileSync(file, code.replace("'../provider'", shared));
    const { acme } = require(file) as { acme: Provider };
    return acme;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('options, routes, keys, models and docs need only the row', () => {
  const acme = loadGuideRow();
  const rows = [...PROVIDERS.filter((row) => row.name !== acme.name && row !== NEUTRAL), acme, NEUTRAL];
  assert.equal(findProviderByName('Acme-Cloud', rows), acme);
  assert.equal(findProvider(undefined, 'https://api.acme.test/v2', rows), acme);
  assert.equal(findRoute('acme/rocket-2', NEUTRAL, {}, rows).provider, acme);

  const env = { AI_PROVIDER: 'acme-cloud', ACME_API_KEY: 'sk-test-acme' };
  const given = { flags: {}, env, findOrigin: fromProcess };
  const resolved = addProviderValues(resolveConfig({}, env), given, rows);
  assert.ok(resolved.ok);
  const { provider, aiBaseUrl, aiApiKey } = resolved.config;
  assert.deepEqual([provider, aiBaseUrl, aiApiKey], ['acme', 'https://api.acme.test/v1', 'sk-test-acme']);
  assert.deepEqual(collectKeys(rows, env), { acme: ['sk-test-acme'] });

  const slugs = describeForCodex(listEntries(acme)).map(({ slug }) => slug);
  assert.deepEqual(slugs, ['rocket-2', 'rocket-2-pro']);

  const page = renderProvidersPage(rows);
  const texts = ['## Acme Cloud', '`acme-cloud`', '`ACME_API_KEY`', '`rocket-2-pro`', 'https://docs.acme.test/chat'];
  for (const text of texts) assert.ok(page.includes(text), text);
});

test('each row has its own file, which only the catalog imports', () => {
  const sources = readSources('src');
  const rows = Object.keys(sources).filter((path) => /^src\/providers\/rows\//.test(path));
  const exported = rows.filter((path) => /^export const \w+: Provider = /m.test(sources[path] ?? ''));
  assert.equal(exported.length, PROVIDERS.length);
  for (const path of exported) {
    const name = path.replace(/^.*\/|\.ts$/g, '');
    const importers = Object.keys(sources).filter((file) => new RegExp(`/${name}'`).test(sources[file] ?? ''));
    assert.deepEqual(importers, ['src/providers/catalog.ts'], path);
  }
});
