/** Missing resources: file descriptors, disk space, folders. The bridge reports the problem, and recovers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { describeMachine, findPaths } from '../../src/command/paths';
import { post, sendRequest } from '../support/bridge/test-server';
import { createHome, kill } from '../support/cli/background';
import { startBuiltBridge, type BuiltBridge } from '../support/cli/built-bridge';
import { createLaunchScene } from '../support/cli/launch-scene';
import { listNodes } from '../support/cli/node-versions';
import { findFreePort } from '../support/free-port';

const LIMIT = { timeout: 120_000 } as const;
const isLinux = process.platform === 'linux';
const ON_LINUX = { ...LIMIT, skip: !isLinux && 'descriptors are counted on Linux only' };

/** A provider that answers every request. */
async function startProvider(context: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const connectTo = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
};

/** Sends a request on an open connection and reads until its answer has ended. */
async function askOn(socket: Socket, method: string, path: string, body = ''): Promise<string> {
  const head = [`${method} ${path} HTTP/1.1`, 'host: localhost', 'content-type: application/json'];
  socket.write(`${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  const isComplete = (): boolean => {
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
    const start = text.indexOf('\r\n\r\n');
    return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= start + 4 + Number(length);
  };
  while (!isComplete()) {
    const [bytes] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
    if (typeof bytes === 'boolean') throw new Error(`The connection was closed: ${text}`);
    text += bytes.toString('latin1');
  }
  return text;
}

/** Opens connections until the bridge has no descriptors left. */
async function exhaust(bridge: BuiltBridge, limit: number, context: TestContext): Promise<readonly Socket[]> {
  const sockets = await Promise.all(Array.from({ length: limit }, () => connectTo(bridge.port)));
  while (bridge.descriptors() < limit) await delay(20, undefined, context);
  return sockets;
}

const REQUESTS: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['POST', '/v1/responses', { model: 'm', input: 'Hi', stream: true }],
  ['POST', '/v1/responses', { model: 'm', input: 'Hi' }],
  ['POST', '/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true }],
  ['POST', '/v1/responses', { model: 'm', input: 'Hi', background: true }],
  ['POST', '/v1/responses', { model: 'm', input: 'Hi', previous_response_id: 'resp_1' }],
  ['POST', '/v1/responses/compact', { model: 'm', input: 'Hi' }],
  ['POST', '/v1/responses/input_tokens', { model: 'm', input: 'Hi' }],
  ['POST', '/v1/conversations', { items: [] }],
  ['POST', '/v1/alpha/search', { id: 's', commands: { open: [{ ref_id: 'https://example.com' }] } }],
  ['GET', '/v1/models'], ['GET', '/health'], ['GET', '/v1/responses/resp_1'],
];

/** An error message of at least 20 characters. */
const MESSAGE = /"message":"(?:[^"\\]|\\.){20,}"/;

/** @param node the Node that runs the bridge */
async function runOutOfDescriptors(context: TestContext, node: string): Promise<void> {
  const limit = 40;
  const upstream = await startProvider(context);
  const env = { BRIDGE_STORE: 'store', UPSTREAM_CALLS: '1' };
  const bridge = await startBuiltBridge(context, { upstream, before: `ulimit -n ${limit}`, env, node });
  // Code that is loaded after the start must be loaded before descriptors run out: the bridge then saves it.
  const cache = join(findPaths(describeMachine({ HOME: bridge.home })).state, 'code-cache');
  const isSaved = (): boolean => existsSync(cache) && readdirSync(cache).some((name) => name.startsWith('turn-'));
  while (!isSaved()) await delay(20, undefined, context);
  const connections = await Promise.all(REQUESTS.map(() => connectTo(bridge.port)));
  assert.match(await askOn(connections[0] ?? assert.fail(), 'GET', '/health'), /"ok":true/);
  const others = await exhaust(bridge, limit, context);
  const answers = await Promise.all(REQUESTS.map(([method, path, body], at) =>
    askOn(connections[at] ?? assert.fail(), method, path, body && JSON.stringify(body))));
  for (const [at, text] of answers.entries()) {
    const [method, path] = REQUESTS[at] ?? assert.fail();
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
    if (status >= 400 || text.includes('"error":{')) assert.match(text, MESSAGE, `${method} ${path}`);
    const shown = `${method} ${path}: ${text.slice(-400)}`;
    assert.doesNotMatch(text, /Internal error|EMFILE|Cannot find module|\.js/, shown);
  }
  assert.ok(answers.some((text) => /no file descriptors left.*ulimit -n/.test(text)), answers.join('\n'));
  for (const socket of [...connections, ...others]) socket.destroy();
  while (bridge.descriptors() >= limit - 5) await delay(20, undefined, context);
  const { status, text } = await post(bridge.port, { model: 'm', input: 'Hi' });
  assert.equal(status, 200, text);
  assert.doesNotMatch(bridge.output(), /\n {4}at /);
}

for (const { title, skip, path } of listNodes(18, 20, 24, 26)) {
  const options = skip ? { skip } : ON_LINUX;
  test(`without file descriptors, requests get an answer, and later ones work again; ${title}`, options, (context) =>
    runOutOfDescriptors(context, path));
}

/** Mounts a disk of 64 kB at `folder`. @returns whether that worked */
const mountAt = (folder: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]).status === 0;

/** Some containers forbid mounts, even to root. */
function canMount(): boolean {
  if (!isLinux || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'codex-bridge-disk-'));
  const isMounted = mountAt(folder);
  if (isMounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
  return isMounted;
}

/** A folder on a disk of 64 kB. */
function mountSmallDisk(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-bridge-disk-'));
  context.after(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  assert.ok(mountAt(folder));
  return folder;
}

/** Fills the disk of `folder`. */
function fill(folder: string): void {
  try {
    writeFileSync(join(folder, 'filler'), Buffer.alloc(1024 * 1024));
  } catch {
    // The disk is full.
  }
}

const WITH_DISK = { ...LIMIT, skip: !canMount() && 'a small disk cannot be mounted here' };

test('a full disk: turns continue, and records are stored again once there is space', WITH_DISK, async (context) => {
  const disk = mountSmallDisk(context);
  const upstream = await startProvider(context);
  const logFile = join(disk, 'log', 'bridge.log');
  const env = { BRIDGE_STORE: join(disk, 'store'), BRIDGE_LOG_FILE: logFile, BRIDGE_STATE_DIR: disk };
  const bridge = await startBuiltBridge(context, { upstream, env });
  const first = await post(bridge.port, { model: 'm', input: 'Hi' });
  assert.equal(first.status, 200, first.text);
  fill(disk);
  for (const body of [{ input: 'Hi' }, { input: 'Hi', stream: true }]) {
    const { status, text } = await post(bridge.port, { model: 'm', ...body });
    assert.equal(status, 200, text);
    const id = /"id":"(resp_\w+)"/.exec(text)?.[1];
    const missing = await sendRequest(bridge.port, { method: 'GET', path: `/v1/responses/${id}` });
    assert.equal(missing.status, 404);
    assert.match(missing.text, MESSAGE);
  }
  truncateSync(join(disk, 'filler'));
  const later = await post(bridge.port, { model: 'm', input: 'Hi' });
  const id = /"id":"(resp_\w+)"/.exec(later.text)?.[1];
  assert.equal((await sendRequest(bridge.port, { method: 'GET', path: `/v1/responses/${id}` })).status, 200);
});

test('a full disk under the store: the log names the option', WITH_DISK, async (context) => {
  const disk = mountSmallDisk(context);
  const upstream = await startProvider(context);
  const bridge = await startBuiltBridge(context, { upstream, env: { BRIDGE_STORE: join(disk, 'store') } });
  await post(bridge.port, { model: 'm', input: 'Hi' });
  fill(disk);
  await post(bridge.port, { model: 'm', input: 'Hi' });
  assert.match(bridge.output(), /cannot write a record.*--store/);
});

/** A path that cannot exist, for every user: below a file. */
function impossible(home: string): string {
  const file = join(home, 'file');
  writeFileSync(file, 'x');
  return join(file, 'below');
}

describe('a folder or file that cannot be used: the message names the option', () => {
  test('--log-file of serve', LIMIT, async (context) => {
    await assert.rejects(startBuiltBridge(context, { flags: ['--log-file', '/proc/none/x.log'] }), /--log-file/);
  });

  test('--store, at its first use; turns continue', LIMIT, async (context) => {
    const upstream = await startProvider(context);
    for (const path of ['/proc/none/store', '/dev/null']) {
      const bridge = await startBuiltBridge(context, { upstream, env: { BRIDGE_STORE: path } });
      assert.equal((await post(bridge.port, { model: 'm', input: 'Hi' })).status, 200);
      assert.match(bridge.output(), /warn .*--store/);
    }
  });

  test('--state-dir of start and codex', LIMIT, async (context) => {
    const home = await createHome(context);
    const path = impossible(home.paths.home);
    const { code, error } = await home.run('start', '--state-dir', path);
    assert.equal(code, 1);
    assert.match(error, /^Cannot create the state folder .*--state-dir\.\n$/);
    const scene = await createLaunchScene(context, await findFreePort());
    const launched = scene.launch(['codex'], { BRIDGE_STATE_DIR: path });
    const { code: launchCode, error: launchError } = await launched.ended;
    assert.equal(launchCode, 1);
    assert.match(launchError, /--state-dir/);
  });

  test('--log-file of start', LIMIT, async (context) => {
    const home = await createHome(context);
    for (const path of [impossible(home.paths.home), home.paths.home]) {
      const { code, error } = await home.run('start', '--log-file', path);
      assert.equal(code, 1);
      assert.match(error, /Cannot write the log file .*--log-file\.\n$/s);
      assert.doesNotMatch(error, /\n {4}at /);
    }
  });

  test('--codex-catalog of models, and files to read', LIMIT, async (context) => {
    const home = await createHome(context);
    const path = impossible(home.paths.home);
    const cases = [
      ['models', '--codex-catalog', path], ['config', '--config-file', path], ['config', '--providers', path],
      ['serve', '--access-token-file', path], ['serve', '--socket', path], ['serve', '--socket', '/proc/none/x.sock'],
    ];
    for (const args of cases) {
      const { code, error } = await home.run(...args);
      assert.ok(code === 1 || code === 2, args.join(' '));
      assert.match(error, new RegExp(args[1] ?? ''));
      assert.doesNotMatch(error, /\.\.\n/);
      assert.doesNotMatch(error, /\n {4}at /);
    }
  });
});

describe('signals end a bridge in the same way', () => {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    test(`${signal}: a running stream gets its terminal event, and the record is removed`, LIMIT, async (context) => {
      const silent = createServer((request, response) => {
        request.resume();
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n');
      });
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      context.after(() => {
        silent.close();
        silent.closeAllConnections();
      });
      const upstream = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1`;
      const home = await createHome(context, { AI_API_BASE: upstream, DRAIN_TIMEOUT_MS: '200' });
      assert.equal((await home.run('start')).code, 0);
      const [record] = home.records();
      assert.ok(record !== undefined);
      context.after(() => kill(record.pid));
      const body = { model: 'm', input: 'Hi', stream: true };
      const clients = [{}, { originator: 'codex_exec' }];
      const answers = Promise.all(clients.map((headers) => post(home.port, body, { headers })));
      while (!/"openStreams":2/.test((await sendRequest(home.port, { method: 'GET', path: '/health' })).text))
        await new Promise((resolve) => setTimeout(resolve, 20));
      process.kill(record.pid, signal);
      for (const { text } of await answers) {
        assert.match(text, /"type":"response\.failed".*shutting down[\s\S]*data: \[DONE\]\n\n$/);
        assert.equal(text.match(/"type":"response\.(?:failed|completed|incomplete)"/g)?.length, 1);
      }
      while (home.records().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await assert.rejects(sendRequest(home.port, { method: 'GET', path: '/health' }));
      assert.match(readFileSync(record.logFile, 'utf8'), /the bridge is stopping|Stopping/);
    });
  }
});

const WITH_MODES = { ...LIMIT, skip: process.platform === 'win32' && 'Windows has no file modes' };

test('a state folder is created for its owner only, whatever the umask', WITH_MODES, async (context) => {
  const home = await createHome(context);
  const mask = process.umask(0);
  context.after(() => process.umask(mask));
  mkdirSync(home.paths.home, { recursive: true });
  assert.equal((await home.run('start')).code, 0);
  assert.equal(statSync(home.paths.state).mode & 0o077, 0);
  const [record] = home.records();
  for (const file of [record?.logFile ?? '', join(home.paths.state, `bridge-${home.port}.json`)])
    assert.equal(statSync(file).mode & 0o077, 0, file);
  await home.run('stop');
});
