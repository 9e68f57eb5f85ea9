/** Runs a child program with this process's terminal and signals, and returns its exit code. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Environment } from '../config/resolve';
import { toSpawn, type Program } from './program';

/**
 * Runs `program` until it exits, with the standard streams and working directory of this process.
 *
 * @returns the exit code, or 128 plus the number of the signal that ended the program
 * @throws if the program cannot be started
 */
export async function runChild(
  program: Program, args: readonly string[], env: Environment, hasTerminal: boolean,
): Promise<number> {
  const { command, args: all, options } = toSpawn(program, args);
  let child: ChildProcess | undefined;
  // Registered before the start, because a signal during the start would otherwise end this process.
  const stopForwarding = forwardSignals((signal) => child?.kill(signal), hasTerminal);
  try {
    child = spawn(command, all, { ...options, env, stdio: 'inherit' });
    return await waitForExitCode(child);
  } finally {
    stopForwarding();
  }
}

const waitForExitCode = (child: ChildProcess): Promise<number> => new Promise((resolve, reject) => {
  child.once('error', reject);
  child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
});

/** Signals that the child handles while it runs. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Signals that the terminal sends to every foreground process, including the child. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/**
 * Lets the child decide how to react to signals, until the returned function is called: this process keeps running and
 * forwards the signals that the child did not receive itself.
 *
 * On Windows, none are forwarded: the console signals all of its processes, and `kill` would end the child at once, or
 * throw (SIGHUP, in versions of Node before nodejs/node#55514).
 */
export function forwardSignals(
  kill: (signal: NodeJS.Signals) => unknown, hasTerminal: boolean, platform: NodeJS.Platform = process.platform,
): () => void {
  const reachesChild = (signal: NodeJS.Signals): boolean =>
    platform === 'win32' || (hasTerminal && FROM_TERMINAL.includes(signal));
  const forward = (signal: NodeJS.Signals): void => {
    if (!reachesChild(signal)) kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return () => {
    for (const signal of SIGNALS) process.off(signal, forward);
  };
}
