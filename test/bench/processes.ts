/** Starts the processes of the benchmark, and ensures that none outlives it. */
import { fork, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplyMessage } from './messages';

const HEALTH_DEADLINE_MS = 15_000;
const HEALTH_INTERVAL_MS = 1;
const CALL_DEADLINE_MS = 120_000;
/** Long enough for a profiled process to write its profile before it exits. */
const STOP_DEADLINE_MS = 5_000;

const running = new Set<ChildProcess>();
let folder: string | undefined;
let logCount = 0;

/** Returns the temporary folder of this run: home folder, output and stores of its processes. */
export function temporaryFolder(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'codex-bridge-bench-'));
  return folder;
}

/** Kills every process and removes the temporary folder: the last step of a run, however it ends. */
export function cleanUp(): void {
  for (const child of running) child.kill('SIGKILL');
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function track<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Starts a process that `cleanUp` kills. */
export const startProcess = (file: string, args: readonly string[], options: SpawnOptions): ChildProcess =>
  track(spawn(file, [...args], options));

const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Terminates `child`, kills it after a deadline, and resolves when it has exited. */
export function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasExited(child)) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Finds a port on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Creates the environment of a subject: a temporary home folder, and none of the caller's NODE_OPTIONS, proxies and
 * certificates (NODE_EXTRA_CA_CERTS alone adds about 30 ms to the start-up of Node 18 and 20).
 */
function cleanEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LANG', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const home = temporaryFolder();
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, AI_API_KEY: 'sk-test-bench', ...extra };
}

/** A command that starts a server. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}
/** A running server. */
export interface RunningServer {
  readonly child: ChildProcess;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the spawn to the first 200 on /health. */
  readonly startMs: number;
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/health', agent: false, timeout: HEALTH_DEADLINE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('timeout', () => resolve(false))
      .on('error', () => resolve(false));
  });
}

/** Starts a server and waits until it answers /health; throws with an error from its output if it does not. */
export async function startServer(launch: Launch, port: number): Promise<RunningServer> {
  const log = join(temporaryFolder(), `subject-${logCount++}.log`);
  const output = openSync(log, 'w');
  const startedAt = performance.now();
  const child = startProcess(launch.file, launch.args, {
    env: cleanEnvironment(launch.environment), stdio: ['ignore', output, output],
  });
  closeSync(output);
  let spawnError: Error | undefined;
  child.on('error', (error) => (spawnError = error));
  while (spawnError === undefined && !hasExited(child) && performance.now() - startedAt < HEALTH_DEADLINE_MS) {
    if (await isHealthy(port)) {
      return { child, port, pid: child.pid ?? 0, startMs: performance.now() - startedAt };
    }
    await new Promise((resolve) => setTimeout(resolve, HEALTH_INTERVAL_MS));
  }
  await stopProcess(child);
  throw new Error(`did not answer /health with 200: ${spawnError?.message ?? readReason(log)}`);
}

/** Finds the line of a log that most likely names the cause: the first with an error, otherwise the last. */
function readReason(log: string): string {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  return lines.find((line) => /error\b/i.test(line)) ?? lines.at(-1) ?? '';
}

/** A helper process of the benchmark, which handles calls. */
export interface Helper<T extends { [K in keyof T]: { argument: unknown; result: unknown } }> {
  call<K extends keyof T & string>(name: K, argument: T[K]['argument']): Promise<T[K]['result']>;
}

/** Starts `file` in this folder as a helper process, with the TypeScript loader of this process. */
export function startHelper<T extends { [K in keyof T]: { argument: unknown; result: unknown } }>(
  file: string,
): Helper<T> {
  const child = track(fork(join(__dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  let lastId = 0;
  return {
    call: (call, argument) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        const settle = (finish: () => void): void => {
          clearTimeout(timer);
          child.off('message', onMessage).off('exit', onExit);
          finish();
        };
        const onMessage = (reply: ReplyMessage): void => {
          if (reply.id !== id) return;
          const { error } = reply;
          settle(() => (error === undefined ? resolve(reply.result) : reject(new Error(`${file} ${call}: ${error}`))));
        };
        const onExit = (): void => settle(() => reject(new Error(`${file} exited during ${call}`)));
        const onTimeout = (): void =>
          settle(() => reject(new Error(`${file} ${call}: no reply after ${CALL_DEADLINE_MS} ms`)));
        const timer = setTimeout(onTimeout, CALL_DEADLINE_MS);
        child.on('message', onMessage).on('exit', onExit);
        child.send({ id, call, argument }, (error) => {
          if (error !== null) settle(() => reject(new Error(`${file} ${call}: ${error.message}`)));
        });
      }),
  };
}
