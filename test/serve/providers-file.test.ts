/** The providers file of a running bridge: changes apply at once, broken files do not, keys stay with their hosts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

/** A provider that records every key and team header it receives. */
async function startHost(context: TestContext) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.headers.authorization} ${request.headers['x-team']}`);
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, seen };
}

const ENV = { KEY_A: 'sk-test-a', KEY_B: 'sk-test-b', TEAM_A: 'team-aaaa', TEAM_B: 'team-bbbb', AI_PROVIDER: 'acme' };

const fileFor = (url: string, letter: 'A' | 'B', extra: object = {}): string =>
  JSON.stringify({
    providers: {
      acme: {
        base_url: url, key_variables: [`KEY_${letter}`], headers: { 'x-team': `$TEAM_${letter}` }, models: { m: {} },
      },
      ...extra,
    },
  });

async function startServe(context: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'providers-file-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'providers.json');
  writeFileSync(path, text);
  const io = createFakeIo();
  const code = run(['--port', '0', '--providers', path, '--log-format', 'json', '--upstream-calls', '1'], ENV, io);
  const line = await io.firstOut;
  const url = /listens on (http:\/\/\S+)\/v1/.exec(line)?.[1];
  assert.ok(url, line + io.written.error);
  context.after(async () => {
    io.signal('SIGTERM');
    await code;
  });
  const post = (model = 'm') => fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, input: `Hi ${Math.random()}`, store: false }),
  });
  return { path, io, post };
}

test('a change applies from the next turn; an invalid file changes nothing and is reported once', async (context) => {
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

test('a new row serves provider/model names at once', async (context) => {
  const [a, b] = [await startHost(context), await startHost(context)];
  const { path, post } = await startServe(context, fileFor(a.url, 'A'));
  writeFileSync(path, fileFor(a.url, 'A', { other: { base_url: b.url, key_variables: ['KEY_B'] } }));
  assert.equal((await post('other/x')).status, 200);
  assert.deepEqual([a.seen, b.seen], [[], ['Bearer sk-test-b undefined']]);
});

test('edited 100 times under load, each host only gets its own key and header', async (context) => {
  const [a, b] = [await startHost(context), await startHost(context)];
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
  assert.deepEqual([...new Set(a.seen)], ['Bearer sk-test-a team-aaaa']);
  assert.deepEqual([...new Set(b.seen)], ['Bearer sk-test-b team-bbbb']);
  assert.ok(a.seen.length > 5 && b.seen.length > 5);
});
