/** `logout`: removes saved logins with their keys. */
import { renderList } from '../base/quantities';
import { messageOf } from '../base/thrown';
import { EXIT, reportUsageErrors, type CommandContext } from '../command/command';
import { loadWithoutKeyStore, requireConfig } from '../command/load-config';
import { describeMachine, findPaths } from '../command/paths';
import { loginFileOf, readLoginFile } from '../command/saved-login';
import { findProviderByName } from '../providers/catalog';
import { removeLogins } from './save-login';

/** Removes the login of --provider, or all logins. Returns 0, 1 on failure, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, env, errors } = context;
  if (errors.length > 0) return reportUsageErrors(errors, io);
  const folder = findPaths(describeMachine(env)).config;
  const file = readLoginFile(loginFileOf(folder));
  if ('problem' in file) {
    io.error(`${file.problem}\n`);
    return EXIT.failed;
  }
  const names = findNames(Object.keys(file.logins), context);
  if (typeof names === 'number') return names;
  if (names.length === 0) {
    io.out('Not logged in.\n');
    return EXIT.done;
  }
  let leftovers: readonly string[];
  try {
    leftovers = await removeLogins(names, file, { folder, env });
  } catch (error) {
    io.error(`Cannot change ${loginFileOf(folder)}: ${messageOf(error)}.\n`);
    return EXIT.failed;
  }
  io.out(`Logged out of ${renderList(names, 'and')}. A running bridge keeps its key until it exits.\n`);
  for (const leftover of leftovers) io.error(`${leftover}\n`);
  return leftovers.length === 0 ? EXIT.done : EXIT.failed;
}

/** Finds the logins that --provider selects, even if the provider no longer exists; an exit code on failure. */
function findNames(saved: readonly string[], context: CommandContext): readonly string[] | number {
  const { provider } = context.flags;
  if (provider === undefined) return saved;
  const wanted = provider.trim().toLowerCase();
  if (saved.includes(wanted)) return [wanted];
  const loaded = requireConfig(context, undefined, loadWithoutKeyStore);
  if (typeof loaded === 'number') return loaded;
  const name = findProviderByName(provider, loaded.config.catalog)?.name;
  return saved.filter((each) => each === name);
}
