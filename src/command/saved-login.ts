/** Reads what `login` has saved: providers with their keys, addresses and models. Loaded only if something is saved. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRecord, asText, compact, isRecord, parseJsonObject } from '../base/json';
import { codeOf, messageOf } from '../base/thrown';
import { OPTIONS } from '../config/options';
import type { Environment, Logins } from '../config/resolve';
import { openKeyStore } from './key-store';

/** The login of one provider. */
export interface SavedLogin {
  /** Scheme, host and port that the key was saved for; the key is sent nowhere else. */
  readonly origin: string;
  /** Absent if the system's key store has it, or the provider needs none. */
  readonly key?: string;
  readonly inKeyStore?: boolean;
  /** Absent for the provider's first address. */
  readonly baseUrl?: string;
  /** Absent for the provider's default model. */
  readonly model?: string;
}

export interface SavedLogins {
  /** The provider of the last login. */
  readonly current: string | undefined;
  readonly logins: Readonly<Record<string, SavedLogin>>;
}

/** @param folder the config folder */
export const loginFileOf = (folder: string): string => join(folder, 'login.json');

/** Returns the logins in the file, none if it is missing or empty; or `problem`, which says why it cannot be used. */
export function readLoginFile(path: string): SavedLogins | { readonly problem: string } {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return { problem: `Cannot read ${path}: ${messageOf(error)}.` };
  }
  if (text.trim() === '') return { current: undefined, logins: {} };
  const file = parseJsonObject(text);
  const rows = asRecord(file?.['logins']);
  if (rows === undefined || !Object.values(rows).every(isRecord))
    return { problem: `Cannot read ${path}: expected a JSON object with "logins". Fix the file or delete it.` };
  const logins = Object.entries(rows).map(([name, row]) => [name, readLogin(asRecord(row) ?? {})] as const);
  return { current: asText(file?.['current']), logins: Object.fromEntries(logins) };
}

function readLogin(row: Readonly<Record<string, unknown>>): SavedLogin {
  const parse = (name: 'aiBaseUrl' | 'defaultModel', text = ''): string | undefined => OPTIONS[name].type.parse(text);
  return {
    origin: asText(row['origin']) ?? '',
    ...(row['inKeyStore'] === true && { inKeyStore: true }),
    ...compact({
      key: asText(row['key']),
      baseUrl: parse('aiBaseUrl', asText(row['baseUrl'])),
      model: parse('defaultModel', asText(row['model'])),
    }),
  };
}

/** If the key store returned no key, the store may be locked: it is read again after this time. */
const RETRY_MS = 60_000;

/**
 * Opens the logins for the configuration; a file that cannot be used counts as empty. The key store is read only for a
 * key that is needed, and not again once it has returned that key.
 */
export function openLogins(path: string, env: Environment, usesKeyStore: boolean): Logins {
  const file = readLoginFile(path);
  const { current, logins } = 'problem' in file ? { current: undefined, logins: {} } : file;
  const rows = new Map(Object.entries(logins));
  const store = openKeyStore(env);
  const storeReads = new Map<string, { readonly key: string | undefined; readonly until: number }>();
  const pendingLoads = new Map<string, Promise<string | undefined>>();
  const knownKeys = [...rows.values()].flatMap(({ key }) => key ?? []);
  const remember = (name: string, key: string | undefined): string | undefined => {
    storeReads.set(name, { key, until: key === undefined ? performance.now() + RETRY_MS : Infinity });
    if (key !== undefined && !knownKeys.includes(key)) knownKeys.push(key);
    return key;
  };
  /** Returns the key, undefined in `key` if there is none; or undefined if the key store must be read. */
  const findKnownKey = (name: string, baseUrl: string): { readonly key: string | undefined } | undefined => {
    const row = rows.get(name);
    if (row === undefined || row.origin !== new URL(baseUrl).origin) return { key: undefined };
    if (row.key !== undefined || !usesKeyStore || !row.inKeyStore) return { key: row.key };
    const found = storeReads.get(name);
    return found && performance.now() < found.until ? found : undefined;
  };
  /** Turns that need the same key wait for one read: the store may prompt the user. */
  const loadStored = (name: string): Promise<string | undefined> => {
    const running = pendingLoads.get(name);
    if (running) return running;
    const load = store.load(name).then((key) => remember(name, key)).finally(() => pendingLoads.delete(name));
    pendingLoads.set(name, load);
    return load;
  };
  return {
    current,
    find(provider) {
      const row = rows.get(provider);
      return row && { ...row, hasKey: row.key !== undefined || row.inKeyStore === true };
    },
    findKey(provider, baseUrl) {
      const known = findKnownKey(provider, baseUrl);
      return known ? known.key : remember(provider, store.read(provider));
    },
    async loadKey(provider, baseUrl) {
      const known = findKnownKey(provider, baseUrl);
      return known ? known.key : loadStored(provider);
    },
    knownKeys,
  };
}
