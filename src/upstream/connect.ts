/**
 * Creates connections that use a proxy or need certificates, for native fetch on every supported Node. Loaded only
 * if a proxy or a certificate is configured.
 */
import { readFileSync } from 'node:fs';
import { request as requestPlain, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecure, rootCertificates, type SecureContextOptions } from 'node:tls';
import { parseUrl } from '../base/base-url';
import { attempt, messageOf } from '../base/thrown';
import { chooseProxy, type ProxyVariables } from '../config/proxies';
import { BridgeError } from '../errors/bridge-error';
import { classifyNetworkError } from '../errors/network-error';
import type { ConnectionSettings } from '../providers/provider';

/** How to connect to a host, if not by Node's default. */
export interface Connection extends ConnectionSettings {
  /** The proxy variables; `proxy` overrides them. */
  readonly proxies?: ProxyVariables;
  /** Opens the connection itself, so all other settings are ignored; for undici's `connect` option. */
  readonly connect?: ConnectInMemory;
}

/** Opens a connection to a server in this process. */
export type ConnectInMemory = (target: object, done: (error: null, socket: Duplex) => void) => void;

/** Holds the engines of one transport, one for each way to connect; each keeps its connections open. */
export class EnginePool {
  private readonly engines = new Map<string, object | undefined>();

  /** @param createEngine creates an engine with a value for undici's `connect` option */
  constructor(
    private readonly connectMs: number,
    private readonly createEngine: (connect: object) => object | undefined,
  ) {}

  /**
   * @returns an engine for fetch's `dispatcher` option; undefined if a direct connection is enough
   * @throws BridgeError `forbidden` if a file cannot be read, or this runtime cannot use a proxy or certificates
   */
  find(url: URL, { proxies, connect: inMemory, ...settings }: Connection): object | undefined {
    if (inMemory) return this.createEngine(inMemory);
    const named = settings.proxy ?? (proxies && chooseProxy(url, proxies));
    const proxy = named === 'none' ? undefined : named;
    const { ca, cert, certKey = cert } = settings;
    const files = [ca, cert, certKey];
    if (proxy === undefined && files.every((file) => file === undefined)) return undefined;
    const name = JSON.stringify([proxy, ...files]);
    const known = this.engines.get(name);
    if (known) return known;
    const tls = readCertificates(settings);
    const connect = proxy === undefined
      ? { timeout: this.connectMs, ...tls }
      : createTunnels(readProxy(proxy), tls, this.connectMs);
    const engine = this.createEngine(connect);
    if (!engine) throw new BridgeError('forbidden', 'Cannot use a proxy or certificates: start the bridge with Node.');
    this.engines.set(name, engine);
    return engine;
  }
}

/** Without `ca`, Node's own authorities apply, including those in NODE_EXTRA_CA_CERTS. */
function readCertificates({ ca, cert, certKey = cert }: ConnectionSettings): SecureContextOptions {
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  return {
    ...(ca !== undefined && { ca: [...rootCertificates, readPem(ca), ...(extra ? [readPem(extra)] : [])] }),
    ...(cert !== undefined && { cert: readPem(cert) }),
    ...(certKey !== undefined && { key: readPem(certKey) }),
  };
}

function readPem(path: string): string {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BridgeError('forbidden', `Cannot read the certificate file ${path}: ${messageOf(cause)}.`);
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new BridgeError('forbidden', `Cannot use the certificate file ${path}: expected PEM text (-----BEGIN …).`);
}

interface Proxy {
  /** The URL without user name and password. */
  readonly title: string;
  readonly isSecure: boolean;
  readonly options: Pick<RequestOptions, 'host' | 'port' | 'headers'> & TlsName;
}

/**
 * The name that the certificate must match. An IP address must not be sent as the server name (RFC 6066, section 3):
 * `servername` is then empty, and the certificate must match `host`.
 */
interface TlsName {
  readonly host: string;
  readonly servername: string;
}

/** @param hostname the host name in a URL; an IPv6 address is in brackets */
function toTlsName(hostname: string): TlsName {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, servername: isIP(host) === 0 ? host : '' };
}

/** Reads `http://name:password@host:port`; the scheme may be missing, as curl allows. */
function readProxy(text: string): Proxy {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = parseUrl(withScheme);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new BridgeError('forbidden', 'Cannot use the proxy: expected a URL such as http://proxy.example:3128.');
  }
  const { username, password, hostname, protocol, port } = url;
  // A percent sign that does not start an escape belongs to the password.
  const [name, secret] = [username, password].map((part) => attempt(() => decodeURIComponent(part)) ?? part);
  const credentials = `${name}:${secret}`;
  const isSecure = protocol === 'https:';
  return {
    title: `${protocol}//${url.host}`,
    isSecure,
    options: {
      ...toTlsName(hostname),
      port: port || (isSecure ? 443 : 80),
      headers: username === ''
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` },
    },
  };
}

/** What undici passes to the function in its `connect` option, in versions 5 to 7. */
interface Target {
  readonly hostname: string;
  readonly protocol: string;
  readonly port: string;
  readonly servername?: string | null;
}
type Done = (error: Error | null, socket: Socket | null) => void;

/** Returns a function for undici's `connect` option that opens tunnels through the proxy, with TLS inside for https. */
function createTunnels(proxy: Proxy, tls: SecureContextOptions, connectMs: number) {
  return (target: Target, done: Done): void => {
    const { host, servername } = toTlsName(target.hostname);
    const isSecure = target.protocol === 'https:';
    const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${target.port || (isSecure ? 443 : 80)}`;
    let current: { destroy(error?: Error): unknown } | undefined;
    const settle = (error: Error | null, socket: Socket | null): void => {
      clearTimeout(timer);
      if (current !== undefined) done(error, socket);
      current = undefined;
    };
    const fail = (cause: unknown): void => {
      const error = cause instanceof BridgeError ? cause : classifyNetworkError(cause, `The proxy ${proxy.title}`);
      settle(error, null);
    };
    const timer = setTimeout(() => {
      current?.destroy();
      settle(Object.assign(new Error('Connect timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' }), null);
    }, connectMs);
    const open = proxy.isSecure ? requestSecure : requestPlain;
    const headers = { ...proxy.options.headers, host: authority };
    // The authorities also apply to the proxy; the client certificate does not.
    const options = { ...proxy.options, ...(tls.ca !== undefined && { ca: tls.ca }), headers };
    const request = open({ ...options, method: 'CONNECT', path: authority, agent: false });
    current = request;
    request.once('error', fail);
    request.once('response', (response) => response.destroy());
    request.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return fail(describeRejection(proxy, authority, statusCode));
      }
      if (!isSecure) return settle(null, socket);
      const name = { host, servername: target.servername || servername };
      const secure = connectSecure({ ...tls, ...name, socket, ALPNProtocols: ['http/1.1'] });
      current = secure;
      secure.once('secureConnect', () => settle(null, secure));
      // A certificate error here is about the provider's certificate, not the proxy's.
      secure.once('error', (error) => settle(error, null));
      return undefined;
    });
    request.end();
  };
}

/** A proxy that rejects one attempt rejects the next too: a retry may help only if the proxy reports a failure. */
function describeRejection({ title }: Proxy, authority: string, status: number): BridgeError {
  const problem = `The proxy ${title} rejected a connection to ${authority} with status ${status}.`;
  if (status === 407) return new BridgeError('forbidden', `${problem} Check the user name and password in its URL.`);
  if (status >= 500) return new BridgeError('network', problem);
  return new BridgeError('forbidden', `${problem} Check its rules, or exclude the host with NO_PROXY.`);
}
