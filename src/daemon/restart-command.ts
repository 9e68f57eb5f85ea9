/** `restart`: stops the background bridge, if any, and starts it with the current configuration. */
import { EXIT, type CommandContext } from '../command/command';
import { loadConfig, requireConfig } from '../command/load-config';
import type { Environment, FlagTexts } from '../config/resolve';
import { run as start } from './start-command';
import { run as stop } from './stop-command';

/** Returns 0, the exit code of the step that failed, or 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  // Checked first, so that no bridge is stopped that cannot be started again. Only `start` reads the key store.
  const check = (flags: FlagTexts, env: Environment) => loadConfig(flags, env, 'without key store');
  const loaded = requireConfig(context, undefined, check);
  if (typeof loaded === 'number') return loaded;
  const code = await stop(context);
  return code === EXIT.done ? start(context) : code;
}
