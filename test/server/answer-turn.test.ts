/** Turns over HTTP: the protocol, stream or JSON, and the error that each client gets. */
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { Turn } from '../../src/bridge/bridge';
import { BridgeError } from '../../src/errors/bridge-error';
import { fakeTurn, listFrames, type FakeCall } from '../support/bridge/fake-bridge';
import {
  aborted, connectTo, decodeChunked, open, post, readError, sendRequest, startServer,
} from '../support/bridge/test-server';

const HEAD = 'host: localhost\r\ncontent-type: application/json\r\n';
const PATHS = ['/responses', '/v1/responses', '/chat/completions', '/v1/chat/completions'];
const RESPONSE = { input: 'hi', stream: true };
const CHAT = { messages: [], stream: true };
const CODEX = { originator: 'codex_exec', accept: 'text/event-stream' };
const failing = (error: unknown) => ({ start: (): never => { throw error; } });

for (const path of PATHS) {
  test(`POST ${path} answers in the protocol of the body`, async (context) => {
    const { port, bridge } = await startServer(context);
    const own = path.endsWith('/responses') ? 'responses' : 'chat';
    const bodies = [
      { messages: [] }, { input: 'hi' }, { input: [], messages: null }, { input: 'hi', messages: [] }, {}, [],
    ];
    for (const body of bodies) assert.equal((await post(port, body, { path: `${path}?x=1` })).status, 200);
    assert.deepEqual(bridge.calls.map((call) => call.protocol), ['chat', 'responses', 'responses', own, own, own]);
  });
}

test('without stream, the answer is one JSON body with the status of the turn', async (context) => {
  const collect = async () => ({ status: 207, body: '{"id":"resp_1"}' });
  const { port } = await startServer(context, { start: () => fakeTurn({ collect }) });
  const answer = await post(port, { input: 'hi' });
  assert.equal(answer.status, 207);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['content-length'], '15');
  assert.equal(answer.text, '{"id":"resp_1"}');
});

test('a stream has the headers of an event stream and unchanged frames', async (context) => {
  const frames = [
    'event: a\ndata: {"n":1}\n\n',
    'event: b\ndata: {"n":2}\n\nevent: c\ndata: {}\n\n',
    'data: [DONE]\n\n',
  ];
  const start = (): Turn => fakeTurn({ stream: true, frames: () => listFrames(frames) });
  const { port } = await startServer(context, { start });
  const body = JSON.stringify({ input: 'hi', stream: true });
  const socket = await connectTo(context, port);
  socket.write(`POST /v1/responses HTTP/1.1\r\n${HEAD}content-length: ${body.length}\r\n\r\n${body}`);
  let text = '';
  while (!text.endsWith('\r\n0\r\n\r\n')) text += String((await once(socket, 'data'))[0]);
  const [head = ''] = text.split('\r\n\r\n', 1);
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(head, /^content-type: text\/event-stream; charset=utf-8$/im);
  assert.match(head, /^cache-control: no-cache$/im);
  assert.match(head, /^connection: keep-alive$/im);
  assert.match(head, /^x-accel-buffering: no$/im);
  assert.equal(decodeChunked(Buffer.from(text.slice(head.length + 4))).toString(), frames.join(''));
});

test('the headers are sent with the first frame, and each frame is sent at once', async (context) => {
  const gates = [gate(), gate()] as const;
  async function* frames(): AsyncGenerator<string> {
    await gates[0].opened;
    yield 'data: 1\n\n';
    await gates[1].opened;
    yield 'data: 2\n\n';
  }
  const { port, bridge } = await startServer(context, { start: () => fakeTurn({ stream: true, frames }) });
  let isHeadSent = false;
  const head = open(port, { body: '{"input":"hi","stream":true}' });
  void head.then(() => { isHeadSent = true; });
  while (bridge.calls.length === 0) await sendRequest(port, { method: 'GET', path: '/health' });
  await sendRequest(port, { method: 'GET', path: '/health' });
  assert.equal(isHeadSent, false);
  gates[0].open();
  const incoming = await head;
  assert.equal(String((await once(incoming, 'data'))[0]), 'data: 1\n\n');
  gates[1].open();
  assert.equal(String((await once(incoming, 'data'))[0]), 'data: 2\n\n');
});

test('every connection has TCP_NODELAY', async (context) => {
  const { port } = await startServer(context);
  const sockets: Socket[] = [];
  const record = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  channel('net.server.socket').subscribe(record);
  context.after(() => channel('net.server.socket').unsubscribe(record));
  await sendRequest(port, { method: 'GET', path: '/health' });
  const [socket] = sockets;
  assert.ok(socket !== undefined);
  const noDelay = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'kSetNoDelay');
  assert.ok(noDelay !== undefined, 'Node has renamed its symbol for TCP_NODELAY');
  assert.equal(Reflect.get(socket, noDelay), true);
});

test('no response has an openai-model header', async (context) => {
  const { port } = await startServer(context);
  const responses = [
    await post(port, { input: 'hi', model: 'm' }),
    await post(port, { input: 'hi', model: 'm', stream: true }, { headers: CODEX }),
    await post(port, { messages: [], model: 'm', stream: true }),
    await sendRequest(port, { method: 'GET', path: '/models' }),
    await sendRequest(port, { body: '{' }),
  ];
  for (const { headers } of responses) assert.equal(headers['openai-model'], undefined);
});

test('the bridge gets the client’s identity', async (context) => {
  const { port, bridge } = await startServer(context);
  const who = { authorization: 'Bearer sk-test-1', 'user-agent': 'codex_exec/1' };
  await post(port, { input: 'hi' }, { headers: { ...CODEX, ...who } });
  const caller = bridge.calls[0]?.caller;
  assert.equal(caller?.client, 'codex');
  assert.equal(caller.authorization, 'Bearer sk-test-1');
  assert.equal(caller.userAgent, 'codex_exec/1');
  assert.equal(caller.abort.aborted, false);
});

const LIMITED = new BridgeError('rate_limit', 'Slow down.', { retryAfterMs: 1_200, requestId: 'req-7' });

test('an SDK gets a failure before the stream as a JSON error with its HTTP status', async (context) => {
  const { port, logged } = await startServer(context, failing(LIMITED));
  for (const body of [{ input: 'hi' }, { input: 'hi', stream: true }, { messages: [], stream: true }]) {
    const answer = await post(port, body);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers['retry-after'], '2');
    assert.equal(answer.headers['x-request-id'], 'req-7');
    const error = { message: 'Slow down.', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' };
    assert.deepEqual(readError(answer), error);
  }
  assert.equal(logged[0]?.['level'], 'warn');
  assert.equal(logged[0]?.['kind'], 'rate_limit');
  assert.equal(logged[0]?.['error'], 'Slow down.');
});

test('a request id that is not valid in a header is omitted', async (context) => {
  const error = new BridgeError('auth', 'No.', { requestId: 'a\r\nset-cookie: b' });
  const { port } = await startServer(context, failing(error));
  const answer = await post(port, { input: 'hi' });
  assert.equal(answer.status, 401);
  assert.equal(answer.headers['x-request-id'], undefined);
  assert.equal(answer.headers['set-cookie'], undefined);
});

test('Codex gets a failure before the stream as a failed stream', async (context) => {
  const { port } = await startServer(context, failing(LIMITED));
  const answer = await post(port, { input: 'hi', stream: true }, { headers: CODEX });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(answer.headers['x-request-id'], 'req-7');
  assert.match(answer.text, /^event: response\.failed\ndata: .*"kind":"rate_limit".*\n\ndata: \[DONE\]\n\n$/);
  assert.match(answer.text, /\\"input\\":\\"hi\\"/);
});

test('Codex gets an HTTP status for a request without a stream, and for a Chat Completion', async (context) => {
  const { port } = await startServer(context, failing(LIMITED));
  assert.equal((await post(port, { input: 'hi' }, { headers: CODEX })).status, 429);
  assert.equal((await post(port, CHAT, { headers: CODEX, path: '/chat/completions' })).status, 429);
});

test('Codex gets the error of an unreadable body in a stream, because it would retry a 413', async (context) => {
  const { port } = await startServer(context);
  const answer = await post(port, { input: 'x'.repeat(2_000_000), stream: true }, { headers: CODEX });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /"kind":"too_large".*"seen":"none"/);
  const json = await sendRequest(port, { body: '{', headers: { ...CODEX, accept: '*/*' } });
  assert.equal(json.status, 400);
});

for (const [name, value] of [['an Error', new RangeError('boom with sk-test-123456')], ['a string', 'boom']] as const) {
  test(`${name} that the bridge throws is an internal error`, async (context) => {
    const { port, logged } = await startServer(context, failing(value));
    const answer = await post(port, { input: 'hi' });
    assert.equal(answer.status, 500);
    assert.equal(readError(answer)['code'], 'internal_error');
    assert.doesNotMatch(answer.text, /boom/);
    assert.equal(logged[0]?.['level'], 'error');
    assert.match(String(logged[0]?.['cause']), /^boom/);
    assert.ok(!JSON.stringify(logged).includes('123456'));
    assert.equal(logged.length, 1);
    assert.match((await post(port, { input: 'hi', stream: true }, { headers: CODEX })).text, /"kind":"internal"/);
  });
}

test('an error that collect throws is a JSON error', async (context) => {
  const collect = async (): Promise<never> => { throw new BridgeError('timeout', 'Too late.'); };
  const { port } = await startServer(context, { start: () => fakeTurn({ collect }) });
  assert.equal((await post(port, { input: 'hi' })).status, 504);
});

async function* breakAfter(frames: readonly string[]): AsyncGenerator<string> {
  yield* frames;
  throw new Error('frames broke');
}

const ONE_FRAME = ['data: 1\n\n'];
const BROKEN: readonly (readonly [name: string, body: object, frames: () => AsyncIterable<string>, text: RegExp])[] = [
  [
    'a response before its first frame',
    RESPONSE,
    () => breakAfter([]),
    /^event: response\.failed\n.*"kind":"internal"/,
  ],
  ['a response without frames', RESPONSE, () => listFrames([]), /^event: response\.failed\n.*"kind":"internal"/],
  ['a response after a frame', RESPONSE, () => breakAfter(ONE_FRAME), /^data: 1\n\ndata: \{"failed":"internal"\}\n\n$/],
  ['a chat after a frame', CHAT, () => breakAfter(ONE_FRAME), /^data: 1\n\ndata: \{"failed":"internal"\}\n\n$/],
];

for (const [name, body, frames, text] of BROKEN) {
  test(`a stream that throws, which it must not, still ends with a failure: ${name}`, async (context) => {
    const { port, logged } = await startServer(context, { start: () => fakeTurn({ stream: true, frames }) });
    const answer = await post(port, body);
    assert.equal(answer.status, 200);
    assert.match(answer.text, text);
    assert.deepEqual(
      logged.filter(({ message }) => message === 'turn').map(({ level, finish }) => [level, finish]),
      [['error', 'internal']],
    );
    assert.equal(logged.at(-1)?.['level'], 'error');
  });
}

test('notes of a turn are logged at level debug', async (context) => {
  const { port, logged } = await startServer(context, { start: () => fakeTurn({ notes: ['Dropped a tool.'] }) });
  await post(port, { input: 'hi' });
  const lines = logged.map((line) => `${String(line['level'])} ${String(line['message'])}`);
  assert.deepEqual(lines, ['debug turn started', 'debug Dropped a tool.', 'info turn']);
});

test('a client that disconnects aborts the turn, and no further frame is read', async (context) => {
  const returned = gate();
  async function* frames(abort: AbortSignal): AsyncGenerator<string> {
    try {
      yield 'data: 1\n\n';
      await aborted(abort);
      yield 'data: 2\n\n';
      assert.fail('a frame was requested that nobody reads');
    } finally {
      returned.open();
    }
  }
  const start = ({ caller }: FakeCall): Turn => fakeTurn({ stream: true, frames: () => frames(caller.abort) });
  const { port, bridge, logged } = await startServer(context, { start });
  const incoming = await open(port, { body: '{"input":"hi","stream":true}' });
  await once(incoming, 'data');
  assert.match((await sendRequest(port, { method: 'GET', path: '/health' })).text, /"openStreams":1[,}]/);
  incoming.destroy();
  await returned.opened;
  assert.match(String(bridge.calls[0]?.caller.abort.reason), /The client closed the connection/);
  assert.ok(logged.every((line) => line['level'] === 'debug'));
});

test('a client that disconnects before its turn has started aborts the turn', async (context) => {
  const reason = gate<unknown>();
  const start = async ({ caller }: FakeCall): Promise<Turn> => {
    reason.open(await aborted(caller.abort));
    throw caller.abort.reason;
  };
  const { port, bridge, logged } = await startServer(context, { start });
  const socket = await connectTo(context, port);
  socket.write(`POST /responses HTTP/1.1\r\n${HEAD}content-length: 14\r\n\r\n{"input":"hi"}`);
  while (bridge.calls.length === 0) await sendRequest(port, { method: 'GET', path: '/health' });
  socket.destroy();
  assert.match(String(await reason.opened), /The client closed the connection/);
  while (logged.length === 0) await sendRequest(port, { method: 'GET', path: '/health' });
  assert.deepEqual(logged.map(({ level, finish }) => [level, finish]), [['info', 'aborted']]);
});

test('a client that disconnects aborts all its pipelined turns', async (context) => {
  const both = gate();
  let count = 0;
  const start = async ({ caller }: FakeCall): Promise<Turn> => {
    await aborted(caller.abort);
    if ((count += 1) === 2) both.open();
    throw caller.abort.reason;
  };
  const { port, bridge } = await startServer(context, { start });
  const socket = await connectTo(context, port);
  socket.write(`POST /responses HTTP/1.1\r\n${HEAD}content-length: 14\r\n\r\n{"input":"hi"}`.repeat(2));
  while (bridge.calls.length < 2) await sendRequest(port, { method: 'GET', path: '/health' });
  socket.destroy();
  await both.opened;
});

test('a turn ends with its answer, even if its connection stays open', async (context) => {
  const { port } = await startServer(context);
  const socket = await connectTo(context, port);
  const body = JSON.stringify(RESPONSE);
  const send = async (request: string, end: string): Promise<string> => {
    socket.write(request);
    let text = '';
    while (!text.endsWith(end)) text += String((await once(socket, 'data'))[0]);
    return text;
  };
  const turn = `POST /responses HTTP/1.1\r\n${HEAD}content-length: ${body.length}\r\n\r\n${body}`;
  for (let count = 0; count < 3; count += 1) await send(turn, '\r\n0\r\n\r\n');
  assert.match(await send('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n', '}'), /"openStreams":0\}$/);
});

test('a completed turn is not aborted', async (context) => {
  const { port, bridge } = await startServer(context);
  await post(port, { input: 'hi', stream: true });
  await post(port, { input: 'hi' });
  await sendRequest(port, { method: 'GET', path: '/health' });
  assert.deepEqual(bridge.calls.map((call) => call.caller.abort.aborted), [false, false]);
});

interface Gate<T> {
  readonly opened: Promise<T>;
  readonly open: (value: T) => void;
}

function gate<T = void>(): Gate<T> {
  let release: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => { release = resolve; });
  return { opened, open: (value) => release(value) };
}
