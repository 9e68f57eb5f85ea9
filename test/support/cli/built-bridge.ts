/** Runs the built bridge in a separate process, so that its memory and open files can be measured. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** What a built bridge may have in use, not counting garbage, whatever clients and providers send. */
export const MEMORY_LIMIT_MB = 250;

/** The API key of every built bridge; it must never appear in its output. */
export const BUILT_KEY = 'sk-test-built-bridge-0123456789';

export interface BuiltBridge {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Its home, which contains its state folder; removed after the test. */
  readonly home: string;
  /** Everything it printed. */
  output(): string;
  /** The highest resident memory so far, in MB; 0 if unknown. */
  peakMb(): number;
  /** Resident memory now, in MB. */
  residentMb(): number;
  /** Open file descriptors; 0 if unknown. */
  descriptors(): number;
  /** Resolves with the exit code, or the name of the signal, when all output was read. */
  readonly ended: Promise<number | string>;
}

export interface BuiltBridgeOptions {
  readonly upstream?: string;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
  /** Matches its output once it listens. Default: its URL. */
  readonly ready?: RegExp;
  /**
   * Ends it with exit code 99 once it has more MB in use, not counting garbage. V8's own limit, twice as high, catches
   * what is in use only within one turn of the event loop.
   */
  readonly memoryLimitMb?: number;
  /** The Node that runs it. Default: the Node of the tests. */
  readonly node?: string;
  /** A shell command to run first, such as `ulimit -n 20`. */
  readonly before?: string;
}

/** Registers cleanup: the context of a test, or a list. */
export interface Cleanup {
  after(cleanup: () => unknown): void;
}

/** Starts `serve` on a free port and waits until it listens. */
export async function startBuiltBridge(
  context: Cleanup, options: BuiltBridgeOptions = {},
): Promise<BuiltBridge> {
  const home = mkdtempSync(join(tmpdir(), 'codex-bridge-built-'));
  const { upstream = 'http://127.0.0.1:9/v1', flags = [], env = {}, execArgv = [], before, memoryLimitMb } = options;
  const limits = memoryLimitMb === undefined
    ? []
    : [`--max-old-space-size=${2 * memoryLimitMb}`, '--require', join(__dirname, 'memory-limit.cjs')];
  const { node = process.execPath } = options;
  const { ready = /https?:\/\/[\d.:\[\]a-z]+:\d+/ } = options;
  const command = [
    ...execArgv, ...limits, join(ROOT, 'bin', 'aliyun-codex-bridge.js'),
    'serve', '--port', '0', '--provider', 'aliyun-coding', ...flags,
  ];
  const settings = {
    cwd: home,
    env: {
      PATH: process.env['PATH'], HOME: home, AI_API_KEY: BUILT_KEY, AI_API_BASE: upstream,
      ...(memoryLimitMb !== undefined && { MEMORY_LIMIT_MB: String(memoryLimitMb) }), ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  };
  const child = before === undefined
    ? spawn(node, command, settings)
    : spawn('sh', ['-c', `${before}; exec "$0" "$@"`, node, ...command], settings);
  let text = '';
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true });
  });
  const listening = new Promise<string>((resolve, reject) => {
    const onData = (bytes: Buffer): void => {
      text += String(bytes);
      const found = ready.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    void ended.then((code) => reject(new Error(`The bridge exited with ${code}: ${text}`)));
  });
  const url = await listening;
  const memory = (name: string): number => {
    const status = attemptRead(`/proc/${child.pid}/status`);
    return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  };
  return {
    url,
    port: Number(/:(\d+)$/.exec(url)?.[1] ?? 0),
    child,
    home,
    output: () => text,
    peakMb: () => memory('VmHWM'),
    residentMb: () => memory('VmRSS'),
    descriptors: () => attemptList(`/proc/${child.pid}/fd`).length,
    ended,
  };
}

function attemptRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function attemptList(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
