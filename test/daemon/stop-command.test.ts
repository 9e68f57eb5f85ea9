/** `stop`: stops the background bridge, and no other process. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { probePort, createLaunch } from '../../src/instance/bridge-client';
import { describeUse } from '../../src/daemon/stop-command';
import { readProcessStart, writeRecord, stateFileOf, type BridgeRecord } from '../../src/instance/bridge-record';
import { isAlive } from '../../src/instance/stop-bridge';
import { run } from '../../src/cli/main';
import { createFakeIo } from '../support/cli/fake-io';
import {
  createHome, createWatchedIo, FORGED, kill, LIMIT, listen, pretend, type Home,
} from '../support/cli/background';
import { open, readAll } from '../support/bridge/test-server';

const NAME = 'aliyun-codex-bridge';

/** Writes a forged record. @returns its file */
function forge({ paths }: Home, port: number, pid: number, processStart?: string): string {
  const file = stateFileOf(paths.state, port);
  const record: BridgeRecord = {
    name: NAME, pid, port, host: '127.0.0.1', version: FORGED, startedAt: '2026-01-01T00:00:00.000Z',
    logFile: `${file}.log`, upstream: 'http://127.0.0.1:9/v1', keyId: undefined, stopWhenUnused: false,
    drainTimeoutMs: 0,
    processStart, token: undefined,
  };
  writeRecord(file, record);
  return file;
}

test('if no bridge runs, the record of a killed one is removed', LIMIT, async (context) => {
  const home = await createHome(context);
  const nothing = {
    code: 0,
    out: `No bridge is running at http://127.0.0.1:${home.port}/v1.\n`,
    error: '',
  };
  assert.deepEqual(await home.run('stop'), nothing);
  await home.run('start');
  const [record] = home.records();
  assert.ok(record);
  await kill(record.pid);
  assert.deepEqual(home.records(), [record], 'a killed bridge leaves its record');
  assert.deepEqual(await home.run('stop'), nothing);
  assert.deepEqual(home.records(), []);
});

test('stop returns when the process has exited', LIMIT, async (context) => {
  const home = await createHome(context);
  await home.run('start');
  const [record] = home.records();
  assert.ok(record);
  const { code, out, error } = await home.run('stop');
  assert.deepEqual([code, error], [0, '']);
  assert.equal(out, `Stopped the bridge at http://127.0.0.1:${home.port}/v1 (pid ${record.pid}).\n`);
  assert.ok(!isAlive(record.pid));
  assert.deepEqual(home.records(), []);
});

/** A provider that starts to stream and ends on request. */
async function startSlowProvider(context: Parameters<typeof listen>[0]) {
  const streams: ServerResponse[] = [];
  const port = await listen(context, (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
    streams.push(response);
  });
  const end = 'data: {"choices":[{"delta":{"content":" two"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  return { url: `http://127.0.0.1:${port}/v1`, finish: () => streams.forEach((stream) => stream.end(end)) };
}

test('running answers may finish, and stop says that it waits for them', LIMIT, async (context) => {
  const provider = await startSlowProvider(context);
  const home = await createHome(context, { AI_API_BASE: provider.url, DRAIN_TIMEOUT_MS: '50000' });
  await home.run('start');
  const answer = await open(home.port, {
    body: '{"model":"m","input":"hi","stream":true}',
    headers: { 'x-bridge-launch': '1' },
  });
  await once(answer, 'readable');
  const io = createWatchedIo();
  const stopped = run(['stop'], home.env, io);
  await io.until(/^Still streaming: 1 answer, which may finish first\.\n$/);
  const probe = { host: '127.0.0.1', port: home.port, timeoutMs: 10_000 };
  while ((await probePort(probe)).kind !== 'free');
  assert.doesNotMatch(io.written.out, /Stopped/, 'the bridge no longer listens but still answers');
  provider.finish();
  assert.match(await readAll(answer), /response\.completed/);
  assert.equal(await stopped, 0);
  assert.match(io.written.out, /\nStopped the bridge at /);
});

test('on Windows, says that running answers will be interrupted', () => {
  const health = {
    version: '1.2.3', pid: 1, uptime: 1, upstream: undefined, search: undefined, tokenRequired: false, openStreams: 2,
    launches: 0,
  };
  assert.equal(describeUse(health, 'win32'), 'Still streaming: 2 answers, which will be interrupted.\n');
  assert.equal(describeUse(health, 'linux'), 'Still streaming: 2 answers, which may finish first.\n');
});

test('answers that exceed the drain timeout are interrupted, and the bridge exits', LIMIT, async (context) => {
  const provider = await startSlowProvider(context);
  const home = await createHome(context, { AI_API_BASE: provider.url, DRAIN_TIMEOUT_MS: '1' });
  await home.run('start');
  const answer = await open(home.port, { body: '{"model":"m","input":"hi","stream":true}' });
  await once(answer, 'readable');
  const { code, out } = await home.run('stop');
  assert.equal(code, 0);
  assert.match(out, /^Still streaming: 1 answer, which may finish first\.\nStopped the bridge at /);
  assert.match(await readAll(answer), /response\.failed/);
});

test('reports launched Codex sessions that lose their bridge', LIMIT, async (context) => {
  const home = await createHome(context);
  await home.run('start');
  const launch = await createLaunch({ host: '127.0.0.1', port: home.port });
  const { code, out } = await home.run('stop');
  assert.equal(code, 0);
  assert.match(out, /^1 Codex session is using it and will restart it\.\nStopped the bridge at /);
  await launch.closed;
});

test('a foreground bridge is not stopped, because its process may be in a container', LIMIT, async (context) => {
  const home = await createHome(context);
  const io = createFakeIo();
  const served = run(['serve'], home.env, io);
  await io.firstOut;
  const { code, out, error } = await home.run('stop');
  assert.deepEqual([code, out], [1, '']);
  assert.equal(
    error,
    `The bridge at http://127.0.0.1:${home.port}/v1 (pid ${process.pid}) \
was not started with "${NAME} start --port ${home.port}".
Stop it where you started it: with Ctrl-C in its terminal, or by its service manager or container.
`,
  );
  io.signal('SIGTERM');
  assert.equal(await served, 0);
});

test('a process is signalled only if the bridge and its record agree on its pid', LIMIT, async (context) => {
  const home = await createHome(context);
  const port = await pretend(context, { name: NAME, version: '1.2.3', pid: 1 });
  const file = forge(home, port, 2);
  const { code, error } = await home.run('stop', '--port', String(port));
  assert.equal(code, 1);
  assert.match(error, /was not started with/);
  assert.ok(existsSync(file));
});

const WITH_PROC = { ...LIMIT, skip: process.platform !== 'linux' && 'the system does not report process start times' };

test('a process that reuses the pid of a bridge is not signalled', WITH_PROC, async (context) => {
  const home = await createHome(context);
  const other = spawn('sleep', ['60']);
  context.after(() => other.kill());
  const pid = other.pid ?? 0;
  const port = await pretend(context, { name: NAME, version: '1.2.3', pid });
  forge(home, port, pid, '1');
  const { code, error } = await home.run('stop', '--port', String(port));
  const expected = `Process ${pid} is not the bridge that the record names; nothing was stopped.\n`;
  assert.deepEqual([code, error], [1, expected]);
  assert.ok(isAlive(pid));
  forge(home, port, pid, readProcessStart(pid));
  const ended = once(other, 'exit');
  await home.run('stop', '--port', String(port));
  assert.deepEqual(await ended, [null, 'SIGTERM']);
});

test('another program on the port is not stopped', LIMIT, async (context) => {
  const home = await createHome(context);
  const port = await listen(context, (_request, response) => response.end('hello'));
  const plain = await home.run('stop', '--port', String(port));
  assert.deepEqual([plain.code, plain.out], [1, '']);
  assert.equal(
    plain.error,
    `Port ${port} is in use by another program; nothing was stopped.\n`,
  );
  forge(home, port, 2);
  assert.match(
    (await home.run('stop', '--port', String(port))).error,
    / If it is a bridge that hangs, its pid is 2\.\n$/,
  );
});

test('rejects port 0', LIMIT, async (context) => {
  const home = await createHome(context);
  const { code, error } = await home.run('stop', '--port', '0', '--wrong');
  assert.equal(code, 2);
  assert.match(error, /^Invalid usage:[^]*Cannot find a bridge by port 0/);
});
