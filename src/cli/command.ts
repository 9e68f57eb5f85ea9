/** What a command of the command line is, and the outside world as a command sees it. */
import type { Sentence } from '../config/option';
import type { Environment, FlagTexts } from '../config/resolve';
import type { OwnFlag, OwnTexts } from './own-flags';

/** The signals that stop the bridge, with the exit code of a process that one of them ended (128 + signal number). */
export const STOP_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof STOP_SIGNALS;

/** Exit codes of commands: it worked, it failed, it was asked in a wrong way. */
export const EXIT = { done: 0, failed: 1, misused: 2 } as const;

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
}

/** What a command is given: the flags as texts, what was wrong with the command line, the environment and the world. */
export interface CommandContext {
  /** Options, for `resolveConfig`. */
  readonly flags: FlagTexts;
  /** The command's own flags, for `readOwnFlag`. */
  readonly own: OwnTexts;
  readonly mistakes: readonly string[];
  readonly env: Environment;
  readonly io: CommandIo;
}

/** What each file in `commands/` exports. */
export interface CommandModule {
  /** Runs the command to its end and returns the exit code. */
  run(context: CommandContext): Promise<number>;
}

/** A row of the COMMANDS table. */
export interface Command {
  readonly summary: Sentence;
  /** Flags that mean this command, whatever else is on the command line. */
  readonly flags?: readonly `-${string}`[];
  /** Flags that only this command has. */
  readonly own?: readonly OwnFlag[];
  /** Loads the command; called only for the one that runs, because loading takes start-up time. */
  readonly load: () => CommandModule;
}
