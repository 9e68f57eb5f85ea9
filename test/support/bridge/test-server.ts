/** Starts a real bridge server on a free loopback port; its clients can send what browsers and broken programs send. */
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { createLogger } from '../../../src/observe/log';
import { createBridgeServer, type BridgeServer } from '../../../src/server/create-server';
import type { ServerConfig } from '../../../src/server/http-exchange';
import { createFakeBridge, type FakeBridge, type FakeBridgeOptions } from './fake-bridge';

export interface TestServer {
  readonly server: BridgeServer;
  readonly bridge: FakeBridge;
  readonly port: number;
  /** Log lines as objects, all levels. */
  readonly logged: readonly Record<string, unknown>[];
  /** What the server has opened so far, in order: `bridge`, `ledger`. */
  readonly opened: readonly string[];
}

/** Starts a server and closes it after the test. */
export async function startServer(
  context: TestContext,
  options: FakeBridgeOptions & { readonly config?: Partial<ServerConfig> } = {},
): Promise<TestServer> {
  const logged: Record<string, unknown>[] = [];
  const write = (line: string): void => void logged.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLogger({ level: 'debug', format: 'json', write });
  const bridge = createFakeBridge(options);
  const opened: string[] = [];
  const recordOpening = <T>(name: string, value: T) => (): T => {
    opened.push(name);
    return value;
  };
  const ledger = recordOpening('ledger', { add: () => undefined });
  const config: ServerConfig = {
    host: '127.0.0.1', port: 0, bodyLimitMb: 1, bodyMaxDepth: 256, bodyMaxValues: 250_000, bodiesInFlightMb: 64,
    drainTimeoutMs: 0, keepAliveMs: 0, clientStallTimeoutMs: 60_000,
    aiBaseUrl: 'http://upstream.test/v1', ...options.config,
  };
  const server = createBridgeServer({ config, version: '1.2.3', log, bridge: recordOpening('bridge', bridge), ledger });
  context.after(() => server.closeNow());
  const { port } = await server.listen();
  return { server, bridge, port, logged, opened };
}

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request on its own connection. Resolves when the response begins. */
export async function open(port: number, options: RequestOptions = {}): Promise<IncomingMessage> {
  const { method = 'POST', path = '/v1/responses', headers = {}, body } = options;
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const outgoing = httpRequest({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: false,
    headers: { ...json, ...headers },
  });
  // A server that answers before the body has arrived may close the connection; `once` still rejects.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

/** Sends a request on its own connection and reads the complete response. */
export async function sendRequest(port: number, request: RequestOptions = {}): Promise<Answer> {
  const incoming = await open(port, request);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: await readAll(incoming) };
}

/** Sends a JSON value. */
export function post(port: number, value: unknown, request: RequestOptions = {}): Promise<Answer> {
  return sendRequest(port, { ...request, body: JSON.stringify(value) });
}

export async function readAll(stream: AsyncIterable<Buffer> | IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Decodes a complete body in chunked transfer coding, of any number of chunks. @throws if it is invalid */
export function decodeChunked(coded: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; ;) {
    const line = coded.indexOf('\r\n', start);
    const size = coded.toString('latin1', start, line);
    if (line < 0 || !/^[\da-f]+$/i.test(size)) throw new Error(`Invalid chunk size: ${JSON.stringify(size)}`);
    const end = line + 2 + Number.parseInt(size, 16);
    if (coded.toString('latin1', end, end + 2) !== '\r\n') throw new Error(`No line ending after a chunk of ${size}`);
    parts.push(coded.subarray(line + 2, end));
    start = end + 2;
    if (end > line + 2) continue;
    if (start < coded.length) throw new Error(`${coded.length - start} bytes after the last chunk`);
    return Buffer.concat(parts);
  }
}

/** A connection for raw bytes. */
export async function connectTo(context: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Resolves when `signal` is aborted, with its reason. */
export async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.reason as unknown;
}

/** The `error` member of a JSON error body. */
export function readError(answer: Answer): Record<string, unknown> {
  return (JSON.parse(answer.text) as { error: Record<string, unknown> }).error;
}
