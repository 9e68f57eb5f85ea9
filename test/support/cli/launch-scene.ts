/** Launches `aliyun-codex-bridge codex` with a fake Codex, in its own home. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { killBridges } from './kill-bridges';
import { PROJECT_ROOT } from '../../house/source-tree';
import { stateFileOf } from '../../../src/instance/bridge-record';
import { untilFree, untilRemoved } from './until-free';

export const BIN = join(PROJECT_ROOT, 'bin', 'aliyun-codex-bridge.js');

/** Longer than any launch takes; reached only if a launch hangs. */
const LIMIT_MS = 30_000;

/**
 * The fake Codex: answers `--version`; otherwise prints one line with its arguments, folder and environment, repeats
 * its input line by line, and exits with N after a line `exit N`, or with 0 at the end of the input. It prints a signal
 * that it receives and exits with 9, unless FAKE_DIES is set.
 */
const FAKE_CODEX = `#!${process.execPath}
if (process.argv[2] === '--version') {
  console.log('codex-cli ' + (process.env.FAKE_VERSION || '0.169.0'));
  process.exit(0);
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  if (!process.env.FAKE_DIES) process.on(name, () => { console.log(name); process.exit(9); });
}
console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), cwd: process.cwd(), env: process.env }));
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => {
    const code = /^exit (\\d+)$/.exec(line);
    if (code) process.exit(Number(code[1]));
    console.log('read ' + line);
  })
  .on('close', () => process.exit(0));
`;

export interface Seen {
  readonly pid: number;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Launched {
  readonly child: ChildProcess;
  /** The first line of the fake Codex, parsed. */
  readonly seen: Promise<Seen>;
  /** The next line of standard output. */
  nextLine(): Promise<string>;
  /** Writes a line to standard input. */
  type(line: string): void;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly error: string }>;
}

export interface LaunchScene {
  readonly home: string;
  readonly codexHome: string;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the built program; `more` overrides the environment of the scene. */
  launch(args: readonly string[], more?: Readonly<Record<string, string>>): Launched;
  /** Resolves when the bridge on `port` has exited and removed its record. */
  untilGone(port: number): Promise<void>;
  /** Lists everything in `folder`, sorted; empty if it does not exist. */
  files(folder: string): Promise<readonly string[]>;
}

/** @param port the port of its bridges */
export async function createLaunchScene(context: TestContext, port: number): Promise<LaunchScene> {
  const home = await mkdtemp(join(tmpdir(), 'launch-'));
  const [codexHome, state, bin] = [join(home, '.codex'), join(home, 'state'), join(home, 'bin')];
  for (const folder of [codexHome, bin]) await mkdir(folder);
  await writeFile(join(bin, 'codex'), FAKE_CODEX);
  await chmod(join(bin, 'codex'), 0o755);
  const env = {
    PATH: `${bin}:/usr/bin:/bin`, HOME: home, CODEX_HOME: codexHome, BRIDGE_STATE_DIR: state, PORT: String(port),
    AI_API_KEY: 'sk-test-launch', AI_API_BASE: 'http://127.0.0.1:9/v1', DEFAULT_MODEL: 'scripted-model',
    // Nothing listens there: a retry would only wait.
    UPSTREAM_CALLS: '1',
  };
  const children: ChildProcess[] = [];
  context.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    killBridges(state);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    home, codexHome, state, env,
    launch(args, more = {}) {
      const child = spawn(process.execPath, [BIN, ...args], {
        cwd: home,
        env: { ...env, ...more },
        timeout: LIMIT_MS,
        killSignal: 'SIGKILL',
      });
      children.push(child);
      return watch(child);
    },
    async untilGone(port) {
      await untilFree(port);
      await untilRemoved(stateFileOf(state, port));
    },
    files: async (folder) => (await readdir(folder, { recursive: true }).catch(() => [])).sort(),
  };
}

function watch(child: ChildProcess): Launched {
  let error = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { error += text; });
  const lines = readLines(child);
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Standard output has ended. Standard error:\n${error}`);
    return value;
  };
  let seen: Promise<Seen> | undefined;
  return {
    child,
    nextLine,
    get seen() {
      return (seen ??= nextLine().then((line) => JSON.parse(line) as Seen));
    },
    type: (line) => void child.stdin?.write(`${line}\n`),
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, error })),
  };
}

async function* readLines(child: ChildProcess): AsyncGenerator<string, undefined> {
  let partialLine = '';
  for await (const chunk of child.stdout?.setEncoding('utf8') ?? []) {
    const lines = `${partialLine}${chunk}`.split('\n');
    partialLine = lines.pop() ?? '';
    yield* lines;
  }
  return undefined;
}
