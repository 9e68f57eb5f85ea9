/** `version`: prints the version and nothing else, so that scripts can read it. */
import { EXIT, reportUsageErrors, type CommandContext } from '../command/command';
import { readVersion } from '../command/version';

/** Returns 0, or 2 for invalid usage. */
export async function run({ errors, io }: CommandContext): Promise<number> {
  if (errors.length > 0) return reportUsageErrors(errors, io);
  io.out(`${readVersion()}\n`);
  return EXIT.done;
}
