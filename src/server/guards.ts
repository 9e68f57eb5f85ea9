/**
 * Decides who may use the bridge, and with it the user's API key: no web page of another site, and if tokens are
 * required, only clients that have one. A browser can be made to send requests to a loopback port (cross-site requests)
 * or to resolve another name to this machine (DNS rebinding), but a page cannot forge Host, Origin or Sec-Fetch-Site.
 * Other programs do not send the last two.
 */
import { readFileSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import { hostname } from 'node:os';
import { quote } from '../base/quote';
import { attempt, messageOf } from '../base/thrown';
import { BridgeError } from '../errors/bridge-error';

/** The names under which this server can be reached, and the web pages that may use it. */
export interface HostPolicy {
  /** The configured host, normalized. */
  readonly host: string;
  /** The port it listens on; 0 on a Unix socket. */
  readonly port: number;
  /**
   * Whether it is bound to an address other than loopback; requests to any IP address or to the machine's name are then
   * accepted.
   */
  readonly isOpen: boolean;
  /** Names that are not addresses: the machine's own if `isOpen`, and those in --allow-host. */
  readonly names: readonly string[];
  /** Origins of web pages, from --allow-origin. */
  readonly origins: readonly string[];
}

/** The options for the guards. */
export interface HostPolicyConfig {
  readonly host: string;
  readonly allowHost?: readonly string[] | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
}

/**
 * Creates the policy of a server bound to `host` and `port`; the machine's name is looked up only if needed.
 */
export function createHostPolicy(
  { host, allowHost = [], allowOrigin = [] }: HostPolicyConfig, port: number, machineName: () => string = hostname,
): HostPolicy {
  const name = normalizeName(host);
  const isOpen = !isLoopbackName(name);
  const names = [...(isOpen ? [machineName()] : []), ...allowHost].map(normalizeName);
  return { host: name, port, isOpen, names, origins: allowOrigin };
}

/**
 * Returns why a request must be rejected, or `undefined`. Reads only headers, so that it can run before any other work.
 */
export function findRejection(headers: IncomingHttpHeaders, policy: HostPolicy): BridgeError | undefined {
  const reason = findHostProblem(headers, policy) ?? findPageProblem(headers, policy);
  return reason === undefined ? undefined : new BridgeError('forbidden', reason);
}

/** A request without a Host header is not from a browser, but from an HTTP/1.0 client or a health check. */
function findHostProblem({ host }: IncomingHttpHeaders, policy: HostPolicy): string | undefined {
  if (host === undefined) return undefined;
  const authority = parseAuthority(host);
  if (authority !== undefined && isOwnName(authority.name, policy)) return undefined;
  const address = policy.port === 0 ? 'the host localhost' : `http://127.0.0.1:${policy.port}`;
  const advice = `Use ${address} or the address given as --host, or list the name in --allow-host.`;
  return `Rejected a request to the host ${quote(host)}, which is not this bridge. ${advice}`;
}

const OTHER_ORIGINS = 'Web pages of other origins may not use the bridge. Allow an origin with --allow-origin.';

/** Only browsers send Origin and Sec-Fetch-Site. */
function findPageProblem(
  { host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders, policy: HostPolicy,
): string | undefined {
  if ((origin === undefined && site === undefined) || isListedOrigin(origin, policy)) return undefined;
  const source = origin === undefined ? undefined : parseOrigin(origin);
  if (origin !== undefined && (source === undefined || !isOwnOrigin(source, host, policy)))
    return `Rejected a request from a web page of ${quote(origin)}. ${OTHER_ORIGINS}`;
  if (typeof site !== 'string' || site.trim().toLowerCase() !== 'cross-site') return undefined;
  return `Rejected a request that a browser marked as cross-site (Sec-Fetch-Site). ${OTHER_ORIGINS}`;
}

/** DNS rebinding needs a name, so an IP address in Host is safe. */
function isOwnName(name: string, policy: HostPolicy): boolean {
  if (isLoopbackName(name) || name === policy.host || policy.names.includes(name)) return true;
  return policy.isOpen && isIP(name) !== 0;
}

/** Whether --allow-origin lists this origin. */
export function isListedOrigin(origin: string | undefined, policy: HostPolicy): boolean {
  return origin !== undefined && policy.origins.includes(origin.toLowerCase());
}

/**
 * Whether the bridge itself serves the page: on its own port, or at the address in the Host header. Other pages on this
 * machine are untrusted, because any local development server could use the key.
 */
function isOwnOrigin(source: Authority, host: string | undefined, policy: HostPolicy): boolean {
  if (source.port === policy.port && (isLoopbackName(source.name) || source.name === policy.host)) return true;
  const target = host === undefined ? undefined : parseAuthority(host);
  return target !== undefined && source.name === target.name && source.port === (target.port ?? 80);
}

/** Returns `undefined` for `null` and for the origins of extensions and local files, which are never the bridge's. */
function parseOrigin(origin: string): Authority | undefined {
  const [, scheme = '', rest = ''] = /^(https?):\/\/(.*)$/i.exec(origin) ?? [];
  const authority = parseAuthority(rest);
  if (authority === undefined) return undefined;
  return { name: authority.name, port: authority.port ?? (scheme.toLowerCase() === 'https' ? 443 : 80) };
}

/** The host and port in a Host or Origin header. */
interface Authority {
  /** Lower case, without the brackets of an IPv6 address and without a trailing dot. */
  readonly name: string;
  readonly port: number | undefined;
}

/** Returns `undefined` if `text` is not a host name or IP address with an optional port. RFC 3986, section 3.2.2. */
function parseAuthority(text: string): Authority | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, address, host, port] = match;
  const name = normalizeName(address ?? host ?? '');
  if (name === '' || (address !== undefined && isIP(name) !== 6)) return undefined;
  return { name, port: port === undefined ? undefined : Number(port) };
}

/** Normalizes a host name for comparison: lower case, without the trailing dot of a fully qualified name. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Whether `name` is `localhost`, ::1 in its short or long form, or in 127.0.0.0/8, also if mapped to IPv6. */
export function isLoopbackName(name: string): boolean {
  if (name === 'localhost' || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  const mapped = name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name;
  // Browsers write ::ffff:127.0.0.1 as ::ffff:7f00:1.
  if (mapped !== name && /^7f[\da-f]{2}:[\da-f]{1,4}$/.test(mapped)) return true;
  return isIPv4(mapped) && mapped.startsWith('127.');
}

/** The options for access tokens. */
export interface AccessConfig {
  readonly accessToken?: string | undefined;
  readonly accessTokenFile?: string | undefined;
}

/** Shorter tokens can be guessed. */
const MIN_TOKEN_LENGTH = 16;
/** The proof of a shorter token, for a chosen challenge, would allow an offline search for the token. */
export const MIN_PROVABLE_LENGTH = 32;

interface Token {
  /** Undefined for a token without a name. */
  readonly name: string | undefined;
  readonly text: string;
  readonly digest: Buffer;
}

/** The client that a token identifies. */
export interface Holder {
  readonly name: string | undefined;
  /** Whether the token was in `Authorization`, which must then not be forwarded to the provider. */
  readonly inAuthorization: boolean;
}

/** Whether clients of a bridge with this configuration must send a token. */
export const requiresToken = ({ accessToken, accessTokenFile }: AccessConfig): boolean =>
  accessToken !== undefined || accessTokenFile !== undefined;

/** The accepted tokens. A changed token file is read again at the next request. */
export class Access {
  private readonly fromConfig: readonly Token[];
  private fromFile: readonly Token[] = [];
  private fileState = '';

  /** @throws Error for a token that is too short or a file that cannot be read */
  constructor(private readonly config: AccessConfig) {
    this.fromConfig = config.accessToken === undefined ? [] : config.accessToken.split(',').map(readToken);
    if (config.accessTokenFile !== undefined) this.readFile(config.accessTokenFile);
  }

  /** Whether a token is required. */
  get required(): boolean {
    return requiresToken(this.config);
  }

  private get tokens(): readonly Token[] {
    return [...this.fromConfig, ...this.fromFile];
  }

  /** All tokens, for the log redactor. */
  get secrets(): readonly string[] {
    return this.tokens.map(({ text }) => text);
  }

  /**
   * @param headers names in lower case
   * @throws BridgeError `unauthorized` unless one of the tokens is in `authorization` or `x-api-key`
   */
  check(headers: Readonly<Record<string, unknown>>): Holder | undefined {
    if (!this.required) return undefined;
    this.refresh();
    const bearer = /^Bearer +(\S+)\s*$/i.exec(String(headers['authorization'] ?? ''))?.[1];
    const key = headers['x-api-key'];
    for (const [given, inAuthorization] of [[bearer, true], [key, false]] as const) {
      const token = typeof given === 'string' ? this.find(given) : undefined;
      if (token !== undefined) return { name: token.name, inAuthorization };
    }
    const isMissing = bearer === undefined && key === undefined;
    const problem = isMissing ? 'The request has no access token.' : 'The access token is wrong.';
    const advice = 'Send it as "Authorization: Bearer TOKEN" or "x-api-key: TOKEN".';
    throw new BridgeError('unauthorized', `${problem} ${advice} For Codex, run: aliyun-codex-bridge doctor`);
  }

  /**
   * Proves to a launcher that this bridge knows the same token, without sending it. The proof includes the port, so
   * that another program cannot relay the challenge to the real bridge.
   * @returns the proof; undefined unless there is exactly one token, and it is long enough for a safe proof
   */
  prove(challenge: string, port: number): string | undefined {
    this.refresh();
    const [token, another] = this.tokens;
    if (token === undefined || another !== undefined || token.text.length < MIN_PROVABLE_LENGTH) return undefined;
    return proveToken(token.text, challenge, port);
  }

  /** Compares all tokens in constant time, so that timing reveals nothing about them. */
  private find(given: string): Token | undefined {
    const { timingSafeEqual } = loadCrypto();
    const digest = digestOf(given);
    let found: Token | undefined;
    for (const token of this.tokens) if (timingSafeEqual(token.digest, digest)) found = token;
    return found;
  }

  /** Reads a changed file again. If that fails, the previous tokens stay valid. */
  private refresh(): void {
    const { accessTokenFile } = this.config;
    if (accessTokenFile !== undefined) attempt(() => this.readFile(accessTokenFile));
  }

  private readFile(path: string): void {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const state = `${mtimeMs} ${size} ${ino}`;
      if (state === this.fileState) return;
      const lines = readFileSync(path, 'utf8').split('\n').map((line) => line.trim());
      this.fromFile = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readToken);
      this.fileState = state;
    } catch (cause) {
      throw new Error(`Cannot read the access tokens in ${path}: ${messageOf(cause)} (--access-token-file)`);
    }
  }
}

/** Computes the proof for `challenge`, in hexadecimal. */
export function proveToken(token: string, challenge: string, port: number): string {
  return loadCrypto().createHmac('sha256', token).update(`aliyun-codex-bridge\n${port}\n${challenge}`).digest('hex');
}

/**
 * Parses `name=token` or a token alone. The part before the first `=` is a name only if at least 16 characters follow,
 * because a token may itself end with `=`.
 */
function readToken(text: string): Token {
  const [, name, rest] = /^([A-Za-z][\w.-]{0,40})=(\S{16,})$/.exec(text) ?? [];
  const token = rest ?? text;
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < MIN_TOKEN_LENGTH) {
    throw new Error(`an access token must have at least ${MIN_TOKEN_LENGTH} characters, all of them visible ASCII`);
  }
  return { name, text: token, digest: digestOf(token) };
}

/** Loaded for the first token, because most bridges start without one. */
const loadCrypto = (): typeof import('node:crypto') => require('node:crypto');

const digestOf = (text: string): Buffer => loadCrypto().createHash('sha256').update(text).digest();

/**
 * `application/json`, `application/vnd.example+json`. Parameters are ignored: JSON is UTF-8 (RFC 8259, section 8.1).
 */
const JSON_TYPE = /^(?:application\/json|[\w.-]+\/[\w.+-]+\+json)\s*(?:;|$)/i;

/** @throws BridgeError for a type that is not JSON */
export function checkMediaType(type: string | undefined): void {
  const text = (type ?? '').trim();
  // A web page can send a body without a type (a Blob), but a JSON type only after a CORS preflight.
  if (JSON_TYPE.test(text)) return;
  const quoted = JSON.stringify(text.slice(0, 100));
  throw new BridgeError(
    'unsupported_media_type',
    `Cannot read a request body of content-type ${quoted}: expected application/json.`,
  );
}
