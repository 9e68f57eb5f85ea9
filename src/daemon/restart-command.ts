/** `restart`: stops the background bridge, if any, and starts it with the current configuration. */
import { EXIT, type CommandContext } from '../command/command';
import { run as start } from './start-command';
import { run as stop } from './stop-command';

/** Returns the exit code of the failed step, or 0. */
export async function run(context: CommandContext): Promise<number> {
  const code = await stop(context);
  return code === EXIT.done ? start(context) : code;
}
