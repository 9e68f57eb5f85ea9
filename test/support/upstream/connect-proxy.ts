/** An HTTP proxy for tests: tunnels each allowed CONNECT, whatever its host, to one port of this machine. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { TestContext } from 'node:test';

const TLS = join(__dirname, '..', '..', 'fixtures', 'tls');

const readTls = (name: string) => ({
  certFile: join(TLS, `${name}-test-only-certificate.pem`),
  keyFile: join(TLS, `${name}-test-only-key.pem`),
  get cert() {
    return readFileSync(this.certFile);
  },
  get key() {
    return readFileSync(this.keyFile);
  },
});

/** A certificate for api.acme.test and localhost, which is its own authority, and its key. */
export const ACME_TLS = readTls('acme');
/** A certificate of that authority for 127.0.0.1 and ::1 only, and its key. */
export const ADDRESS_TLS = readTls('address');

export interface ProxyOptions {
  /** Where all tunnels end. */
  readonly port: number;
  /** The allowed target ports. Default: 443, as in the default settings of real proxies. */
  readonly allowed?: readonly number[];
  /** The required `name:password`. */
  readonly credentials?: string;
  /** The status of every answer; no tunnel is opened unless it is 200. */
  readonly status?: number;
  /** The proxy itself speaks TLS. */
  readonly isSecure?: boolean;
  /** The certificate for TLS. */
  readonly tls?: typeof ACME_TLS;
}

export interface ConnectProxy {
  readonly port: number;
  /** The requested targets, with the status of each answer: `api.acme.test:443 200`. */
  readonly seen: readonly string[];
  /** For a proxy that speaks TLS: the common name in each client's certificate; empty without a certificate. */
  readonly clients: readonly string[];
}

/** Starts the proxy and closes it after the test. */
export async function startConnectProxy(context: TestContext, options: ProxyOptions): Promise<ConnectProxy> {
  const { port, allowed = [443], credentials, status, isSecure = false, tls = ACME_TLS } = options;
  const expected = credentials && `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
  const seen: string[] = [];
  const clients: string[] = [];
  const sockets = new Set<Socket>();
  const reject: RequestListener = (_request, response) => void response.writeHead(405).end();
  const server = isSecure
    ? createSecureServer({ cert: tls.cert, key: tls.key, requestCert: true, rejectUnauthorized: false }, reject)
    : createServer(reject);
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  server.on('connection', track).on('connect', (request, client: Socket) => {
    const given = request.headers['proxy-authorization'];
    const isAllowed = allowed.includes(Number(/:(\d+)$/.exec(request.url ?? '')?.[1]));
    const code = status ?? (expected !== undefined && given !== expected ? 407 : isAllowed ? 200 : 403);
    seen.push(`${request.url} ${code}`);
    if (client instanceof TLSSocket) clients.push(client.getPeerCertificate().subject?.CN ?? '');
    track(client);
    if (code !== 200) return void client.end(`HTTP/1.1 ${code} No\r\ncontent-length: 0\r\n\r\n`);
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    return track(target);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, seen, clients };
}
