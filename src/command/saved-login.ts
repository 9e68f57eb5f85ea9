/**
 * Reads what `login` has saved, as environment variables: the provider that is used by default, and keys. Loaded only
 * where something is saved.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, asRecord, asText, compact, parseJsonObject } from '../base/json';
import { attempt } from '../base/thrown';
import { OPTIONS, type OptionName } from '../config/options';
import { findVariable, isSet, type Environment, type FlagTexts } from '../config/resolve';
import { openKeyStore } from './key-store';

/** The login of one provider. */
export interface SavedLogin {
  /** The provider's key variables: one that is set in the environment overrides the saved key. */
  readonly variables: readonly string[];
  /** Absent when the system's key store has it, or the provider needs none. */
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

/** Nothing where the file is missing or broken. */
export function readSavedLogins(path: string): SavedLogins {
  const file = parseJsonObject(attempt(() => readFileSync(path, 'utf8')) ?? '') ?? {};
  const logins = Object.entries(asRecord(file['logins']) ?? {}).map(([name, value]): [string, SavedLogin] => {
    const row = asRecord(value) ?? {};
    return [name, {
      variables: (asArray(row['variables']) ?? []).flatMap((each) => asText(each) ?? []),
      ...(row['inKeyStore'] === true && { inKeyStore: true }),
      ...compact({ key: asText(row['key']), baseUrl: asText(row['baseUrl']), model: asText(row['model']) }),
    }];
  });
  return { current: asText(file['current']), logins: Object.fromEntries(logins) };
}

export interface SavedValue {
  readonly variable: string;
  readonly value: string;
  /** The provider whose login it belongs to. */
  readonly login: string;
}

interface Setting {
  readonly flags: FlagTexts;
  readonly env: Environment;
}

/**
 * The variables that the saved logins add. A provider, address or key of the user's command line or environment turns
 * the saved choice of provider off: a saved address never gets another key, nor a saved key another address.
 */
export function listSavedValues({ current, logins }: SavedLogins, setting: Setting): readonly SavedValue[] {
  const { flags, env } = setting;
  const isFree = !CHOICE.some((name) => isGiven(name, setting));
  const chosen = isFree ? current : findNamed(setting);
  const login = chosen === undefined ? undefined : logins[chosen];
  const values: (SavedValue | undefined)[] = [];
  if (chosen !== undefined && login !== undefined) {
    const add = (name: OptionName, value: string | undefined): void => {
      if (value === undefined || isGiven(name, setting)) return;
      values.push({ variable: OPTIONS[name].env[0], value, login: chosen });
    };
    add('provider', isFree ? chosen : undefined);
    add('aiBaseUrl', login.baseUrl);
    add('defaultModel', login.model);
  }
  const keys = Object.entries(logins).map(([name, { variables, key, inKeyStore }]): SavedValue | undefined => {
    const variable = variables[0] ?? (isFree && name === current ? OPTIONS.aiApiKey.env[0] : undefined);
    if (variable === undefined || flags.aiApiKey !== undefined || variables.some((each) => isSet(env[each]))) return;
    const value = key ?? (inKeyStore ? openKeyStore(env).read(name) : undefined);
    return value === undefined ? undefined : { variable, value, login: name };
  });
  return [...values, ...keys].filter((value) => value !== undefined);
}

const CHOICE = ['provider', 'aiBaseUrl', 'aiApiKey'] as const;

const isGiven = (name: OptionName, { flags, env }: Setting): boolean =>
  flags[name] !== undefined || findVariable(name, env) !== undefined;

/** The name that the user gave without an address. */
function findNamed(setting: Setting): string | undefined {
  if (isGiven('aiBaseUrl', setting)) return undefined;
  return (setting.flags.provider ?? findVariable('provider', setting.env))?.trim().toLowerCase();
}
