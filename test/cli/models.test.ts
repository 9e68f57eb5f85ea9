/** `models`: the table, the JSON of GET /models, and the catalog file for Codex. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { renderModels } from '../../src/cli/models-command';
import { PROVIDERS } from '../../src/providers/catalog';
import { listEntries } from '../../src/providers/model-list';
import { createFakeIo } from '../support/cli/fake-io';
import { startScriptedUpstream } from '../support/upstream/scripted-upstream';

const ENV = { AI_PROVIDER: 'aliyun-coding', AI_API_KEY: 'sk-test-models' };

async function runModels(args: readonly string[] = [], env: Readonly<Record<string, string>> = ENV) {
  const io = createFakeIo();
  const code = await run(['models', ...args], env, io);
  return { code, ...io.written };
}

async function createFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'models-command-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the table shows the limits, input and evidence of each model, and marks the default', async () => {
  const { code, out, error } = await runModels();
  assert.deepEqual([code, error], [0, '']);
  const lines = out.split('\n');
  assert.equal(lines[0], 'Alibaba Cloud Coding Plan (aliyun-coding)');
  assert.equal(lines[1], 'https://coding.dashscope.aliyuncs.com/v1');
  assert.match(out, /^model +name +ctx +out +input +efforts$/m);
  assert.match(out, /^qwen3\.7-plus\* +Qwen3\.7 Plus +984k +66k +\+image +\w.* D$/m);
  assert.match(out, /^MiniMax-M2\.5 +MiniMax M2\.5 +197k +25k +text +high +D$/m);
  assert.match(out, /^\* {2}the default model\nD {2}documented by the provider\n$/m);
});

test('DEFAULT_MODEL is the default, even if it is unknown', async () => {
  assert.match((await runModels(['--default-model', 'glm-4.7'])).out, /^glm-4\.7\* /m);
  const { out } = await runModels([], { AI_API_BASE: 'http://127.0.0.1:9/v1', DEFAULT_MODEL: 'my-model' });
  assert.match(out, /^my-model\* +- +128k +8k +\+image +- +\?$/m);
  assert.match(out, /^\? {2}unknown model/m);
});

test('without any model, the message says what to do', async () => {
  const { code, out } = await runModels([], { AI_API_BASE: 'http://127.0.0.1:9/v1' });
  assert.equal(code, 0);
  assert.match(out, /No model is known, and the provider lists none\. Choose one with --default-model\./);
});

for (const provider of PROVIDERS) {
  test(`the table of ${provider.name} fits in 80 columns of ASCII`, () => {
    const text = renderModels(listEntries(provider), provider, 'http://127.0.0.1/v1');
    assert.deepEqual(text.split('\n').filter((line) => line.length > 80), []);
    assert.match(text, /^[\n\x20-\x7e]+$/);
    for (const { id } of provider.models) assert.ok(text.includes(`\n${id}`), id);
  });
}

test('truncates names, not ids, if a row is too wide', () => {
  const [provider] = PROVIDERS;
  assert.ok(provider);
  const id = 'an-organisation/a-model-with-a-long-name-32b-instruct';
  const text = renderModels(listEntries(provider, { preferred: id }), provider, 'http://127.0.0.1/v1');
  assert.match(text, new RegExp(`^${id}\\* - {8}128k `, 'm'));
  assert.match(text, /^qwen3\.7-plus +Qwen3\.7 {2}984k /m);
});

test('--json prints the body of GET /models', async () => {
  const { code, out } = await runModels(['--json']);
  assert.equal(code, 0);
  const body = JSON.parse(out) as { object: string; data: { id: string }[]; models: { slug: string }[] };
  assert.equal(body.object, 'list');
  assert.deepEqual(body.models.map(({ slug }) => slug), body.data.map(({ id }) => id));
  assert.equal(body.models[0]?.slug, 'qwen3.7-plus');
});

test('--codex-catalog writes the file and prints the lines for config.toml', async (context) => {
  const file = join(await createFolder(context), 'new folder', 'models.json');
  const { code, out, error } = await runModels(['--codex-catalog', file]);
  assert.deepEqual([code, error], [0, '']);
  assert.equal(out, `Wrote 10 models to ${file}

Add these lines to Codex's config.toml, above its first [table]:
  model = "qwen3.7-plus"
  model_catalog_json = ${JSON.stringify(file)}
`);
  const { models } = JSON.parse(await readFile(file, 'utf8')) as { models: object[] };
  assert.deepEqual(models, (JSON.parse((await runModels(['--json'])).out) as { models: object[] }).models);
});

test('--codex-version omits what an old Codex cannot read', async () => {
  const efforts = async (...args: string[]) => {
    const { models } = JSON.parse((await runModels(['--json', ...args], { AI_PROVIDER: 'deepseek' })).out) as
      { models: { supported_reasoning_levels: { effort: string }[] }[] };
    return models[0]?.supported_reasoning_levels.map(({ effort }) => effort);
  };
  assert.ok((await efforts())?.includes('max'));
  assert.ok(!(await efforts('--codex-version', '0.125.0'))?.includes('max'));
});

test('without a model, nothing is written', async (context) => {
  const file = join(await createFolder(context), 'models.json');
  const { code, error } = await runModels(['--codex-catalog', file], { AI_API_BASE: 'http://127.0.0.1:9/v1' });
  assert.equal(code, 1);
  assert.match(error, /no model is known/);
});

test('a file that cannot be written is an error with exit code 1', async (context) => {
  const folder = await createFolder(context);
  const { code, out, error } = await runModels(['--codex-catalog', folder]);
  assert.deepEqual([code, out], [1, '']);
  assert.equal(error, `Cannot write the --codex-catalog file ${folder}: it is a folder.\n`);
});

test('errors in the command line and the environment are reported together', async () => {
  const { code, error } = await runModels(['--json', '--codex-catalog', 'x', '--jsn'], { PORT: 'x' });
  assert.equal(code, 2);
  assert.match(error, /^Invalid usage:\n/);
  assert.match(error, /--json and --codex-catalog cannot be combined\./);
});

test("--discover-models adds the provider's own list", async (context) => {
  const upstream = await startScriptedUpstream({
    dialect: 'openai',
    script: [],
    apiKey: ENV.AI_API_KEY,
    models: ['one', 'two'],
  });
  context.after(() => upstream.close());
  const env = { AI_API_BASE: upstream.url, AI_API_KEY: ENV.AI_API_KEY };
  const { code, out, error } = await runModels(['--discover-models'], env);
  assert.deepEqual([code, error], [0, '']);
  assert.match(out, /^one +- .* L$/m);
  assert.match(out, /^L {2}from the provider's own list$/m);
  upstream.assertClean();
  assert.equal(upstream.requests.length, 1);
  await runModels(['--no-discover-models'], env);
  assert.equal(upstream.requests.length, 1, 'the option is off');
  assert.match((await runModels([], env)).out, /^one +- .* L$/m);
  assert.equal(upstream.requests.length, 2, 'no row knows a model of this provider');
});

test('a provider without a model list only causes a note on standard error', async (context) => {
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', script: [] });
  context.after(() => upstream.close());
  const { code, out, error } = await runModels(['--discover-models'], { ...ENV, AI_API_BASE: upstream.url });
  assert.equal(code, 0);
  assert.match(out, /qwen3\.7-plus\*/);
  assert.match(error, /info {2}the model catalog is unchanged: /);
  assert.match(error, / reason="Alibaba Cloud Coding Plan\n.* \(127\.0\.0\.1:\d+\) answered 404\."\n$/);
});
