/** The built bridge as its users run it: a process of its own on a free port. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '../../house/source-tree';
import { exitOf, killGroup, startProgram } from './program';

/** How long the bridge may take to start, and to end once it is told to. */
const PATIENCE_MS = 20_000;

export interface BridgeProcess {
  /** Base URL for clients, ending in `/v1`. */
  readonly url: string;
  /** What it has written to standard error so far. */
  log(): string;
  /** Sends SIGTERM and resolves with the exit code; `null` when it had to be killed. */
  stop(): Promise<number | null>;
}

export interface BridgeOptions {
  /** Base URL of the scripted upstream. */
  readonly upstreamUrl: string;
  /** A folder in which the bridge may do as it likes. */
  readonly folder: string;
  /** Options of the bridge as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts bin/aliyun-codex-bridge.js and waits for its start-up line.
 *
 * @throws Error with what the bridge wrote, when it ends or stays silent instead
 */
export async function startBridge({ upstreamUrl, folder, env = {} }: BridgeOptions): Promise<BridgeProcess> {
  const child = startProgram({
    command: process.execPath,
    args: [join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), '--port', '0'],
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
  let stopped: Promise<number | null> | undefined;
  return { url, log: () => log, stop: () => (stopped ??= stop()) };
}

/** The URL in the start-up line, which is the first line. Goes on reading, so that the bridge never writes in vain. */
async function readUrl(stdout: NodeJS.ReadableStream | null): Promise<string | undefined> {
  if (stdout === null) return undefined;
  const line = await new Promise<string>((resolve) => createInterface({ input: stdout }).on('line', resolve));
  return /listens on (\S+\/v1);/.exec(line)?.[1];
}

/** `promise`, or `undefined` when it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(resolve, milliseconds, undefined); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
