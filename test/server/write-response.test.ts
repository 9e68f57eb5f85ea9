/** Writes responses: headers for errors and notes, compression, and frames no faster than the client reads. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { BridgeError, type ErrorDetails } from '../../src/errors/bridge-error';
import type { ErrorKind } from '../../src/errors/error-table';
import { renderErrorHeaders, renderNotesHeader, writeJson, writeSse } from '../../src/server/write-response';
import { fakeTurn } from '../support/bridge/fake-bridge';
import { decodeChunked, open, startServer } from '../support/bridge/test-server';

const ROWS: readonly (readonly [kind: ErrorKind, details: ErrorDetails, headers: object])[] = [
  ['rate_limit', { retryAfterMs: 1_200 }, { 'retry-after': '2' }],
  ['rate_limit', {}, {}],
  // The bridge has tried four times; with two retries of an SDK, there would be twelve calls.
  ['rate_limit', { final: true }, { 'x-should-retry': 'false' }],
  ['rate_limit', { final: true, retryAfterMs: 30_000 }, { 'retry-after': '30' }],
  ['upstream_error', { final: true }, { 'x-should-retry': 'false' }],
  ['network', { final: true }, { 'x-should-retry': 'false' }],
  ['shutting_down', {}, {}],
  // An SDK that obeyed retry-after would sleep for a day.
  ['quota', { final: true, retryAfterMs: 86_400_000 }, { 'x-should-retry': 'false', 'retry-after': '86400' }],
  ['auth', { final: true }, {}],
  ['auth', { requestId: 'req-1' }, { 'x-request-id': 'req-1' }],
  ['auth', { requestId: 'no header\r\n' }, {}],
];

for (const [kind, details, headers] of ROWS) {
  test(`headers of ${kind} ${JSON.stringify(details)}`, () =>
    assert.deepEqual(renderErrorHeaders(new BridgeError(kind, 'No.', details)), headers));
}

test('notes become one line of printable ASCII', () => {
  assert.deepEqual(renderNotesHeader(['dropped tool "größe"', 'b\r\nx: y'], 'generic'), {
    'x-bridge-notes': 'dropped tool "gr??e"; b??x: y',
  });
});

test('long notes are truncated', () => {
  const text = String(
    renderNotesHeader(
      Array.from({ length: 500 }, (_, index) => `note ${index}`),
      'generic',
    )['x-bridge-notes'],
  );
  assert.equal(text.length, 2_000);
  assert.match(text, /\.\.\.$/);
});

test('no header without notes, and none for Codex', () => {
  assert.deepEqual(renderNotesHeader([], 'generic'), {});
  assert.deepEqual(renderNotesHeader(['a'], 'codex'), {});
});

/** The part of a ServerResponse that writeSse uses. Its buffer is full after each `write`, until `drain`. */
class FullResponse extends EventEmitter {
  headersSent = false;
  destroyed = false;
  ended = false;
  writableNeedDrain = false;
  readonly written: string[] = [];

  writeHead(): void {
    this.headersSent = true;
  }

  write(frame: string): boolean {
    this.written.push(frame);
    this.writableNeedDrain = true;
    return false;
  }

  drain(): void {
    this.writableNeedDrain = false;
    this.emit('drain');
  }

  end(): void {
    this.ended = true;
  }

  asResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}

/** Yields the frames 1, 2 and 3, and records how many were requested and whether it was ended. */
function createSource() {
  const source = { requested: 0, returned: false, frames };
  async function* frames(): AsyncGenerator<string> {
    try {
      for (const frame of ['1', '2', '3']) {
        source.requested += 1;
        yield frame;
      }
    } finally {
      source.returned = true;
    }
  }
  return source;
}

const PACE = { keepAliveMs: 0, stallMs: 60_000, keepAlive: () => '' };

const nextLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the next frame is requested after drain, and not before', async () => {
  const response = new FullResponse();
  const source = createSource();
  const written = writeSse(response.asResponse(), source.frames(), PACE);
  for (const count of [1, 2, 3]) {
    await nextLoop();
    assert.equal(source.requested, count);
    assert.equal(response.ended, false);
    response.drain();
  }
  await written;
  assert.deepEqual(response.written, ['1', '2', '3']);
  assert.equal(response.ended, true);
  assert.equal(response.listenerCount('drain') + response.listenerCount('close'), 0);
});

test('a client that disconnects before drain ends the source', async () => {
  const response = new FullResponse();
  const source = createSource();
  const written = writeSse(response.asResponse(), source.frames(), PACE);
  await nextLoop();
  response.destroyed = true;
  response.emit('close');
  await written;
  assert.equal(source.requested, 1);
  assert.equal(source.returned, true);
  assert.equal(response.ended, false);
});

test('a client that pauses stops the source once the sockets are full, and gets everything later', async (context) => {
  const size = 256 * 1024;
  const total = 400;
  let requested = 0;
  async function* frames(): AsyncGenerator<string> {
    for (; requested < total; requested += 1) yield 'x'.repeat(size);
  }
  const { port } = await startServer(context, { start: () => fakeTurn({ stream: true, frames }) });
  const incoming = await open(port, { body: '{"input":"hi","stream":true}' });
  let before = -1;
  // Nothing is read. The source has stopped if the event loop turns 2,000 times without a request for a frame.
  for (let quiet = 0; quiet < 2_000; quiet = requested === before ? quiet + 1 : 0) {
    before = requested;
    await nextLoop();
  }
  assert.ok(requested < total / 2, `${requested} of ${total} frames were requested for a client that reads nothing`);
  let received = 0;
  incoming.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await once(incoming, 'end');
  assert.equal(received, size * total);
});

const FRAMES: readonly string[] = [
  'first', 'ascii', '', 'é', '🌍 and ü', '\u0000', 'x'.repeat(4_096),
  '界'.repeat(4_096), 'y'.repeat(4_097), 'z'.repeat(100_000), 'last',
];

for (const version of ['1.1', '1.0']) {
  test(`frames of all lengths and characters arrive unchanged over HTTP/${version}`, async (context) => {
    async function* frames(): AsyncGenerator<string> {
      for (const frame of FRAMES) {
        yield frame;
        // After a short frame the buffer is empty again; the frame after a long one finds it still in the buffer.
        if (frame.length < 100) await nextLoop();
      }
    }
    const { port } = await startServer(context, { start: () => fakeTurn({ stream: true, frames }) });
    const body = '{"input":"hi","stream":true}';
    const headers = `host: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nconnection: close`;
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /v1/responses HTTP/${version}\r\n${headers}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const bodyAt = bytes.indexOf('\r\n\r\n') + 4;
    const isChunked = /transfer-encoding: chunked/i.test(bytes.toString('latin1', 0, bodyAt));
    assert.equal(isChunked, version === '1.1');
    const coded = bytes.subarray(bodyAt);
    const received = (isChunked ? decodeChunked(coded) : coded).toString();
    const expected = FRAMES.join('');
    assert.ok(received === expected, `${received.length} characters instead of ${expected.length}`);
  });
}

const LARGE = { text: 'All work and no play. '.repeat(500) };

for (const [accepted, coding] of [
  ['zstd,gzip', 'gzip'], ['gzip;q=0.5, br', 'gzip'], ['gzip;q=0', undefined], ['gzip; q=0.0, br', undefined],
  ['br', undefined], [undefined, undefined],
] as const) {
  test(`a large body for accept-encoding ${accepted} is ${coding ?? 'plain'}`, async (context) => {
    const server = createServer((_request, response) => writeJson(response.setHeader('vary', 'Origin'), LARGE));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    context.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const headers = { ...(accepted !== undefined && { 'accept-encoding': accepted }) };
    const [response] = (await once(get({ port, host: '127.0.0.1', headers }), 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    assert.equal(response.headers['content-encoding'], coding);
    assert.equal(response.headers.vary, 'Origin, accept-encoding');
    assert.equal(Number(response.headers['content-length']), bytes.length);
    assert.deepEqual(JSON.parse(String(coding === undefined ? bytes : gunzipSync(bytes))), LARGE);
  });
}
