/** The function that sends all requests to the provider: what it sends, how it reads, and how it ends. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { createFetchTransport, type UpstreamAnswer, type UpstreamRequest } from '../../src/upstream/transport';

interface TestServer {
  readonly url: string;
  readonly sockets: readonly Socket[];
}

async function startServer(context: TestContext, listener: RequestListener): Promise<TestServer> {
  const sockets: Socket[] = [];
  const server = createServer(listener).on('connection', (socket) => sockets.push(socket));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/x`, sockets };
}

/** A promise that a callback resolves. */
function latch(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((open) => { resolve = open; });
  return { promise, resolve };
}

const LIMITS = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };
const request = (url: string, fields: Partial<UpstreamRequest> = {}): UpstreamRequest =>
  ({ url, headers: {}, body: [Buffer.from('{}')], abort: new AbortController().signal, ...fields });

async function readAll(answer: UpstreamAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await answer.read(); chunk; chunk = await answer.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const isBridgeError = (kind: string, message: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof BridgeError, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return true;
};

const WHOLE = Buffer.from(`{"text":"é🌍${'x'.repeat(3_000_000)}"}`);
const BODIES: readonly (readonly [name: string, body: readonly Buffer[]])[] = [
  ['one piece', [Buffer.from('{"text":"é🌍"}')]],
  ['pieces split inside a character', [WHOLE.subarray(0, 10), WHOLE.subarray(10, 1_000_000), WHOLE.subarray(1e6)]],
  ['many pieces', Array.from({ length: 500 }, (_, index) => Buffer.from(`${index},`))],
  ['a piece without bytes', [Buffer.from('{'), Buffer.alloc(0), Buffer.from('}')]],
];

describe('what is sent', () => {
  for (const [name, body] of BODIES) {
    it(`is the body as bytes, with its length and the headers that were given: ${name}`, async (context) => {
      let seen:
        | { readonly method: string | undefined; readonly headers: IncomingMessage['headers']; readonly body: string }
        | undefined;
      const { url } = await startServer(context, async (incoming, response) => {
        seen = { method: incoming.method, headers: incoming.headers, body: await readBody(incoming) };
        response.end('ok');
      });
      const headers = { 'content-type': 'application/json', 'accept-encoding': 'identity', 'user-agent': 'a/1' };
      const send = createFetchTransport(LIMITS);
      // A second request over the same connection: nothing is left of the first.
      for (const _ of [1, 2]) {
        const answer = await send(request(url, { body, headers }));
        assert.equal(await answer.text(100), 'ok');
        assert.equal(seen?.method, 'POST');
        const whole = Buffer.concat(body);
        assert.ok(seen.body === whole.toString(), 'the bytes differ');
        const { 'content-length': length, 'transfer-encoding': coding, 'content-type': type } = seen.headers;
        assert.deepEqual([length, coding, type], [String(whole.length), undefined, 'application/json']);
        assert.deepEqual([seen.headers['accept-encoding'], seen.headers['user-agent']], ['identity', 'a/1']);
      }
    });
  }
});

describe('what is read', () => {
  it('status and headers of any answer', async (context) => {
    const { url } = await startServer(
      context,
      (_, response) => void response.writeHead(418, { 'X-Request-Id': 'r-1' }).end('no'),
    );
    const answer = await createFetchTransport(LIMITS)(request(url));
    assert.equal(answer.status, 418);
    assert.equal(answer.header('x-request-id'), 'r-1');
    assert.equal(answer.header('x-other'), undefined);
    assert.equal(await answer.text(100), 'no');
  });

  it('a redirect of a body in pieces is an error, and its target gets no request', async (context) => {
    let requests = 0;
    const { url } = await startServer(context, async (incoming, response) => {
      requests += 1;
      await readBody(incoming);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const body = [Buffer.from('{'), Buffer.from('}')];
    await assert.rejects(createFetchTransport(LIMITS)(request(url, { body })), (error: unknown) => {
      assert.ok(error instanceof BridgeError && error.kind === 'upstream_rejected');
      assert.match(error.message, /answered with a redirect\. Redirects are not followed: check AI_API_BASE\.$/);
      return true;
    });
    assert.equal(requests, 1);
  });

  it('status 407, which fetch reports without a reason, is explained', async (context) => {
    const { url } = await startServer(context, (_, response) => response.writeHead(407).end('{}'));
    await assert.rejects(createFetchTransport(LIMITS)(request(url)), (error: unknown) => {
      assert.ok(error instanceof BridgeError && error.kind === 'forbidden');
      const problem = `${new URL(url).host} answered with status 407: a proxy in front of the API requires a login.`;
      assert.equal(error.message, `${problem} Check HTTPS_PROXY and AI_API_BASE.`);
      return true;
    });
  });

  it('a redirect is a response, and its target gets no request', async (context) => {
    let requests = 0;
    const { url } = await startServer(context, (_, response) => {
      requests += 1;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const answer = await createFetchTransport(LIMITS)(request(url));
    assert.deepEqual(
      [answer.status, answer.header('location'), await answer.text(100), requests],
      [307, '/elsewhere', '', 1],
    );
  });

  it('no body at all', async (context) => {
    const { url } = await startServer(context, (_, response) => void response.writeHead(204).end());
    assert.equal(await readAll(await createFetchTransport(LIMITS)(request(url))), '');
  });

  it('each write as it arrives', async (context) => {
    let write: ServerResponse['write'] | undefined;
    const { url } = await startServer(context, (_, response) => {
      response.flushHeaders();
      write = response.write.bind(response) as ServerResponse['write'];
    });
    const answer = await createFetchTransport(LIMITS)(request(url));
    for (const text of ['one', 'two']) {
      const read = answer.read();
      write?.(text);
      assert.equal(Buffer.from((await read) ?? []).toString(), text);
    }
    answer.cancel();
  });

  it('text up to a limit', async (context) => {
    const { url } = await startServer(context, (_, response) => void response.end('x'.repeat(1_000_000)));
    assert.equal((await (await createFetchTransport(LIMITS)(request(url))).text(10)).length, 10);
  });
});

describe('ending', () => {
  it('a cancel ends the request', async (context) => {
    const closed = latch();
    const { url } = await startServer(context, (_, response) => {
      response.write('one');
      response.on('close', closed.resolve);
    });
    const answer = await createFetchTransport(LIMITS)(request(url));
    await answer.read();
    answer.cancel();
    await closed.promise;
  });

  it('an abort ends it before the answer, with its reason', async (context) => {
    const requested = latch();
    const closed = latch();
    const { url } = await startServer(context, (_, response) => {
      response.on('close', closed.resolve);
      requested.resolve();
    });
    const leaving = new AbortController();
    const answer = createFetchTransport(LIMITS)(request(url, { abort: leaving.signal }));
    await requested.promise;
    leaving.abort(new BridgeError('shutting_down', 'Closing.'));
    await assert.rejects(answer, isBridgeError('shutting_down', /^Closing\.$/));
    await closed.promise;
  });

  it('an abort ends it in the middle, with its reason', async (context) => {
    const closed = latch();
    const { url } = await startServer(context, (_, response) => {
      response.write('one');
      response.on('close', closed.resolve);
    });
    const leaving = new AbortController();
    const answer = await createFetchTransport(LIMITS)(request(url, { abort: leaving.signal }));
    await answer.read();
    const read = answer.read();
    leaving.abort(new BridgeError('shutting_down', 'Closing.'));
    await assert.rejects(read, isBridgeError('shutting_down', /^Closing\.$/));
    await closed.promise;
  });

  it('an abort after the answer has begun ends the request, although nothing reads it', async (context) => {
    const { url } = await startServer(context, (_, response) => void response.write('one'));
    const leaving = new AbortController();
    let ends = 0;
    const onEnd = (): void => void (ends += 1);
    const answer = await createFetchTransport(LIMITS)(request(url, { abort: leaving.signal, onEnd }));
    leaving.abort(new BridgeError('shutting_down', 'Closing.'));
    assert.equal(ends, 1);
    answer.cancel();
    assert.equal(ends, 1);
  });

  it('a reason that is not a BridgeError becomes one', async (context) => {
    const { url } = await startServer(context, () => undefined);
    const abort = AbortSignal.abort(new Error('The client closed the connection.'));
    await assert.rejects(
      createFetchTransport(LIMITS)(request(url, { abort })),
      isBridgeError('network', /The client closed the connection/),
    );
  });

  it('an abort after the end has no effect', async (context) => {
    const { url } = await startServer(context, (_, response) => void response.end('ok'));
    const leaving = new AbortController();
    const answer = await createFetchTransport(LIMITS)(request(url, { abort: leaving.signal }));
    assert.equal(await answer.text(100), 'ok');
    leaving.abort();
  });

  it('the connection is kept if the stream ends shortly after its last event', async (context) => {
    const ends = new EventEmitter();
    const { url, sockets } = await startServer(context, (incoming, response) => {
      incoming.resume();
      response.write('[DONE]');
      ends.once('end', () => response.end(() => setImmediate(() => setImmediate(() => ends.emit('ended')))));
    });
    const transport = createFetchTransport(LIMITS);
    for (let round = 0; round < 5; round += 1) {
      const answer = await transport(request(url));
      await answer.read();
      answer.cancel(true);
      const ended = once(ends, 'ended');
      ends.emit('end');
      await ended;
    }
    // fetch may open a second one while it still counts the first as busy; five would be one per request.
    assert.ok(sockets.length <= 2, `${sockets.length} connections`);
  });

  it('the connection is closed if the stream does not end after its last event', async (context) => {
    const closed = latch();
    const { url } = await startServer(context, (_, response) => {
      response.write('[DONE]');
      response.on('close', closed.resolve);
    });
    const answer = await createFetchTransport(LIMITS)(request(url));
    await answer.read();
    answer.cancel(true);
    await closed.promise;
  });
});

describe('limits', () => {
  it('no answer in time', async (context) => {
    const { url } = await startServer(context, () => undefined);
    const host = new URL(url).host;
    await assert.rejects(
      createFetchTransport({ ...LIMITS, firstByteMs: 20 })(request(url)),
      isBridgeError(
        'timeout',
        new RegExp(`^${host} sent no answer for 20 ms; raise UPSTREAM_FIRST_BYTE_TIMEOUT_MS to wait longer\\.$`),
      ),
    );
  });

  it('a head, but no byte in time', async (context) => {
    const { url } = await startServer(context, (_, response) => response.flushHeaders());
    // Long enough for the head on a busy machine.
    const answer = await createFetchTransport({ ...LIMITS, firstByteMs: 1_000 })(request(url));
    await assert.rejects(readAll(answer), isBridgeError('timeout', /UPSTREAM_FIRST_BYTE_TIMEOUT_MS/));
  });

  it('silence after the first byte', async (context) => {
    const { url } = await startServer(context, (_, response) => void response.write('one'));
    const answer = await createFetchTransport({ ...LIMITS, idleMs: 20 })(request(url));
    await assert.rejects(
      readAll(answer),
      isBridgeError('timeout', /sent only part of its answer, then nothing for 20 ms; raise UPSTREAM_IDLE_TIMEOUT_MS/),
    );
  });

  it('0 disables a limit', async (context) => {
    const { url } = await startServer(context, (_, response) => void setImmediate(() => response.end('ok')));
    assert.equal(
      await (await createFetchTransport({ connectMs: 0, firstByteMs: 0, idleMs: 0 })(request(url))).text(10),
      'ok',
    );
  });
});
