/** Asks the person at the terminal. */
import type { CommandIo } from './command';

/**
 * Adds `ask` to the outside world of a real process, for as long as somebody can read the question and answer it: both
 * ends are a terminal. It is looked at when a command wants to ask, because opening standard input takes start-up time.
 */
export function addAsk(io: CommandIo): CommandIo {
  return Object.defineProperty(io, 'ask', { get: () => (isAnyoneThere() ? askPerson : undefined) });
}

const isAnyoneThere = (): boolean => process.stdout.isTTY === true && process.stdin.isTTY === true;

/** One line, without its line end; undefined when the person ends the input (Ctrl-D) or wants to leave (Ctrl-C). */
function askPerson(question: string): Promise<string | undefined> {
  const { createInterface }: typeof import('node:readline') = require('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise((resolve) => {
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      resolve(undefined);
    });
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
