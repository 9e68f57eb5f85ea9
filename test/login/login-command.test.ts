/** `login` and `logout`: the prompts, what is saved and where, and the resulting configuration. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createLoginScene } from '../support/cli/login-scene';

const KEY = 'sk-test-login-1';

test('login asks for provider, key and model, and saves them readable only by the user', async (context) => {
  const scene = await createLoginScene(context);
  const { code, out, error, asked } = await scene.run(['login'], ['acme', KEY, '2']);
  assert.deepEqual([code, error], [0, '']);
  assert.equal(
    out, `Saved the key for Acme in ${scene.path}, which only you can read.\nNext: aliyun-codex-bridge codex\n`,
  );
  assert.match(asked[0] ?? '', /^ {2}1 {2}Acme \(acme\)\n {2}2 {2}Alibaba Cloud Coding Plan \(aliyun-coding\)\n/);
  assert.equal(asked[1], 'API key for Acme (input is hidden): ');
  assert.equal(asked[2], '  1  one\n  2  two\nModel (number or name) [1]: ');
  if (process.platform !== 'win32') assert.equal(statSync(scene.path).mode & 0o777, 0o600);
  assert.deepEqual(scene.config(), {
    provider: 'acme', aiBaseUrl: scene.baseUrl, aiApiKey: KEY, defaultModel: 'two',
    origin: { kind: 'login', name: 'acme' },
  });
  const shown = await scene.run(['login', '--status']);
  assert.equal(shown.code, 0);
  assert.match(shown.out, /^ {2}acme {2}key sk-…, model two, used by default$/m);
  assert.doesNotMatch(shown.out, new RegExp(KEY));
});

test('saves the model of --default-model, and never that of the login before', async (context) => {
  const scene = await createLoginScene(context);
  const flag = await scene.run(['login', '--default-model', 'mine'], ['acme', KEY]);
  assert.deepEqual([flag.code, flag.asked.length, scene.config().defaultModel], [0, 2, 'mine']);
  const piped = await scene.run(['login', '--provider', 'acme', '--with-api-key'], undefined, KEY);
  assert.deepEqual([piped.code, scene.config().defaultModel], [0, undefined]);
});

test('asks for a key up to three times while keys are rejected', async (context) => {
  const scene = await createLoginScene(context, { status: (key) => (key === KEY ? 200 : 401) });
  const good = await scene.run(['login'], ['1', 'sk-wrong', 'two words', KEY, '']);
  assert.equal(good.code, 0);
  assert.match(good.error, /^Acme \(127\.0\.0\.1:\d+\) rejects this key \(401\)\.\nExpected visible ASCII characters/);
  const bad = await scene.run(['login'], ['1', 'sk-1', 'sk-2', 'sk-3', 'sk-4']);
  assert.deepEqual([bad.code, bad.asked.length], [1, 4]);
  assert.match(bad.error, /Nothing was saved\.\n$/);
});

test('reports a key in the wrong format before it is sent', async (context) => {
  const scene = await createLoginScene(context);
  const { code, error } = await scene.run(['login'], ['aliyun-coding', '2', 'sk-other', undefined]);
  assert.deepEqual([code, error], [1, 'Coding Plan keys start with sk-sp-; yours does not.\nNothing was saved.\n']);
});

test('if a provider has several addresses, login asks which one the account uses', async (context) => {
  const scene = await createLoginScene(context);
  const { asked } = await scene.run(['login'], ['aliyun-coding', undefined]);
  assert.match(asked[1] ?? '', /^ {2}1 {2}https:\/\/coding\.dash.*\n {2}2 {2}https:\/\/coding-intl.*\nAddress of your/);
});

test('without a terminal, the error has the exact command, which reads the key from stdin', async (context) => {
  const scene = await createLoginScene(context);
  const none = await scene.run(['login', '--provider', 'acme']);
  assert.deepEqual([none.code, none.error], [
    2,
    'Cannot ask questions without a terminal. Run: '
      + 'printf %s "$KEY" | aliyun-codex-bridge login --provider acme --with-api-key\n',
  ]);
  const unnamed = await scene.run(['login', '--with-api-key'], undefined, KEY);
  assert.equal(unnamed.code, 2);
  const empty = await scene.run(['login', '--provider', 'acme', '--with-api-key'], undefined, ' \n');
  assert.deepEqual([empty.code, existsSync(scene.path)], [1, false]);
  const piped = await scene.run(['login', '--provider', 'ACME', '--with-api-key'], undefined, `${KEY}\n`);
  assert.equal(piped.code, 0);
  assert.equal(scene.config().aiApiKey, KEY);
});

test('flags and variables override a login, and no key is sent to another provider’s address', async (context) => {
  const scene = await createLoginScene(context);
  await scene.run(['login'], ['acme', KEY, 'two']);
  const coding = 'https://coding.dashscope.aliyuncs.com/v1';
  assert.deepEqual(
    scene.config({ aiBaseUrl: 'https://other.example/v1' }),
    { provider: undefined, aiBaseUrl: 'https://other.example/v1', aiApiKey: undefined, defaultModel: undefined,
      origin: { kind: 'default' } },
  );
  const foreign = scene.config({}, { AI_API_KEY: 'sk-sp-mine' });
  assert.deepEqual([foreign.aiBaseUrl, foreign.aiApiKey, foreign.defaultModel], [coding, 'sk-sp-mine', undefined]);
  const named = scene.config({ provider: 'acme' });
  assert.deepEqual([named.aiApiKey, named.defaultModel], [KEY, 'two']);
  assert.equal(scene.config({}, { ACME_KEY: 'sk-newer' }).aiApiKey, 'sk-newer');
  assert.equal(scene.config({ defaultModel: 'one' }).defaultModel, 'one');
  assert.equal(scene.config({ provider: 'zai' }).aiApiKey, undefined);
});

test('several logins: the last one is the default, each can be removed', async (context) => {
  const scene = await createLoginScene(context);
  assert.deepEqual(await scene.run(['logout']), { code: 0, out: 'Not logged in.\n', error: '', asked: [] });
  assert.equal((await scene.run(['login', '--status'])).code, 1);
  await scene.run(['login', '--provider', 'acme', '--with-api-key'], undefined, KEY);
  await scene.run(['login', '--provider', 'deepseek', '--with-api-key'], undefined, 'sk-deep');
  assert.equal(scene.saved().current, 'deepseek');
  assert.equal(scene.config().provider, 'deepseek');
  const { out } = await scene.run(['logout', '--provider', 'deepseek']);
  assert.match(out, /^Logged out of deepseek\. /);
  assert.equal(scene.config().provider, 'acme');
  assert.match((await scene.run(['logout'])).out, /^Logged out of acme\. /);
  assert.equal(existsSync(scene.path), false);
});

test('for any other server, login asks for the address, and for a key only if required', async (context) => {
  const scene = await createLoginScene(context, { models: ['only'] });
  const { code } = await scene.run(['login'], ['openai-compatible', 'nonsense', scene.baseUrl, '']);
  assert.equal(code, 0);
  assert.deepEqual(scene.config(), {
    provider: 'openai-compatible', aiBaseUrl: scene.baseUrl, aiApiKey: 'none', defaultModel: 'only',
    origin: { kind: 'login', name: 'openai-compatible' },
  });
  assert.equal(scene.config({ aiBaseUrl: 'https://other.example/v1' }).aiApiKey, undefined);
});

test('an invalid login file is ignored', async (context) => {
  const scene = await createLoginScene(context);
  await scene.run(['login', '--provider', 'acme', '--with-api-key'], undefined, KEY);
  for (const text of ['{', '[]', '{"logins":3}', '{"current":"acme","logins":{"acme":null}}']) {
    writeFileSync(scene.path, text);
    assert.equal(scene.config().aiApiKey, undefined, text);
  }
});

test('if the file is a symbolic link, logout removes the keys from its target', {
  skip: process.platform === 'win32' && 'links need a privilege',
}, async (context) => {
  const scene = await createLoginScene(context);
  await scene.login('acme', KEY);
  const target = `${scene.path}.target`;
  renameSync(scene.path, target);
  symlinkSync(target, scene.path);
  await scene.login('deepseek', KEY);
  assert.equal((await scene.run(['logout'])).code, 0);
  assert.ok(lstatSync(scene.path).isSymbolicLink());
  assert.equal(readFileSync(target, 'utf8'), '');
  assert.equal((await scene.run(['logout'])).out, 'Not logged in.\n');
});
