/** Starts a real Redis or Valkey server on a free loopback port, without persistence. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findFreePort } from '../free-port';

/** The first server program that is installed. */
const SERVER = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);

/** Options of a test that needs Redis. The reason for a skip appears in the output of the test. */
export const NEEDS_REDIS = { skip: SERVER === undefined && 'neither redis-server nor valkey-server is installed' };

/** Added to the names of tests that are skipped. */
export const REDIS_MISSING = SERVER === undefined ? ' (skipped: redis-server is not installed)' : '';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Kills the process, like a crash. Its data is lost, unless `settings` enable persistence. */
  kill(): Promise<void>;
  /** Restarts it on the same port. */
  start(): Promise<void>;
  /** Suspends and resumes the process: connections stay open, and nothing answers. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

/**
 * Starts a server, and kills it after the test.
 * @param settings command-line options such as `--requirepass secret`; PORT is replaced with the port
 */
export async function startRedis(
  context: Pick<TestContext, 'after'>, settings: readonly string[] = [],
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-redis-'));
  const port = await findFreePort();
  const extra = settings.map((option) => (option === 'PORT' ? String(port) : option));
  const listen = extra.includes('--port') ? [] : ['--port', String(port)];
  const options = [...listen, '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...extra];
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const child = spawn(SERVER ?? '', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    server = child;
    let output = '';
    const ready = new Promise<void>((resolve) => child.stdout.on('data', (chunk) => {
      output += String(chunk);
      if (output.includes('Ready to accept connections')) resolve();
    }));
    const failed = once(child, 'exit').then(() => Promise.reject(new Error(`${SERVER} exited: ${output}`)));
    await Promise.race([ready, failed]);
    failed.catch(() => undefined);
  };
  const kill = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  context.after(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  return { url: `redis://127.0.0.1:${port}`, port, start, kill, signal: (name) => void server?.kill(name) };
}
