/** Finds or starts a bridge for a launched Codex, and replaces a bridge that ends while Codex runs. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { attempt, messageOf } from '../base/thrown';
import type { Paths } from '../command/paths';
import type { Address } from '../command/render';
import type { Config } from '../config/options';
import type { Environment, FlagTexts } from '../config/resolve';
import {
  createLaunch, knowsToken, probePort, toReachableHost, type Health, type LaunchConnection,
} from '../instance/bridge-client';
import { describeKeyDifference, hasNoKey, readRecord, stateFileOf, type BridgeRecord } from '../instance/bridge-record';
import { describeOptionDifference } from '../instance/option-difference';
import { startBridge } from '../instance/start-bridge';
import { stopBridge } from '../instance/stop-bridge';
import { renderCommand } from '../instance/target';
import { MIN_PROVABLE_LENGTH, requiresToken } from '../server/guards';

export interface AttachOptions {
  readonly config: Config;
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly paths: Paths;
  /** The version of this program. An idle bridge of another version is replaced; a busy one is used, with a note. */
  readonly version: string;
  /** Why no bridge can be started, such as a missing key; a running bridge can still be used. */
  readonly obstacle: string | undefined;
  /** Whether Codex already uses the port: a bridge on it is used whatever its settings, and no other port is. */
  readonly isPortFixed?: boolean;
  /** The token that Codex already has, if the port is fixed. */
  readonly token?: string | undefined;
}

export interface Attached extends Address {
  readonly ok: true;
  /** While this connection is open, the bridge keeps running. */
  readonly launch: LaunchConnection;
  /** The access token of the bridge; undefined if it requires none. */
  readonly token: string | undefined;
  /** Messages about behavior that the user may not expect. */
  readonly notes: readonly string[];
}

export interface NotAttached {
  readonly ok: false;
  readonly problem: string;
}

interface FoundBridge extends Address {
  readonly token: string | undefined;
  readonly notes: readonly string[];
}

/** A bridge may exit, or another launch may start one, between the port check and the connection. */
const TRIES = 5;

/** Finds or starts a bridge and opens a launch connection to it. */
export async function attach(options: AttachOptions): Promise<Attached | NotAttached> {
  let problem = 'it ended each time before Codex could connect';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await findBridge(options);
    if (found === 'retry') continue;
    if ('ok' in found) return found;
    try {
      return { ok: true, ...found, launch: await createLaunch(found, found.token) };
    } catch (error) {
      problem = messageOf(error);
    }
  }
  return { ok: false, problem: `Cannot use the bridge: ${problem}.` };
}

async function findBridge(options: AttachOptions): Promise<FoundBridge | NotAttached | 'retry'> {
  const { config, version, isPortFixed = false } = options;
  const { host, port } = config;
  if (port === 0) return startNew(options, 0, () => []);
  const state = await probePort({ host, port });
  if (state.kind === 'free') return startNew(options, port, () => []);
  if (state.kind === 'stranger') {
    if (isPortFixed) return 'retry';
    return startNew(options, 0, (used) => [`Port ${port} is in use; using port ${used} instead.`]);
  }
  const { upstream = 'an unknown provider', version: running = '(unknown)' } = state.health;
  if (upstream !== config.aiBaseUrl && !isPortFixed) {
    const other = `The bridge on port ${port} sends requests to ${upstream}`;
    return startNew(options, 0, (used) => [`${other}; started another one for ${config.aiBaseUrl} on port ${used}.`]);
  }
  const record = readRecord(stateFileOf(options.paths.state, port));
  const own = record?.pid === state.health.pid ? record : undefined;
  const token = options.token ?? own?.token ?? findUserToken(config);
  if (!(await isTrusted({ host, port }, token, state.health, own))) {
    if (isPortFixed) return 'retry';
    return startNew(options, 0, (used) => [
      `The program on port ${port} does not have the access token; using port ${used} instead.`,
    ]);
  }
  if (own !== undefined && hasNoKey(own) && options.obstacle !== undefined && !isPortFixed)
    return { ok: false, problem: options.obstacle };
  const difference = running === version
    ? own && describeKeyDifference(own, config.aiApiKey)
    : `It is version ${running}, not ${version}.`;
  const found = { host: toReachableHost(host), port, token };
  if (isPortFixed) return { ...found, notes: [] };
  if (difference === undefined) {
    const ignored = own && describeOptionDifference(own, options);
    const apply = `To apply them, run this with the same flags: ${renderCommand('restart', port)}`;
    return { ...found, notes: ignored === undefined ? [] : [`${describeMismatch(port, ignored)} ${apply}`] };
  }
  const mismatch = describeMismatch(port, difference);
  if (own !== undefined && (await stopUnused(own, state.health, options))) {
    return startNew(options, port, () => [`${mismatch} It was not in use, and was replaced.`], own.stopWhenUnused);
  }
  const advice = `To replace it, run: ${renderCommand('restart', port)}`;
  return { ...found, notes: [`${mismatch} ${advice}`] };
}

const describeMismatch = (port: number, difference: string): string =>
  `The bridge on port ${port} does not match this command. ${difference}`;

/** Stops an unused bridge if another one can be started. Returns false if it is still running. */
async function stopUnused(
  record: BridgeRecord, { launches, openStreams }: Health, { obstacle }: AttachOptions,
): Promise<boolean> {
  if (launches > 0 || openStreams > 0 || obstacle !== undefined) return false;
  return (await stopBridge({ ...record, limitMs: STOP_MS })) === 'ended';
}

const STOP_MS = 5_000;

/** Starts a bridge. @returns `retry` if another program has taken the port in the meantime */
async function startNew(
  options: AttachOptions, port: number, listNotes: (port: number) => readonly string[], stopWhenUnused = true,
): Promise<FoundBridge | NotAttached | 'retry'> {
  const { flags, env, paths, config, obstacle } = options;
  if (obstacle !== undefined) return { ok: false, problem: obstacle };
  const token = chooseToken(options, stopWhenUnused);
  const passedToken = requiresToken(config) ? undefined : token;
  const started = await startBridge({ flags, env, paths, host: config.host, port, token: passedToken, stopWhenUnused });
  if (started.ok)
    return { host: toReachableHost(started.host), port: started.port, token, notes: listNotes(started.port) };
  const isTaken = port !== 0 && (await probePort({ host: config.host, port })).kind !== 'free';
  return isTaken ? 'retry' : { ok: false, problem: started.problem };
}

/**
 * Chooses the token of a new bridge: the one that Codex already has, the user's, or a random one, so that other users
 * of the machine cannot use the key. None if the bridge replaces one that clients without a token may use.
 */
function chooseToken(
  { config, isPortFixed = false, token }: AttachOptions, stopWhenUnused: boolean,
): string | undefined {
  if (isPortFixed) return token;
  if (requiresToken(config)) return findUserToken(config);
  return stopWhenUnused ? randomBytes(32).toString('hex') : undefined;
}

/** Returns the first of the user's tokens. Each is `token` or `name=token`; commas or line breaks separate them. */
function findUserToken({ accessToken, accessTokenFile }: Config): string | undefined {
  const text = accessToken ?? (accessTokenFile && attempt(() => readFileSync(accessTokenFile, 'utf8'))) ?? '';
  const first = text.split(/[,\n]/).map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'));
  return /^(?:[A-Za-z][\w.-]{0,40}=(?=\S{16}))?(\S+)$/.exec(first ?? '')?.[1];
}

/**
 * Whether the token may be sent to the listener, which must prove that it knows the token. A bridge with several tokens
 * or a short one cannot prove that; it must then have a record, `own`, which only the user can write.
 */
async function isTrusted(
  address: Address, token: string | undefined, health: Health, own: BridgeRecord | undefined,
): Promise<boolean> {
  if (token === undefined) return !health.tokenRequired;
  return (await knowsToken(address, token)) || isUnprovable(token, own);
}

/** Whether the bridge of the record cannot prove that it knows this token. */
const isUnprovable = (token: string, own: BridgeRecord | undefined): boolean =>
  own !== undefined && (own.token !== token || token.length < MIN_PROVABLE_LENGTH);

/** A bridge that exits more often has a problem that a restart does not fix. */
const RESTARTS = 3;

/**
 * Holds the connection to `first`. When that bridge ends, `reattach` attaches to another one on the same port, a few
 * times: Codex uses the same address until it ends, and waits forever if nothing answers there.
 *
 * @returns a function that releases the bridge, which exits once nothing else uses it
 */
export function holdBridge(first: Attached, reattach: () => Promise<Attached | NotAttached>): () => void {
  let current: Attached | undefined;
  let isReleased = false;
  const hold = (attached: Attached, restarts: number): void => {
    current = attached;
    if (isReleased) return attached.launch.close();
    void attached.launch.closed.then(async () => {
      if (isReleased || restarts === 0) return;
      const next = await reattach();
      if (next.ok) hold(next, restarts - 1);
    });
  };
  hold(first, RESTARTS);
  return () => {
    isReleased = true;
    current?.launch.close();
  };
}
