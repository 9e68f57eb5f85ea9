/** Starts a bridge in the background and waits until it listens. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { asNumber, asRecord, asText, isRecord } from '../base/json';
import { renderDuration } from '../base/quantities';
import { messageOf } from '../base/thrown';
import { EXIT } from '../command/command';
import { explainFailure } from '../command/edit-file';
import { loadEnvironment } from '../command/load-config';
import { SERVE_FLAGS } from '../command/own-flags';
import type { Paths } from '../command/paths';
import type { Address } from '../command/render';
import { BRIDGE_SCRIPT, STATE_FILE_VARIABLE } from '../command/version';
import { isPath } from '../config/option';
import { OPTIONS, OPTION_NAMES } from '../config/options';
import { findVariable, isSet, type Environment, type FlagTexts } from '../config/resolve';
import { APPEND_NO_LINK, makeFolder, removeLink } from '../state/replace-file';
import { logFileOf, prepareStateFolder, removeLeftovers, stateFileOf } from './bridge-record';
import { readTail } from './log-reader';

export interface StartOptions {
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly paths: Paths;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** The access token that the bridge must require; if absent, its configuration decides. */
  readonly token?: string | undefined;
  /** Whether the bridge exits once no launched Codex and no other client uses it. */
  readonly stopWhenUnused: boolean;
  /** How long the bridge may take to start listening, in milliseconds. */
  readonly limitMs?: number;
}

export type StartedBridge =
  | { readonly ok: true; readonly host: string; readonly port: number; readonly pid: number; readonly logFile: string }
  | { readonly ok: false; readonly problem: string };

const LIMIT_MS = 15_000;

/** Another program may take the free port before the bridge does. */
const FREE_PORT_TRIES = 3;

/**
 * Starts `serve` as a process that outlives this one, with the configuration of `flags` and `env`, which must be valid.
 * `host`, `port` and `token` override those in `flags` and `env`.
 *
 * @returns the address of the bridge; or why it does not listen, followed by what it has written to the log
 */
export async function startBridge(options: StartOptions): Promise<StartedBridge> {
  const tries = options.port === 0 ? FREE_PORT_TRIES : 1;
  const unsafe = prepareStateFolder(options.paths.state);
  if (unsafe !== undefined) return { ok: false, problem: unsafe };
  if (options.port === 0) removeLeftovers(options.paths.state, Date.now());
  let outcome: StartOutcome = { ok: false, problem: 'The bridge did not start.' };
  try {
    for (let count = 0; count < tries; count += 1) {
      const port = options.port === 0 ? await findFreePort(options.host) : options.port;
      outcome = await startOn(port, options);
      if (outcome.ok || outcome.code !== EXIT.failed) break;
    }
  } catch (error) {
    return { ok: false, problem: `Cannot start the bridge: ${messageOf(error)}.` };
  }
  return outcome;
}

/** @property code the exit code, if the bridge exited by itself */
type StartOutcome =
  | Extract<StartedBridge, { ok: true }>
  | (Extract<StartedBridge, { ok: false }> & { readonly code?: number });

/**
 * Finds a free port of `host`, which another program may take at any time.
 *
 * @throws system errors, for example for a host that does not belong to this machine
 */
export function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function startOn(port: number, options: StartOptions): Promise<StartOutcome> {
  const { flags, env, host, paths, stopWhenUnused } = options;
  const loaded = loadEnvironment(flags, env).env;
  const named = flags.logFile ?? loaded[OPTIONS.logFile.env[0]];
  const logFile = isSet(named) ? resolve(named) : logFileOf(paths.state, port);
  const log = openLog(logFile, isSet(named));
  if (typeof log === 'string') return { ok: false, problem: log };
  const { size } = fstatSync(log);
  const fixed = {
    [OPTIONS.host.env[0]]: host,
    [OPTIONS.port.env[0]]: String(port),
    [OPTIONS.logFile.env[0]]: logFile,
    [STATE_FILE_VARIABLE]: stateFileOf(paths.state, port),
    ...(options.token !== undefined && { [OPTIONS.accessToken.env[0]]: options.token }),
  };
  const args = ['serve', ...(stopWhenUnused ? [SERVE_FLAGS.stopWhenUnused.flag] : [])];
  const child = spawn(process.execPath, [BRIDGE_SCRIPT, ...args], {
    // Not the current folder, which could not be removed or unmounted while the bridge runs; not the home folder, which
    // may not exist or be accessible.
    cwd: paths.state,
    detached: true,
    windowsHide: true,
    env: createChildEnvironment({ flags, env, loaded, resolvePath: (path) => resolve(path), fixed }),
    stdio: ['ignore', 'ignore', log, 'ipc'],
  });
  closeSync(log);
  const outcome = await waitUntilListening(child, options.limitMs ?? LIMIT_MS);
  if (outcome.kind === 'listening') return { ok: true, ...outcome.address, pid: child.pid ?? 0, logFile };
  const output = readTail(logFile, SHOWN_LINES, { from: size }).map((line) => `\n  ${line}`).join('');
  const problem = `The bridge did not start: ${outcome.reason}.${output === '' ? '' : ` Its output:${output}`}`;
  return { ok: false, problem, ...(outcome.code !== undefined && { code: outcome.code }) };
}

/** Returns the descriptor of the log, or why it cannot be opened. */
function openLog(path: string, isNamed: boolean): number | string {
  try {
    makeFolder(dirname(path), 0o700);
    // A file that the user names may be a symbolic link; the one in the state folder must not be.
    if (!isNamed) removeLink(path);
    return openSync(path, isNamed ? 'a' : APPEND_NO_LINK, 0o600);
  } catch (error) {
    return `Cannot write the log file ${path}: ${explainFailure(error)}. Choose another file with --log-file.`;
  }
}

const SHOWN_LINES = 10;

export interface ChildEnvironmentOptions {
  /** Passed on as variables, because flags, including keys, are visible in the process list. */
  readonly flags: FlagTexts;
  readonly env: Environment;
  /** The environment including the environment file. */
  readonly loaded: Environment;
  /** Makes a path absolute, because the child has a different working folder. */
  readonly resolvePath: (path: string) => string;
  /** Variables that override all others. */
  readonly fixed: Readonly<Record<string, string>>;
}

/** Variables that Node sets for this process, and that must not reach the bridge. */
const NODE_VARIABLES = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID', 'NODE_TEST_CONTEXT'];

/** Creates the environment of the child: `env` without NODE_VARIABLES, with flags, absolute paths and `fixed`. */
export function createChildEnvironment(options: ChildEnvironmentOptions): Readonly<Record<string, string>> {
  const { flags, env, loaded, resolvePath, fixed } = options;
  const child: Record<string, string> = {};
  for (const [name, text] of Object.entries(env)) {
    if (text !== undefined && !NODE_VARIABLES.includes(name)) child[name] = text;
  }
  for (const name of OPTION_NAMES) {
    const { env: [variable], type } = OPTIONS[name];
    const text = flags[name] ?? (type.path && findVariable(name, loaded));
    if (text !== undefined) child[variable] = isPath(type, text) ? resolvePath(text) : text;
  }
  return { ...child, ...fixed };
}

type ChildOutcome =
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'failed'; readonly reason: string; readonly code?: number };

/** Waits until the child listens or ends, then detaches from it. */
function waitUntilListening(child: ChildProcess, limitMs: number): Promise<ChildOutcome> {
  return new Promise((resolve) => {
    const finish = (outcome: ChildOutcome): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.on('error', () => undefined);
      if (child.connected) child.disconnect();
      child.unref();
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      finish({ kind: 'failed', reason: `it did not listen within ${renderDuration(limitMs)} and was killed` });
    }, limitMs);
    child.on('error', (error) => finish({ kind: 'failed', reason: error.message }));
    child.on('exit', (code, signal) => {
      const reason = code === null ? `it was killed by ${signal ?? 'a signal'}` : `it exited with code ${code}`;
      finish({ kind: 'failed', reason, ...(code !== null && { code }) });
    });
    child.on('message', (message: unknown) => {
      const address = readAnnouncement(message);
      if (address !== undefined) finish({ kind: 'listening', address });
    });
  });
}

function readAnnouncement(message: unknown): Address | undefined {
  const address = isRecord(message) ? asRecord(message['listening']) : undefined;
  const [host, port] = [asText(address?.['host']), asNumber(address?.['port'])];
  return host === undefined || port === undefined ? undefined : { host, port };
}
