/** `version`: prints the version and nothing else, so that scripts can read it. */
import { EXIT, type CommandContext } from '../command/command';
import { readVersion } from '../command/version';

/** Takes the world from `context`; nothing else matters. */
export async function run({ io }: CommandContext): Promise<number> {
  io.out(`${readVersion()}\n`);
  return EXIT.done;
}
