/** `doctor`: the program Codex, its config.toml, the table of the bridge there, and what it says of models. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { renderBlock } from '../../src/codex/config-toml';
import { CODEX_CHECKS } from '../../src/doctor/checks/codex';
import type { Examination } from '../../src/doctor/examination';
import type { Finding } from '../../src/doctor/finding';
import { run } from '../../src/cli/main';
import { bridgeToml, createDoctorScene, type DoctorScene } from '../support/cli/doctor-scene';
import { createFakeIo } from '../support/cli/fake-io';

type Environment = Readonly<Record<string, string>>;

function assertFinding(finding: Finding, level: Finding['level'], seen: RegExp, fix?: RegExp): void {
  assert.equal(finding.level, level, finding.seen);
  assert.match(finding.seen, seen);
  if (fix === undefined) assert.equal(finding.fix, undefined);
  else assert.match(finding.fix ?? '', fix);
}

/** A finding of one check over one config.toml. */
async function look(scene: DoctorScene, id: string, toml: string, env: Environment = {}): Promise<Finding> {
  await scene.writeConfig(toml);
  return scene.check(id, env);
}

async function startServer(context: TestContext, body: string): Promise<number> {
  const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const HEALTH = JSON.stringify({ name: 'aliyun-codex-bridge', version: '1.2.3' });

test('codex: missing, without a version, too old, fine, named by --codex-bin', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(
    await scene.check('codex'),
    'warning',
    /^there is no codex on the PATH$/,
    /npm install -g @openai\/codex/,
  );
  await scene.installCodex('nothing of use');
  assertFinding(await scene.check('codex'), 'warning', /codex does not say its version$/, /--codex-bin/);
  await scene.installCodex('codex-cli 0.80.0');
  assertFinding(await scene.check('codex'), 'failure', /^0\.80\.0, .*codex$/, /0\.99\.0 and newer/);
  await scene.installCodex('codex-cli 0.99.0');
  assertFinding(await scene.check('codex'), 'ok', /^0\.99\.0, .*codex$/);
  const { checks } = await scene.examine(['--offline', '--codex-bin', join(scene.bin, 'other')]);
  assert.match(checks.find(({ id }) => id === 'codex')?.seen ?? '', /^there is no .*other$/);
});

test('codex: the one of Windows, which WSL finds on its PATH', async () => {
  const found = {
    kind: 'found',
    name: 'codex',
    path: '/mnt/c/Users/me/AppData/Roaming/npm/codex',
    version: undefined,
  } as const;
  const examination = { findCodex: async () => found, world: { platform: 'linux' } } as unknown as Examination;
  const check = CODEX_CHECKS.find(({ id }) => id === 'codex');
  assert.ok(check);
  assertFinding(
    await check.run(examination),
    'warning',
    /codex does not say its version$/,
    /Codex of Windows: install one in WSL/,
  );
});

test('config.toml: none is needed, unreadable, fine', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('codex-file'), 'ok', /^there is none, and aliyun-codex-bridge codex needs none$/);
  assertFinding(await scene.check('codex-provider'), 'ok', /^not needed with: aliyun-codex-bridge codex$/);
  assertFinding(await scene.check('codex-profile'), 'skipped', /there is no config\.toml/);
  assertFinding(await scene.check('codex-model'), 'skipped', /there is no config\.toml/);
  assertFinding(await look(scene, 'codex-file', '# empty\n'), 'ok', /config\.toml$/);
  await rm(join(scene.codexHome, 'config.toml'));
  await mkdir(join(scene.codexHome, 'config.toml'));
  assertFinding(await scene.check('codex-file'), 'failure', /cannot be read: EISDIR/, /may read/);
  assertFinding(await scene.check('codex-model'), 'skipped', /cannot be read/);
});

test('config.toml: a mistake is pointed at', async (context) => {
  const scene = await createDoctorScene(context);
  const finding = await look(scene, 'codex-file', 'model = "a"\n\nx = = 1\n');
  assertFinding(finding, 'failure', /config\.toml:3:5: /, /correct the line/);
  assert.deepEqual(finding.seen.split('\n').slice(1), ['  x = = 1', '      ^']);
  const long = await look(scene, 'codex-file', `\uFEFF${'a'.repeat(200)} = [1, 2\n`);
  const [, text = '', caret = ''] = long.seen.split('\n');
  assert.ok(text.length <= 78 && caret.length <= 78, long.seen);
});

test('config.toml: a token in a broken line is not shown', async (context) => {
  const scene = await createDoctorScene(context);
  const finding = await look(scene, 'codex-file', 'experimental_bearer_token = "abcdefgh" oops\n');
  assert.equal(finding.level, 'failure');
  assert.ok(!finding.seen.includes('abcdefgh'), finding.seen);
  assert.match(finding.seen, /token = "\*{8}" oops/);
});

const PROVIDERS: readonly (readonly [
  title: string,
  toml: (port: number) => string,
  level: Finding['level'],
  seen: RegExp,
  fix?: RegExp,
])[] = [
  ['the bridge', (port) => bridgeToml(port), 'ok', /^model_provider = "aliyun", the bridge$/],
  [
    'the bridge under another name',
    (port) => bridgeToml(port).replaceAll('aliyun', 'mine'),
    'ok',
    /^model_provider = "mine", the bridge$/,
  ],
  ['nothing about it', () => 'model = "gpt-5"\n', 'ok', /^not the bridge; not needed/],
  [
    'another provider',
    () => 'model_provider = "x"\n[model_providers.x]\nname = "X"\nbase_url = "https://example.com/v1"\n',
    'ok',
    /^"x", not the bridge; not needed/,
  ],
  ['a provider that Codex knows', () => 'model_provider = "openai"\n', 'ok', /^"openai", not the bridge/],
  [
    'a table that no line names',
    (port) => bridgeToml(port).replace('model_provider = "aliyun"', ''),
    'warning',
    /no model_provider names it$/,
    /model_provider = "aliyun" above/,
  ],
  [
    'a line without its table',
    () => 'model_provider = "aliyun"\n',
    'failure',
    /there is no \[model_providers\.aliyun\]$/,
    /setup writes the table/,
  ],
  [
    'a line that names another table',
    (port) => bridgeToml(port).replace('model_provider = "aliyun"', 'model_provider = "aliun"'),
    'warning',
    /"aliun", and there is no/,
    /write model_provider = "aliyun"\.$/,
  ],
  [
    'a line that Codex may know',
    () => 'model_provider = "local"\n',
    'warning',
    /"local", and there is no/,
    /unless it knows local by itself/,
  ],
  [
    'openai_base_url',
    (port) => `openai_base_url = "http://localhost:${port}/v1"\n`,
    'warning',
    /^openai_base_url leads to the bridge/,
    /setup makes/,
  ],
];

for (const [title, toml, level, seen, fix] of PROVIDERS) {
  test(`model_provider: ${title} is ${level}`, async (context) => {
    const scene = await createDoctorScene(context);
    assertFinding(await look(scene, 'codex-provider', toml(scene.port)), level, seen, fix);
  });
}

test('a file that does not use the bridge is not looked into further', async (context) => {
  const scene = await createDoctorScene(context);
  for (const id of [
    'codex-base-url',
    'codex-wire',
    'codex-name',
    'codex-key',
    'codex-patience',
    'codex-catalog',
    'codex-model',
  ]) {
    assertFinding(
      await look(scene, id, 'model_provider = "openai"\n'),
      'skipped',
      /^config\.toml does not use the bridge$/,
    );
  }
});

const BASE_URLS: readonly (readonly [url: string | undefined, level: Finding['level'], seen: RegExp])[] = [
  ['http://127.0.0.1:PORT/v1', 'ok', /where no bridge runs now: aliyun-codex-bridge start$/],
  ['http://localhost:PORT/v1/', 'ok', /where no bridge runs now/],
  ['http://127.0.0.1:PORT', 'ok', /where no bridge runs now/],
  [undefined, 'failure', /^it is missing$/],
  ['127.0.0.1', 'failure', /is no URL$/],
  ['https://127.0.0.1:PORT/v1', 'failure', /begins with https:\/\/, and the bridge speaks plain http$/],
  ['http://127.0.0.1:PORT/v2', 'failure', /serves nothing at \/v2\/responses$/],
  ['http://127.0.0.1:PORT/v1/responses', 'failure', /serves nothing at/],
  ['http://127.0.0.1:1/v1', 'failure', /no bridge runs there, and this configuration says port \d+$/],
  ['http://bridge.example.com/v1', 'warning', /is not on this machine$/],
];

for (const [url, level, seen] of BASE_URLS) {
  test(`base_url ${url ?? '(none)'} is ${level}`, async (context) => {
    const scene = await createDoctorScene(context);
    const line = url === undefined ? '' : `base_url = "${url.replace('PORT', String(scene.port))}"`;
    const toml = bridgeToml(scene.port).replace(/^base_url.*$/m, line);
    const fix = level === 'ok' ? undefined : new RegExp(`base_url = "http://127\\.0\\.0\\.1:${scene.port}/v1"`);
    assertFinding(await look(scene, 'codex-base-url', toml), level, seen, fix);
  });
}

test('base_url on another port: fine where a bridge runs, wrong where somebody else does', async (context) => {
  const scene = await createDoctorScene(context);
  const [bridge, other] = [await startServer(context, HEALTH), await startServer(context, 'hello')];
  assertFinding(await look(scene, 'codex-base-url', bridgeToml(bridge)), 'ok', /where a bridge runs$/);
  assertFinding(
    await look(scene, 'codex-base-url', bridgeToml(other)),
    'failure',
    /another program has this port$/,
    /base_url = /,
  );
  assertFinding(
    await look(scene, 'codex-base-url', bridgeToml(other), { PORT: String(other) }),
    'failure',
    /another program/,
    /port of the bridge above/,
  );
});

test('wire_api and name', async (context) => {
  const scene = await createDoctorScene(context);
  const toml = bridgeToml(scene.port);
  assertFinding(await look(scene, 'codex-wire', toml), 'ok', /^"responses"$/);
  assertFinding(await look(scene, 'codex-wire', toml.replace(/^wire_api.*$/m, '')), 'ok', /^not set/);
  assertFinding(
    await look(scene, 'codex-wire', toml.replace('"responses"', '"chat"')),
    'failure',
    /^"chat": Codex refuses to start$/,
    /wire_api = "responses"/,
  );
  assertFinding(await look(scene, 'codex-name', toml), 'ok', /Aliyun Codex bridge/);
  assertFinding(
    await look(scene, 'codex-name', toml.replace(/^name.*$/m, 'name = "OpenAI"')),
    'warning',
    /remote compaction$/,
    /name = "Aliyun/,
  );
  assertFinding(
    await look(scene, 'codex-name', toml.replace(/^name.*$/m, '')),
    'failure',
    /^it is missing/,
    /name = "Aliyun/,
  );
});

test('env_key: not needed, set, missing, that of OpenAI, nobody has a key', async (context) => {
  const scene = await createDoctorScene(context);
  const [plain, keyed] = [bridgeToml(scene.port), bridgeToml(scene.port, 'env_key = "MY_KEY"')];
  assertFinding(await look(scene, 'codex-key', plain), 'ok', /^not set: the bridge has the key$/);
  assertFinding(
    await look(scene, 'codex-key', keyed),
    'failure',
    /wants the variable MY_KEY, and it is not set here$/,
    /remove the line env_key/,
  );
  assertFinding(
    await look(scene, 'codex-key', keyed, { MY_KEY: 'sk-test-my-key' }),
    'ok',
    /^MY_KEY is set; the bridge uses its own key$/,
  );
  const forwarding = { FORCE_ENV_AUTH: '0' };
  assertFinding(
    await look(scene, 'codex-key', keyed, { ...forwarding, MY_KEY: 'sk-test-my-key' }),
    'ok',
    /^MY_KEY is passed on/,
  );
  assertFinding(await look(scene, 'codex-key', plain, forwarding), 'ok', /not set: the bridge/);
  assertFinding(
    await look(scene, 'codex-key', plain, { ...forwarding, AI_API_KEY: '' }),
    'warning',
    /neither Codex nor the bridge/,
    /env_key = "AI_API_KEY"/,
  );
  const openai = keyed.replace('MY_KEY', 'OPENAI_API_KEY');
  assertFinding(await look(scene, 'codex-key', openai, { OPENAI_API_KEY: 'sk-test-o' }), 'ok', /uses its own key$/);
  assertFinding(
    await look(scene, 'codex-key', openai, { ...forwarding, OPENAI_API_KEY: 'sk-test-o' }),
    'warning',
    /is passed on to 127\.0\.0\.1:9$/,
    /that provider/,
  );
});

test('idle timeout: longer than two signs of life', async (context) => {
  const scene = await createDoctorScene(context);
  const patient = (ms: number, env: Environment = {}) =>
    look(scene, 'codex-patience', bridgeToml(scene.port, `stream_idle_timeout_ms = ${ms}`), env);
  assertFinding(await look(scene, 'codex-patience', bridgeToml(scene.port)), 'ok', /^not set, which means 300 s$/);
  assertFinding(
    await look(scene, 'codex-patience', bridgeToml(scene.port, 'supports_websockets = true')),
    'ok',
    /does no harm/,
  );
  assertFinding(await patient(30_000), 'ok', /^30000 ms$/);
  assertFinding(
    await patient(20_000),
    'warning',
    /^20000 ms, and the bridge gives a sign of life every 15000 ms/,
    /make it 30000 at least/,
  );
  assertFinding(await patient(200_000, { KEEP_ALIVE_MS: '0' }), 'warning', /gives no signs of life/, /300000 at least/);
});

test('profile: followed by older versions, refused by newer ones', async (context) => {
  const scene = await createDoctorScene(context);
  const toml = `profile = "office"\n${bridgeToml(scene.port)}`;
  assertFinding(await look(scene, 'codex-profile', bridgeToml(scene.port)), 'ok', /^not set$/);
  assertFinding(
    await look(scene, 'codex-profile', toml),
    'failure',
    /Codex 0\.146\.0 and later refuses to start$/,
    /Remove the line/,
  );
  await scene.installCodex('codex-cli 0.169.0');
  assertFinding(
    await look(scene, 'codex-profile', toml),
    'failure',
    /Codex 0\.169\.0 refuses to start$/,
    /office\.config\.toml/,
  );
  await scene.installCodex('codex-cli 0.125.0');
  assertFinding(
    await look(scene, 'codex-profile', toml),
    'failure',
    /there is no \[profiles\.office\]$/,
    /Remove the line/,
  );
  assertFinding(
    await look(scene, 'codex-profile', `${toml}[profiles.office]\nmodel = "m"\n`),
    'ok',
    /^"office", it decides model$/,
  );
  const away = `${toml}[profiles.office]\nmodel_provider = "openai"\n`;
  assertFinding(
    await look(scene, 'codex-profile', away),
    'warning',
    /sets model_provider = "openai", which wins over the bridge$/,
    /\[profiles\.office\]/,
  );
  assertFinding(await scene.check('codex-provider'), 'ok', /^"openai", not the bridge/);
});

const CODING: Environment = {
  AI_API_BASE: 'https://coding.dashscope.aliyuncs.com/v1',
  AI_API_KEY: 'sk-sp-test-0123456789',
  DEFAULT_MODEL: '',
};

test('catalog: none, absent, broken, empty, somebody else\'s', async (context) => {
  const scene = await createDoctorScene(context);
  const file = join(scene.home, 'models.json');
  const toml = bridgeToml(scene.port, '', `model = "m"\nmodel_catalog_json = ${JSON.stringify(file)}`);
  assertFinding(
    await look(scene, 'codex-catalog', bridgeToml(scene.port)),
    'warning',
    /^not set: Codex knows nothing/,
    /setup writes it/,
  );
  const given = async (text?: string) => {
    if (text !== undefined) await writeFile(file, text);
    return look(scene, 'codex-catalog', toml);
  };
  assertFinding(await given(), 'failure', /there is no such file; Codex refuses to start$/, /setup writes it/);
  assertFinding(await given('{'), 'failure', /not a JSON object/, /setup writes it/);
  assertFinding(await given('{"models":[]}'), 'failure', /there is no model in it/, /setup writes it/);
  assertFinding(await given('{"models":[{"slug":"m"}]}'), 'ok', /: one model, not written by the bridge$/);
  assertFinding(await scene.check('codex-model'), 'ok', /^"m"$/);
  for (const path of ['~/models.json', '../models.json']) {
    assertFinding(
      await look(scene, 'codex-catalog', toml.replace(JSON.stringify(file), `"${path}"`)),
      'ok',
      /models\.json: one model/,
    );
  }
  await mkdir(join(scene.home, 'folder'));
  assertFinding(
    await look(scene, 'codex-catalog', toml.replace('models.json', 'folder')),
    'failure',
    /cannot be read: EISDIR/,
    /setup/,
  );
});

test('catalog: as the bridge writes it, and stale', async (context) => {
  const scene = await createDoctorScene(context);
  const catalogFile = join(scene.home, 'models.json');
  const write = (env: Environment) =>
    run(['models', '--codex-catalog', catalogFile], { ...scene.env, ...env }, createFakeIo());
  assert.equal(await write(CODING), 0);
  const settings = { model: 'glm-4.7', catalogFile, baseUrl: `http://127.0.0.1:${scene.port}/v1` };
  await scene.writeConfig(renderBlock(settings));
  assertFinding(await scene.check('codex-catalog', CODING), 'ok', /models\.json: 10 models$/);
  assertFinding(await scene.check('codex-model', CODING), 'ok', /^"glm-4\.7"$/);
  assertFinding(await scene.check('codex-catalog', { ...CODING, DEFAULT_MODEL: 'glm-4.7' }), 'ok', /10 models$/);
  assertFinding(await scene.check('codex-catalog', { ...CODING, DISCOVER_MODELS: '1' }), 'ok', /not compared/);
  const other = { ...CODING, AI_PROVIDER: 'zai', AI_API_BASE: '' };
  assertFinding(
    await scene.check('codex-catalog', other),
    'warning',
    /not as this bridge would write it: .* and \d+ more$/,
    /setup writes it again/,
  );
  await writeFile(
    catalogFile,
    JSON.stringify({ generated_by: 'aliyun-codex-bridge', models: [{ slug: 'glm-4.7', context_window: 1 }] }),
  );
  assertFinding(
    await scene.check('codex-catalog', CODING),
    'warning',
    /one model; not as this bridge would write it/,
    /setup/,
  );
  await scene.writeConfig(renderBlock({ ...settings, model: 'glm-5' }));
  assertFinding(
    await scene.check('codex-model', CODING),
    'warning',
    /"glm-5" is not in the catalog/,
    /writes a new catalog/,
  );
  assertFinding(await scene.check('codex-catalog', { ...CODING, PORT: 'x' }), 'skipped', /mistakes/);
});

test('model: none, known, unknown, one of Codex\'s own', async (context) => {
  const scene = await createDoctorScene(context);
  const given = (line: string, env: Environment = CODING) =>
    look(scene, 'codex-model', bridgeToml(scene.port, '', line), env);
  assertFinding(await given(''), 'warning', /^not set: Codex then takes one of its own/, /model = "qwen3\.7-plus"/);
  assertFinding(await given('model = "glm-4.7"'), 'ok', /^"glm-4\.7"$/);
  assertFinding(await given('model = "GLM-4.7"'), 'ok', /^"GLM-4\.7"$/);
  assertFinding(await given('model = "zai/glm-5.3"'), 'ok', /^"zai\/glm-5\.3"$/);
  assertFinding(await given('model = "fast"', { ...CODING, MODEL_MAP: 'fast=glm-4.7' }), 'ok', /^"fast"$/);
  assertFinding(
    await given('model = "gpt-5"'),
    'warning',
    /is not a model of Alibaba Cloud Coding Plan: the bridge takes qwen3\.7-plus instead$/,
    /model = "qwen3\.7-plus"/,
  );
  assertFinding(
    await given('model = "other"'),
    'warning',
    /^"other" is a name that the bridge does not know/,
    /If the provider does not know it/,
  );
});
