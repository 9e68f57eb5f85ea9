/** Runs programs in a pseudo-terminal, which `script` of util-linux provides. */
import { spawn, spawnSync } from 'node:child_process';

/** Returns why this machine has no pseudo-terminal, or `false`; for the `skip` option of a test. */
export function whyNoTerminal(): string | false {
  const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return (stdout ?? '').includes('util-linux') ? false : 'needs script of util-linux';
}

/** Ctrl-C, which the terminal turns into SIGINT. */
export const CTRL_C = '\x03';

const LIMIT_MS = 30_000;

export interface TerminalOptions {
  /** The program and its arguments. */
  readonly args: readonly string[];
  /** The environment, except PATH and TERM. */
  readonly env: Readonly<Record<string, string>>;
}

export interface TerminalRun {
  /** Types `keys`. */
  type(keys: string): void;
  /** Resolves with everything shown so far as soon as it contains `text`; rejects if the program ends first. */
  shows(text: string): Promise<string>;
  /** Resolves when the program has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly screen: string }>;
  /** Kills the program if it is still running. */
  kill(): void;
}

/** Starts a program in its own terminal, and kills it after 30 s. */
export function startAtTerminal({ args, env }: TerminalOptions): TerminalRun {
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `exec ${args.map(quote).join(' ')}`, '/dev/null'],
    {
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const watchers = new Set<() => void>();
  let screen = '';
  let isOver = false;
  // Without `script` the terminal is closed, which sends SIGHUP to the program in it.
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, LIMIT_MS);
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    for (const watch of watchers) watch();
  });
  const ended = new Promise<{ code: number | null; screen: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      isOver = true;
      clearTimeout(timer);
      for (const watch of watchers) watch();
      resolve({ code, screen });
    });
  });
  const shows = (text: string): Promise<string> => new Promise((resolve, reject) => {
    const watch = (): void => {
      if (screen.includes(text)) resolve(screen);
      else if (isOver) reject(new Error(`The program ended before it showed ${JSON.stringify(text)}:\n${screen}`));
      else return;
      watchers.delete(watch);
    };
    watchers.add(watch);
    watch();
  });
  return { ended, shows, kill, type: (keys) => void child.stdin.write(keys) };
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
