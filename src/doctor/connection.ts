/** One connection to the provider, without a request: TCP, and TLS where the address says so. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure, TLSSocket } from 'node:tls';
import type { BridgeError } from '../errors/bridge-error';
import { classifyNetworkError } from '../errors/network-error';
import { portOf } from './address';

export type Connection =
  | { readonly ok: true; readonly ms: number; /** Where TLS was spoken. */ readonly tls?: TlsFacts }
  | { readonly ok: false; readonly error: BridgeError; readonly code: string | undefined };

export interface TlsFacts {
  readonly protocol: string;
  /** Who vouches for the certificate. */
  readonly issuer: string;
  /** As the certificate has it. */
  readonly validTo: string;
}

/** Connects to the host of `url` and hangs up. Never rejects. */
export function tryConnection(url: URL, timeoutMs: number): Promise<Connection> {
  const start = performance.now();
  return new Promise((resolve) => {
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = portOf(url);
    // A server name must not be an address (RFC 6066, section 3).
    const servername = /^[\d.]+$|:/.test(host) ? '' : host;
    const socket: Socket = isSecure ? connectSecure({ host, port, servername }) : connectPlain({ host, port });
    const end = (connection: Connection): void => {
      socket.destroy();
      resolve(connection);
    };
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end({ ok: false, error: classifyNetworkError(error, url.host), code: error.code });
    });
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      const tls = socket instanceof TLSSocket ? readTls(socket) : undefined;
      end({ ok: true, ms: Math.round(performance.now() - start), ...(tls && { tls }) });
    });
  });
}

function readTls(socket: TLSSocket): TlsFacts {
  const { issuer, valid_to: validTo } = socket.getPeerCertificate();
  return { protocol: socket.getProtocol() ?? 'TLS', issuer: issuer?.O || issuer?.CN || 'unknown', validTo };
}
