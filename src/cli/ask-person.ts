/** Prompts the user on the terminal. Loaded only when a command prompts. */
import { createInterface } from 'node:readline';

/** Reads one line, without its line ending; undefined when the user sends Ctrl-D or Ctrl-C. */
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
