/** The lifecycle of the server: listening, draining, closing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Turn } from '../../src/bridge/bridge';
import { BridgeError } from '../../src/errors/bridge-error';
import { fakeTurn, type FakeCall } from '../support/bridge/fake-bridge';
import { aborted, connectTo, open, post, readAll, sendRequest, startServer } from '../support/bridge/test-server';

const STREAM = { body: '{"input":"hi","stream":true}' };
const LONG_MS = 60_000;

/** A turn like those of the real bridge: it runs until it is aborted, and then reports the reason. */
async function* untilAborted(abort: AbortSignal): AsyncGenerator<string> {
  yield 'data: 1\n\n';
  const reason = await aborted(abort);
  yield `event: response.failed\ndata: ${reason instanceof BridgeError ? reason.kind : 'gone'}\n\ndata: [DONE]\n\n`;
}

const endless = ({ caller }: FakeCall): Turn => fakeTurn({ stream: true, frames: () => untilAborted(caller.abort) });

async function assertRefused(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
}

test('listen returns the address, and rejects if it is in use', async (context) => {
  const { server, port } = await startServer(context);
  assert.ok(port > 0);
  await assert.rejects(startServer(context, { config: { port } }), { code: 'EADDRINUSE' });
  await server.close();
  await assertRefused(port);
});

test('close ends idle connections at once', async (context) => {
  const { server, port } = await startServer(context, { config: { drainTimeoutMs: LONG_MS } });
  const socket = await connectTo(context, port);
  socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'data');
  const ended = once(socket, 'end');
  socket.resume();
  await server.close();
  await ended;
});

test('close lets a running turn finish, and refuses new connections', async (context) => {
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => { finish = resolve; });
  async function* frames(): AsyncGenerator<string> {
    yield 'data: 1\n\n';
    await finished;
    yield 'data: 2\n\n';
  }
  const start = (): Turn => fakeTurn({ stream: true, frames });
  const { server, port, bridge } = await startServer(context, { start, config: { drainTimeoutMs: LONG_MS } });
  const incoming = await open(port, STREAM);
  const closed = server.close();
  assert.equal(server.close(), closed);
  await assertRefused(port);
  finish();
  assert.equal(await readAll(incoming), 'data: 1\n\ndata: 2\n\n');
  await closed;
  assert.equal(bridge.calls[0]?.caller.abort.aborted, false);
});

test('a request during the drain, on an existing connection, is rejected', async (context) => {
  const { server, port, bridge } = await startServer(context, { start: endless, config: { drainTimeoutMs: LONG_MS } });
  const stream = await open(port, STREAM);
  const socket = await connectTo(context, port);
  // The server has accepted the connection if it has answered a later one.
  await sendRequest(port, { method: 'GET', path: '/health' });
  const closed = server.close();
  const head = 'host: localhost\r\ncontent-type: application/json\r\ncontent-length: 14';
  socket.write(`POST /responses HTTP/1.1\r\n${head}\r\n\r\n{"input":"hi"}`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 503 [^]*"bridge_shutting_down"/);
  assert.equal(bridge.calls.length, 1);
  stream.destroy();
  await closed;
});

test('turns that exceed the drain timeout report the shutdown, then everything is closed', async (context) => {
  const { server, port, bridge } = await startServer(context, { start: endless, config: { drainTimeoutMs: 20 } });
  const streams = await Promise.all([open(port, STREAM), open(port, STREAM)]);
  const closed = server.close();
  for (const stream of streams) {
    assert.equal(await readAll(stream), 'data: 1\n\nevent: response.failed\ndata: shutting_down\n\ndata: [DONE]\n\n');
  }
  await closed;
  assert.equal(bridge.calls.length, 2);
});

test('a turn that has not started reports the shutdown with its HTTP status', async (context) => {
  const start = async ({ caller }: FakeCall): Promise<Turn> => {
    await aborted(caller.abort);
    throw new Error('the transport was aborted');
  };
  const { server, port, bridge } = await startServer(context, { start });
  const answer = post(port, { input: 'hi' });
  while (bridge.calls.length === 0) await sendRequest(port, { method: 'GET', path: '/health' });
  await server.close();
  assert.equal((await answer).status, 503);
  assert.match((await answer).text, /"bridge_shutting_down"/);
});

test('closeNow ends streams at once, also during a drain', async (context) => {
  const { server, port, bridge } = await startServer(context, { start: endless, config: { drainTimeoutMs: LONG_MS } });
  const incoming = await open(port, STREAM);
  const closed = server.close();
  server.closeNow();
  await assert.rejects(readAll(incoming), { code: 'ECONNRESET' });
  await closed;
  assert.equal(bridge.calls[0]?.caller.abort.aborted, true);
});

test('a turn that ignores its abort signal cannot keep the server running', async (context) => {
  const frames = (): AsyncIterable<string> => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<string>>(() => {}) }),
  });
  const { server, port, bridge } = await startServer(context, { start: () => fakeTurn({ stream: true, frames }) });
  const lost = assert.rejects(open(port, STREAM), { code: 'ECONNRESET' });
  while (bridge.calls.length === 0) await sendRequest(port, { method: 'GET', path: '/health' });
  await server.close();
  await lost;
});

test('the bridge and the ledger are opened once, when they are first needed', async (context) => {
  const { port, opened } = await startServer(context);
  await sendRequest(port, { method: 'GET', path: '/health' });
  assert.deepEqual(opened, []);
  await sendRequest(port, { method: 'GET', path: '/models' });
  assert.deepEqual(opened, ['bridge']);
  for (const input of ['one', 'two']) assert.equal((await post(port, { input })).status, 200);
  // A turn is recorded after its answer; this request is answered after that.
  await sendRequest(port, { method: 'GET', path: '/health' });
  assert.deepEqual(opened, ['bridge', 'ledger']);
});
