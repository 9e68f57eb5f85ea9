/** `logout`: removes saved logins with their keys. */
import { renderList } from '../base/quantities';
import { messageOf } from '../base/thrown';
import { EXIT, type CommandContext } from '../command/command';
import { requireConfig } from '../command/load-config';
import { findPaths, thisMachine } from '../command/paths';
import { loginFileOf, readSavedLogins } from '../command/saved-login';
import { removeLogins } from './save-login';

/** Removes the login of --provider, else all. Returns 0, 1 when that failed, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, env, flags } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const folder = findPaths(thisMachine(env)).config;
  const saved = Object.keys(readSavedLogins(loginFileOf(folder)).logins);
  const names = flags.provider === undefined ? saved : saved.filter((name) => name === resolved.config.provider);
  if (names.length === 0) {
    io.out('Not logged in.\n');
    return EXIT.done;
  }
  try {
    await removeLogins(names, { folder, env });
  } catch (error) {
    io.error(`Cannot change ${loginFileOf(folder)}: ${messageOf(error)}.\n`);
    return EXIT.failed;
  }
  io.out(`Logged out of ${renderList(names, 'and')}. A bridge that runs keeps its key until it ends.\n`);
  return EXIT.done;
}
