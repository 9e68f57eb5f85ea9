/** The entry of the program: from the words of the command line to an exit code. */
import type { Environment } from '../config/resolve';
import { EXIT, STOP_SIGNALS, type CommandIo, type CrashOrigin, type StopSignal } from '../command/command';
import { COMMANDS, DEFAULT_COMMAND } from './commands';
import { parseArguments } from './parse-arguments';

/** Takes the words behind the program's name, runs the command they name (or the default one), returns the exit code. */
export async function run(argv: readonly string[], env: Environment, io: CommandIo): Promise<number> {
  const { command = DEFAULT_COMMAND, ...given } = parseArguments(argv);
  return COMMANDS[command].load().run({ ...given, env, io });
}

/** Runs the command of this process and sets its exit code. */
export function main(): void {
  run(process.argv.slice(2), process.env, createProcessIo()).then(leave, (error: unknown) => {
    process.exitCode = EXIT.failed;
    console.error(error);
  });
}

/** A process that was told twice to stop waits for nothing; any other one ends when its work has. */
function leave(code: number): void {
  process.exitCode = code;
  if (STOP_CODES.includes(code)) process.exit();
}

const STOP_CODES: readonly number[] = Object.values(STOP_SIGNALS);

/** The outside world of a real process. */
function createProcessIo(): CommandIo {
  return addAsk({
    out: createWriter(() => process.stdout),
    error: createWriter(() => process.stderr),
    isTerminal: () => process.stdout.isTTY === true,
    isErrorTerminal: () => process.stderr.isTTY === true,
    onReaderGone(handler) {
      process.stdout.on('error', handler);
      return () => process.stdout.off('error', handler);
    },
    onCrash(handler) {
      const listeners = CRASH_ORIGINS.map((origin) => [origin, (cause: unknown) => handler(cause, origin)] as const);
      for (const [origin, listener] of listeners) process.on(origin, listener);
      return () => {
        for (const [origin, listener] of listeners) process.off(origin, listener);
      };
    },
    onSignal(handler) {
      for (const signal of STOP_SIGNAL_NAMES) process.on(signal, handler);
      return () => {
        for (const signal of STOP_SIGNAL_NAMES) process.off(signal, handler);
      };
    },
  });
}

/**
 * Adds `ask`, which is there as long as somebody can read a question and answer it. That is looked at when a command wants
 * to ask: opening standard input takes start-up time.
 */
function addAsk(io: CommandIo): CommandIo {
  const load = (): typeof import('./ask-person') => require('./ask-person');
  const isAnyoneThere = (): boolean => process.stdout.isTTY === true && process.stdin.isTTY === true;
  return Object.defineProperty(io, 'ask', { get: () => (isAnyoneThere() ? load().askPerson : undefined) });
}

const CRASH_ORIGINS: readonly CrashOrigin[] = ['uncaughtException', 'unhandledRejection'];

const STOP_SIGNAL_NAMES: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** Opens the stream at the first write, and goes on when nobody reads it any more (EPIPE): `… --help | head -1`. */
function createWriter(open: () => NodeJS.WriteStream): (text: string) => void {
  let stream: NodeJS.WriteStream | undefined;
  return (text) => {
    stream ??= open().on('error', () => undefined);
    stream.write(text);
  };
}

if (require.main === module) main();
