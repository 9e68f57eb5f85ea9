/**
 * Runs programs with a time limit and a clean environment, and leaves none running.
 */
import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A port on which nothing listens (that of RFC 863), so that a client that tries to leave the machine fails at once.
 */
const DEAD_PROXY = 'http://127.0.0.1:9';

const LOOPBACK = '127.0.0.1,localhost';

/**
 * The whole environment of a client: only the user's PATH, and no access to other machines.
 *
 * @param home replaces the home folder, so that the user's settings have no influence
 * @param tmp a folder for temporary files
 */
export function createClientEnv(home: string, tmp: string): Readonly<Record<string, string>> {
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...Object.fromEntries(proxies.map((name) => [name, DEAD_PROXY])),
    NO_PROXY: LOOPBACK,
    no_proxy: LOOPBACK,
  };
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether its standard input is a pipe; default: it has no input. */
  readonly hasInput?: boolean;
}

export interface ProgramRun {
  /** `null` if a signal ended the program. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the program was killed after its time limit. */
  readonly timedOut: boolean;
}

/** Runs `program` until it exits, without input. Remaining processes of its process group are killed. */
export async function runProgram(program: Program, timeoutMs: number): Promise<ProgramRun> {
  const child = startProgram(program);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, timeoutMs);
  try {
    const exitCode = await exitOf(child);
    killGroup(child);
    return { exitCode, stdout: await stdout, stderr: await stderr, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

/** Starts `program` in its own process group, which is killed at the latest when this process exits. */
export function startProgram({ command, args, cwd, env, hasInput = false }: Program): ChildProcess {
  const stdin = hasInput ? 'pipe' : 'ignore';
  const child = spawn(command, args, { cwd, env, stdio: [stdin, 'pipe', 'pipe'], detached: true });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Resolves with the exit code of `child`, or `null` after a signal. Rejects if it could not be started. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** Kills `child` and all processes in its group. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: the group no longer exists.
  }
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream?.setEncoding('utf8') ?? []) text += chunk;
  return text;
}

const running = new Set<ChildProcess>();

process.once('exit', () => running.forEach(killGroup));
// Without a handler these signals end the process without its 'exit' event.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
