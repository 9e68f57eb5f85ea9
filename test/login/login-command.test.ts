/** `login` and `logout`: the prompts, what is saved and where, and the resulting configuration. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { loadConfig } from '../../src/command/load-config';
import { listen } from '../support/cli/background';
import { createFakeIo } from '../support/cli/fake-io';

const KEY = 'sk-test-login-1';

interface SceneOptions {
  /** The status that GET /models answers, by key. */
  readonly status?: (key: string) => number;
  readonly models?: readonly string[];
}

/** A home whose providers file contains `acme`, with a server that lists its models for the right key. */
async function createScene(context: TestContext, { status = () => 200, models = ['one', 'two'] }: SceneOptions = {}) {
  const home = mkdtempSync(join(tmpdir(), 'bridge-login-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const port = await listen(context, (request, response) => {
    const code = status((request.headers.authorization ?? '').replace('Bearer ', ''));
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(code === 200 ? { data: models.map((id) => ({ id })) } : { error: { message: 'No.' } }));
  });
  const file = join(home, 'providers.json');
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const acme = { title: 'Acme', base_url: baseUrl, key_variables: ['ACME_KEY'] };
  writeFileSync(file, JSON.stringify({ providers: { acme } }));
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), AI_PROVIDERS: file, LANG: 'C.UTF-8' };
  const path = join(home, 'config', 'aliyun-codex-bridge', 'login.json');
  return {
    env, path, baseUrl,
    saved: () => JSON.parse(readFileSync(path, 'utf8')) as { current: string; logins: Record<string, unknown> },
    async run(words: readonly string[], answers?: readonly (string | undefined)[], input?: string) {
      const io = { ...createFakeIo(answers), ...(input !== undefined && { readInput: async () => input }) };
      const code = await run(words, env, io);
      return { code, ...io.written, asked: io.asked };
    },
    config(flags = {}, more: Readonly<Record<string, string>> = {}) {
      const loaded = loadConfig(flags, { ...env, ...more });
      assert.ok(loaded.ok, JSON.stringify(loaded));
      const { provider, aiBaseUrl, aiApiKey, defaultModel } = loaded.config;
      return { provider, aiBaseUrl, aiApiKey, defaultModel, origin: loaded.origins.aiApiKey };
    },
  };
}

test('login asks for provider, key and model, and saves them readable only by the user', async (context) => {
  const scene = await createScene(context);
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

test('a rejected key is requested up to three times', async (context) => {
  const scene = await createScene(context, { status: (key) => (key === KEY ? 200 : 401) });
  const good = await scene.run(['login'], ['1', 'sk-wrong', 'two words', KEY, '']);
  assert.equal(good.code, 0);
  assert.match(good.error, /^127\.0\.0\.1:\d+ rejects this key \(401\)\.\nExpected visible ASCII characters/);
  const bad = await scene.run(['login'], ['1', 'sk-1', 'sk-2', 'sk-3', 'sk-4']);
  assert.deepEqual([bad.code, bad.asked.length], [1, 4]);
  assert.match(bad.error, /Nothing was saved\.\n$/);
});

test('a key of another format is reported before it is sent', async (context) => {
  const scene = await createScene(context);
  const { code, error } = await scene.run(['login'], ['aliyun-coding', '2', 'sk-other', undefined]);
  assert.deepEqual([code, error], [1, 'Coding Plan keys start with sk-sp-; yours does not.\nNothing was saved.\n']);
});

test('if a provider has several addresses, login asks for the account’s', async (context) => {
  const scene = await createScene(context);
  const { asked } = await scene.run(['login'], ['aliyun-coding', undefined]);
  assert.match(asked[1] ?? '', /^ {2}1 {2}https:\/\/coding\.dash.*\n {2}2 {2}https:\/\/coding-intl.*\nAddress of your/);
});

test('without a terminal, the error has the exact command, which reads the key from stdin', async (context) => {
  const scene = await createScene(context);
  const none = await scene.run(['login', '--provider', 'acme']);
  assert.deepEqual([none.code, none.error], [
    2,
    'No terminal to ask on. Run: printf %s "$KEY" | aliyun-codex-bridge login --provider acme --with-api-key\n',
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
  const scene = await createScene(context);
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
  const scene = await createScene(context);
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
  const scene = await createScene(context, { models: ['only'] });
  const { code } = await scene.run(['login'], ['openai-compatible', 'nonsense', scene.baseUrl, '']);
  assert.equal(code, 0);
  assert.deepEqual(scene.config(), {
    provider: 'openai-compatible', aiBaseUrl: scene.baseUrl, aiApiKey: 'none', defaultModel: 'only',
    origin: { kind: 'login', name: 'openai-compatible' },
  });
  assert.equal(scene.config({ aiBaseUrl: 'https://other.example/v1' }).aiApiKey, undefined);
});

test('an invalid login file is ignored', async (context) => {
  const scene = await createScene(context);
  await scene.run(['login', '--provider', 'acme', '--with-api-key'], undefined, KEY);
  for (const text of ['{', '[]', '{"logins":3}', '{"current":"acme","logins":{"acme":null}}']) {
    writeFileSync(scene.path, text);
    assert.equal(scene.config().aiApiKey, undefined, text);
  }
});
