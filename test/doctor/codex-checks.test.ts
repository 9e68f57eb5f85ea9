/** `doctor`: the Codex program, whether it accepts its config.toml, and what setup would change there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { CODEX_CHECKS } from '../../src/doctor/checks/codex';
import type { Examination } from '../../src/doctor/examination';
import type { Finding } from '../../src/doctor/check';
import { bridgeToml, createDoctorScene, type DoctorScene } from '../support/cli/doctor-scene';
import { writeThread } from '../support/cli/codex-threads';
import { createFakeIo } from '../support/cli/fake-io';

type Environment = Readonly<Record<string, string>>;

function assertFinding(finding: Finding, level: Finding['level'], seen: RegExp, fix?: RegExp): void {
  assert.equal(finding.level, level, finding.seen);
  assert.match(finding.seen, seen);
  if (fix === undefined) assert.equal(finding.fix, undefined);
  else assert.match(finding.fix ?? '', fix);
}

/** The finding of a check for a config.toml. */
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

test('codex: missing, without a version, too old, valid, given with --codex-bin', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('codex'), 'warning', /^no codex on the PATH$/, /npm install -g @openai\/codex/);
  await scene.installCodex('nothing of use');
  assertFinding(await scene.check('codex'), 'warning', /codex does not print its version$/, /--codex-bin/);
  await scene.installCodex('codex-cli 0.80.0');
  assertFinding(await scene.check('codex'), 'failure', /^0\.80\.0, .*codex$/, /0\.99\.0 or later/);
  await scene.installCodex('codex-cli 0.99.0');
  assertFinding(await scene.check('codex'), 'ok', /^0\.99\.0, .*codex$/);
  const { checks } = await scene.examine(['--offline', '--codex-bin', join(scene.bin, 'other')]);
  assert.match(checks.find(({ id }) => id === 'codex')?.seen ?? '', /other does not exist$/);
});

test('codex: a Windows installation on the PATH of WSL is reported', async () => {
  const path = '/mnt/c/Users/me/AppData/Roaming/npm/codex';
  const found = { kind: 'found', path, version: undefined, rejection: 'unknown' } as const;
  const examination = { findCodex: async () => found, runtime: { platform: 'linux' } } as unknown as Examination;
  const check = CODEX_CHECKS.find(({ id }) => id === 'codex');
  assert.ok(check);
  assertFinding(
    await check.run(examination), 'warning', /codex does not print its version$/, /on Windows\. Install .* in WSL/,
  );
});

test('config.toml: not needed, unreadable, fine', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('codex-file'), 'ok', /^none; not needed with: aliyun-codex-bridge codex$/);
  assertFinding(await scene.check('codex-provider'), 'ok', /not needed with: aliyun-codex-bridge codex$/);
  assertFinding(await look(scene, 'codex-file', '# empty\n'), 'ok', /config\.toml$/);
  await rm(join(scene.codexHome, 'config.toml'));
  await mkdir(join(scene.codexHome, 'config.toml'));
  assertFinding(await scene.check('codex-file'), 'failure', /^Cannot read .*: it is a folder\.$/, /readable file/);
  assertFinding(await scene.check('codex-setup'), 'skipped', /cannot be read/);
});

test('config.toml: a syntax error is shown with its position', async (context) => {
  const scene = await createDoctorScene(context);
  const finding = await look(scene, 'codex-file', 'model = "a"\n\nx = = 1\n');
  assertFinding(finding, 'failure', /config\.toml:3:5: expected a value/, /Fix the line/);
  assert.deepEqual(finding.seen.split('\n').slice(2), ['  3 | x = = *', '    |     ^']);
  const long = await look(scene, 'codex-file', `\uFEFF${'a'.repeat(200)} = [1, 2\n`);
  for (const line of long.seen.split('\n').slice(2)) assert.ok(line.length <= 80, long.seen);
});

test('config.toml: a token in an invalid line is not shown', async (context) => {
  const scene = await createDoctorScene(context);
  const finding = await look(scene, 'codex-file', 'experimental_bearer_token = "abcdefgh" oops\n');
  assert.equal(finding.level, 'failure');
  assert.ok(!finding.seen.includes('abcdefgh'), finding.seen);
  assert.match(finding.seen, /token = "\*{8}" \*{4}/);
});

const CHAT = '[model_providers.X]\nname = "X"\nbase_url = "https://x.example/v1"\nwire_api = "chat"\n';

test('config.toml: the reason why Codex does not start is shown with a fix', async (context) => {
  const scene = await createDoctorScene(context);
  const file = join(scene.codexHome, 'config.toml');
  await scene.installCodex('codex-cli 0.171.0', `Error: ${file}:4:12: \`wire_api = "chat"\` is no longer supported.
How to fix: set \`wire_api = "responses"\` in your provider config.

Caused by:
    nothing of interest
`);
  assertFinding(
    await look(scene, 'codex-file', CHAT), 'failure',
    /:4:12: `wire_api = "chat"` is no longer supported\. How to fix: .*\n.*:4: \[model_providers\.X\]: wire_api/,
    /Remove the table, or write wire_api = "responses".* Or comment these lines out, reversibly, with: .* setup$/,
  );
  await scene.installCodex('codex-cli 0.171.0', 'Error: sandbox_mode is odd\n');
  assertFinding(await look(scene, 'codex-file', 'a = 1\n'), 'failure', /sandbox_mode is odd$/, /until this is fixed/);
});

test('config.toml: a file that Codex accepts is fine; without Codex, known problems are reported', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(
    await look(scene, 'codex-file', CHAT), 'failure',
    /config\.toml:4: \[model_providers\.X\]: wire_api = "chat", which Codex no longer supports$/, /setup$/,
  );
  await scene.installCodex();
  assertFinding(await look(scene, 'codex-file', CHAT), 'ok', /config\.toml$/);
});

test('misspelled keys are reported with the correct spelling', async (context) => {
  const scene = await createDoctorScene(context);
  const toml = bridgeToml(scene.port, 'base_ulr = "x"', 'modle = "m"');
  assertFinding(
    await look(scene, 'codex-keys', toml), 'warning',
    /^line 2: Codex ignores the unknown key modle\nline \d+: \[model_providers\.aliyun\]: .* unknown key base_ulr/,
    /^Did you mean model\? Did you mean base_url\?$/,
  );
  assertFinding(await look(scene, 'codex-keys', bridgeToml(scene.port)), 'ok', /no misspelled keys/);
});

const PROVIDERS: readonly (readonly [
  title: string, toml: (port: number) => string, level: Finding['level'], seen: RegExp, fix?: RegExp,
])[] = [
  ['the bridge', (port) => bridgeToml(port), 'ok', /^"aliyun", the bridge$/],
  ['the bridge under another id', (port) => bridgeToml(port).replaceAll('aliyun', 'mine'), 'ok', /^"mine", the b/],
  ['no provider', () => 'model = "gpt-5"\n', 'ok', /^not set, not the bridge; not needed/],
  [
    'another provider', () => 'model_provider = "x"\n[model_providers.x]\nname = "X"\nbase_url = "https://x.example"\n',
    'ok', /^"x", not the bridge; not needed/,
  ],
  [
    'a table that is not selected', (port) => bridgeToml(port).replace('model_provider = "aliyun"', ''),
    'warning', /^not set, although \[model_providers\.aliyun\] exists$/, /setup$/,
  ],
  [
    'an id without a table', () => 'model_provider = "aliyun"\n',
    'failure', /its table is missing$/, /setup adds the table/,
  ],
  [
    'openai_base_url', (port) => `openai_base_url = "http://localhost:${port}/v1"\n`,
    'warning', /^openai_base_url points to the bridge/, /setup$/,
  ],
];

for (const [title, toml, level, seen, fix] of PROVIDERS) {
  test(`model_provider: ${title} is ${level}`, async (context) => {
    const scene = await createDoctorScene(context);
    assertFinding(await look(scene, 'codex-provider', toml(scene.port)), level, seen, fix);
  });
}

test('a file that does not use the bridge is not compared with setup', async (context) => {
  const scene = await createDoctorScene(context);
  for (const id of ['codex-setup', 'codex-key', 'codex-timeout']) {
    assertFinding(await look(scene, id, 'model_provider = "openai"\n'), 'skipped', /does not use the bridge$/);
  }
});

/** A config.toml written by setup, with its catalog. */
async function setUp(scene: DoctorScene, env: Environment = {}): Promise<string> {
  const io = createFakeIo();
  assert.equal(await run(['setup', '--yes'], { ...scene.env, ...env }, io), 0, io.written.error);
  return readFile(join(scene.codexHome, 'config.toml'), 'utf8');
}

test('Setup: nothing to change after setup', async (context) => {
  const scene = await createDoctorScene(context);
  await setUp(scene);
  assertFinding(await scene.check('codex-setup'), 'ok', /^up to date$/);
});

test('Setup: a token of the user replaces the placeholder', async (context) => {
  const scene = await createDoctorScene(context);
  await scene.installCodex('codex-cli 0.171.0');
  const toml = await setUp(scene);
  assert.match(toml, /^experimental_bearer_token = "bridge"$/m);
  const own = toml.replace(/^experimental_bearer_token.*/m, 'env_key = "BRIDGE_ACCESS_TOKEN"');
  assertFinding(await look(scene, 'codex-setup', own), 'ok', /^up to date$/);
});

const CHANGES: readonly (readonly [
  title: string, from: RegExp, to: string, level: Finding['level'], seen: RegExp,
])[] = [
  ['another port', /(127\.0\.0\.1):\d+/, '$1:1', 'failure', /base_url = "http:\/\/127\.0\.0\.1:1\/v1"; setup writes/],
  ['no base_url', /^base_url.*\n/m, '', 'failure', /base_url is not set; setup writes "http/],
  ['https', /"http:/, '"https:', 'failure', /base_url = "https:.*; setup writes "http:/],
  ['another name', /^name = .*/m, 'name = "OpenAI"', 'warning', /name = "OpenAI"; setup writes "Aliyun Codex bridge"/],
  ['another model', /^model = .*/m, 'model = "gpt-5"', 'warning', /^model = "gpt-5"; setup writes "scripted-model"/],
  ['no model', /^model = .*\n/m, '', 'warning', /^model is not set; setup writes "scripted-model"/],
  ['no catalog', /^model_catalog_json.*\n/m, '', 'warning', /^model_catalog_json is not set; setup writes/],
];

for (const [title, from, to, level, seen] of CHANGES) {
  test(`Setup: reports a change for ${title}`, async (context) => {
    const scene = await createDoctorScene(context);
    const toml = await setUp(scene);
    assertFinding(await look(scene, 'codex-setup', toml.replace(from, to)), level, seen, /aliyun-codex-bridge setup$/);
  });
}

test('Setup: a bridge on another port is fine, another program there is not', async (context) => {
  const scene = await createDoctorScene(context);
  const toml = await setUp(scene);
  const [bridge, other] = [await startServer(context, HEALTH), await startServer(context, 'hello')];
  const at = (port: number) => toml.replaceAll(`:${scene.port}/`, `:${port}/`);
  assertFinding(await look(scene, 'codex-setup', at(bridge)), 'ok', /^up to date$/);
  assertFinding(await look(scene, 'codex-setup', at(other)), 'failure', /base_url = .*; setup writes/, /setup$/);
});

test('Setup: the user’s keys, their own catalog and models of other providers are fine', async (context) => {
  const scene = await createDoctorScene(context);
  const toml = await setUp(scene);
  await writeFile(join(scene.codexHome, 'own.json'), '{"models":[]}');
  const own = toml
    .replace(/^wire_api.*$/m, '$&\nrequest_max_retries = 1\nsupports_websockets = true')
    .replace(/^model_catalog_json.*$/m, 'model_catalog_json = "own.json"');
  assertFinding(await look(scene, 'codex-setup', own), 'ok', /^up to date$/);
  const env = { DEFAULT_MODEL: '', AI_API_BASE: 'https://coding.dashscope.aliyuncs.com/v1', MODEL_MAP: 'fast=glm-4.7' };
  const coding = await setUp(scene, env);
  for (const model of ['glm-4.7', 'GLM-4.7', 'zai/glm-5.3', 'fast']) {
    await scene.writeConfig(coding.replace(/^model = .*$/m, `model = "${model}"`));
    assert.doesNotMatch((await scene.check('codex-setup', env)).seen, /^model /m, model);
  }
});

test('Setup: reports a stale or missing catalog', async (context) => {
  const scene = await createDoctorScene(context);
  await setUp(scene);
  const catalog = join(scene.codexHome, 'aliyun-codex-bridge-models.json');
  await writeFile(catalog, JSON.stringify({ generated_by: 'aliyun-codex-bridge', models: [{ slug: 'old' }] }));
  assertFinding(await scene.check('codex-setup'), 'warning', /models\.json is stale; setup writes it$/, /setup$/);
  assertFinding(await scene.check('codex-setup', { DISCOVER_MODELS: '1' }), 'ok', /up to date/);
  await rm(catalog);
  assertFinding(await scene.check('codex-setup'), 'warning', /models\.json is missing; setup writes it$/, /setup$/);
  assertFinding(await scene.check('codex-setup', { PORT: 'x' }), 'skipped', /invalid/);
});

test('env_key: not needed, set, missing', async (context) => {
  const scene = await createDoctorScene(context);
  const [plain, keyed] = [bridgeToml(scene.port), bridgeToml(scene.port, 'env_key = "MY_KEY"')];
  assertFinding(await look(scene, 'codex-key', plain), 'ok', /^not set: the bridge has the key$/);
  assertFinding(await look(scene, 'codex-key', keyed), 'failure', /^MY_KEY is not set, and Codex requires/, /env_key/);
  const env = { MY_KEY: 'sk-test-my-key' };
  assertFinding(await look(scene, 'codex-key', keyed, env), 'ok', /^MY_KEY is set; the bridge uses its own key$/);
  assertFinding(await look(scene, 'codex-key', keyed, { ...env, FORCE_ENV_AUTH: '0' }), 'ok', /^MY_KEY is forwarded/);
});

test('env_key: a running bridge that requires a token', async (context) => {
  const scene = await createDoctorScene(context);
  const health = { name: 'aliyun-codex-bridge', version: '1.2.3', tokenRequired: true };
  const port = await startServer(context, JSON.stringify(health));
  const check = (lines: readonly string[], env: Environment = {}) =>
    look(scene, 'codex-key', bridgeToml(port, ...lines), env);
  for (const lines of [[], ['experimental_bearer_token = "bridge"'], ['http_headers = { other = "x" }']]) {
    assertFinding(
      await check(lines), 'failure', /^not set, but the running bridge requires an access token$/,
      /^Set BRIDGE_ACCESS_TOKEN to the token, then run: aliyun-codex-bridge setup\nIf .* run: aliyun-codex-bridge start$/,
    );
  }
  for (const line of ['experimental_bearer_token = "mine"', 'env_http_headers = { X-Api-Key = "MINE" }']) {
    assertFinding(await check([line]), 'ok', /^not set: the bridge has the key$/);
  }
  const token = ['env_key = "BRIDGE_ACCESS_TOKEN"'];
  assertFinding(await check(token), 'failure', /^BRIDGE_ACCESS_TOKEN is not set/, /to the bridge's access token/);
  const env = { BRIDGE_ACCESS_TOKEN: '0123456789abcdef' };
  assertFinding(await check(token, env), 'ok', /^BRIDGE_ACCESS_TOKEN is set: the access token$/);
});

test('idle timeout: longer than two keep-alive intervals', async (context) => {
  const scene = await createDoctorScene(context);
  const wait = (ms: number, env: Environment = {}) =>
    look(scene, 'codex-timeout', bridgeToml(scene.port, `stream_idle_timeout_ms = ${ms}`), env);
  assertFinding(await look(scene, 'codex-timeout', bridgeToml(scene.port)), 'ok', /^not set; default: 300 s$/);
  assertFinding(await wait(30_000), 'ok', /^30000 ms$/);
  assertFinding(await wait(20_000), 'warning', /^20000 ms, but .* a keep-alive every 15000 ms/, /30000 or more/);
  assertFinding(await wait(200_000, { KEEP_ALIVE_MS: '0' }), 'warning', /sends no keep-alive/, /300000 or more/);
});

test('threads of a removed provider are named', async (context) => {
  const scene = await createDoctorScene(context);
  await writeThread(scene.codexHome, 'aliyun');
  assertFinding(await look(scene, 'codex-threads', '# empty\n'), 'ok', /^all belong to existing providers$/);
  await writeThread(scene.codexHome, 'gone');
  assertFinding(
    await scene.check('codex-threads'), 'warning', /^1 thread of "gone": .* codex resume fails$/, /Add its table again/,
  );
});

test('profiles that override the bridge are named', async (context) => {
  const scene = await createDoctorScene(context);
  const toml = `${bridgeToml(scene.port)}[profiles.office]\nmodel_provider = "openai"\n`;
  assertFinding(
    await look(scene, 'codex-overrides', toml), 'warning',
    /^\[profiles\.office\] sets model_provider\. Codex 0\.146 and later reject --profile office/, /Remove these keys/,
  );
  assertFinding(await look(scene, 'codex-overrides', bridgeToml(scene.port)), 'ok', /^nothing overrides/);
});
