/** Request bodies: media types, codings, sizes, UTF-8 and syntax, over real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  connectTo, post, readAll, readError, sendRequest, startServer, type RequestOptions,
} from '../support/bridge/test-server';

const BODY = { model: 'm', input: 'größer 😀' };
const TEXT = JSON.stringify(BODY);
const MB = 1024 * 1024;
const HEAD = 'POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

const ACCEPTED: readonly (readonly [name: string, request: RequestOptions])[] = [
  ['application/json', { headers: { 'content-type': 'application/json' }, body: TEXT }],
  ['a charset', { headers: { 'content-type': 'application/json; charset=utf-8' }, body: TEXT }],
  ['a content-type in capitals', { headers: { 'content-type': 'Application/JSON' }, body: TEXT }],
  ['a +json type', { headers: { 'content-type': 'application/vnd.example.v1+json;v=1' }, body: TEXT }],
  ['a byte order mark', { body: `\ufeff${TEXT}` }],
  ['gzip', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(TEXT) }],
  ['x-gzip', { headers: { 'content-encoding': 'X-GZIP' }, body: gzipSync(TEXT) }],
  ['deflate', { headers: { 'content-encoding': 'deflate' }, body: deflateSync(TEXT) }],
  ['br', { headers: { 'content-encoding': 'br' }, body: brotliCompressSync(TEXT) }],
  ['identity', { headers: { 'content-encoding': 'identity' }, body: TEXT }],
  ['Expect: 100-continue', { headers: { expect: '100-continue' }, body: TEXT }],
  ['chunked', { headers: { 'transfer-encoding': 'chunked' }, body: TEXT }],
];

for (const [name, request] of ACCEPTED) {
  test(`reads a body with ${name}`, async (context) => {
    const { port, bridge } = await startServer(context);
    const answer = await sendRequest(port, request);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(bridge.calls[0]?.body, BODY);
  });
}

test('reads a body without a content-type', async (context) => {
  const { port, bridge } = await startServer(context);
  const socket = await connectTo(context, port);
  socket.write(`${HEAD}content-length: ${Buffer.byteLength(TEXT)}\r\nconnection: close\r\n\r\n${TEXT}`);
  assert.match(await readAll(socket), /^HTTP\/1\.1 200 /);
  assert.deepEqual(bridge.calls[0]?.body, BODY);
});

const typed = (type: string, body: string): RequestOptions => ({ headers: { 'content-type': type }, body });
const encoded = (coding: string, body: string | Buffer): RequestOptions =>
  ({ headers: { 'content-encoding': coding }, body });
const big = JSON.stringify({ input: 'x'.repeat(2 * MB) });
const REJECTED: readonly (readonly [name: string, status: number, request: RequestOptions, message: RegExp])[] = [
  ['text/plain', 415, typed('text/plain', TEXT), /type "text\/plain": expected application\/json/],
  ['a form', 415, typed('application/x-www-form-urlencoded', TEXT), /expected application\/json/],
  ['a type that only begins like JSON', 415, typed('application/jsonp', TEXT), /expected/],
  ['zstd', 415, encoded('zstd', TEXT), /"zstd": expected gzip, deflate, br or identity\. In Codex/],
  ['two codings', 415, encoded('gzip, br', TEXT), /"gzip, br": expected/],
  ['an empty body', 400, { body: '' }, /it is empty/],
  ['whitespace', 400, { body: ' \n ' }, /it is empty/],
  ['a syntax error', 400, { body: '{\n  "input": secret-word\n}' }, /as JSON: unexpected "s" at line 2, column 12\.$/],
  ['a truncated body', 400, { body: TEXT.slice(0, -1) }, /unexpected end at line 1, column \d+\.$/],
  ['broken UTF-8', 400, { body: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }, /not valid UTF-8/],
  ['truncated UTF-8', 400, { body: Buffer.from([0x22, 0xf0, 0x9f, 0x98]) }, /not valid UTF-8/],
  ['broken gzip', 400, encoded('gzip', TEXT), /Cannot decompress the request body as gzip/],
  ['truncated gzip', 400, encoded('gzip', gzipSync(TEXT).subarray(0, -9)), /Cannot decompress/],
  ['a declared length over the limit', 413, { body: big }, /larger than 1 MB.*--body-limit-mb/],
  ['chunks over the limit', 413, { headers: { 'transfer-encoding': 'chunked' }, body: big }, /larger than 1 MB/],
  ['gzip that inflates over the limit', 413, encoded('gzip', gzipSync(big)), /larger than 1 MB/],
  ['br that inflates over the limit', 413, encoded('br', brotliCompressSync(big)), /larger than 1 MB/],
];

for (const [name, status, request, message] of REJECTED) {
  test(`answers ${status} to ${name}`, async (context) => {
    const { port, bridge, logged } = await startServer(context);
    const answer = await sendRequest(port, request);
    assert.equal(answer.status, status);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.match(String(readError(answer)['message']), message);
    assert.equal(bridge.calls.length, 0);
    assert.ok(!JSON.stringify(logged).includes('secret-word'), 'part of the body reached the log');
  });
}

test('accepts a body of exactly the limit, and rejects one byte more', async (context) => {
  const { port, bridge } = await startServer(context);
  const frame = JSON.stringify({ input: '' }).length;
  assert.equal((await post(port, { input: 'x'.repeat(MB - frame) })).status, 200);
  assert.equal((await post(port, { input: 'x'.repeat(MB - frame + 1) })).status, 413);
  assert.equal(bridge.calls.length, 1);
});

test('answers 413 to a declared length without waiting for the body, then closes the connection', async (context) => {
  const { port } = await startServer(context);
  const socket = await connectTo(context, port);
  socket.write(`${HEAD}content-length: 99999999\r\n\r\n{`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 413 /);
  assert.match(head.toString(), /connection: close/i);
  socket.resume();
  await once(socket, 'end');
});

test('answers 413 to endless chunks while they are being sent', async (context) => {
  const { port } = await startServer(context);
  const socket = await connectTo(context, port);
  socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')]);
  let sending = true;
  const send = (): void => {
    if (sending && socket.write(chunk)) setImmediate(send);
    else if (sending) socket.once('drain', send);
  };
  send();
  const [head] = (await once(socket, 'data')) as [Buffer];
  sending = false;
  assert.match(head.toString(), /^HTTP\/1\.1 413 /);
});

test('a body announced with Expect is requested only if it will be read', async (context) => {
  const { port } = await startServer(context);
  const send = async (type: string): Promise<string> => {
    const socket = await connectTo(context, port);
    const head = `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}`;
    socket.write(`${head}\r\ncontent-length: 15\r\nexpect: 100-continue\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString();
  };
  assert.match(await send('application/json'), /^HTTP\/1\.1 100 Continue/);
  assert.match(await send('text/plain'), /^HTTP\/1\.1 415 /);
});

test('a connection lost within the body is an aborted turn, not a failure', async (context) => {
  const { port, logged } = await startServer(context);
  const socket = await connectTo(context, port);
  socket.write(`${HEAD}content-length: 100\r\n\r\n{`);
  socket.destroy();
  await once(socket, 'close');
  while (logged.length === 0) assert.equal((await sendRequest(port, { method: 'GET', path: '/health' })).status, 200);
  assert.deepEqual(logged.map(({ level, finish, stage }) => [level, finish, stage]), [['info', 'aborted', 'request']]);
});
