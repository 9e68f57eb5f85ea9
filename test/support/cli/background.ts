/** Runs commands for background bridges, each test in its own home, and cleans up after the test. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { listRecords, type BridgeRecord } from '../../../src/instance/bridge-record';
import { waitForExit } from '../../../src/instance/stop-bridge';
import { run } from '../../../src/cli/main';
import { type Paths, describeMachine, findPaths } from '../../../src/command/paths';
import { createFakeIo, type FakeIo } from './fake-io';
import { findFreePort } from '../free-port';

/** Starting a process takes 0.1 s, and much longer on a busy machine. */
export const LIMIT = { timeout: 60_000 } as const;

export const KEY = 'sk-test-background';

export interface Home {
  readonly env: Readonly<Record<string, string>>;
  readonly paths: Paths;
  /** A free port, which is also in PORT. */
  readonly port: number;
  /** Reads the records of background bridges. */
  records(): readonly BridgeRecord[];
  run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly error: string }>;
}

/** A temporary home; its bridges are killed after the test. Their provider does not exist. */
export async function createHome(context: TestContext, extra: Readonly<Record<string, string>> = {}): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'bridge-home-'));
  const port = await findFreePort();
  const env = {
    HOME: folder, USERPROFILE: folder, LOCALAPPDATA: join(folder, 'local'), XDG_STATE_HOME: join(folder, 'state'),
    AI_API_BASE: 'http://127.0.0.1:9/v1', AI_API_KEY: KEY, PORT: String(port),
    // Nothing listens there: a retry would only wait.
    UPSTREAM_CALLS: '1', ...extra,
  };
  await mkdir(env.XDG_STATE_HOME);
  const paths = findPaths(describeMachine(env));
  const records = (): readonly BridgeRecord[] => listRecords(paths.state);
  const started = new Set<number>();
  context.after(async () => {
    // Only this test's bridges write these records, so their process ids are safe to kill.
    for (const { pid } of records()) if (started.has(pid)) await kill(pid);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    env, paths, port, records,
    async run(...args) {
      const io = createFakeIo();
      const code = await run(args, env, io);
      for (const { pid, version } of records()) if (version !== FORGED) started.add(pid);
      return { code, ...io.written };
    },
  };
}

/** The version in records that tests write. The processes of such records are never killed. */
export const FORGED = '0.0.0-forged';

/** Kills a process of this test and waits until it exits. */
export async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
  await waitForExit(pid, 5_000);
}

/** Starts an HTTP server that is closed after the test. @returns its port */
export async function listen(context: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return address.port;
}

/** Starts a server that answers GET /health with `health`, and anything else with 404. @returns its port */
export function pretend(context: TestContext, health: unknown): Promise<number> {
  return listen(context, (request, response) => {
    response.writeHead(request.url === '/health' ? 200 : 404).end(JSON.stringify(health));
  });
}

export interface WatchedIo extends FakeIo {
  /** Resolves when standard output matches `pattern`. */
  until(pattern: RegExp): Promise<string>;
}

/** A fake environment whose standard output a test can wait for. */
export function createWatchedIo(): WatchedIo {
  const io = createFakeIo();
  const waiters = new Set<() => void>();
  return {
    ...io,
    out(text) {
      io.out(text);
      for (const check of [...waiters]) check();
    },
    until: (pattern) => new Promise((resolve) => {
      const check = (): void => {
        if (!pattern.test(io.written.out)) return;
        waiters.delete(check);
        resolve(io.written.out);
      };
      waiters.add(check);
      check();
    }),
  };
}
