/** Starts the processes of the benchmark and makes sure that none is left behind. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer } from './messages';

const HEALTH_DEADLINE_MS = 15_000;
const HEALTH_PAUSE_MS = 1;
const CALL_DEADLINE_MS = 120_000;
/** A profiled process writes its profile before it exits. */
const STOP_PATIENCE_MS = 5_000;

const running = new Set<ChildProcess>();
let scratch: string | undefined;
let logCount = 0;

/** The folder of this run: home folders and output of the subjects. */
function scratchFolder(): string {
  scratch ??= mkdtempSync(join(tmpdir(), 'codex-bridge-bench-'));
  return scratch;
}

/** Kills every process and removes the scratch folder; the last step of a run, however it ends. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}

function track(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Terminates `child`, kills it after a grace period, and resolves when it has exited. */
export function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Finds a port on which nothing listens at the moment. */
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
 * The whole environment of a subject: its own home folder, and none of the caller's NODE_OPTIONS, proxies or
 * certificates (NODE_EXTRA_CA_CERTS alone costs about 30 ms of start-up on Node 18 and 20).
 */
function cleanEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LANG', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const home = scratchFolder();
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, AI_API_KEY: 'sk-test-bench', ...extra };
}

/** The command that starts a server. */
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

/** Starts a server and waits until it answers /health; throws with the end of its output if it does not. */
export async function startServer(launch: Launch, port: number): Promise<RunningServer> {
  const log = join(scratchFolder(), `subject-${logCount++}.log`);
  const output = openSync(log, 'w');
  const startedAt = performance.now();
  const child = track(
    spawn(launch.file, [...launch.args], {
      env: cleanEnvironment(launch.environment),
      stdio: ['ignore', output, output],
    }),
  );
  closeSync(output);
  let spawnError: Error | undefined;
  child.on('error', (error) => (spawnError = error));
  while (spawnError === undefined && !hasEnded(child) && performance.now() - startedAt < HEALTH_DEADLINE_MS) {
    if (await isHealthy(port)) {
      return { child, port, pid: child.pid ?? 0, startMs: performance.now() - startedAt };
    }
    await new Promise((resolve) => setTimeout(resolve, HEALTH_PAUSE_MS));
  }
  await stopProcess(child);
  throw new Error(`did not answer /health with 200: ${spawnError?.message ?? readReason(log)}`);
}

/** Finds the most relevant line of a log: the first one with an error, or else the last one. */
function readReason(log: string): string {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  return lines.find((line) => /error\b/i.test(line)) ?? lines.at(-1) ?? '';
}

/** A helper process of the benchmark, controlled by messages. */
export interface Helper<T extends { [K in keyof T]: { argument: unknown; result: unknown } }> {
  call<K extends keyof T & string>(name: K, argument: T[K]['argument']): Promise<T[K]['result']>;
}

/** Starts the module `file` of this folder as a helper, with the same TypeScript loader as this process. */
export function startHelper<T extends { [K in keyof T]: { argument: unknown; result: unknown } }>(
  file: string,
): Helper<T> {
  const child = track(fork(join(__dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  let lastId = 0;
  return {
    call: (call, argument) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        const settle = (act: () => void): void => {
          clearTimeout(timer);
          child.off('message', onMessage).off('exit', onExit);
          act();
        };
        const onMessage = (answer: Answer): void => {
          if (answer.id !== id) return;
          const { error } = answer;
          settle(() => (error === undefined ? resolve(answer.result) : reject(new Error(`${file} ${call}: ${error}`))));
        };
        const onExit = (): void => settle(() => reject(new Error(`${file} ended during ${call}`)));
        const timer = setTimeout(() => settle(() => reject(new Error(`${file} ${call}: no answer`))), CALL_DEADLINE_MS);
        child.on('message', onMessage).on('exit', onExit);
        child.send({ id, call, argument }, (error) => {
          if (error !== null) settle(() => reject(new Error(`${file} ${call}: ${error.message}`)));
        });
      }),
  };
}
