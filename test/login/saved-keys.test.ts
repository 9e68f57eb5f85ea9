/** Saved keys: each is sent only to the host that it was saved for, and a login that cannot be used blocks nothing. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig, type Loaded } from '../../src/command/load-config';
import { PROVIDERS } from '../../src/providers/catalog';
import { startConnectProxy } from '../support/upstream/connect-proxy';
import { createLoginScene } from '../support/cli/login-scene';
import { findFreePort } from '../support/free-port';

const KEY = 'sk-test-saved-1';

const BIGMODEL = 'https://open.bigmodel.cn/api/coding/paas/v4';
const ZAI = 'https://api.z.ai/api/coding/paas/v4';

test('an alias finds the login of its provider: key, address and model', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('zhipu', KEY, '--ai-base-url', BIGMODEL, '--default-model', 'glm-4.7');
  const expected = {
    provider: 'zai', aiBaseUrl: BIGMODEL, aiApiKey: KEY, defaultModel: 'glm-4.7',
    origin: { kind: 'login', name: 'zai' },
  };
  assert.deepEqual(scene.config(), expected);
  for (const name of ['zai', 'zhipu', 'glm', 'bigmodel', ' GLM ']) {
    assert.deepEqual(scene.config({ provider: name }), expected, `--provider ${name}`);
    assert.deepEqual(scene.config({}, { AI_PROVIDER: name }), expected, `AI_PROVIDER=${name}`);
  }
  assert.match((await scene.run(['logout', '--provider', 'glm'])).out, /^Logged out of zai\. /);
});

test('an alias of the providers file finds the login too', async (context) => {
  const scene = await createLoginScene(context);
  const acme = { title: 'Acme', base_url: scene.baseUrl, aliases: ['road-runner'] };
  writeFileSync(scene.providersFile, JSON.stringify({ providers: { acme } }));
  await scene.login('road-runner', KEY);
  assert.equal(scene.config({ provider: 'road-runner' }).aiApiKey, KEY);
  assert.match((await scene.run(['logout', '--provider', 'Road-Runner'])).out, /^Logged out of acme\. /);
});

test('a saved key is used only at the host that it was saved for, however the address is given', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('zai', KEY);
  const elsewhere = [
    'https://gateway.example/v1', BIGMODEL, 'https://api.z.ai.example/v1', 'https://api.z.ai:8443/v1',
    'http://api.z.ai/v1', 'https://api.z.ai@gateway.example/v1',
  ];
  for (const url of elsewhere) {
    assert.equal(loadKey(scene.env, { provider: 'zai', aiBaseUrl: url }), undefined, `--provider zai, ${url}`);
    assert.equal(loadKey(scene.env, { aiBaseUrl: url }), undefined, url);
    assert.equal(loadKey({ ...scene.env, AI_PROVIDER: 'glm', AI_API_BASE: url }), undefined, `AI_PROVIDER=glm, ${url}`);
  }
  for (const url of [ZAI, 'https://api.z.ai/api/paas/v4']) {
    assert.equal(loadKey(scene.env, { provider: 'zai', aiBaseUrl: url }), KEY, `--provider zai, ${url}`);
    assert.equal(loadKey(scene.env, { aiBaseUrl: url }), KEY, url);
  }
  assert.equal(scene.config({ provider: 'zai', aiBaseUrl: BIGMODEL }).defaultModel, undefined);
  const { error } = await scene.run(['quota', '--provider', 'zai', '--ai-base-url', BIGMODEL]);
  assert.match(error, new RegExp(`save it: aliyun-codex-bridge login --provider zai --ai-base-url ${BIGMODEL}\n$`));
  const config = await scene.run(['config', '--provider', 'zai', '--ai-base-url', 'https://gateway.example/v1']);
  assert.doesNotMatch(config.out, /login zai/);
});

/** The key of the configuration; undefined also for one that is not valid. */
function loadKey(env: Readonly<Record<string, string>>, flags = {}): string | undefined {
  const loaded = loadConfig(flags, env);
  return loaded.ok ? loaded.config.aiApiKey : undefined;
}

/** The saved keys that model names can select, each with its provider. */
function listRoutedKeys({ config, logins }: Loaded): Readonly<Record<string, string>> {
  return Object.fromEntries((config.catalog ?? PROVIDERS).flatMap(({ name, baseUrls: [address] }) => {
    const key = address && logins?.findKey(name, address);
    return key ? [[name, key]] : [];
  }));
}

test('providers that share a key variable do not share a saved key', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('aliyun-payg', KEY);
  for (const name of ['aliyun-coding', 'aliyun-token-plan', 'acme', 'deepseek']) {
    assert.equal(scene.config({ provider: name }).aiApiKey, undefined, name);
  }
  const loaded = loadConfig({}, scene.env);
  assert.ok(loaded.ok);
  assert.deepEqual(listRoutedKeys(loaded), { 'aliyun-payg': KEY });
  assert.ok(!Object.values(loaded.env).includes(KEY), 'no variable has the key');
});

test('a model of another provider gets its saved key only at the address that it was saved for', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('zai', KEY, '--ai-base-url', BIGMODEL);
  await scene.login('deepseek', 'sk-deep');
  await scene.login('acme', 'sk-acme');
  const loaded = loadConfig({}, scene.env);
  assert.ok(loaded.ok);
  assert.deepEqual(listRoutedKeys(loaded), { deepseek: 'sk-deep', acme: 'sk-acme' });
  assert.deepEqual([...loaded.logins?.knownKeys ?? []].sort(), ['sk-acme', 'sk-deep', KEY], 'the log masks them all');
});

test('a key does not follow a provider whose address changes in the providers file', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('acme', KEY);
  const acme = { title: 'Acme', base_url: 'https://elsewhere.example/v1', key_variables: ['ACME_KEY'] };
  writeFileSync(scene.providersFile, JSON.stringify({ providers: { acme } }));
  const { aiBaseUrl, aiApiKey } = scene.config();
  assert.deepEqual([aiBaseUrl, aiApiKey], ['https://elsewhere.example/v1', undefined]);
});

test('a numbered key turns off the saved choice, as AI_API_KEY does', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('acme', KEY);
  const { provider, aiApiKey } = scene.config({}, { AI_API_KEY_1: 'sk-sp-mine' });
  assert.deepEqual([provider, aiApiKey], [undefined, 'sk-sp-mine']);
});

test('a login for a provider that no longer exists blocks only commands that need it', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('acme', KEY);
  writeFileSync(scene.providersFile, '{"providers":{}}');
  const port = ['--port', String(await findFreePort())];
  for (const [args, code] of [
    [['status', ...port], 3], [['stop', ...port], 0], [['logs', ...port], 1],
    [['usage'], 0], [['login', '--status'], 0], [['providers'], 0],
  ] as const) {
    const done = await scene.run(args);
    assert.equal(done.code, code, `${args.join(' ')}: ${done.error}`);
    assert.doesNotMatch(done.error, /acme/, args.join(' '));
  }
  for (const command of ['config', 'start', 'restart', 'quota', 'models']) {
    const { code, error } = await scene.run([command]);
    assert.equal(code, 2, command);
    assert.match(error, /The saved login is for "acme", which is no longer a provider\./);
    assert.match(error, / Run: aliyun-codex-bridge logout$/m);
  }
  await scene.login('deepseek', 'sk-deep');
  assert.equal(scene.config().provider, 'deepseek');
  assert.match((await scene.run(['logout', '--provider', 'acme'])).out, /^Logged out of acme\. /);
  const typo = await scene.run(['logout', '--provider', 'deepsek']);
  assert.deepEqual([typo.code, /did you mean deepseek\?/.test(typo.error)], [2, true]);
  assert.match((await scene.run(['logout'])).out, /^Logged out of deepseek\. /);
  assert.equal(existsSync(scene.path), false);
});

test('login removes the permissions of others before the file has the key', {
  skip: process.platform === 'win32' && 'Windows has no such modes',
}, async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('acme', KEY);
  for (const command of [['login', '--provider', 'acme', '--with-api-key'], ['logout', '--provider', 'acme']]) {
    await scene.login('deepseek', 'sk-deep');
    chmodSync(scene.path, 0o664);
    assert.equal((await scene.run(command, undefined, KEY)).code, 0);
    assert.equal(statSync(scene.path).mode & 0o777, 0o600, command.join(' '));
  }
});

test('a login file that cannot be read is reported, and never replaced', async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('acme', KEY);
  for (const text of [`{"logins":{"acme":{"key":"${KEY}"}},`, '[]', 'key', '{"logins":[]}', '{"logins":{"acme":1}}']) {
    writeFileSync(scene.path, text);
    for (const args of [
      ['login', '--provider', 'deepseek', '--with-api-key'], ['logout'], ['logout', '--provider', 'acme'],
      ['login', '--status'],
    ]) {
      const { code, out, error } = await scene.run(args, undefined, 'sk-deep');
      assert.deepEqual([code, out], [1, ''], args.join(' '));
      const expected = 'expected a JSON object with "logins"';
      assert.equal(error, `Cannot read ${scene.path}: ${expected}. Fix the file or delete it.\n`);
      assert.equal(readFileSync(scene.path, 'utf8'), text);
    }
    assert.equal(scene.config().aiApiKey, undefined);
  }
  writeFileSync(scene.path, '\n');
  await scene.login('acme', KEY);
  assert.equal(scene.config().aiApiKey, KEY);
});

test('login offers every provider, and checks the key through the proxy', async (context) => {
  const scene = await createLoginScene(context, { status: (key) => (key === KEY ? 200 : 401) });
  const { asked } = await scene.run(['login'], [undefined]);
  assert.match(asked[0] ?? '', new RegExp(`^ *${PROVIDERS.length + 1} {2}.* \\(openai-compatible\\)\nProvider `, 'm'));
  const { port } = new URL(scene.baseUrl);
  const proxy = await startConnectProxy(context, { port: Number(port), allowed: [80] });
  const behind = { ...scene.env, HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
  const flags = ['--provider', 'openai-compatible', '--ai-base-url', 'http://models.acme.test/v1'];
  const { code, error } = await scene.run([...flags, 'login'], ['sk-wrong', KEY, ''], undefined, behind);
  assert.deepEqual([code, error], [0, 'models.acme.test rejects this key (401).\n']);
  assert.deepEqual([...new Set(proxy.seen)], ['models.acme.test:80 200']);
});
