/** Runs a program in place of this one: its terminal, its signals, its exit code. */
import { spawn, type SpawnOptions } from 'node:child_process';
import { constants } from 'node:os';
import type { Environment } from '../config/resolve';
import { renderCmdArguments } from './cmd-line';
import type { Program } from './find-program';

interface Spawn {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/** What `spawn` takes to run `program` with `words`. */
export function toSpawn(program: Program, words: readonly string[]): Spawn {
  const args = [...program.words, ...words];
  if (program.isScript === undefined) return { command: program.command, args, options: {} };
  return {
    command: process.env['ComSpec'] || 'cmd.exe',
    args: renderCmdArguments(program.command, args),
    options: { windowsVerbatimArguments: true },
  };
}

/** A child that was started: how it can be told of signals, and how it ends. */
export interface Child {
  kill(signal: NodeJS.Signals): void;
  /** The exit code, 128 and the number of the signal that ended it; rejects when it could not be started. */
  readonly ended: Promise<number>;
}

/** Starts `program` with the terminal, the files and the folder of this process. */
export function runChild(program: Program, words: readonly string[], env: Environment): Child {
  const { command, args, options } = toSpawn(program, words);
  const child = spawn(command, args, { ...options, env, stdio: 'inherit' });
  return {
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    }),
  };
}

/** Signals that are the child's business while it runs. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** What the terminal sends to every process of the foreground, and so to the child as well. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/**
 * Lets the child decide what signals mean until the returned function is called: this process stays, and passes on what
 * did not reach the child by itself.
 *
 * On Windows that is nothing: signals come from the console, which tells all of its processes, and `kill` would end the
 * child at once, or throw (SIGHUP before Node 20).
 */
export function passSignals(
  child: Child,
  hasTerminal: boolean,
  platform: NodeJS.Platform = process.platform,
): () => void {
  const reachesChild = (signal: NodeJS.Signals): boolean =>
    platform === 'win32' || (hasTerminal && FROM_TERMINAL.includes(signal));
  const pass = (signal: NodeJS.Signals): void => {
    if (!reachesChild(signal)) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  return () => {
    for (const signal of SIGNALS) process.off(signal, pass);
  };
}
