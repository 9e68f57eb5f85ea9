/**
 * Every catalog entry that the bridge serves, read by every installed Codex: none is rejected, and only what a version
 * would reject is left out for it.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { PROVIDERS } from '../../../src/providers/catalog';
import type { CodexModel } from '../../../src/providers/codex-models';
import { EFFORTS } from '../../../src/providers/dialect';
import { readUserProviders } from '../../../src/providers/user-providers';
import { startBridge } from '../../support/bridge/test-bridge';
import { answer } from '../../support/upstream/scripted-upstream';
import { createWorkFolder, type WorkFolder } from '../support/work-folder';
import { CATALOG_READERS, debugModels, type ListedModel } from './debug-models';
import { textsOf } from './events';
import { scenario } from './scenario';
import { CODEX_VERSIONS, type CodexVersion } from './versions';

const FILE = 'models.json';

/** Models of a user: every effort, the smallest window, a non-ASCII name, names that differ only in case. */
const OWN = readUserProviders(JSON.stringify({
  providers: {
    mine: {
      base_url: 'https://mine.example/v1',
      models: {
        'Größe/1 „x“': { efforts: EFFORTS, input: ['text', 'image'] },
        small: { context: 1, output: 1, input: [] },
        Small: { name: 'A name twice', default_effort: 'max', efforts: ['max'] },
      },
    },
  },
}), { path: 'providers.json', env: {} });

/** Fetches the models of GET /models for each provider, with the provider's name before the slug. */
async function fetchServed(context: TestContext, version: string | undefined): Promise<readonly CodexModel[]> {
  assert.ok(OWN.ok, OWN.ok ? '' : OWN.errors.join('\n'));
  const query = version === undefined ? '' : `?client_version=${version}`;
  const served: CodexModel[] = [];
  for (const { name } of OWN.rows) {
    const settings = { provider: name, discoverModels: false, catalog: OWN.rows };
    const bridge = await startBridge(context, { settings });
    const { models } = (await (await fetch(`${bridge.url}/v1/models${query}`)).json()) as { models: CodexModel[] };
    served.push(...models.map((model) => ({ ...model, slug: `${name}/${model.slug}` })));
    await bridge.close();
  }
  return served;
}

async function readWith(folder: WorkFolder, version: CodexVersion, models: readonly CodexModel[]) {
  await writeFile(join(folder.codexHome, FILE), JSON.stringify({ models }));
  await writeFile(join(folder.codexHome, 'config.toml'), `model_catalog_json = "${FILE}"\n`);
  return debugModels(folder, version);
}

const summarize = ({ slug, context_window, supported_reasoning_levels }: ListedModel) =>
  ({ slug, context_window, efforts: supported_reasoning_levels.map(({ effort }) => effort) });

for (const version of CATALOG_READERS) {
  test(`Codex ${version} reads the entry of every model of every provider`, async (context) => {
    const folder = await createWorkFolder();
    context.after(() => folder.dispose({}));
    const models = await fetchServed(context, version);
    const rows = PROVIDERS.flatMap(({ name, models: own }) => own.map(({ id }) => `${name}/${id}`));
    const slugs = models.map(({ slug }) => slug);
    assert.deepEqual([...rows, 'mine/small'].filter((slug) => !slugs.includes(slug)), [], 'no model is missing');
    assert.deepEqual((await readWith(folder, version, models)).map(summarize), models.map(summarize));

    const everything = await fetchServed(context, undefined);
    if (JSON.stringify(everything) === JSON.stringify(models)) return;
    await assert.rejects(readWith(folder, version, everything), /unknown variant|failed to/i, 'only what it rejects');
  });
}

for (const version of CODEX_VERSIONS.filter((each) => !CATALOG_READERS.includes(each))) {
  scenario(
    `Codex ${version} ignores the catalog`,
    {
      version, dialects: ['dashscope'], catalog: { supported_reasoning_levels: [{ effort: 'max', description: '' }] },
      script: [answer({ text: 'Hi.' })],
    },
    async ({ run }) => assert.deepEqual(textsOf((await run('Hello.')).events, 'agent_message'), ['Hi.']),
  );
}
