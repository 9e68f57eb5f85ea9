/** The `doctor` command as a whole: its text, its JSON, its exit codes, what it costs. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { renderBlock } from '../../src/codex/config-toml';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';
import {
  createDoctorScene,
  findPrinted,
  goodAnswer,
  KEY,
  startUpstream,
  type DoctorScene,
} from '../support/cli/doctor-scene';

/** Without what differs from machine to machine and from run to run; lines are long again. */
function normalise(text: string, { home, port, env }: DoctorScene, upstream: string): string {
  return text
    .replace(/\n {25}(?=\S)/g, ' ')
    .replace(/\n {4}(?=\S)/g, ' ')
    .replace(/ +/g, ' ')
    .replaceAll(upstream, 'UPSTREAM')
    .replaceAll(new URL(upstream).host, 'HOST')
    .replaceAll(String(port), 'PORT')
    .replaceAll(home, 'HOME')
    .replace(/doctor-bridge\/[\w.]+|aliyun-codex-bridge[ /]\d+\.\d+\.\d+/g, (name) =>
      name.replace(/\d+\.\d+\.\d+/, 'VERSION'),
    )
    .replace(/Node\.js \d.*/, 'Node.js NODE')
    .replace(/\d+ events in \d+\.\d s, the first after \d+\.\d s/, 'EVENTS')
    .replace(/\d+ ms$/gm, 'N ms')
    .replaceAll(env['AI_API_KEY'] ?? KEY, 'THE KEY ITSELF');
}

/** Everything as it should be: Codex installed and configured, a catalog, a provider that answers. */
async function createGoodScene(context: TestContext) {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script: () => goodAnswer(), apiKey: KEY });
  await mkdir(scene.state);
  await scene.installCodex();
  const catalogFile = join(scene.codexHome, 'models.json');
  const env = { AI_API_BASE: upstream.url };
  assert.equal(await run(['models', '--codex-catalog', catalogFile], { ...scene.env, ...env }, createFakeIo()), 0);
  await scene.writeConfig(
    renderBlock({ model: 'scripted-model', catalogFile, baseUrl: `http://127.0.0.1:${scene.port}/v1` }),
  );
  return { scene, upstream, env };
}

test('the whole text when all is well', async (context) => {
  const { scene, upstream, env } = await createGoodScene(context);
  const { code, out, error } = await scene.doctor([], env);
  assert.deepEqual([code, error], [0, '']);
  assert.equal(
    normalise(out, scene, upstream.url),
    `aliyun-codex-bridge VERSION, doctor
This spends 1 request of your plan, once all that comes before it is in order;
--offline spends none.

This machine
 ✓ Node.js NODE
 ✓ Folder for its files HOME/state

Configuration of the bridge
 ✓ Options --port from env PORT, --ai-base-url from env AI_API_BASE, --ai-api-key from env AI_API_KEY, --default-model from env DEFAULT_MODEL, --state-dir from env BRIDGE_STATE_DIR; the others have their defaults
 ✓ File of variables none is named
 ✓ Provider and address they agree with each other
 ✓ Address UPSTREAM from env AI_API_BASE
 ✓ Listening 127.0.0.1, port PORT from env PORT

API key
 ✓ Key set from env AI_API_KEY
 ✓ Form of the key AI_API_KEY, "sk-…"

Way to the provider
 ✓ Proxy variables none is set
 ✓ Certificates the certificates of Node.js
 ✓ DNS 127.0.0.1 is an address already
 ✓ Connection HOST takes connections, N ms

Provider
 ✓ Answer HTTP 200, asked as aliyun-codex-bridge/VERSION
 ✓ Key and plan accepted
 ✓ Model scripted-model
 ✓ Streamed turn EVENTS
 ✓ Tool call scripted-model called the tool as it was asked to
 ✓ Reasoning in reasoning_content
 ✓ Token counts 90 tokens in, 30 out, 12 of them reasoning

Running bridge
 ✓ Port PORT is free, no bridge runs there
 - Version, Its provider: no bridge runs

Codex
 ✓ Codex 0.169.0, HOME/bin/codex
 ✓ config.toml HOME/.codex/config.toml
 ✓ profile not set
 ✓ model_provider model_provider = "aliyun", the bridge
 ✓ base_url http://127.0.0.1:PORT/v1, where no bridge runs now: aliyun-codex-bridge start
 ✓ wire_api "responses"
 ✓ name "Aliyun Codex bridge"
 ✓ env_key not set: the bridge has the key
 ✓ Idle timeout not set, which means 300 s
 ✓ model_catalog_json HOME/.codex/models.json: one model
 ✓ model "scripted-model"

32 ok, 2 skipped. 1 request of your plan was spent.
`,
  );
  assert.equal(upstream.requests.length, 1);
  upstream.assertClean();
});

test('the whole JSON', async (context) => {
  const { scene, env } = await createGoodScene(context);
  const { code, out, error } = await scene.doctor(['--json'], env);
  assert.deepEqual([code, error], [0, '']);
  const printed = JSON.parse(out) as { checks: { ms: number }[] } & Record<string, unknown>;
  assert.deepEqual(Object.keys(printed), ['ok', 'version', 'requests', 'checks']);
  assert.deepEqual([printed['ok'], printed['requests']], [true, 1]);
  assert.match(String(printed['version']), /^\d+\.\d+\.\d+$/);
  for (const { ms } of printed.checks) assert.ok(Number.isInteger(ms) && ms >= 0);
  const list = printed.checks.map(({ ms: _ms, ...rest }) => rest as Record<string, unknown>);
  assert.deepEqual(
    list.map(({ id, group, level }) => `${String(group)}/${String(id)} ${String(level)}`),
    [
      'machine/node ok',
      'machine/state-folder ok',
      'configuration/options ok',
      'configuration/env-file ok',
      'configuration/variables ok',
      'configuration/base-url ok',
      'configuration/listen ok',
      'key/key ok',
      'key/key-form ok',
      'network/proxy ok',
      'network/tls-settings ok',
      'network/dns ok',
      'network/connection ok',
      'upstream/answer ok',
      'upstream/access ok',
      'upstream/model ok',
      'upstream/stream ok',
      'upstream/tool-call ok',
      'upstream/reasoning ok',
      'upstream/usage ok',
      'bridge/port ok',
      'bridge/bridge-version skipped',
      'bridge/bridge-upstream skipped',
      'codex/codex ok',
      'codex/codex-file ok',
      'codex/codex-profile ok',
      'codex/codex-provider ok',
      'codex/codex-base-url ok',
      'codex/codex-wire ok',
      'codex/codex-name ok',
      'codex/codex-key ok',
      'codex/codex-patience ok',
      'codex/codex-catalog ok',
      'codex/codex-model ok',
    ],
  );
  assert.deepEqual(list[7], { id: 'key', group: 'key', level: 'ok', seen: 'set from env AI_API_KEY' });
});

test('a failure: exit code 1, the remedy in text and JSON, and what builds on it is skipped', async (context) => {
  const scene = await createDoctorScene(context);
  const { code, out } = await scene.doctor(['--offline'], { AI_API_BASE: 'http://127.0.0.1:9/v1/chat/completions' });
  assert.equal(code, 1);
  assert.match(
    out,
    /✗ Address +http:.*\n +\/chat\/completions\n +Fix: Leave the end out, the bridge puts it there:\n +http:\/\/127\.0\.0\.1:9\/v1\n/,
  );
  assert.match(out, /1 failure.* 0 requests of your plan were spent\.\n$/);
  const printed = await scene.examine([], { AI_API_BASE: 'http://127.0.0.1:9/v1/chat/completions' });
  assert.equal(printed.ok, false);
  assert.equal(printed.requests, 0);
  assert.match(findPrinted(printed, 'base-url').fix ?? '', /^Leave the end out/);
  assert.deepEqual(
    ['answer', 'usage'].map((id) => findPrinted(printed, id).seen),
    ['Address failed', 'Address failed'],
  );
});

test('--offline asks nobody, and says so', async (context) => {
  const { scene, upstream, env } = await createGoodScene(context);
  const { code, out } = await scene.doctor(['--offline'], env);
  assert.equal(code, 0);
  assert.match(out, /^aliyun-codex-bridge \S+, doctor\nNothing is asked of the provider\.\n/);
  assert.match(out, /- DNS, Connection: needs the provider: --offline\n/);
  assert.match(out, /0 requests of your plan were spent\.\n$/);
  assert.equal((await scene.examine(['--offline'], env)).requests, 0);
  assert.equal(upstream.requests.length, 0);
});

test('words that nobody understands are a misuse: nothing is checked', async (context) => {
  const scene = await createDoctorScene(context);
  const { code, out, error } = await scene.doctor(['--ofline']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(error, /--ofline/);
});

test('it writes no file, and an environment with nothing in it is fine', async (context) => {
  const scene = await createDoctorScene(context);
  await rm(scene.bin, { recursive: true });
  const io = createFakeIo();
  const code = await run(['doctor', '--offline', '--json'], { HOME: scene.home }, io);
  assert.equal(code, 1, 'the key is missing');
  assert.deepEqual(await readdir(scene.home), ['.codex']);
  assert.deepEqual(await readdir(scene.codexHome), []);
});

test('variables of a file count, and its key is not shown', async (context) => {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script: [goodAnswer()], apiKey: 'sk-test-key-of-the-file-0123' });
  const file = join(scene.home, 'variables');
  await writeFile(file, `AI_API_KEY=sk-test-key-of-the-file-0123\nAI_API_BASE=${upstream.url}\n`, { mode: 0o600 });
  const printed = await scene.examine(['--env-file', file], { AI_API_KEY: '', AI_API_BASE: '' });
  assert.equal(findPrinted(printed, 'usage').level, 'ok');
  assert.equal(findPrinted(printed, 'key').seen, `set from file AI_API_KEY in ${file}`);
  assert.ok(!JSON.stringify(printed).includes('key-of-the-file'));
  upstream.assertClean();
});
