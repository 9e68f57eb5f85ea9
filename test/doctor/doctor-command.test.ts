/** The `doctor` command: text, JSON, exit codes, and the number of requests. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
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

/** Removes the parts that differ between machines and runs, and joins wrapped lines. */
function normalize(text: string, { home, port, env }: DoctorScene, upstream: string): string {
  return text
    .replace(/\n {23}(?=\S)/g, ' ')
    .replace(/ +/g, ' ')
    .replaceAll(upstream, 'UPSTREAM')
    .replaceAll(new URL(upstream).host, 'HOST')
    .replaceAll(String(port), 'PORT')
    .replaceAll(home, 'HOME')
    .replace(/doctor-bridge\/[\w.]+|aliyun-codex-bridge[ /]\d+\.\d+\.\d+/g, (name) =>
      name.replace(/\d+\.\d+\.\d+/, 'VERSION'),
    )
    .replace(/Node\.js \d.*/, 'Node.js NODE')
    .replace(/\d+ events in [\d.]+ m?s, the first after [\d.]+ m?s/, 'EVENTS')
    .replace(/\d+ ms$/gm, 'N ms')
    .replaceAll(env['AI_API_KEY'] ?? KEY, 'THE KEY ITSELF');
}

/** A working setup: Codex installed and configured by `setup`, a provider that answers. */
async function createGoodScene(context: TestContext) {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script: () => goodAnswer(), apiKey: KEY });
  await mkdir(scene.state);
  await scene.installCodex();
  const env = { AI_API_BASE: upstream.url };
  assert.equal(await run(['setup', '--yes'], { ...scene.env, ...env }, createFakeIo()), 0);
  return { scene, upstream, env };
}

test('the complete text without problems', async (context) => {
  const { scene, upstream, env } = await createGoodScene(context);
  const before = upstream.requests.length;
  const { code, out, error } = await scene.doctor([], env);
  assert.deepEqual([code, error], [0, '']);
  assert.equal(
    normalize(out, scene, upstream.url),
    `aliyun-codex-bridge VERSION, doctor
If the local checks pass, this sends 1 request to your provider, or a few if it
is rejected; --offline sends none.

✓ 30 checks passed, 2 skipped, 1 request sent; details: --verbose
`,
  );
  assert.equal(upstream.requests.length - before, 1);
  upstream.assertClean();
});

test('--verbose shows every check', async (context) => {
  const { scene, upstream, env } = await createGoodScene(context);
  const { code, out, error } = await scene.doctor(['--verbose'], env);
  assert.deepEqual([code, error], [0, '']);
  assert.equal(
    normalize(out, scene, upstream.url),
    `aliyun-codex-bridge VERSION, doctor
If the local checks pass, this sends 1 request to your provider, or a few if it
is rejected; --offline sends none.

This machine
✓ Node.js NODE
✓ State folder HOME/state

Bridge configuration
✓ Options --port from env PORT, --ai-base-url from env AI_API_BASE, --ai-api-key from env AI_API_KEY, --default-model \
from env DEFAULT_MODEL, --state-dir from env BRIDGE_STATE_DIR; defaults otherwise
✓ Environment file none
✓ Provider consistent
✓ Base URL UPSTREAM from env AI_API_BASE
✓ Listening 127.0.0.1, port PORT from env PORT

API key
✓ Key set from env AI_API_KEY
✓ Key format AI_API_KEY, "sk-…"

Network
✓ Proxy variables none
✓ Certificates those of Node.js
✓ DNS 127.0.0.1 is an IP address
✓ Connection HOST accepts connections, N ms

Provider
✓ Response HTTP 200, requested as aliyun-codex-bridge/VERSION
✓ Key and plan accepted
✓ Model scripted-model
✓ Streamed turn EVENTS
✓ Tool call scripted-model called the tool as requested
✓ Reasoning in reasoning_content
✓ Token counts 90 tokens in, 30 out (12 reasoning)

Running bridge
✓ Port PORT is free; no bridge is running
- Bridge version no bridge is running
- Bridge provider no bridge is running

Codex
✓ Codex 0.171.0, HOME/bin/codex
✓ config.toml HOME/.codex/config.toml
✓ config.toml keys no misspelled keys
✓ model_provider "aliyun", the bridge
✓ Setup up to date
✓ env_key not set: the bridge has the key
✓ Idle timeout not set; default: 300 s
✓ Overrides nothing overrides config.toml
✓ Threads all belong to existing providers

✓ 30 checks passed, 2 skipped, 1 request sent
`,
  );
});

test('the complete JSON', async (context) => {
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
      'codex/codex-keys ok',
      'codex/codex-provider ok',
      'codex/codex-setup ok',
      'codex/codex-key ok',
      'codex/codex-timeout ok',
      'codex/codex-overrides ok',
      'codex/codex-threads ok',
    ],
  );
  assert.deepEqual(list[7], { id: 'key', group: 'key', level: 'ok', seen: 'set from env AI_API_KEY' });
});

test('a failure causes exit code 1, has its fix in text and JSON, and skips dependent checks', async (context) => {
  const scene = await createDoctorScene(context);
  const { code, out } = await scene.doctor(['--offline'], { AI_API_BASE: 'http://127.0.0.1:9/v1/models' });
  assert.equal(code, 1);
  assert.match(
    out,
    /0 requests sent; [^]*\n\n✗ Base URL +http:.*\n +\/models\n +Fix: Use the base URL only: http:.*\/v1\n$/,
  );
  const printed = await scene.examine([], { AI_API_BASE: 'http://127.0.0.1:9/v1/models' });
  assert.equal(printed.ok, false);
  assert.equal(printed.requests, 0);
  assert.match(findPrinted(printed, 'base-url').fix ?? '', /^Use the base URL only/);
  assert.deepEqual(
    ['answer', 'usage'].map((id) => findPrinted(printed, id).seen),
    ['Base URL failed', 'Base URL failed'],
  );
});

test('--offline sends no request, and reports that', async (context) => {
  const { scene, upstream, env } = await createGoodScene(context);
  const before = upstream.requests.length;
  const { code, out } = await scene.doctor(['--offline'], env);
  assert.equal(code, 0);
  assert.match(out, /^aliyun-codex-bridge \S+, doctor\nOffline: nothing is sent to your provider\.\n/);
  assert.match(out, / 11 skipped, 0 requests sent; /);
  assert.equal((await scene.examine(['--offline'], env)).requests, 0);
  assert.equal(upstream.requests.length, before);
});

test('an unknown flag is invalid usage: nothing is checked', async (context) => {
  const scene = await createDoctorScene(context);
  const { code, out, error } = await scene.doctor(['--ofline']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(error, /--ofline/);
});

test('doctor writes no file, and works with an empty environment', async (context) => {
  const scene = await createDoctorScene(context);
  await rm(scene.bin, { recursive: true });
  const io = createFakeIo();
  const code = await run(['doctor', '--offline', '--json'], { HOME: scene.home }, io);
  assert.equal(code, 1, 'the key is missing');
  assert.deepEqual(await readdir(scene.home), ['.codex']);
  assert.deepEqual(await readdir(scene.codexHome), []);
});

test('variables of the environment file apply, and its key is not shown', async (context) => {
  const scene = await createDoctorScene(context);
  const upstream = await startUpstream(context, { script: [goodAnswer()], apiKey: 'sk-test-key-of-the-file-0123' });
  const file = join(scene.home, 'variables');
  await writeFile(file, `AI_API_KEY=sk-test-key-of-the-file-0123\nAI_API_BASE=${upstream.url}\n`, { mode: 0o600 });
  const printed = await scene.examine(['--config-file', file], { AI_API_KEY: '', AI_API_BASE: '' });
  assert.equal(findPrinted(printed, 'usage').level, 'ok');
  assert.equal(findPrinted(printed, 'key').seen, `set from file AI_API_KEY in ${file}`);
  assert.ok(!JSON.stringify(printed).includes('key-of-the-file'));
  upstream.assertClean();
});

test('advice on a missing key is not redacted: placeholders and variable names are not secrets', async (context) => {
  const scene = await createDoctorScene(context);
  const missing = await scene.doctor(['--offline'], { AI_API_KEY: '', AI_API_BASE: '' });
  assert.match(missing.out.replace(/\s+/g, ' '), /Fix: Run: export AI_API_KEY=sk-sp-…, or save it: /);
  const misplaced = await scene.doctor(['--offline'], {
    AI_API_KEY: '', AI_API_BASE: '', OPENAI_API_KEY: 'sk-sp-test-misplaced',
  });
  assert.match(misplaced.out.replace(/\s+/g, ' '), /Run: export AI_API_KEY="\$OPENAI_API_KEY"/);
  assert.doesNotMatch(misplaced.out, /sk-sp-test/);
});
