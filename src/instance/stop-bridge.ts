/** Stops a background bridge and waits until it has ended. */
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from '../base/thrown';
import type { Address } from '../command/render';
import { MIN_PROVABLE_LENGTH } from '../server/guards';
import { createLaunch, knowsToken, probePort } from './bridge-client';
import { readProcessStart } from './bridge-record';

export interface StopOptions extends Address {
  /** The pid in the record of the bridge. */
  readonly pid: number;
  /** The start time of the process, if the record has it. */
  readonly processStart: string | undefined;
  readonly token: string | undefined;
  readonly limitMs: number;
}

export type StopOutcome = 'ended' | 'still running' | 'not permitted' | 'another process';

/** How long the process may take to exit after it has closed its last connection. */
const EXIT_MS = 2_000;

const POLL_MS = 20;

const HEALTH_TIMEOUT_MS = 1_000;

/**
 * Sends SIGTERM, which on Windows ends the process at once, if the process with the recorded pid is still the bridge.
 * Resolves when the process has ended, or when the time is up.
 */
export async function stopBridge({ host, port, pid, processStart, token, limitMs }: StopOptions): Promise<StopOutcome> {
  if (!(await isBridge({ host, port, pid, processStart, token }))) return 'another process';
  // The bridge closes this connection last; older versions have no such route.
  const launch = await createLaunch({ host, port }, token).catch(() => undefined);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    launch?.close();
    return codeOf(error) === 'ESRCH' ? 'ended' : 'not permitted';
  }
  if (launch === undefined) return (await waitForExit(pid, limitMs)) ? 'ended' : 'still running';
  const timer = new AbortController();
  const isClosed = await Promise.race([
    launch.closed.then(() => true),
    pause(limitMs, false, { signal: timer.signal }).catch(() => false),
  ]);
  timer.abort();
  launch.close();
  if (!isClosed) return 'still running';
  if (await waitForExit(pid, EXIT_MS)) return 'ended';
  // A zombie process keeps its pid, as in a container without an init.
  return (await probePort({ host, port, timeoutMs: HEALTH_TIMEOUT_MS })).kind === 'free' ? 'ended' : 'still running';
}

/**
 * Whether the process with the recorded pid is the bridge: another process may have reused the pid. Without a recorded
 * start time, as on Windows, the bridge on the port must prove that it knows the token, if it has a provable one.
 */
async function isBridge({ host, port, pid, processStart, token }: Omit<StopOptions, 'limitMs'>): Promise<boolean> {
  if (processStart !== undefined) return readProcessStart(pid) === processStart;
  return token === undefined || token.length < MIN_PROVABLE_LENGTH || (await knowsToken({ host, port }, token));
}

/** Polls, because Node reports the end only of child processes. Returns false if the time is up. */
export async function waitForExit(pid: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; isAlive(pid); waited += POLL_MS) {
    if (waited >= milliseconds) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** Whether a process with this pid exists, regardless of its owner. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
