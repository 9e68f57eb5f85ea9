/** Runs a program in place of this one: with its terminal, its signals and its exit code. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Environment } from '../config/resolve';
import { toSpawn, type Program } from './program';

/** A running child process. */
export interface Child {
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or 128 plus the number of the signal that ended it; rejects when it could not be started. */
  readonly ended: Promise<number>;
}

/** Starts `program` with the terminal, open files and working directory of this process. */
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

/** Signals that the child handles while it runs. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Signals that the terminal sends to every foreground process, so also to the child. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/**
 * Lets the child decide how to react to signals, until the returned function is called: this process keeps running and
 * forwards the signals that the child did not receive itself.
 *
 * On Windows it forwards none: the console signals all of its processes, and `kill` would end the child at once, or
 * throw (SIGHUP before Node 20).
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
