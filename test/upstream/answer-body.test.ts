/**
 * Bodies that are taken from fetch's engine, compared with those that fetch reads itself: a body with
 * `content-encoding: identity` takes the plain path and has the same bytes.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DirectBody } from '../../src/upstream/answer-body';
import { createFetchTransport, type UpstreamAnswer } from '../../src/upstream/transport';
import { createRandom } from '../support/random';

type Play = (response: ServerResponse, socket: Socket) => void | Promise<void>;

const LIMITS = { connectMs: 60_000, firstByteMs: 60_000, idleMs: 60_000 };
const PATHS = [['direct', {}], ['plain', { 'content-encoding': 'identity' }]] as const;

/** Starts a server that runs `play` after its headers. @returns a function that sends it a request */
async function startServer(context: TestContext, play: Play) {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      response.writeHead(200, { ...PATHS.find(([name]) => incoming.url === `/${name}`)?.[1] });
      response.flushHeaders();
      void play(response, incoming.socket);
    });
  });
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const send = createFetchTransport(LIMITS);
  return (path: string, abort = new AbortController().signal): Promise<UpstreamAnswer> =>
    send({ url: `http://127.0.0.1:${port}/${path}`, headers: {}, body: [Buffer.from('{}')], abort });
}

/** The bytes, and `end` or the error's message without the port. */
async function readAll(answer: UpstreamAnswer): Promise<{ readonly bytes: Buffer; readonly end: string }> {
  const chunks: Uint8Array[] = [];
  let end = 'end';
  try {
    for (let chunk = await answer.read(); chunk; chunk = await answer.read()) chunks.push(chunk);
  } catch (cause) {
    end = String(cause).replace(/:\d+/g, '');
  }
  return { bytes: Buffer.concat(chunks), end };
}

const write = (response: ServerResponse, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => response.write(bytes, () => resolve()));

const ENDS: readonly (readonly [name: string, end: Play])[] = [
  ['an end', (response) => void response.end()],
  ['a closed connection', (_response, socket) => void socket.destroy()],
  ['a reset connection', (_response, socket) => void socket.resetAndDestroy()],
  ['an invalid chunk', (_response, socket) => void socket.end('what?\r\n')],
];

describe('both paths read the same', () => {
  for (const [name, end] of ENDS) {
    for (const seed of [1, 2, 3]) {
      it(`random chunks before ${name} (${seed})`, async (context) => {
        const random = createRandom(seed);
        const sizes = Array.from({ length: 20 }, () => 1 + Math.floor(random() ** 6 * 300_000));
        const call = await startServer(context, async (response, socket) => {
          for (const [index, size] of sizes.entries()) await write(response, Buffer.alloc(size, 48 + index));
          await end(response, socket);
        });
        const [direct, plain] = [await readAll(await call('direct')), await readAll(await call('plain'))];
        assert.equal(direct.end, plain.end);
        // A reset discards what the system has not delivered yet.
        if (!name.includes('reset')) assert.ok(direct.bytes.equals(plain.bytes));
      });
    }
  }

  it('and the direct one is used wherever possible', async (context) => {
    const call = await startServer(context, (response) => void response.end('text'));
    // fetch copies every chunk to a new Uint8Array.
    for (const [path, isDirect] of [['direct', true], ['plain', false]] as const) {
      const answer = await call(path);
      assert.equal(Buffer.isBuffer(await answer.read()), isDirect);
      answer.cancel();
    }
  });

  it('an answer without a body', async (context) => {
    const call = await startServer(context, (response) => void response.end());
    for (const [path] of PATHS) {
      const { bytes, end } = await readAll(await call(path));
      assert.deepEqual([bytes.length, end], [0, 'end']);
    }
  });
});

for (const [path] of PATHS) {
  describe(`the ${path} path`, () => {
    it('makes the provider wait while nothing is read, and then continues', async (context) => {
      const [size, total] = [64 * 1024, 1_000];
      let sent = 0;
      const call = await startServer(context, async (response) => {
        for (; sent < total; sent += 1) await write(response, Buffer.alloc(size));
        response.end();
      });
      const answer = await call(path);
      // The provider has to wait if the event loop runs for long without a further chunk.
      let before = -1;
      for (let quiet = 0; quiet < 2_000; quiet = sent === before ? quiet + 1 : 0) {
        before = sent;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(sent < total / 2, `${sent} of ${total} chunks were sent`);
      let received = 0;
      for (let chunk = await answer.read(); chunk; chunk = await answer.read()) received += chunk.length;
      assert.equal(received, size * total);
    });

    it('ends a waiting read when the client disconnects', async (context) => {
      const call = await startServer(context, async (response) => write(response, Buffer.from('begun')));
      const controller = new AbortController();
      const answer = await call(path, controller.signal);
      assert.equal(Buffer.from((await answer.read()) ?? []).toString(), 'begun');
      const waiting = answer.read();
      controller.abort();
      await assert.rejects(waiting);
    });

    it('drops unread data when the client disconnects', async (context) => {
      let arrived = (): void => undefined;
      const sent = new Promise<void>((resolve) => { arrived = resolve; });
      const call = await startServer(context, async (response) => {
        await write(response, Buffer.from('begun'));
        arrived();
      });
      const controller = new AbortController();
      const answer = await call(path, controller.signal);
      await sent;
      // The bytes are on their way to this process, and may also arrive after the abort.
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      await assert.rejects(answer.read());
      await assert.rejects(answer.read());
    });

    it('survives garbage collections while the answer streams', async (context) => {
      setFlagsFromString('--expose-gc');
      const collect: () => void = runInNewContext('gc');
      let goOn = (): void => undefined;
      const call = await startServer(context, async (response) => {
        for (let index = 0; index < 20; index += 1) {
          await write(response, Buffer.from(`${index},`));
          await new Promise<void>((resolve) => { goOn = resolve; });
        }
        response.end();
      });
      const { read } = await call(path);
      let text = '';
      for (let chunk = await read(); chunk; chunk = await read()) {
        text += Buffer.from(chunk).toString();
        collect();
        // Finalizers run in a task of their own.
        await new Promise((resolve) => setImmediate(resolve));
        goOn();
      }
      assert.equal(text, Array.from({ length: 20 }, (_, index) => `${index},`).join(''));
    });
  });
}

it('chunks of one byte make the provider wait before they take much memory', () => {
  const body = new DirectBody();
  const handlers: object[] = [];
  const attached = body.attach({ dispatch: (_options: unknown, handler: object) => handlers.push(handler) });
  const ignore = (): void => undefined;
  const callbacks = { onHeaders: ignore, onData: ignore, onComplete: ignore, onError: ignore };
  Reflect.get(attached, 'dispatch')({}, callbacks);
  const [handler = {}] = handlers;
  Reflect.get(handler, 'onHeaders')(200, [], ignore);
  let count = 1;
  while (Reflect.get(handler, 'onData')(Buffer.from('a')) === true) count += 1;
  assert.ok(count < 10_000, `${count} chunks wait`);
});

it('an engine or a handler with other methods is used as it is', () => {
  const foreign = { send: () => true };
  assert.equal(new DirectBody().attach(foreign), foreign);
  const given: unknown[] = [];
  const attached = new DirectBody().attach({ dispatch: (_options: unknown, handler: unknown) => given.push(handler) });
  const handler = { onResponseStart: () => undefined };
  Reflect.get(attached, 'dispatch')({}, handler);
  assert.deepEqual(given, [handler]);
});
