/** Ends a bridge in the background and waits until it is gone. */
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from '../base/thrown';
import { probePort } from '../instance/ask-health';
import { createLaunch } from '../instance/launch-connection';

export interface StopOptions {
  readonly host: string;
  readonly port: number;
  /** Of the bridge that answers there. */
  readonly pid: number;
  /** How long it may take to end. */
  readonly limitMs: number;
}

export type StopOutcome = 'ended' | 'still running' | 'not permitted';

/** How long a process may take that has closed its last connection. */
const EXIT_MS = 2_000;

const STEP_MS = 20;

const HEALTH_TIMEOUT_MS = 1_000;

/** Asks the process to end (SIGTERM; on Windows that ends it at once), and resolves when it has, or not in time. */
export async function stopBridge({ host, port, pid, limitMs }: StopOptions): Promise<StopOutcome> {
  // The bridge closes this connection as the last thing that it does; older ones have no such route.
  const launch = await createLaunch({ host, port }).catch(() => undefined);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    launch?.close();
    return codeOf(error) === 'ESRCH' ? 'ended' : 'not permitted';
  }
  if (launch === undefined) return (await untilGone(pid, limitMs)) ? 'ended' : 'still running';
  const patience = new AbortController();
  const isClosed = await Promise.race([
    launch.closed.then(() => true),
    pause(limitMs, false, { signal: patience.signal }).catch(() => false),
  ]);
  patience.abort();
  launch.close();
  if (!isClosed) return 'still running';
  if (await untilGone(pid, EXIT_MS)) return 'ended';
  // A process that nobody has taken notice of keeps its number, as in a container without an init.
  return (await probePort({ host, port, timeoutMs: HEALTH_TIMEOUT_MS })).kind === 'free' ? 'ended' : 'still running';
}

/** No system tells of the end of a process that somebody else started: it is looked for. False when time ran out. */
export async function untilGone(pid: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; isAlive(pid); waited += STEP_MS) {
    if (waited >= milliseconds) return false;
    await pause(STEP_MS);
  }
  return true;
}

/** Whether there is a process of this number, of whoever. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
