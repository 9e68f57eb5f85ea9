/** What a command of the command line is, and the outside world as a command sees it. */
import type { Sentence } from '../config/option';
import type { Environment, FlagTexts } from '../config/resolve';
import type { OwnFlag, OwnTexts } from './own-flags';

/** The signals that stop the bridge, with the exit code of a process that one of them ended (128 + signal number). */
export const STOP_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STOP_SIGNALS;

/**
 * Exit codes of commands: it worked, it failed, it was asked in a wrong way; and what `status` says of a bridge that
 * does not run, the 3 of the Linux Standard Base, section 22.2.
 */
export const EXIT = { done: 0, failed: 1, misused: 2, notRunning: 3 } as const;

/** Where a crash came from, in the words of Node's process events. */
export type CrashOrigin = 'uncaughtException' | 'unhandledRejection';

/** Everything a command may do to the outside world; a test hands in its own. */
export interface CommandIo {
  /** Writes `text` to standard output as it is. */
  out(text: string): void;
  /** Writes `text` to standard error as it is. */
  error(text: string): void;
  /** Calls `handler` for every stop signal, until the returned function is called. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /**
   * Calls `handler` for what is thrown where nobody catches it, until the returned function is called; the process does
   * not end by it meanwhile.
   */
  onCrash?(handler: (cause: unknown, origin: CrashOrigin) => void): () => void;
  /** Whether standard output ends at a terminal; absent means no. */
  isTerminal?(): boolean;
  /** Whether standard error ends at a terminal; absent means no. */
  isErrorTerminal?(): boolean;
  /** Calls `handler` when nobody reads standard output any more, until the returned function is called. */
  onReaderGone?(handler: () => void): () => void;
  /** Asks a person, who is there only when both ends are a terminal; absent means nobody can be asked. */
  ask?(question: string): Promise<string | undefined>;
}

/** What a command is given: the flags as texts, what was wrong with the command line, the environment and the world. */
export interface CommandContext {
  /** Options, for `resolveConfig`. */
  readonly flags: FlagTexts;
  /** The command's own flags, for `readOwnFlag`. */
  readonly own: OwnTexts;
  /** The word behind the command, where its row has an operand; it fits the row. */
  readonly operand: string | undefined;
  /** Everything behind the command's name, where its row passes it on to another program. */
  readonly rest: readonly string[];
  readonly mistakes: readonly string[];
  readonly env: Environment;
  readonly io: CommandIo;
}

/** What each file in `commands/` exports. */
export interface CommandModule {
  /** Runs the command to its end and returns the exit code. */
  run(context: CommandContext): Promise<number>;
}

/** The word behind a command: `bash` in `completions bash`. */
export interface Operand {
  readonly placeholder: Uppercase<string>;
  readonly required: boolean;
  /** The words that fit, asked for when there is one to judge: the row of `help` lists the table it stands in. */
  readonly choices: () => readonly string[];
}

/** A row of the COMMANDS table. */
export interface Command {
  readonly summary: Sentence;
  /** Flags that mean this command, whatever else is on the command line. */
  readonly flags?: readonly `-${string}`[];
  /** Flags that only this command has. */
  readonly own?: readonly OwnFlag[];
  /** The one word that may stand behind the command. */
  readonly operand?: Operand;
  /** Everything behind the name belongs to the program that the command runs; the bridge's flags stand before it. */
  readonly passesOn?: `[${string}]`;
  /** Loads the command; called only for the one that runs, because loading takes start-up time. */
  readonly load: () => CommandModule;
}
