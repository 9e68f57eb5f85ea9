/**
 * Keeps web pages away from the bridge and the key behind it. A browser can be made to send requests to a loopback
 * port (cross-site requests) or to resolve a foreign name to this machine (DNS rebinding); it cannot be made to
 * lie in Host, Origin and Sec-Fetch-Site. Programs send neither of the last two.
 */
import { hostname } from 'node:os';
import { isIP, isIPv4 } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { quote } from '../base/quote';
import { BridgeError } from '../errors/bridge-error';

/** The names under which this server is reached. */
export interface HostPolicy {
  /** The configured host, normalized. */
  readonly host: string;
  /** The port it listens on. */
  readonly port: number;
  /** Bound to more than the loopback interface: reached by any address, and by the machine's name. */
  readonly isOpen: boolean;
  /** Names that are not addresses: the machine's own when it is open, and those that the user lists. */
  readonly names: readonly string[];
  /** Origins of web pages that the user lists. */
  readonly origins: readonly string[];
}

/** The options for the guards. */
export interface HostPolicyConfig {
  readonly host: string;
  readonly allowHost?: readonly string[] | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
}

/** The allowed names of a server bound to `port` of `host`; the machine's name is looked up only when it matters. */
export function createHostPolicy(
  { host, allowHost = [], allowOrigin = [] }: HostPolicyConfig,
  port: number,
  machineName: () => string = hostname,
): HostPolicy {
  const name = normalizeName(host);
  const isOpen = !isLoopbackName(name);
  const names = [...(isOpen ? [machineName()] : []), ...allowHost].map(normalizeName);
  return { host: name, port, isOpen, names, origins: allowOrigin };
}

type Guard = (headers: IncomingHttpHeaders, policy: HostPolicy) => string | undefined;

const ONLY_OWN_PAGES = 'Web pages of other origins may not use the bridge. Allow one with --allow-origin.';

const GUARDS: readonly Guard[] = [refuseHost, refuseOrigin, refuseCrossSite];

/** Why a request must be rejected, or `undefined`. Reads headers only, so it runs before any other work. */
export function findRefusal(headers: IncomingHttpHeaders, policy: HostPolicy): BridgeError | undefined {
  for (const guard of GUARDS) {
    const reason = guard(headers, policy);
    if (reason !== undefined) return new BridgeError('forbidden', reason);
  }
  return undefined;
}

/** A request without a Host header does not come from a browser: HTTP/1.0 clients and health checks. */
function refuseHost({ host }: IncomingHttpHeaders, policy: HostPolicy): string | undefined {
  if (host === undefined) return undefined;
  const authority = parseAuthority(host);
  if (authority !== undefined && isOwnName(authority.name, policy)) return undefined;
  const advice =
    `Use http://127.0.0.1:${policy.port} or the address given as --host, or list the name in --allow-host.`;
  return `Rejected a request to the host ${quote(host)}, which is not this bridge. ${advice}`;
}

function refuseOrigin({ host, origin }: IncomingHttpHeaders, policy: HostPolicy): string | undefined {
  if (origin === undefined) return undefined;
  if (isListedOrigin(origin, policy)) return undefined;
  const source = parseOrigin(origin);
  if (source !== undefined && isOwnOrigin(source, host, policy)) return undefined;
  return `Rejected a request from a web page of ${quote(origin)}. ${ONLY_OWN_PAGES}`;
}

function refuseCrossSite(headers: IncomingHttpHeaders, policy: HostPolicy): string | undefined {
  if (isListedOrigin(headers.origin, policy)) return undefined;
  const site = headers['sec-fetch-site'];
  if (typeof site !== 'string' || site.trim().toLowerCase() !== 'cross-site') return undefined;
  return `Rejected a request that a browser marked as cross-site (Sec-Fetch-Site). ${ONLY_OWN_PAGES}`;
}

/** DNS rebinding needs a name, so an IP address in Host is safe. */
function isOwnName(name: string, policy: HostPolicy): boolean {
  if (isLoopbackName(name) || name === policy.host || policy.names.includes(name)) return true;
  return policy.isOpen && isIP(name) !== 0;
}

/** Whether the user lists this origin. */
export function isListedOrigin(origin: string | undefined, policy: HostPolicy): boolean {
  return origin !== undefined && policy.origins.includes(origin.toLowerCase());
}

/**
 * A page that the bridge itself serves: on its own port, or from the same address as the request. Any other page on
 * this machine is untrusted: any local development server could spend the key.
 */
function isOwnOrigin(source: Authority, host: string | undefined, policy: HostPolicy): boolean {
  if (source.port === policy.port && (isLoopbackName(source.name) || source.name === policy.host)) return true;
  const target = host === undefined ? undefined : parseAuthority(host);
  return target !== undefined && source.name === target.name && source.port === (target.port ?? 80);
}

/** `null` and the origins of extensions and local files have no host that could be ours. */
function parseOrigin(origin: string): Authority | undefined {
  const [, scheme = '', rest = ''] = /^(https?):\/\/(.*)$/i.exec(origin) ?? [];
  const authority = parseAuthority(rest);
  if (authority === undefined) return undefined;
  return { name: authority.name, port: authority.port ?? (scheme.toLowerCase() === 'https' ? 443 : 80) };
}

/** `host:port` as Host and Origin headers write it. */
interface Authority {
  /** Lower case, without the brackets of an IPv6 address and without a trailing dot. */
  readonly name: string;
  readonly port: number | undefined;
}

/** `undefined` when `text` is not a host name or IP address with an optional port. Spec: RFC 3986, 3.2.2. */
function parseAuthority(text: string): Authority | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text);
  if (match === null) return undefined;
  const [, address, host, port] = match;
  const name = normalizeName(address ?? host ?? '');
  if (name === '' || (address !== undefined && isIP(name) !== 6)) return undefined;
  return { name, port: port === undefined ? undefined : Number(port) };
}

/** Host names are compared in lower case, and without the dot of a fully qualified one. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** True for `localhost`, 127.0.0.0/8 and ::1, also in the long and the mapped spelling. */
export function isLoopbackName(name: string): boolean {
  if (name === 'localhost' || name === '::1' || name === '0:0:0:0:0:0:0:1') return true;
  const mapped = name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name;
  // Browsers write ::ffff:127.0.0.1 as ::ffff:7f00:1.
  if (mapped !== name && /^7f[\da-f]{2}:[\da-f]{1,4}$/.test(mapped)) return true;
  return isIPv4(mapped) && mapped.startsWith('127.');
}
