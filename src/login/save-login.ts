/** Writes and removes logins: in a file that only the user can read, or with the key in the system's key store. */
import { rmSync } from 'node:fs';
import { compact } from '../base/json';
import { PRIVATE, replaceUserFile } from '../command/edit-file';
import { openKeyStore } from '../command/key-store';
import { loginFileOf, readSavedLogins, type SavedLogins } from '../command/saved-login';
import type { Environment } from '../config/resolve';
import { messageOf } from '../base/thrown';
import type { Login } from './ask-login';

export type KeyPlace = 'file' | 'system';

export interface LoginPlace {
  /** The config folder. */
  readonly folder: string;
  readonly env: Environment;
}

/** @returns where the key is now, as the end of a sentence; or why it could not be saved */
export async function saveLogin(
  { provider, baseUrl, key, model }: Login, keyPlace: KeyPlace, { folder, env }: LoginPlace,
): Promise<{ readonly saved: string } | { readonly problem: string }> {
  const path = loginFileOf(folder);
  const isInStore = keyPlace === 'system' && key !== undefined;
  const store = openKeyStore(env);
  const problem = isInStore ? store.write(provider.name, key) : undefined;
  if (problem !== undefined) return { problem: `Cannot save the key in ${store.title}: ${problem}.` };
  const login = {
    variables: provider.keyEnv,
    ...(isInStore ? { inKeyStore: true } : compact({ key })),
    ...compact({ baseUrl: baseUrl === provider.baseUrls[0] ? undefined : baseUrl, model }),
  };
  const { logins } = readSavedLogins(path);
  try {
    await writeLogins(path, { current: provider.name, logins: { ...logins, [provider.name]: login } });
  } catch (error) {
    return { problem: `Cannot write ${path}: ${messageOf(error)}.` };
  }
  return { saved: isInStore ? store.title : `${path}, which only you can read` };
}

/** Removes the logins of these providers with their keys. @throws errors of the file system */
export async function removeLogins(names: readonly string[], { folder, env }: LoginPlace): Promise<void> {
  const path = loginFileOf(folder);
  const { current, logins } = readSavedLogins(path);
  for (const name of names) if (logins[name]?.inKeyStore) openKeyStore(env).remove(name);
  const left = Object.entries(logins).filter(([name]) => !names.includes(name));
  if (left.length === 0) return rmSync(path, { force: true });
  const next = current !== undefined && names.includes(current) ? left[0]?.[0] : current;
  await writeLogins(path, { current: next, logins: Object.fromEntries(left) });
}

const writeLogins = (path: string, saved: SavedLogins): Promise<void> =>
  replaceUserFile(path, Buffer.from(`${JSON.stringify(saved, null, 2)}\n`, 'utf8'), PRIVATE);
