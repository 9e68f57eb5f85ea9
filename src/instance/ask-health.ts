/** Who answers on a port: a bridge, somebody else, or nobody. */
import type { JsonObject } from '../base/json';
import { asNumber, asText } from '../base/narrow';
import { SERVICE_NAME } from '../server/service-routes';
import { getJson } from './get-json';

/** What a bridge says of itself; a bridge of another version may leave something out. Texts are fit for a terminal. */
export interface Health {
  readonly version: string | undefined;
  readonly pid: number | undefined;
  /** Whole seconds. */
  readonly uptime: number | undefined;
  /** The base URL of its provider. */
  readonly upstream: string | undefined;
  /** Turns that are streaming. */
  readonly openStreams: number;
  /** Codex runs that were launched through it. */
  readonly launches: number;
}

export type PortState =
  | { readonly kind: 'free' }
  | { readonly kind: 'bridge'; readonly health: Health }
  | { readonly kind: 'stranger' };

export interface PortQuestion {
  /** The address that somebody listens on, or wants to. */
  readonly host: string;
  readonly port: number;
  /** Two seconds when absent. */
  readonly timeoutMs?: number;
}

const PATIENCE_MS = 2_000;

/**
 * Asks the process on that port for `GET /health`. A port where nothing listens is free; whoever answers with anything
 * but the health of a bridge, or not in time, is a stranger. Never rejects.
 */
export async function probePort({ host, port, timeoutMs = PATIENCE_MS }: PortQuestion): Promise<PortState> {
  const ask = () => getJson({ host: reachableHost(host), port, path: '/health', timeoutMs });
  let answer = await ask();
  for (let again = 0; answer === 'cut' && again < MORE_TRIES; again += 1) answer = await ask();
  if (answer === 'refused') return { kind: 'free' };
  if (typeof answer !== 'object' || answer['name'] !== SERVICE_NAME) return { kind: 'stranger' };
  return { kind: 'bridge', health: readHealth(answer) };
}

/** When a process ends, the system cuts connections that it had not accepted yet, and closes the port after that. */
const MORE_TRIES = 3;

/** A bridge that listens on every address is asked on the loopback one. */
const REACHABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** The address under which this machine reaches whoever listens on `host`. */
export const reachableHost = (host: string): string => REACHABLE[host] ?? host;

function readHealth(answer: JsonObject): Health {
  const pid = asNumber(answer['pid']);
  return {
    version: match(answer['version'], /^[\w.+-]{1,40}$/),
    pid: pid !== undefined && Number.isInteger(pid) && pid > 0 ? pid : undefined,
    uptime: asNumber(answer['uptime']),
    upstream: match(answer['upstream'], /^[\x21-\x7e]{1,2000}$/),
    openStreams: asNumber(answer['openStreams']) ?? 0,
    launches: asNumber(answer['launches']) ?? 0,
  };
}

const match = (value: unknown, pattern: RegExp): string | undefined => pattern.exec(asText(value) ?? '')?.[0];
