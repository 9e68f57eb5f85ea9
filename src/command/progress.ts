/** One line that says what a command waits for, on work that takes longer than a second. */
import type { CommandIo } from './command';
import { WIDTH, type TerminalStyle } from './terminal-style';

export interface Progress {
  /** Says what is done now; nothing is seen of it within the first second. */
  say(text: string): void;
  /** Takes the line away; to be called before anything else is written. What is said next begins with a new second. */
  end(): void;
}

/** Calls `run` once after so many milliseconds. @returns calls it off */
export type Later = (delayMs: number, run: () => void) => () => void;

const PATIENCE_MS = 1_000;

const TURN_MS = 100;

/** Erase in Line of ECMA-48: from the cursor to the end of the line. */
const ERASE = '\u001b[K';

/**
 * The line stands on standard error, and only where that is a terminal whose lines can be written over.
 *
 * @param later for tests; a real one does not keep the process alive
 */
export function createProgress(io: CommandIo, look: TerminalStyle, later: Later = laterUnref): Progress {
  if (io.isErrorTerminal?.() !== true || look.spinner.length === 0)
    return { say: () => undefined, end: () => undefined };
  let words = '';
  let turns = 0;
  let cancel: (() => void) | undefined;
  const draw = (): void => {
    const picture = look.spinner[turns % look.spinner.length] ?? '';
    turns += 1;
    io.error(`\r${look.paint('cyan', picture)} ${look.spell(fit(words))}${ERASE}`);
    cancel = later(TURN_MS, draw);
  };
  return {
    say(text) {
      words = text;
      cancel ??= later(PATIENCE_MS, draw);
    },
    end() {
      cancel?.();
      if (turns > 0) io.error(`\r${ERASE}`);
      cancel = undefined;
      turns = 0;
    },
  };
}

/** On one line, or `\r` would not lead back to its beginning. */
function fit(text: string): string {
  const room = WIDTH - 3;
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > room ? `${line.slice(0, room - 3)}...` : line;
}

const laterUnref: Later = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};
