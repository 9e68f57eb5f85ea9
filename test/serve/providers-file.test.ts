/** The providers file of a running bridge: valid changes apply to the next turn, and keys stay with their hosts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { describeMachine, findPaths } from '../../src/command/paths';
import { createFakeIo } from '../support/cli/fake-io';

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

/** Starts a provider that records every key and team header it receives. */
async function startHost(context: TestContext, rejectedKey?: string) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.headers.authorization} ${request.headers['x-team']}`);
    if (rejectedKey !== undefined && request.headers.authorization === `Bearer ${rejectedKey}`)
      return void request.resume().on('end', () => response.writeHead(401).end('{}'));
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, seen };
}

const ENV = {
  KEY_A: 'sk-test-a', KEY_B: 'sk-test-b', SPARE_A: 'sk-test-spare-a', SPARE_B: 'sk-test-spare-b',
  TEAM_A: 'team-aaaa', TEAM_B: 'team-bbbb', AI_PROVIDER: 'acme',
};

const fileFor = (url: string, letter: 'A' | 'B', extra: object = {}): string =>
  JSON.stringify({
    providers: {
      acme: {
        base_url: url, keys: [`$KEY_${letter}`, `$SPARE_${letter}`], headers: { 'x-team': `$TEAM_${letter}` },
        models: { m: {} },
      },
      ...extra,
    },
  });

async function startServe(context: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'providers-file-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'providers.json');
  writeFileSync(path, text);
  return { path, ...(await startWith(context, ['--providers', path], ENV)) };
}

async function startWith(context: TestContext, flags: readonly string[], env: Readonly<Record<string, string>>) {
  const io = createFakeIo();
  // With the default home, the bridge would write to the usage ledger of the user who runs the tests.
  const home = mkdtempSync(join(tmpdir(), 'providers-home-'));
  const args = ['--port', '0', '--log-format', 'json', '--upstream-calls', '1', ...flags];
  const code = run(args, { HOME: home, ...env }, io);
  const line = await io.firstOut;
  const url = /is listening on (http:\/\/\S+)\/v1/.exec(line)?.[1];
  assert.ok(url, line + io.written.error);
  context.after(async () => {
    io.signal('SIGTERM');
    await code;
    rmSync(home, { recursive: true, force: true });
  });
  const post = (model = 'm') => fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, input: `Hi ${Math.random()}`, store: false }),
  });
  return { io, post };
}

test('a change applies to the next turn; a broken or deleted file causes one warning', async (context) => {
  const [a, b] = [await startHost(context), await startHost(context)];
  const { path, io, post } = await startServe(context, fileFor(a.url, 'A'));
  assert.equal((await post()).status, 200);
  writeFileSync(path, fileFor(b.url, 'B'));
  assert.equal((await post()).status, 200);
  writeFileSync(path, '{ "providers": { "acme": { "base_ulr": 1 } } }');
  for (let turn = 0; turn < 3; turn += 1) assert.equal((await post()).status, 200);
  rmSync(path);
  assert.equal((await post()).status, 200);
  assert.deepEqual([a.seen.length, b.seen.length], [1, 5]);
  const warnings = io.written.error.split('\n').filter((line) => line.includes('"level":"warn"'));
  assert.equal(warnings.filter((line) => line.includes('did you mean')).length, 1, warnings.join('\n'));
  assert.equal(warnings.filter((line) => line.includes('there is no such file')).length, 1, warnings.join('\n'));
  assert.ok(io.written.error.includes('reloaded'));
  assert.doesNotMatch(io.written.error, /sk-test|team-(aaaa|bbbb)/);
});

test('a new row serves provider/model names from the next turn on', async (context) => {
  const [a, b] = [await startHost(context), await startHost(context)];
  const { path, post } = await startServe(context, fileFor(a.url, 'A'));
  writeFileSync(path, fileFor(a.url, 'A', { other: { base_url: b.url, key_variables: ['KEY_B'] } }));
  assert.equal((await post('other/x')).status, 200);
  assert.deepEqual([a.seen, b.seen], [[], ['Bearer sk-test-b undefined']]);
});

test('a file that is created after the start is used from the next turn on', async (context) => {
  const [home, acme] = [await startHost(context), await startHost(context)];
  const folder = mkdtempSync(join(tmpdir(), 'providers-new-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const env = {
    HOME: folder, XDG_CONFIG_HOME: folder, APPDATA: folder, ACME_KEY: 'sk-test-acme', AI_API_KEY: 'sk-test-home',
    AI_API_BASE: home.url, AI_PROVIDER: 'openai-compatible',
  };
  const { io, post } = await startWith(context, [], env);
  assert.equal((await post()).status, 200);
  const config = findPaths({ ...describeMachine(env), env }).config;
  mkdirSync(config, { recursive: true });
  const file = { providers: { acme: { base_url: acme.url, key_variables: ['ACME_KEY'] } } };
  writeFileSync(join(config, 'providers.json'), JSON.stringify(file));
  assert.equal((await post('acme/m')).status, 200);
  assert.deepEqual([home.seen, acme.seen], [['Bearer sk-test-home undefined'], ['Bearer sk-test-acme undefined']]);
  assert.ok(io.written.error.includes('reloaded'), io.written.error);
});

test('an unset variable disables its provider: turns get 401, and serve does not start with it', async (context) => {
  const [a, b] = [await startHost(context), await startHost(context)];
  const other = { other: { base_url: b.url, key_variables: ['KEY_B'], headers: { 'x-team': '$NOT_SET' } } };
  const { post } = await startServe(context, fileFor(a.url, 'A', other));
  assert.equal((await post()).status, 200);
  const reply = await post('other/x');
  const { error } = await reply.json() as { error: { message: string } };
  assert.equal(reply.status, 401);
  assert.match(error.message, /The provider other is disabled: set NOT_SET to one line of ASCII text/);
  assert.deepEqual([a.seen.length, b.seen.length], [1, 0]);
  const io = createFakeIo();
  const path = join(mkdtempSync(join(tmpdir(), 'providers-home-')), 'providers.json');
  context.after(() => rmSync(join(path, '..'), { recursive: true, force: true }));
  writeFileSync(path, fileFor(a.url, 'A'));
  const { TEAM_A: _team, ...known } = ENV;
  const env = { ...known, HOME: join(path, '..') };
  assert.equal(await run(['--port', '0', '--providers', path], env, io), 2);
  assert.match(io.written.error, /The provider acme is disabled: set TEAM_A/);
});

test('several keys for a plan that forbids them cause one warning', async (context) => {
  const env = { AI_API_KEY_1: 'sk-sp-test-one', AI_API_KEY_2: 'sk-sp-test-two', AI_PROVIDER: 'aliyun-coding' };
  const { io, post } = await startWith(context, [], { ...env, AI_API_BASE: (await startHost(context)).url });
  await post();
  await post();
  assert.equal(io.written.error.split('has 2 keys. The plan is for personal use').length, 2, io.written.error);
  assert.doesNotMatch(io.written.error, /sk-sp-test/);
});

test('with 100 edits under load, each host gets only its own keys and header', async (context) => {
  const [a, b] = [await startHost(context, 'sk-test-a'), await startHost(context, 'sk-test-b')];
  const { path, post } = await startServe(context, fileFor(a.url, 'A'));
  let done = false;
  const load = Array.from({ length: 4 }, async () => {
    while (!done) assert.equal((await post()).status, 200);
  });
  for (let edit = 0; edit < 100; edit += 1) {
    const text = edit % 2 === 0 ? fileFor(b.url, 'B') : fileFor(a.url, 'A');
    if (edit % 3 === 0) {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    } else writeFileSync(path, edit % 7 === 0 ? text.slice(0, 40) : text);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  done = true;
  await Promise.all(load);
  assert.deepEqual([...new Set(a.seen)], ['Bearer sk-test-a team-aaaa', 'Bearer sk-test-spare-a team-aaaa']);
  assert.deepEqual([...new Set(b.seen)], ['Bearer sk-test-b team-bbbb', 'Bearer sk-test-spare-b team-bbbb']);
  assert.ok(a.seen.length > 5 && b.seen.length > 5);
});
