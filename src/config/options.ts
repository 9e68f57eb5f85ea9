/** Combines all options that a user can set in one table, from which the type `Config` is inferred. */
import type { Provider } from '../providers/provider';
import type { Option } from './option';
import { TRANSLATION_OPTIONS, UPSTREAM_OPTIONS } from './provider-options';
import type { ProxyVariables } from './proxies';
import { LIMIT_OPTIONS, LISTEN_OPTIONS, RECORD_OPTIONS } from './service-options';

const TABLE = {
  ...LISTEN_OPTIONS,
  ...UPSTREAM_OPTIONS,
  ...LIMIT_OPTIONS,
  ...TRANSLATION_OPTIONS,
  ...RECORD_OPTIONS,
};

/** The property names of `Config`. */
export type OptionName = keyof typeof TABLE;

/** The value of each option (`undefined` if it has no default and is not set), and settings from other sources. */
export type Config = { readonly [N in OptionName]: (typeof TABLE)[N]['default'] } & {
  /** The user's own providers together with the built-in ones; absent if there is no providers file. */
  readonly catalog?: readonly Provider[];
  /** All keys of the provider, `aiApiKey` first; absent if there is only one. */
  readonly apiKeys?: readonly string[];
  /** The proxy variables; absent if none is set. */
  readonly proxies?: ProxyVariables;
};

/** The rows, typed so that `OPTIONS[name]` with a generic `name` parses into `Config[name]`. */
export const OPTIONS: { readonly [N in OptionName]: Option<Config[N]> } = TABLE;

/** The names, in the order of the table. */
export const OPTION_NAMES = listNames(OPTIONS);

function listNames<T extends object>(table: T): readonly Extract<keyof T, string>[] {
  const names: Extract<keyof T, string>[] = [];
  for (const name in table) names.push(name);
  return names;
}
