/** `setup`. */
import type { CommandContext } from '../command';

export async function run(_context: CommandContext): Promise<number> {
  throw new Error('not written yet');
}
