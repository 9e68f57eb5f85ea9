/** `restart`: stops the background bridge, if any, and starts it with the current configuration. */
import { EXIT, type CommandContext } from '../command/command';
import { loadConfig, requireConfig } from '../command/load-config';
import type { Environment, FlagTexts } from '../config/resolve';
import { run as start } from './start-command';
import { run as stop } from './stop-command';

/** Returns the exit code of the failed step, 0, or 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  // A bridge that could not be started again is not stopped. The key store is read once, by start.
  const check = (flags: FlagTexts, env: Environment) => loadConfig(flags, env, 'without key store');
  const loaded = requireConfig(context, undefined, check);
  if (typeof loaded === 'number') return loaded;
  const code = await stop(context);
  return code === EXIT.done ? start(context) : code;
}
