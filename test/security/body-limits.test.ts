/** Limits for request bodies: nesting, number of values, memory, and concurrent bodies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BodyBudget, useBody } from '../../src/server/read-body';
import { MEMORY_LIMIT_MB, startBuiltBridge } from '../support/cli/built-bridge';
import { connectTo, post, readError, sendRequest, startServer } from '../support/bridge/test-server';

const LIMIT = { timeout: 60_000 } as const;
const MB = 1024 * 1024;

const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const mixed = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);

const DEPTHS: readonly (readonly [name: string, body: string, status: number])[] = [
  ['256 levels of arrays', arrays(256), 200],
  ['256 levels of objects', objects(256), 200],
  ['257 levels of arrays', arrays(257), 400],
  ['257 levels of objects', objects(257), 400],
  ['258 levels of both', mixed(258), 400],
  ['3,000 levels inside the input', `{"input":${arrays(3_000)}}`, 400],
  ['5,000 levels inside a tool', `{"input":"hi","tools":[{"type":"function","parameters":${objects(5_000)}}]}`, 400],
  ['300,000 levels', arrays(300_000), 400],
  ['levels that are never closed', '['.repeat(100_000), 400],
  ['brackets inside a string', JSON.stringify({ input: '[{'.repeat(1_000) }), 200],
  ['brackets after an escaped quote', JSON.stringify({ input: `"\\"${'['.repeat(1_000)}` }), 200],
  ['many siblings at one level', `{"input":[${'[],'.repeat(1_000)}[]]}`, 200],
];

for (const path of ['/v1/responses', '/v1/chat/completions', '/v1/responses/input_tokens', '/v1/conversations']) {
  describe(`POST ${path}`, () => {
    for (const [name, body, status] of DEPTHS) {
      test(`${name}: ${status}`, LIMIT, async (context) => {
        const { port, logged } = await startServer(context);
        const answer = await sendRequest(port, { path, body });
        assert.equal(answer.status, status, answer.text.slice(0, 200));
        if (status === 400) assert.match(String(readError(answer)['message']), /256 levels.*--body-max-depth\.$/);
        assert.ok(logged.every(({ level, stack }) => level !== 'error' && stack === undefined));
      });
    }
  });
}

test('the limit on values counts array items and object keys, and is an option', LIMIT, async (context) => {
  const { port } = await startServer(context, { config: { bodyMaxValues: 1_000 } });
  const items = (count: number): string => JSON.stringify({ input: Array.from({ length: count }, () => 'x') });
  const keys = (count: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1])));
  for (const [body, status] of [
    [items(990), 200], [items(1_001), 413], [keys(990), 200], [keys(1_001), 413], [`"${','.repeat(5_000)}"`, 200],
  ] as const) {
    const answer = await sendRequest(port, { body });
    assert.equal(answer.status, status, answer.text.slice(0, 200));
    if (status === 413) assert.match(String(readError(answer)['message']), /more than 1000 .*--body-max-values\.$/);
  }
});

const FLOODS: readonly (readonly [name: string, piece: string])[] = [
  ['empty strings', '"",'],
  ['empty objects', '{},'],
  ['numbers', '0,'],
  ['small messages', '{"role":"user","content":"x"},'],
  ['keys', '"a":1,'],
  ['quotes', '"'],
  ['commas', ','],
];

for (const [name, piece] of FLOODS) {
  test(`47 MB of ${name} are rejected at once, without much memory`, LIMIT, async (context) => {
    const bridge = await startBuiltBridge(context, { memoryLimitMb: MEMORY_LIMIT_MB });
    const flood = piece.repeat(Math.floor((47 * MB) / piece.length));
    const body = gzipSync(`{"model":"m","input":[${flood}`, { level: 1 });
    const headers = { 'content-encoding': 'gzip' };
    const started = performance.now();
    for (const path of ['/v1/responses', '/v1/chat/completions']) {
      const answer = await sendRequest(bridge.port, { path, headers, body });
      assert.ok(answer.status === 413 || answer.status === 400, `${answer.status}: ${answer.text.slice(0, 200)}`);
    }
    assert.ok(performance.now() - started < 20_000, 'took too long');
    assert.equal((await sendRequest(bridge.port, { method: 'GET', path: '/health' })).status, 200);
    assert.doesNotMatch(bridge.output(), /\n {4}at |memory limit|heap out of memory/);
  });
}

for (const [client, headers] of [['Codex', { originator: 'codex_exec' }], ['an SDK', {}]] as const) {
  const name = `twenty bodies of 12 MB at once, sent by ${client}, wait for one another`;
  test(name, { timeout: 120_000 }, async (context) => {
    const bridge = await startBuiltBridge(context, { memoryLimitMb: MEMORY_LIMIT_MB });
    const body = JSON.stringify({ model: 'm', input: 'x'.repeat(12 * MB), stream: true });
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () => sendRequest(bridge.port, { body, headers }).then((answer) => {
        if (answer.status === 503) assert.ok(Number(answer.headers['retry-after']) > 0);
        return answer.status;
      // A client that still sends after the rejection may find its connection closed.
      }, (error: { readonly code?: string }) => error.code)),
    );
    const expected = [200, 502, 503, 'EPIPE', 'ECONNRESET'];
    assert.ok(statuses.every((status) => expected.includes(status ?? '')), String(statuses));
    // Nothing listens where the provider should be: a turn of Codex fails in its stream.
    assert.ok(statuses.includes(client === 'Codex' ? 200 : 502), `none was handled: ${statuses}`);
    assert.equal((await sendRequest(bridge.port, { method: 'GET', path: '/health' })).status, 200);
    assert.doesNotMatch(bridge.output(), /memory limit|heap out of memory/);
  });
}

test('a budget admits bodies in order of arrival, and a larger one if it is alone', async () => {
  const budget = new BodyBudget(100, 50);
  const [first, second, third, large] = [budget.open(), budget.open(), budget.open(), budget.open()];
  await first.grow(60);
  const order: string[] = [];
  const waiting = [
    second.grow(60).then(() => order.push('second')),
    third.grow(10).then(() => order.push('third')),
  ];
  await Promise.resolve();
  assert.deepEqual(order, []);
  first.close();
  await Promise.all(waiting);
  assert.deepEqual(order, ['second', 'third']);
  const alone = large.grow(500);
  second.close();
  third.close();
  await alone;
  await assert.rejects(budget.open().grow(1), { kind: 'busy' });
  large.close();
  await budget.open().grow(100);
});

test('V8 saves memory while the bodies together are large', async () => {
  const calls: boolean[] = [];
  const budget = new BodyBudget(100 * MB, 50, (isOn) => void calls.push(isOn));
  const [small, large, second] = [budget.open(), budget.open(), budget.open()];
  await small.grow(8 * MB);
  assert.deepEqual(calls, []);
  await large.grow(1);
  await second.grow(40 * MB);
  large.close();
  second.settle();
  assert.deepEqual(calls, [true]);
  small.close();
  second.close();
  assert.deepEqual(calls, [true, false]);
  await budget.open().grow(4 * MB);
  assert.deepEqual(calls, [true, false]);
});

test('requests whose answers stream have a limit of their own', async () => {
  const budget = new BodyBudget(10 * MB, 50);
  const streaming = Array.from({ length: 3 }, () => budget.open());
  for (const body of streaming) {
    await body.grow(9 * MB);
    body.settle();
  }
  await assert.rejects(budget.open().grow(2 * MB), { kind: 'busy' });
  const blocked = assert.rejects(budget.open().grow(2 * MB), { kind: 'busy' });
  const small = budget.open();
  await small.grow(MB);
  await small.grow(9 * MB);
  small.close();
  await blocked;
  const waiting = budget.open().grow(9 * MB);
  streaming[0]?.close();
  await waiting;
});

test('a body that only claims to be compressed is rejected with a reason, also after a wait for memory', async () => {
  const bodies = new BodyBudget(MB, 60_000);
  const other = bodies.open();
  await other.grow(MB / 2);
  const damaged = Buffer.alloc(20, 0xff);
  damaged.writeUInt16BE(0x1f8b);
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': '20' };
  const request = Object.assign(new PassThrough(), { headers }) as unknown as IncomingMessage & PassThrough;
  const config = { bodyLimitMb: 4, bodyMaxDepth: 256, bodyMaxValues: 1_000 };
  const services = { config, bodies, largeBodies: () => assert.fail('it is not large') };
  const response = {} as ServerResponse;
  const read = useBody({ request, response, awaitsContinue: false, services }, () => assert.fail('it is damaged'));
  const rejected = assert.rejects(read, {
    kind: 'invalid_request', message: /^Cannot decompress the request body as gzip: (?!undefined)./,
  });
  // It has begun to arrive when the other body grows beyond the limit, so it has to wait before it is decompressed.
  request.write(damaged.subarray(0, 10));
  for (let loop = 0; loop < 10; loop += 1) await new Promise(setImmediate);
  await other.grow(2 * MB);
  request.end(damaged.subarray(10));
  for (let loop = 0; loop < 100; loop += 1) await new Promise(setImmediate);
  assert.equal(bodies.queued, 1);
  other.close();
  await rejected;
});

test('a body whose client disconnected while waiting reserves nothing', async () => {
  const budget = new BodyBudget(100);
  const [holder, leaver] = [budget.open(), budget.open()];
  await holder.grow(100);
  const growing = leaver.grow(50);
  leaver.close();
  holder.close();
  await growing;
  await budget.open().grow(100);
});

test('bodies that have to grow do not wait for one another', async () => {
  const budget = new BodyBudget(100, 60_000);
  const [first, second, third] = [budget.open(), budget.open(), budget.open()];
  await Promise.all([first.grow(40), second.grow(40)]);
  const newcomer = third.grow(30);
  await first.grow(90);
  const growing = second.grow(90);
  first.close();
  await growing;
  second.close();
  await newcomer;
});

test('over the limit of bodies in flight, the status is 503 with Retry-After', LIMIT, async (context) => {
  const { port } = await startServer(context, { config: { bodiesInFlightMb: 1, bodyLimitMb: 4 } });
  const slow = await connectTo(context, port);
  const head = ['POST /v1/responses HTTP/1.1', 'host: localhost', 'content-type: application/json'];
  slow.write(`${[...head, `content-length: ${MB}`].join('\r\n')}\r\n\r\n{`);
  // Other requests are rejected, after ten seconds each, once the bridge has read the head of the slow one.
  let answer = await post(port, { input: 'hi' });
  while (answer.status === 200) answer = await post(port, { input: 'hi' });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['retry-after'], '2');
  assert.match(String(readError(answer)['message']), /--bodies-in-flight-mb\.$/);
  slow.destroy();
  await once(slow, 'close');
  assert.equal((await post(port, { input: 'hi' })).status, 200);
});

test('a body over the limit that waits for 100 Continue gets 413 at once', LIMIT, async (context) => {
  const { port } = await startServer(context);
  const socket = await connectTo(context, port);
  const head = ['POST /v1/responses HTTP/1.1', 'host: localhost', 'content-type: application/json'];
  socket.write(`${[...head, `content-length: ${2 * MB}`, 'expect: 100-continue'].join('\r\n')}\r\n\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(bytes), /^HTTP\/1\.1 413 /);
});

test('many requests on one connection cause no warning about listeners', LIMIT, async (context) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  context.after(() => process.off('warning', onWarning));
  const { port } = await startServer(context);
  const socket = await connectTo(context, port);
  const head = ['POST /v1/responses HTTP/1.1', 'host: localhost', 'content-type: application/json'];
  const request = `${[...head, 'content-length: 14'].join('\r\n')}\r\n\r\n{"input":"hi"}`;
  const count = 60;
  socket.write(request.repeat(count));
  socket.write('GET /launches HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(20));
  let text = '';
  while ((text.match(/HTTP\/1\.1 200/g) ?? []).length < count + 1) text += String((await once(socket, 'data'))[0]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});
