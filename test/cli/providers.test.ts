/** `providers`: rows with their origin, errors in the file, the schema, and a test with only the provider's key. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { PROVIDERS } from '../../src/providers/catalog';
import { createFakeIo } from '../support/cli/fake-io';
import { startScriptedUpstream } from '../support/upstream/scripted-upstream';

function home(context: TestContext, providers: object): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'providers-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'aliyun-codex-bridge'));
  writeFileSync(join(folder, 'aliyun-codex-bridge/providers.json'), `// mine\n${JSON.stringify({ providers })}`);
  return { HOME: folder, XDG_CONFIG_HOME: folder, CODEX_HOME: join(folder, 'codex'), AI_API_KEY: 'sk-sp-test-home' };
}

async function providers(env: Readonly<Record<string, string>>, ...args: string[]) {
  const io = createFakeIo();
  const code = await run(['providers', ...args], env, io);
  return { code, ...io.written };
}

/** The config folder differs on other systems. */
const ON_LINUX = { skip: process.platform !== 'linux' };

const ACME = { base_url: 'https://api.acme.example/v1', key_variables: ['ACME_KEY'], models: { a: {}, b: {} } };

test('the file in the config folder is used by default', ON_LINUX, async (context) => {
  const env = home(context, { acme: ACME, zai: { models: { 'glm-5.3': { context: 1 } } } });
  const { code, out } = await providers({ ...env, ACME_KEY: 'sk-test-acme' });
  assert.equal(code, 0);
  const path = join(env['HOME'] ?? '', 'aliyun-codex-bridge/providers.json');
  assert.match(out, new RegExp(`^acme +${path} +2 +ACME_KEY +https://api\\.acme\\.example/v1$`, 'm'));
  assert.match(out, new RegExp(`^zai +${path} `, 'm'));
  assert.match(out, /^aliyun-coding\* +built-in /m);
  assert.match(out, /^ollama +built-in /m);
  const { providers: rows } = JSON.parse((await providers(env, '--json')).out);
  assert.equal(rows.length, PROVIDERS.length + 1);
  assert.equal(rows[0].key, null);
});

test('an invalid file is reported with the path of each error', ON_LINUX, async (context) => {
  const env = home(context, { acme: { ...ACME, modles: {} } });
  const { code, error } = await providers(env);
  assert.equal(code, 2);
  assert.match(error, /providers\.json: providers\.acme\.modles: unknown field; did you mean "models"\?/);
  const missing = await providers({ ...env, AI_PROVIDERS: '/no/such/file' });
  assert.match(missing.error, /Cannot read the providers file "\/no\/such\/file": there is no such file\./);
});

test('schema prints JSON Schema', async () => {
  const { code, out } = await providers({}, 'schema');
  assert.deepEqual([code, JSON.parse(out).type], [0, 'object']);
});

test('test NAME runs a turn with the provider, with only its own key', ON_LINUX, async (context) => {
  const upstream = await startScriptedUpstream({ dialect: 'openai', apiKey: 'sk-test-acme', script: [] });
  context.after(() => upstream.close());
  const env = home(context, { acme: { ...ACME, base_url: upstream.url, models: { 'scripted-model': {} } } });
  const others = {
    AI_API_KEY: 'sk-test-home', AI_API_KEY_1: 'sk-test-home-1', AI_API_KEY_2: 'sk-test-home-2',
    UPSTREAM_HEADER: 'x-team=home', FALLBACK_MODELS: 'home-model', UPSTREAM_CERT: '/no/such/certificate.pem',
  };
  const { out } = await providers({ ...env, ...others, ACME_KEY: 'sk-test-acme' }, 'test', 'acme');
  assert.ok(upstream.requests.length >= 1, out);
  for (const { headers } of upstream.requests) {
    assert.ok([undefined, 'Bearer sk-test-acme'].includes(headers.authorization), headers.authorization);
    assert.equal(headers['x-team'], undefined);
  }
  assert.match(out, /1 request sent/);
});

test('rejects invalid operands', async (context) => {
  const env = home(context, {});
  assert.match((await providers(env, 'test')).error, /Missing NAME after providers test\./);
  assert.match((await providers(env, 'test', 'a', 'b')).error, /Unexpected argument "b"/);
  assert.match((await providers(env, 'tset')).error, /tset.*Did you mean test/);
  const { code, error } = await providers(env, 'test', 'unknown');
  assert.deepEqual([code, error], [2, 'Unknown provider "unknown". Run: aliyun-codex-bridge providers\n']);
});
