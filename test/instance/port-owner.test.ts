/** Describes the owner of a port: this bridge, another program that answers, or one that does not. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { describePortOwner } from '../../src/instance/bridge-client';

const OTHER_PROGRAM = 'Another program uses it.';

async function listen(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return (address satisfies AddressInfo).port;
}

const ask = (port: number, host = '127.0.0.1', timeoutMs = 10_000): Promise<string> =>
  describePortOwner({ host, port, timeoutMs });

const answer = (body: unknown): RequestListener => (request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404).end(JSON.stringify(body));
};

/** Keeps reading, because an unread socket never ends. */
const ignore = (socket: Socket): Socket => socket.on('error', () => undefined).resume();

test('this bridge is named with version and pid, even on the address of all interfaces', async (context) => {
  const port = await listen(context, createServer(answer({ name: 'aliyun-codex-bridge', version: '1.2.3', pid: 42 })));
  assert.equal(await ask(port), 'aliyun-codex-bridge 1.2.3 is already running there (pid 42).');
  assert.equal(await ask(port, '0.0.0.0'), 'aliyun-codex-bridge 1.2.3 is already running there (pid 42).');
});

test('the report of a bridge is not trusted: no control characters, no invalid pid', async (context) => {
  const health = { name: 'aliyun-codex-bridge', version: '\u001b[31m', pid: '1' };
  const port = await listen(context, createServer(answer(health)));
  assert.equal(await ask(port), 'aliyun-codex-bridge (unknown version) is already running there.');
});

test('a program that answers something else is not a bridge', async (context) => {
  for (const body of [{ name: 'other' }, { ok: true }, [], null]) {
    assert.equal(await ask(await listen(context, createServer(answer(body)))), OTHER_PROGRAM);
  }
});

test('a program that does not speak HTTP is another program', async (context) => {
  const port = await listen(context, createTcpServer((socket) => ignore(socket).end('220 mail ready\r\n')));
  assert.equal(await ask(port), OTHER_PROGRAM);
});

test('a program that never answers is another program after the timeout', async (context) => {
  const port = await listen(context, createTcpServer(ignore));
  assert.equal(await ask(port, '127.0.0.1', 20), OTHER_PROGRAM);
});

test('an endless answer is aborted', async (context) => {
  const port = await listen(context, createServer((_request, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.on('drain', write);
    write();
  }));
  assert.equal(await ask(port), OTHER_PROGRAM);
});

test('a port that was released counts as another program', async () => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(address !== null && typeof address === 'object');
  assert.equal(await ask(address.port), OTHER_PROGRAM);
});
