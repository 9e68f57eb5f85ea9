/** The question before a file of the user is changed. */
import type { CommandIo } from '../command/command';

/** True when the person agrees, and when nobody is asked: `--yes`, or no terminal. No answer is no. */
export async function confirm(question: string, yes: boolean, io: CommandIo): Promise<boolean> {
  if (yes || !io.ask) return true;
  const answer = await io.ask(`${question} [Y/n] `);
  return answer !== undefined && /^(?:y(?:es)?)?$/i.test(answer.trim());
}
