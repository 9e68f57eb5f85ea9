/** An upstream that sends exact bytes over TCP, HTTP or not: for answers that no HTTP library would write. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

/** How a connection ends after the last write: closed normally, with a TCP reset, or left open. */
export type TcpEnd = 'close' | 'reset' | 'hang';

export interface TcpStep {
  /** Each element is one write, which a reader in this process sees as one read. */
  readonly writes: readonly (string | Buffer)[];
  readonly end: TcpEnd;
  /** Awaited before each write, with its index, and before the end. */
  readonly gate?: (index: number) => Promise<void>;
}

export interface TcpUpstream {
  /** Base URL ending in `/v1`. */
  readonly url: string;
  readonly host: string;
  /** The number of requests. */
  readonly calls: number;
  /** Bodies of the requests, in order. */
  readonly bodies: readonly string[];
  /** Resolves when the client has closed the connection of the request with this index. */
  closed(index: number): Promise<void>;
}

/**
 * Starts the upstream on a free loopback port; `script` picks the step for each request. After the test, closes the
 * upstream, and fails the test if the script or a gate threw.
 */
export async function startTcpUpstream(
  context: Pick<TestContext, 'after'>, script: (index: number) => TcpStep,
): Promise<TcpUpstream> {
  const sockets = new Set<Socket>();
  const bodies: string[] = [];
  const closed: Promise<void>[] = [];
  const errors: unknown[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const disconnected = new Promise<void>((resolve) => socket.once('close', resolve));
    readRequest(socket).then(async (body) => {
      if (body === undefined) return;
      bodies.push(body);
      closed.push(disconnected);
      await send(socket, script(bodies.length - 1), disconnected);
    }).catch((error: unknown) => {
      errors.push(error);
      socket.destroy();
    });
  });
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
    assert.deepEqual(errors, [], 'the script or a gate threw');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/v1`,
    host,
    bodies,
    get calls() {
      return bodies.length;
    },
    closed: (index) => closed[index] ?? Promise.reject(new Error(`Request ${index} was not received`)),
  };
}

/** Reads the body of a connection's only request; `undefined` if the client disconnects before its end. */
async function readRequest(socket: Socket): Promise<string | undefined> {
  let text = Buffer.alloc(0);
  for (;;) {
    const end = text.indexOf('\r\n\r\n');
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.toString('latin1', 0, Math.max(end, 0)))?.[1] ?? 0);
    if (end >= 0 && text.length >= end + 4 + length) return text.toString('utf8', end + 4);
    const chunk = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [])]).catch(() => []);
    if (chunk[0] === undefined) return undefined;
    text = Buffer.concat([text, chunk[0] as Buffer]);
  }
}

async function send(socket: Socket, { writes, end, gate }: TcpStep, disconnected: Promise<void>): Promise<void> {
  for (const [index, bytes] of writes.entries()) {
    await Promise.race([gate?.(index), disconnected]);
    if (socket.destroyed) return;
    await Promise.race([new Promise((written) => socket.write(bytes, written)), disconnected]);
    // Two turns of the event loop keep writes separate for a reader in this process (writer.ts).
    await turn();
    await turn();
  }
  await Promise.race([gate?.(writes.length), disconnected]);
  if (socket.destroyed || end === 'hang') return;
  if (end === 'reset') socket.resetAndDestroy();
  else socket.end();
}

/** Renders the head of an answer; `status` is for example `200 OK`. */
export const head = (status: string, headers: Readonly<Record<string, string | number>>): string =>
  [`HTTP/1.1 ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');

/** Encodes one chunk of a chunked body. */
export function chunk(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** The end of a chunked body. */
export const LAST_CHUNK = '0\r\n\r\n';
