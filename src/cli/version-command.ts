/** `version`: prints the version and nothing else, so that scripts can read it. */
import { EXIT, reportMistakes, type CommandContext } from '../command/command';
import { readVersion } from '../command/version';

/** Returns 0, or 2 for invalid usage. */
export async function run({ mistakes, io }: CommandContext): Promise<number> {
  if (mistakes.length > 0) return reportMistakes(mistakes, io);
  io.out(`${readVersion()}\n`);
  return EXIT.done;
}
