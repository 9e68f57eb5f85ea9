/** An HTTP proxy for tests: tunnels every CONNECT to one port of this machine, whatever host it names. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const TLS = join(__dirname, '..', '..', 'fixtures', 'tls');

/** A certificate for api.acme.test and localhost, which is its own authority, and its key. */
export const ACME_TLS = {
  certFile: join(TLS, 'acme-test-only-certificate.pem'),
  keyFile: join(TLS, 'acme-test-only-key.pem'),
  get cert() {
    return readFileSync(this.certFile);
  },
  get key() {
    return readFileSync(this.keyFile);
  },
};

export interface ProxyOptions {
  /** Where all tunnels end. */
  readonly port: number;
  /** `name:password` that it demands. */
  readonly credentials?: string;
  /** The status of every answer, in place of a tunnel. */
  readonly status?: number;
  /** The proxy itself speaks TLS. */
  readonly isSecure?: boolean;
}

export interface ConnectProxy {
  readonly port: number;
  /** The targets that were asked for, with the status of the answer: `api.acme.test:443 200`. */
  readonly seen: readonly string[];
}

/** Starts the proxy and ends it with the test. */
export async function startConnectProxy(context: TestContext, options: ProxyOptions): Promise<ConnectProxy> {
  const { port, credentials, status, isSecure = false } = options;
  const expected = credentials && `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const reject: RequestListener = (_request, response) => void response.writeHead(405).end();
  const server = isSecure
    ? createSecureServer({ cert: ACME_TLS.cert, key: ACME_TLS.key }, reject)
    : createServer(reject);
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  server.on('connection', keep).on('connect', (request, client: Socket) => {
    const given = request.headers['proxy-authorization'];
    const code = status ?? (expected !== undefined && given !== expected ? 407 : 200);
    seen.push(`${request.url} ${code}`);
    keep(client);
    if (code !== 200) return void client.end(`HTTP/1.1 ${code} No\r\ncontent-length: 0\r\n\r\n`);
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    return keep(target);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}
