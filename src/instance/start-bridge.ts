/** Starts a bridge in the background and waits until it listens. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isRecord } from '../base/json';
import { asNumber, asRecord, asText } from '../base/narrow';
import { messageOf } from '../base/thrown';
import { OPTIONS } from '../config/options';
import { isSet, type Environment, type FlagTexts } from '../config/resolve';
import type { Listening } from '../server/create-server';
import { EXIT } from '../command/command';
import { loadEnvironment } from '../command/load-config';
import { SERVE_FLAGS } from '../command/own-flag-rows';
import type { Paths } from '../command/paths';
import { STATE_FILE_VARIABLE } from '../serve/run-server';
import { PROGRAM } from '../command/version';
import { createChildEnvironment } from './child-environment';
import { findFreePort } from './free-port';
import { readTail } from './log-tail';
import { logFileOf, stateFileOf } from './state-file';
import { sweep } from './sweep';

export interface StartOptions {
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly places: Paths;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether the bridge ends itself when no launched Codex and nobody else needs it any more. */
  readonly stopWhenUnused: boolean;
  /** Milliseconds that it may take until it listens. */
  readonly limitMs?: number;
}

export type StartedBridge =
  | { readonly ok: true; readonly host: string; readonly port: number; readonly pid: number; readonly logFile: string }
  | { readonly ok: false; readonly problem: string };

const LIMIT_MS = 15_000;

/** Somebody else may take the free port before the bridge does. */
const FREE_PORT_TRIES = 3;

/**
 * Starts `serve` as a process of its own, which outlives this one, with the configuration of `flags` and `env`; these must
 * be without mistakes. The host and the port are those of the options, whatever `flags` and `env` say.
 *
 * @returns where it listens, or why it does not: a sentence, and below it what the bridge said last
 */
export async function startBridge(options: StartOptions): Promise<StartedBridge> {
  const tries = options.port === 0 ? FREE_PORT_TRIES : 1;
  if (options.port === 0) sweep(options.places.state, Date.now());
  let outcome: Outcome = { ok: false, problem: 'The bridge did not start.' };
  try {
    for (let count = 0; count < tries; count += 1) {
      const port = options.port === 0 ? await findFreePort(options.host) : options.port;
      outcome = await startOn(port, options);
      if (outcome.ok || outcome.code !== EXIT.failed) break;
    }
  } catch (error) {
    return { ok: false, problem: `The bridge cannot start: ${messageOf(error)}.` };
  }
  return outcome;
}

/** @property code the exit code of a bridge that ended by itself */
type Outcome =
  | Extract<StartedBridge, { ok: true }>
  | (Extract<StartedBridge, { ok: false }> & { readonly code?: number });

async function startOn(port: number, options: StartOptions): Promise<Outcome> {
  const { host, places, stopWhenUnused } = options;
  const loaded = loadEnvironment(options.flags, options.env).env;
  const logFile = findLogFile(port, options, loaded);
  mkdirSync(places.state, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a', 0o600);
  const { size } = fstatSync(log);
  const fixed = {
    [OPTIONS.host.env[0]]: host,
    [OPTIONS.port.env[0]]: String(port),
    [OPTIONS.logFile.env[0]]: logFile,
    [STATE_FILE_VARIABLE]: stateFileOf(places.state, port),
  };
  const words = ['serve', ...(stopWhenUnused ? [SERVE_FLAGS.stopWhenUnused.flag] : [])];
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    // Not the folder of the starter: it could not be removed or unmounted as long as the bridge runs. Nor the home folder:
    // it may be none, or closed to this user.
    cwd: places.state,
    detached: true,
    windowsHide: true,
    env: createChildEnvironment({ ...options, loaded, resolvePath: (path) => resolve(path), fixed }),
    stdio: ['ignore', 'ignore', log, 'ipc'],
  });
  closeSync(log);
  const end = await untilListening(child, options.limitMs ?? LIMIT_MS);
  if (end.kind === 'listening') return { ok: true, ...end.address, pid: child.pid ?? 0, logFile };
  const said = readTail(logFile, LAST_WORDS, { from: size }).map((line) => `\n  ${line}`).join('');
  const problem = `The bridge did not start: ${end.reason}.${said === '' ? '' : ` It said:${said}`}`;
  return { ok: false, problem, ...(end.code !== undefined && { code: end.code }) };
}

const LAST_WORDS = 10;

function findLogFile(port: number, { flags, places }: StartOptions, loaded: Environment): string {
  const named = flags.logFile ?? loaded[OPTIONS.logFile.env[0]];
  return isSet(named) ? resolve(named) : logFileOf(places.state, port);
}

type End =
  | { readonly kind: 'listening'; readonly address: Listening }
  | { readonly kind: 'failed'; readonly reason: string; readonly code?: number };

/** Afterwards nothing ties this process to the child any more. */
function untilListening(child: ChildProcess, limitMs: number): Promise<End> {
  return new Promise((resolve) => {
    const finish = (end: End): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.on('error', () => undefined);
      if (child.connected) child.disconnect();
      child.unref();
      resolve(end);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      finish({ kind: 'failed', reason: `it did not listen within ${limitMs / 1_000} s, and was ended` });
    }, limitMs);
    child.on('error', (error) => finish({ kind: 'failed', reason: error.message }));
    child.on('exit', (code, signal) => {
      const reason = code === null ? `it was ended by ${signal ?? 'a signal'}` : `it ended with exit code ${code}`;
      finish({ kind: 'failed', reason, ...(code !== null && { code }) });
    });
    child.on('message', (message: unknown) => {
      const address = readAnnouncement(message);
      if (address !== undefined) finish({ kind: 'listening', address });
    });
  });
}

function readAnnouncement(message: unknown): Listening | undefined {
  const address = isRecord(message) ? asRecord(message['listening']) : undefined;
  const [host, port] = [asText(address?.['host']), asNumber(address?.['port'])];
  return host === undefined || port === undefined ? undefined : { host, port };
}
