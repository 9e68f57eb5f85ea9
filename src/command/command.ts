/** Defines the interface of a command and its access to the process. */
import type { Sentence } from '../config/option';
import type { Environment, FlagTexts } from '../config/resolve';
import type { OwnFlag, OwnTexts } from './own-flags';

/** The signals that stop the bridge, with the exit code of a process that the signal ended (128 + signal number). */
export const STOP_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STOP_SIGNALS;

/** Exit codes of commands. `notRunning` is 3, as the Linux Standard Base, section 22.2, defines for `status`. */
export const EXIT = { done: 0, failed: 1, misused: 2, notRunning: 3 } as const;

/** The process event of Node that reported a crash. */
export type CrashOrigin = 'uncaughtException' | 'unhandledRejection';

/**
 * All side effects available to a command; tests pass their own. Each `on…` returns a function that
 * unsubscribes.
 */
export interface CommandIo {
  /** Writes `text` to standard output unchanged. */
  out(text: string): void;
  /** Writes `text` to standard error unchanged. */
  error(text: string): void;
  /** Calls `handler` for every stop signal. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** Calls `handler` for every uncaught exception and rejection, which then do not end the process. */
  onCrash?(handler: (cause: unknown, origin: CrashOrigin) => void): () => void;
  /** Whether standard output is a terminal; absent means no. */
  isTerminal?(): boolean;
  /** Whether standard error is a terminal; absent means no. */
  isErrorTerminal?(): boolean;
  /** Calls `handler` when the reader of standard output has closed the pipe. */
  onReaderGone?(handler: () => void): () => void;
  /** Asks the user; absent unless both standard input and standard output are terminals. */
  ask?(question: string, choices?: readonly string[]): Promise<string | undefined>;
  /** Asks for a secret, which is not shown while it is typed; absent as above. */
  askHidden?(question: string): Promise<string | undefined>;
  /** Reads standard input to its end. */
  readInput?(): Promise<string>;
}

/** The inputs of a command: the parsed command line, the environment and its I/O. */
export interface CommandContext {
  /** Options, for `resolveConfig`. */
  readonly flags: FlagTexts;
  /** The command's own flags, for `readOwnFlag`. */
  readonly own: OwnTexts;
  /** The word after the command, if its row has an operand; one of its choices. */
  readonly operand: string | undefined;
  /** The word after the operand, if it takes one. */
  readonly subject?: string | undefined;
  /** The arguments for the program that the command runs, if its row passes them on. */
  readonly rest: readonly string[];
  /** Errors on the command line. */
  readonly errors: readonly string[];
  readonly env: Environment;
  readonly io: CommandIo;
}

/** The exports of a command's module. */
export interface CommandModule {
  /** Runs the command and returns the exit code. */
  run(context: CommandContext): Promise<number>;
}

/** The word after a command: `bash` in `completions bash`. */
export interface Operand {
  readonly placeholder: Uppercase<string>;
  readonly required: boolean;
  /** Its name in messages: "shell name". */
  readonly noun: string;
  /** The allowed words. A function, because the row of `help` lists the table it is part of. */
  readonly choices: () => readonly string[];
  /** The choices that take one more word, and its placeholder. */
  readonly subject?: { readonly of: readonly string[]; readonly placeholder: Uppercase<string> };
}

/** A row of the COMMANDS table. */
export interface Command {
  readonly summary: Sentence;
  /** Flags that select this command, whatever else is on the command line. */
  readonly flags?: readonly `-${string}`[];
  /** Flags that only this command has. */
  readonly own?: readonly OwnFlag[];
  /** The one word that may follow the command. */
  readonly operand?: Operand;
  /** Everything after the command name is passed to the program it runs; flags of the bridge come before the name. */
  readonly passesOn?: `[${string}]`;
}

/** Writes every error to standard error and returns the exit code. */
export function reportUsageErrors(errors: readonly string[], io: Pick<CommandIo, 'error'>): number {
  io.error(`Invalid usage:\n${errors.map((error) => `  ${error}\n`).join('')}`);
  return EXIT.misused;
}
