/** Defines the interface of a command and its access to the process. */
import type { Sentence } from '../config/option';
import type { Environment, FlagTexts } from '../config/resolve';
import type { OwnFlag, OwnTexts } from './own-flags';

/** The signals that stop the bridge, with the exit code of a process that the signal ended (128 + signal number). */
export const STOP_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STOP_SIGNALS;

/** Exit codes of commands. `notRunning` is 3, as the Linux Standard Base, section 22.2, defines for `status`. */
export const EXIT = { done: 0, failed: 1, misused: 2, notRunning: 3 } as const;

/** Node's process event that reported a crash. */
export type CrashOrigin = 'uncaughtException' | 'unhandledRejection';

/** A command's I/O and process events; tests pass their own. Each `on…` returns a function that unsubscribes. */
export interface CommandIo {
  /** Writes `text` to standard output unchanged. */
  out(text: string): void;
  /** Writes `text` to standard error unchanged. */
  error(text: string): void;
  /** Calls `handler` for every stop signal. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** Calls `handler` for every uncaught exception and unhandled rejection, which then do not end the process. */
  onCrash?(handler: (cause: unknown, origin: CrashOrigin) => void): () => void;
  /** Whether standard output is a terminal; absent means no. */
  isTerminal?(): boolean;
  /** Whether standard error is a terminal; absent means no. */
  isErrorTerminal?(): boolean;
  /** Calls `handler` when the reader of standard output has closed the pipe. */
  onReaderGone?(handler: () => void): () => void;
  /** Asks the user; undefined if the user cancels. Absent unless both standard input and output are terminals. */
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
  /** The argument after the command, if the command takes one; one of the choices, or reported in `errors`. */
  readonly operand: string | undefined;
  /** The argument after the operand, if the operand takes one. */
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

/** The argument after a command: `bash` in `completions bash`. */
export interface Operand {
  readonly placeholder: Uppercase<string>;
  readonly required: boolean;
  /** The operand's name in messages, such as "shell name". */
  readonly noun: string;
  /** Returns the allowed values. A function, because the row of `help` lists the table it is part of. */
  readonly choices: () => readonly string[];
  /** The choices that take one more argument, and the placeholder of that argument. */
  readonly subject?: { readonly of: readonly string[]; readonly placeholder: Uppercase<string> };
}

/** A row of the COMMANDS table. */
export interface Command {
  readonly summary: Sentence;
  /** Flags that select this command, whatever else is on the command line. */
  readonly flags?: readonly `-${string}`[];
  /** Flags beyond the options that all commands share. */
  readonly own?: readonly OwnFlag[];
  /** The operand that may follow the command. */
  readonly operand?: Operand;
  /** Placeholder for the arguments that are passed on: all after the command. The bridge's flags come before it. */
  readonly passesOn?: `[${string}]`;
}

/** Writes every error to standard error and returns the exit code. */
export function reportUsageErrors(errors: readonly string[], io: Pick<CommandIo, 'error'>): number {
  io.error(`Invalid usage:\n${errors.map((error) => `  ${error}\n`).join('')}`);
  return EXIT.misused;
}
