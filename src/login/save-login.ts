/** Writes and removes logins: in a file that only the user can read, or with the key in the system's key store. */
import { existsSync } from 'node:fs';
import { chmod, stat } from 'node:fs/promises';
import { compact } from '../base/json';
import { PRIVATE, removeUserFile, replaceUserFile } from '../command/edit-file';
import { openKeyStore } from '../command/key-store';
import { loginFileOf, readLoginFile, type SavedLogin, type SavedLogins } from '../command/saved-login';
import type { Environment } from '../config/resolve';
import { messageOf } from '../base/thrown';
import type { Login } from './ask-login';

export type KeyPlace = 'file' | 'system';

export interface LoginPlace {
  /** The config folder. */
  readonly folder: string;
  readonly env: Environment;
}

/**
 * Saves a login, and removes the key of the one that it replaces from the key store.
 *
 * @returns where the login was saved, as the end of a sentence, and a sentence if the old key could not be removed; or
 * why the login could not be saved
 */
export async function saveLogin(
  { provider, baseUrl, key, model }: Login, keyPlace: KeyPlace, { folder, env }: LoginPlace,
): Promise<{ readonly saved: string; readonly leftover?: string | undefined } | { readonly problem: string }> {
  const path = loginFileOf(folder);
  const file = readLoginFile(path);
  if ('problem' in file) return file;
  const isInStore = keyPlace === 'system' && key !== undefined;
  const store = openKeyStore(env);
  const problem = isInStore ? store.write(provider.name, key) : undefined;
  if (problem !== undefined) return { problem: `Cannot save the key in ${store.title}: ${problem}.` };
  const login: SavedLogin = {
    origin: new URL(baseUrl).origin,
    ...(isInStore ? { inKeyStore: true } : compact({ key })),
    ...compact({ baseUrl: baseUrl === provider.baseUrls[0] ? undefined : baseUrl, model }),
  };
  try {
    await writeLogins(path, { current: provider.name, logins: { ...file.logins, [provider.name]: login } });
  } catch (error) {
    return { problem: `Cannot write ${path}: ${messageOf(error)}.` };
  }
  const leftover = isInStore ? undefined : removeKey(provider.name, file, env);
  return { saved: isInStore ? store.title : `${path}, which only you can read`, leftover };
}

/** Removes these logins with their keys. @returns a sentence per key that is still stored @throws file system errors */
export async function removeLogins(
  names: readonly string[], saved: SavedLogins, { folder, env }: LoginPlace,
): Promise<readonly string[]> {
  const path = loginFileOf(folder);
  const { current, logins } = saved;
  const leftovers = names.flatMap((name) => removeKey(name, saved, env) ?? []);
  const remaining = Object.entries(logins).filter(([name]) => !names.includes(name));
  const next = current !== undefined && names.includes(current) ? remaining[0]?.[0] : current;
  if (remaining.length === 0) await removeUserFile(path);
  else await writeLogins(path, { current: next, logins: Object.fromEntries(remaining) });
  return leftovers;
}

/** Removes a key from the key store, if it was saved there. @returns a sentence about the key if it is still there */
function removeKey(name: string, { logins }: SavedLogins, env: Environment): string | undefined {
  if (!logins[name]?.inKeyStore) return undefined;
  const store = openKeyStore(env);
  const problem = store.remove(name);
  return problem && `The key of ${name} is still in ${store.title}: ${problem}. Remove it there.`;
}

async function writeLogins(path: string, saved: SavedLogins): Promise<void> {
  // Before the key is written, because a file keeps its mode when it is replaced.
  if (existsSync(path)) await chmod(path, (await stat(path)).mode & OWNER_ONLY);
  await replaceUserFile(path, Buffer.from(`${JSON.stringify(saved, null, 2)}\n`, 'utf8'), PRIVATE);
}

const OWNER_ONLY = 0o700;
