/** Asks the user at the terminal. Loaded only when a command asks. */
import { createInterface } from 'node:readline';

/** One line, without its line end; undefined when the user ends the input (Ctrl-D) or interrupts it (Ctrl-C). */
export function askPerson(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise((resolve) => {
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => resolve(undefined));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
