/** The owner of a port: none, a bridge or another program; and the health report of a bridge. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { probePort, toReachableHost, createLaunch } from '../../src/instance/bridge-client';
import { findFreePort } from '../../src/instance/start-bridge';
import { listen, pretend } from '../support/cli/background';
import { startServer } from '../support/bridge/test-server';

const LIMIT = { timeout: 20_000 } as const;

const probe = (port: number, host = '127.0.0.1', timeoutMs = 10_000) => probePort({ host, port, timeoutMs });

test('a port without a listener is free', LIMIT, async () => {
  assert.deepEqual(await probe(await findFreePort('127.0.0.1')), { kind: 'free' });
});

test('a bridge identifies itself, even on the address of all interfaces', LIMIT, async (context) => {
  const { port } = await startServer(context);
  for (const host of ['127.0.0.1', '0.0.0.0', 'localhost']) {
    const state = await probe(port, host);
    assert.ok(state.kind === 'bridge', host);
    const { uptime, ...rest } = state.health;
    assert.equal(typeof uptime, 'number');
    assert.deepEqual(rest, {
      version: '1.2.3',
      pid: process.pid,
      upstream: 'http://upstream.test/v1',
      search: undefined,
      tokenRequired: false,
      openStreams: 0,
      launches: 0,
    });
  }
});

test('an older bridge omits fields, and a forged report cannot control the terminal', LIMIT, async (context) => {
  const unknown = {
    version: undefined,
    pid: undefined,
    uptime: undefined,
    upstream: undefined,
    search: undefined,
    tokenRequired: false,
    openStreams: 0,
    launches: 0,
  };
  const name = 'aliyun-codex-bridge';
  assert.deepEqual(await probe(await pretend(context, { name })), { kind: 'bridge', health: unknown });
  const forged = {
    name,
    version: '\u001b[31m',
    pid: -1,
    uptime: 'x',
    upstream: 'http://x/\u0007',
    search: '\u001b[31m',
    openStreams: '1',
    launches: null,
  };
  assert.deepEqual(await probe(await pretend(context, forged)), { kind: 'bridge', health: unknown });
});

test('a program that answers anything else is not a bridge', LIMIT, async (context) => {
  for (const body of [{ name: 'other' }, { ok: true }, [], null, 'x'.repeat(100_000)]) {
    assert.deepEqual(await probe(await pretend(context, body)), { kind: 'stranger' });
  }
});

async function listenRaw(context: TestContext, greeting: string | undefined): Promise<number> {
  const server = createServer((socket) => {
    context.after(() => socket.destroy());
    socket.on('error', () => undefined).resume();
    if (greeting !== undefined) socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => void server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

test('a program that hangs, uses another protocol or disconnects is not a bridge', LIMIT, async (context) => {
  assert.deepEqual(await probe(await listenRaw(context, undefined), '127.0.0.1', 20), { kind: 'stranger' });
  assert.deepEqual(await probe(await listenRaw(context, '220 mail ready\r\n')), { kind: 'stranger' });
  assert.deepEqual(await probe(await listenRaw(context, '')), { kind: 'stranger' });
  const half = await listen(context, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"name":');
    response.destroy();
  });
  assert.deepEqual(await probe(half), { kind: 'stranger' });
});

test(
  'retries if the connection closes without an answer, because the bridge on that port may just have exited',
  LIMIT,
  async (context) => {
    const closing = createServer((socket) => {
      closing.close();
      socket.destroy();
    });
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    context.after(() => void closing.close());
    assert.deepEqual(await probe((closing.address() as AddressInfo).port), { kind: 'free' });
  },
);

test('an unexpected protocol upgrade is treated as another program, without waiting', LIMIT, async (context) => {
  const port = await listenRaw(
    context,
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n',
  );
  assert.deepEqual(await probe(port), { kind: 'stranger' });
  await assert.rejects(createLaunch({ host: '127.0.0.1', port }));
});

test('an invalid host counts as free, because listening there then reports the reason', LIMIT, async () => {
  assert.deepEqual(await probe(9, 'not a host'), { kind: 'free' });
});

test('the address of all interfaces is reached at the loopback address', () => {
  assert.deepEqual(['0.0.0.0', '::', '127.0.0.1', 'localhost'].map(toReachableHost), [
    '127.0.0.1',
    '::1',
    '127.0.0.1',
    'localhost',
  ]);
});
