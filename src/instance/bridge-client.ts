/** Requests JSON and health from a bridge on this machine, and keeps the bridge running during a launch. */
import { randomBytes } from 'node:crypto';
import { get, type ClientRequest } from 'node:http';
import { asNumber, asText, type JsonObject, parseJsonObject } from '../base/json';
import type { Address } from '../command/render';
import { proveToken } from '../server/guards';
import { SERVICE_NAME } from '../server/service-routes';

/** A bridge that listens on all addresses is reached at the loopback address. */
const REACHABLE: ReadonlyMap<string, string> = new Map([['0.0.0.0', '127.0.0.1'], ['::', '::1']]);

/** Returns the address at which this machine reaches a server that listens on `host`. */
export const toReachableHost = (host: string): string => REACHABLE.get(host) ?? host;

/** In characters. The longest response is the model list of a provider with hundreds of models. */
const MAX_LENGTH = 16 * 1024 * 1024;

export interface LocalRequest extends Address {
  readonly path: string;
  /** The access token of the bridge, if it requires one. */
  readonly token?: string | undefined;
  readonly timeoutMs: number;
}

/**
 * Sends GET `path`. Does not use fetch, which takes 30 ms to load, more than the rest of a command. Never rejects.
 *
 * @returns the object; `'refused'` if nothing listens; `'reset'` if the connection was reset before a response;
 * `undefined` after any other failure
 */
export function getJson(
  { timeoutMs, token, ...target }: LocalRequest,
): Promise<JsonObject | 'refused' | 'reset' | undefined> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(undefined);
    let request: ClientRequest;
    try {
      request = get({ ...target, headers: authorize(token), agent: false, signal: AbortSignal.timeout(timeoutMs) });
    } catch {
      return giveUp();
    }
    let hasBegun = false;
    request.on('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(hasBegun ? undefined : FAILURES[code]));
    // After an unsolicited protocol upgrade, there is neither a response nor an error.
    request.on('close', () => hasBegun || giveUp());
    request.on('response', (response) => {
      hasBegun = true;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
        if (body.length > MAX_LENGTH) request.destroy();
      });
      response.on('end', () => resolve(parseJsonObject(body)));
      response.on('error', giveUp).on('close', giveUp);
    });
  });
}

const authorize = (token: string | undefined): Readonly<Record<string, string>> =>
  (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** Results by error code: at a host name or address that does not exist, nothing listens. */
const FAILURES: Readonly<Record<string, 'refused' | 'reset'>> = {
  ECONNREFUSED: 'refused',
  EADDRNOTAVAIL: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  ECONNRESET: 'reset',
};

/** The health report of a bridge; other versions may omit fields. All strings are safe to print. */
export interface Health {
  readonly version: string | undefined;
  readonly pid: number | undefined;
  /** Whole seconds. */
  readonly uptime: number | undefined;
  /** The provider's base URL. */
  readonly upstream: string | undefined;
  /** The web search service; undefined if there is none. */
  readonly search: string | undefined;
  /** Number of turns that are streaming. */
  readonly openStreams: number;
  /** Number of launched Codex sessions that are using the bridge. */
  readonly launches: number;
  /** Whether clients must send an access token. */
  readonly tokenRequired: boolean;
}

export type PortState =
  | { readonly kind: 'free' }
  | { readonly kind: 'bridge'; readonly health: Health }
  | { readonly kind: 'stranger' };

export interface PortProbe extends Address {
  /** Default: two seconds. */
  readonly timeoutMs?: number;
}

const HEALTH_TIMEOUT_MS = 2_000;

/**
 * When a process ends, the system first resets the connections that the process has not accepted, and only then closes
 * the port, which a retry finds free.
 */
const RESET_RETRIES = 3;

/**
 * Sends GET /health. The port is free if nothing listens; a listener that does not answer like a bridge in time is
 * another program. Never rejects.
 */
export async function probePort({ host, port, timeoutMs = HEALTH_TIMEOUT_MS }: PortProbe): Promise<PortState> {
  const request = () => getJson({ host: toReachableHost(host), port, path: '/health', timeoutMs });
  let answer = await request();
  for (let retry = 0; answer === 'reset' && retry < RESET_RETRIES; retry += 1) answer = await request();
  if (answer === 'refused') return { kind: 'free' };
  if (typeof answer !== 'object' || answer['name'] !== SERVICE_NAME) return { kind: 'stranger' };
  return { kind: 'bridge', health: readHealth(answer) };
}

function readHealth(answer: JsonObject): Health {
  const pid = asNumber(answer['pid']);
  return {
    version: match(answer['version'], /^[\w.+-]{1,40}$/),
    pid: pid !== undefined && Number.isInteger(pid) && pid > 0 ? pid : undefined,
    uptime: asNumber(answer['uptime']),
    upstream: match(answer['upstream'], /^[\x21-\x7e]{1,2000}$/),
    search: match(answer['search'], /^[\w-]{1,40}$/),
    openStreams: asNumber(answer['openStreams']) ?? 0,
    launches: asNumber(answer['launches']) ?? 0,
    tokenRequired: answer['tokenRequired'] === true,
  };
}

const match = (value: unknown, pattern: RegExp): string | undefined => pattern.exec(asText(value) ?? '')?.[0];

/** Whether the listener proves that it knows `token`. The token itself is not sent. */
export async function knowsToken({ host, port }: Address, token: string): Promise<boolean> {
  const challenge = randomBytes(16).toString('hex');
  const path = `/health?challenge=${challenge}`;
  const answer = await getJson({ host: toReachableHost(host), port, path, timeoutMs: HEALTH_TIMEOUT_MS });
  return typeof answer === 'object' && answer['proof'] === proveToken(token, challenge, port);
}

/** Describes which program uses a port that is known to be in use. */
export async function describePortOwner(probe: PortProbe): Promise<string> {
  const state = await probePort(probe);
  if (state.kind !== 'bridge') return 'Another program uses it.';
  const { version = '(unknown version)', pid } = state.health;
  return `${SERVICE_NAME} ${version} is already running there${pid === undefined ? '' : ` (pid ${pid})`}.`;
}

/** The connection by which a launcher keeps a bridge running: while it is open, the bridge is in use. */
export interface LaunchConnection {
  close(): void;
  /** Resolves once either side has closed the connection. Never rejects. */
  readonly closed: Promise<void>;
}

const LAUNCH_TIMEOUT_MS = 5_000;

/**
 * Opens GET /launches, and resolves once the bridge has counted the launch.
 *
 * @throws Error if nothing listens, or the listener does not answer in time or rejects the launch
 */
export function createLaunch({ host, port }: Address, token?: string): Promise<LaunchConnection> {
  return new Promise((resolve, reject) => {
    const headers = authorize(token);
    const request = get({ host: toReachableHost(host), port, path: '/launches', headers, agent: false });
    const timer = setTimeout(() => request.destroy(new Error(`port ${port} does not answer`)), LAUNCH_TIMEOUT_MS);
    const settle = (): void => clearTimeout(timer);
    const closed = new Promise<void>((end) => request.once('close', end));
    // After an unsolicited protocol upgrade, there is neither a response nor an error.
    void closed.then(() => {
      settle();
      reject(new Error(`port ${port} does not answer`));
    });
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    request.once('response', (response) => {
      settle();
      // `closed` covers a connection that the other side ends.
      response.on('error', () => undefined).resume();
      if (response.statusCode === 200) return resolve({ close: () => void request.destroy(), closed });
      request.destroy();
      const { statusCode } = response;
      const reason = statusCode === 404 ? 'is too old for launches' : `rejects launches with status ${statusCode}`;
      reject(new Error(`the bridge on port ${port} ${reason}`));
    });
  });
}
