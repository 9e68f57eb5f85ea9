/**
 * Keeps web pages away from the bridge and the key behind it. A browser can be made to send requests to a loopback
 * port (cross-site requests) or to believe that a foreign name is this machine (DNS rebinding); it cannot be made to
 * lie in Host, Origin and Sec-Fetch-Site. Programs send none of the last two.
 */
import { hostname } from 'node:os';
import type { IncomingHttpHeaders } from 'node:http';
import { quote } from '../base/quote';
import { BridgeError } from '../errors/bridge-error';
import { isAddress, isLoopbackName, normaliseName, parseAuthority, type Authority } from './authority';

/** Under which names this server is reached. */
export interface Door {
  /** The configured host, normalised. */
  readonly host: string;
  /** The port it listens on. */
  readonly port: number;
  /** Bound to more than the loopback interface: reached by any address, and by the machine's name. */
  readonly isOpen: boolean;
  /** Names that are no addresses: the machine's own where it is open, and those that the user lists. */
  readonly names: readonly string[];
}

/** The part of the configuration that a door is made of. */
export interface DoorConfig {
  readonly host: string;
  readonly allowHost?: readonly string[] | undefined;
}

/** The door of a server bound to `port` of `host`; the machine's name is asked for only when it matters. */
export function createDoor(
  { host, allowHost = [] }: DoorConfig,
  port: number,
  machineName: () => string = hostname,
): Door {
  const name = normaliseName(host);
  const isOpen = !isLoopbackName(name);
  const names = [...(isOpen ? [machineName()] : []), ...allowHost].map(normaliseName);
  return { host: name, port, isOpen, names };
}

type Guard = (headers: IncomingHttpHeaders, door: Door) => string | undefined;

const ONLY_OWN_PAGES = 'only pages of this machine may use the bridge.';

const GUARDS: readonly Guard[] = [refuseHost, refuseOrigin, refuseCrossSite];

/** Why a request must not be answered, or `undefined`: looks at headers only, so it comes before any work. */
export function findRefusal(headers: IncomingHttpHeaders, door: Door): BridgeError | undefined {
  for (const guard of GUARDS) {
    const reason = guard(headers, door);
    if (reason !== undefined) return new BridgeError('forbidden', reason);
  }
  return undefined;
}

/** No Host header is no browser: HTTP/1.0 clients and health checks. */
function refuseHost({ host }: IncomingHttpHeaders, door: Door): string | undefined {
  if (host === undefined) return undefined;
  const authority = parseAuthority(host);
  if (authority !== undefined && isOwnName(authority.name, door)) return undefined;
  const advice = `Use http://127.0.0.1:${door.port} or the address given as --host, or list the name in --allow-host.`;
  return `Refused a request to the host ${quote(host)}, which is not this bridge. ${advice}`;
}

function refuseOrigin({ host, origin }: IncomingHttpHeaders, door: Door): string | undefined {
  if (origin === undefined) return undefined;
  const source = parseOrigin(origin);
  if (source !== undefined && isOwnOrigin(source, host, door)) return undefined;
  return `Refused a request from a web page of ${quote(origin)}: ${ONLY_OWN_PAGES}`;
}

function refuseCrossSite(headers: IncomingHttpHeaders): string | undefined {
  const site = headers['sec-fetch-site'];
  if (typeof site !== 'string' || site.trim().toLowerCase() !== 'cross-site') return undefined;
  return `Refused a request that a browser marked as cross-site (Sec-Fetch-Site): ${ONLY_OWN_PAGES}`;
}

function isOwnName(name: string, door: Door): boolean {
  if (isLoopbackName(name) || name === door.host || door.names.includes(name)) return true;
  return door.isOpen && isAddress(name);
}

/** A page of this machine, or one that came from the very address it now asks. */
function isOwnOrigin(source: Authority, host: string | undefined, door: Door): boolean {
  if (isLoopbackName(source.name)) return true;
  if (source.name === door.host && source.port === door.port) return true;
  const target = host === undefined ? undefined : parseAuthority(host);
  return target !== undefined && source.name === target.name && source.port === (target.port ?? 80);
}

/** `null` and the origins of extensions and local files have no host that could be ours. */
function parseOrigin(origin: string): Authority | undefined {
  const match = /^(https?):\/\/(.*)$/i.exec(origin);
  const [, scheme = '', rest = ''] = match ?? [];
  const authority = parseAuthority(rest);
  if (authority === undefined) return undefined;
  return { name: authority.name, port: authority.port ?? (scheme.toLowerCase() === 'https' ? 443 : 80) };
}
