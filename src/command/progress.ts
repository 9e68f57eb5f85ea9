/** Shows one line that says what a command is waiting for, if it takes longer than a second. */
import type { CommandIo } from './command';
import { WIDTH } from './render';
import type { TerminalStyle } from './terminal-style';

export interface Progress {
  /** Sets the text; it appears after one second. */
  say(text: string): void;
  /** Removes the line; call it before writing anything else. The next text appears after another second. */
  end(): void;
}

/** Calls `run` once after `delayMs`. @returns a function that cancels it */
export type SetTimer = (delayMs: number, run: () => void) => () => void;

const DELAY_MS = 1_000;

const FRAME_MS = 100;

/** Erase in Line (ECMA-48): from the cursor to the end of the line. */
const ERASE = '\u001b[K';

/**
 * Writes to standard error, and only to a terminal whose lines can be overwritten.
 *
 * @param setTimer replaced by tests; the default does not keep the process alive
 */
export function createProgress(io: CommandIo, style: TerminalStyle, setTimer: SetTimer = setUnrefTimer): Progress {
  if (io.isErrorTerminal?.() !== true || style.spinner.length === 0)
    return { say: () => undefined, end: () => undefined };
  let current = '';
  let frames = 0;
  let cancel: (() => void) | undefined;
  const draw = (): void => {
    const frame = style.spinner[frames % style.spinner.length] ?? '';
    frames += 1;
    io.error(`\r${style.paint('cyan', frame)} ${style.spell(shortenToLine(current))}${ERASE}`);
    cancel = setTimer(FRAME_MS, draw);
  };
  return {
    say(text) {
      current = text;
      cancel ??= setTimer(DELAY_MS, draw);
    },
    end() {
      cancel?.();
      if (frames > 0) io.error(`\r${ERASE}`);
      cancel = undefined;
      frames = 0;
    },
  };
}

/** Keeps the text on one line, so that `\r` returns to its beginning. */
function shortenToLine(text: string): string {
  const maxLength = WIDTH - 3;
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 3)}...` : line;
}

const setUnrefTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};
