/** Runs the built bridge as its users do: as a separate process on a free port. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '../../house/source-tree';
import { exitOf, killGroup, startProgram } from './program';

/** Time limit for starting the bridge, and for stopping it. */
const PATIENCE_MS = 20_000;

export interface BridgeProcess {
  /** Base URL for clients, ending in `/v1`. */
  readonly url: string;
  /** Returns its output on standard error so far. */
  log(): string;
  /**
   * Resolves once standard error matches `pattern`; log lines may arrive after the client's answer.
   * @throws Error with that output, if it does not match in time
   */
  logged(pattern: RegExp): Promise<void>;
  /** Sends SIGTERM and resolves with the exit code; `null` if it had to be killed. */
  stop(): Promise<number | null>;
}

export interface BridgeOptions {
  /** Base URL of the scripted upstream. */
  readonly upstreamUrl: string;
  /** A scratch folder for the bridge. */
  readonly folder: string;
  /** Options of the bridge as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
}

/**
 * Starts bin/aliyun-codex-bridge.js and waits for its start-up line.
 *
 * @throws Error with the bridge's output, if it exits or prints no such line
 */
export async function startBridge({ upstreamUrl, folder, env = {}, port = 0 }: BridgeOptions): Promise<BridgeProcess> {
  const child = startProgram({
    command: process.execPath,
    args: [join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), '--port', String(port)],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, AI_API_BASE: upstreamUrl, ...env },
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { log += text; });
  const exited = exitOf(child);
  const url = await within(PATIENCE_MS, Promise.race([readUrl(child.stdout), exited.then(() => undefined)]));
  if (url === undefined) {
    killGroup(child);
    await exited.catch(() => undefined);
    throw new Error(`The bridge did not start (is dist/ built?)\n${log}`);
  }
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    await within(PATIENCE_MS, exited);
    killGroup(child);
    return exited;
  };
  const logged = async (pattern: RegExp): Promise<void> => {
    const { stderr } = child;
    const matched = new Promise<true>((resolve) => {
      const check = (): void => {
        if (!pattern.test(log)) return;
        stderr?.off('data', check);
        resolve(true);
      };
      stderr?.on('data', check);
      check();
    });
    if (!(await within(PATIENCE_MS, matched))) throw new Error(`The bridge did not log ${pattern}:\n${log}`);
  };
  let stopped: Promise<number | null> | undefined;
  return { url, log: () => log, logged, stop: () => (stopped ??= stop()) };
}

/**
 * Finds the URL in the start-up line, the first line. Continues reading, so that the bridge is never blocked on a
 * write.
 */
async function readUrl(stdout: NodeJS.ReadableStream | null): Promise<string | undefined> {
  if (stdout === null) return undefined;
  const line = await new Promise<string>((resolve) => createInterface({ input: stdout }).on('line', resolve));
  return /is listening on (\S+\/v1);/.exec(line)?.[1];
}

/** Resolves like `promise`, or with `undefined` after a time limit. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(resolve, milliseconds, undefined); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
