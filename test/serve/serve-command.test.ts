/** The serve command with the real server, in this process and in a separate one. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';
import { PROJECT_ROOT } from '../house/source-tree';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';

/** Nothing listens on port 9, so no request in this file leaves the machine. */
const ENV = { AI_API_BASE: 'http://127.0.0.1:9/v1', AI_API_KEY: 'sk-test-serve' };

function parseAddress(startUpLine: string): { readonly host: string; readonly port: number } {
  const url = /is listening on (http:\/\/\S+)\/v1;/.exec(startUpLine)?.[1];
  assert.ok(url !== undefined, startUpLine);
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function readHealth(address: { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ ...address, path: '/health', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece)).on('end', () => resolve(body));
    }).on('error', reject);
  });
}

test('serve answers /health and ends with exit code 0 on a signal', async () => {
  const io = createFakeIo();
  const code = run(['--port', '0', '--log-level', 'error'], ENV, io);
  const line = await io.firstOut;
  assert.match(line, /; upstream \S+:9\/v1; API key: set from env AI_API_KEY; press Ctrl-C to stop it\.\n$/);
  const health = JSON.parse(await readHealth(parseAddress(line)));
  assert.deepEqual([health.name, health.pid], ['aliyun-codex-bridge', process.pid]);
  io.signal('SIGTERM');
  assert.equal(await code, 0);
  assert.equal(io.written.out, line);
});

test('the provider that the user names determines the key variable, and an unknown name is an error', async () => {
  const io = createFakeIo();
  const code = run(
    ['--port=0', '--provider', 'z.ai'],
    { AI_API_BASE: ENV.AI_API_BASE, ZAI_API_KEY: 'sk-test-own' },
    io,
  );
  assert.match(await io.firstOut, /; API key: set from env ZAI_API_KEY;/);
  io.signal('SIGTERM');
  assert.equal(await code, 0);
  const wrong = createFakeIo();
  assert.equal(await run(['--port=0'], { ...ENV, AI_PROVIDER: 'aliyum' }, wrong), 2);
  assert.match(wrong.written.error, /Cannot use "aliyum" from env AI_PROVIDER: expected aliyun-coding, /);
});

test('an environment file can set the port, the provider, its URL and its key', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'serve-env-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'env');
  writeFileSync(path, `PORT=0\nAI_API_BASE='${ENV.AI_API_BASE}'\nAI_PROVIDER=zai\nexport ZAI_API_KEY="sk-test-file"\n`);
  const io = createFakeIo();
  const code = run(['serve', '--config-file', path], {}, io);
  const line = await io.firstOut;
  assert.ok(line.includes(`; upstream ${ENV.AI_API_BASE}; API key: set from file ZAI_API_KEY in ${path}; `), line);
  io.signal('SIGTERM');
  assert.equal(await code, 0);
});

test('a second bridge on the same port names the first one and ends with exit code 1', async () => {
  const first = createFakeIo();
  const firstCode = run(['--port=0'], ENV, first);
  const { port } = parseAddress(await first.firstOut);
  const second = createFakeIo();
  assert.equal(await run(['serve'], { ...ENV, PORT: String(port) }, second), 1);
  assert.ok(second.written.error.includes(`port ${port} from env PORT: the port is in use. aliyun-codex-bridge `));
  assert.ok(second.written.error.includes(` is already running there (pid ${process.pid}).`));
  assert.equal(second.written.out, '');
  first.signal('SIGINT');
  assert.equal(await firstCode, 0);
});

/**
 * Starts a Node process that loads TypeScript, as `npm run dev` does.
 * @param args a script with its arguments, or `--eval` with code
 */
function start(context: TestContext, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...LOAD_TYPESCRIPT, ...args], {
    cwd: PROJECT_ROOT,
    env: { PATH: process.env['PATH'], ...ENV },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => child.kill('SIGKILL'));
  return child;
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr', until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child[stream]?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (until.test(text)) resolve(text);
    });
    child.on('close', () => reject(new Error(`ended before ${until}: ${text}`)));
  });
}

const exitOf = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  test(`a process that receives ${signal} ends with exit code 0`, async (context) => {
    const child = start(context, ['src/cli/main.ts', '--port', '0']);
    const code = exitOf(child);
    await collect(child, 'stdout', /\n/);
    child.kill(signal);
    assert.equal(await code, 0);
  });
}

test('a process with an invalid configuration ends with exit code 2', async (context) => {
  const child = start(context, ['src/cli/main.ts', '--port', 'x']);
  const code = exitOf(child);
  await collect(child, 'stderr', /expected a port number/);
  assert.equal(await code, 2);
});

test('until it listens, serve does not load modules for requests, other commands or errors', async (context) => {
  const script = `
    const { run } = require('./src/cli/main');
    const io = { error() {}, onSignal(handler) { setImmediate(handler, 'SIGTERM'); return () => undefined; },
      out() { process.stdout.write(Object.keys(require.cache).join('\\n') + '\\nend\\n'); } };
    run(['--port', '0'], process.env, io);`;
  const loaded = await collect(start(context, ['--eval', script]), 'stdout', /\nend\n/);
  assert.match(loaded, /\/src\/serve\/serve-command\.ts\n/);
  const notLoaded = [
    'cli/help-command',
    'cli/version-command',
    'cli/help-pages',
    'cli/codex-commands',
    'base/nearest',
    'instance/bridge-client',
    'instance/bridge-record',
    'config/env-file',
    'config/help',
    'serve/in-background',
    'observe/log-file',
    'server/idle-shutdown',
    'server/answer-turn',
    'bridge/create-bridge',
    'upstream/transport',
    'providers/catalog',
    'config/provider-values',
  ];
  for (const path of notLoaded) {
    assert.ok(existsSync(join(PROJECT_ROOT, `src/${path}.ts`)), `${path} no longer exists`);
    assert.ok(!loaded.includes(`/src/${path}.ts`), path);
  }
});
