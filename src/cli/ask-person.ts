/** Asks the person at the terminal. */
import { createInterface } from 'node:readline';

/** One line, without its line end; undefined when the person ends the input (Ctrl-D) or wants to leave (Ctrl-C). */
export function askPerson(question: string): Promise<string | undefined> {
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
