/** The test client: it records reads, endings and aborts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { checkContentType } from '../stream/stream-grammar';
import { getJson, parseSse, postJson, postStream } from './sse-client';

async function withServer(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('parseSse reads every line ending, joins data lines and skips comments', () => {
  const events = parseSse(': ping\n\nevent: a\r\ndata: {"type":\r\ndata: "a"}\r\n\r\ndata:[DONE]\r\r');
  assert.deepEqual(events, [
    { event: 'a', data: '{"type":\n"a"}', json: { type: 'a' } },
    { data: '[DONE]', json: undefined },
  ]);
});

test('a stream is recorded in order, with its network reads', async () => {
  const listener: RequestListener = (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('data: {"type":"first"}\n\n');
    request.resume();
    request.once('end', () => response.end(`data: {"type":"second","method":"${request.method ?? ''}"}\n\n`));
  };
  await withServer(listener, async (url) => {
    const reply = await postStream(url, { model: 'm' });
    assert.equal(reply.ending, 'complete');
    assert.deepEqual(reply.events.map(({ json }) => json), [{ type: 'first' }, { type: 'second', method: 'POST' }]);
    assert.deepEqual(Buffer.concat([...reply.chunks]), reply.bytes);
    assert.deepEqual(checkContentType(reply), []);
  });
});

test('an answer truncated by the server resolves with what arrived', async () => {
  const listener: RequestListener = (_request, response) => {
    response.writeHead(200);
    response.write('data: {"type":"first"}\n\n', () => response.destroy());
  };
  await withServer(listener, async (url) => {
    const reply = await postStream(url, {});
    assert.equal(reply.ending, 'cut');
    assert.equal(reply.events.length, 1);
  });
});

test('the caller can abort after the first read, and the server sees the connection close', async () => {
  let closed: Promise<unknown> | undefined;
  const listener: RequestListener = (_request, response) => {
    closed = once(response, 'close');
    response.writeHead(200);
    response.write('data: {"type":"first"}\n\n');
  };
  await withServer(listener, async (url) => {
    const controller = new AbortController();
    const reply = await postStream(url, {}, {}, { signal: controller.signal, onChunk: () => controller.abort() });
    assert.equal(reply.ending, 'aborted');
    assert.equal(reply.events.length, 1);
    await closed;
  });
});

test('rejects if the server does not answer', async () => {
  await withServer((request) => request.socket.destroy(), async (url) => {
    await assert.rejects(postJson(url, {}), /socket hang up|ECONNRESET/);
  });
});

test('sends and reads JSON, and sends raw bodies unchanged', async () => {
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      response.end(JSON.stringify({ got: Buffer.concat(chunks).toString(), key: request.headers['x-key'] }));
    });
  };
  await withServer(listener, async (url) => {
    assert.deepEqual((await postJson(url, { a: 1 }, { 'x-key': 'sk-test-1' })).json, {
      got: '{"a":1}',
      key: 'sk-test-1',
    });
    assert.deepEqual((await postJson(url, '{not json')).json, { got: '{not json' });
    assert.equal((await getJson(url)).status, 200);
  });
});

test('checkContentType reports a wrong status and a wrong content type', () => {
  const violations = checkContentType({ status: 500, headers: { 'content-type': 'application/json' } });
  assert.deepEqual(violations.map(({ rule, level }) => [rule, level]), [['T7', 'error'], ['T7', 'error']]);
});
