/** Prompts the user on the terminal and reads standard input. Loaded only by commands that do so. */
import { createInterface, type Key } from 'node:readline';

/**
 * Reads one line, without its line ending; undefined when the user sends Ctrl-D or Ctrl-C.
 *
 * @param choices answers that the arrow keys write into the line
 */
export function askUser(question: string, choices: readonly string[] = []): Promise<string | undefined> {
  const reader = createInterface({ input: process.stdin, output: process.stdout, historySize: 0 });
  let chosen = -1;
  const choose = (_text: unknown, { name }: Key): void => {
    if (choices.length === 0 || (name !== 'up' && name !== 'down')) return;
    const step = name === 'up' ? -1 : 1;
    chosen = chosen < 0 && step < 0 ? choices.length - 1 : (chosen + step + choices.length) % choices.length;
    reader.write(null, { ctrl: true, name: 'e' });
    reader.write(null, { ctrl: true, name: 'u' });
    reader.write(choices[chosen] ?? '');
  };
  process.stdin.on('keypress', choose);
  return new Promise((resolve) => {
    reader.on('SIGINT', () => reader.close());
    reader.on('close', () => {
      process.stdin.off('keypress', choose);
      resolve(undefined);
    });
    reader.question(question, (answer) => {
      resolve(answer);
      reader.close();
    });
  });
}

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];

/** Escape sequences that terminals send around pasted text and for the arrow keys. */
const SEQUENCES = /\u001b\[[\d;]*[A-Za-z~]/g;

/** Reads one line that is not shown; undefined when the user sends Ctrl-D or Ctrl-C. */
export function askHidden(question: string): Promise<string | undefined> {
  const { stdin, stdout } = process;
  // Raw mode is set before the question appears, so that even an immediate answer is not shown.
  stdin.setRawMode(true).setEncoding('utf8').resume();
  stdout.write(question);
  return new Promise((resolve) => {
    let line = '';
    const end = (answer: string | undefined): void => {
      stdin.off('data', read).off('end', giveUp).setRawMode(false).pause();
      stdout.write('\n');
      resolve(answer);
    };
    const giveUp = (): void => end(undefined);
    const read = (text: string): void => {
      for (const character of text.replace(SEQUENCES, '')) {
        if (character === '\r' || character === '\n') return end(line);
        if (character === CTRL_C || character === CTRL_D) return giveUp();
        line = character === BACKSPACE || character === DELETE ? line.slice(0, -1) : line + character;
      }
    };
    stdin.on('data', read).on('end', giveUp);
  });
}

/** Reads all of standard input. */
export async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text;
}
