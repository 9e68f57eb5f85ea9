/** Looks up and compares the settings in config.toml, however they are written. */
import { isDeepStrictEqual } from 'node:util';
import { isLoopback, portOf } from '../base/base-url';
import { asText } from '../base/json';
import { attempt } from '../base/thrown';
import { RESERVED_PROVIDER_IDS } from '../providers/codex-models';
import { FEATURES_KEY, PROVIDER_ID, PROVIDERS_KEY } from './config-toml';
import { isTomlTable, type TomlTable, type TomlValue } from './toml/value';

/** Names of root keys and of features (as `features.NAME`), and ids of providers. */
export interface ConfigNames {
  readonly keys: readonly string[];
  readonly providers: readonly string[];
}

const tableOf = (config: TomlTable, key: string): TomlTable => {
  const value = config[key];
  return isTomlTable(value) ? value : {};
};

/** Returns the providers of a parsed config.toml by id. */
export const listProviders = (config: TomlTable): TomlTable => tableOf(config, PROVIDERS_KEY);

/**
 * Returns the id of the provider in `config` that is the bridge on `port`, because Codex finds threads by that id. The
 * selected provider takes precedence; without such a provider the id is `aliyun`.
 */
export function findBridgeId(config: TomlTable, port: number): string {
  const providers = listProviders(config);
  const isBridge = (id: string): boolean => {
    const address = asText(tableOf(providers, id)['base_url']);
    const url = attempt(() => new URL(address ?? ''));
    return url !== undefined && isLoopback(url.hostname) && portOf(url) === port && !RESERVED_PROVIDER_IDS.includes(id);
  };
  const selected = asText(config['model_provider']) ?? PROVIDER_ID;
  return [selected, PROVIDER_ID, ...Object.keys(providers)].find(isBridge) ?? PROVIDER_ID;
}

/** Returns the variable whose value Codex sends as the key of provider `id`; undefined if config.toml names none. */
export const findEnvKey = (config: TomlTable, id: string): string | undefined =>
  asText(tableOf(listProviders(config), id)['env_key']);

/** Lists the keys of the bridge's block other than its provider: root keys, and features as `features.NAME`. */
export const listBlockKeys = (block: TomlTable): readonly string[] =>
  Object.keys(block).filter((key) => key !== PROVIDERS_KEY).flatMap((key) =>
    (key === FEATURES_KEY ? Object.keys(tableOf(block, key)).map((name) => `${key}.${name}`) : [key]));

/** Returns the value of a root key or of `features.NAME`. */
export const findValue = (config: TomlTable, key: string): TomlValue | undefined =>
  (key.startsWith(`${FEATURES_KEY}.`)
    ? tableOf(config, FEATURES_KEY)[key.slice(FEATURES_KEY.length + 1)]
    : config[key]);

/** True when both files have the same settings, ignoring `except`. */
export const isEquivalent = (before: TomlTable, after: TomlTable, except: ConfigNames): boolean =>
  isDeepStrictEqual(listOthers(before, except), listOthers(after, except));

/** Returns the settings other than `keys` and `providers`. An empty table of providers or features counts as none. */
function listOthers(config: TomlTable, { keys, providers }: ConfigNames): ReadonlyMap<string, unknown> {
  const isOther = ([key]: readonly [string, unknown]): boolean => key !== PROVIDERS_KEY && !keys.includes(key);
  const others = new Map<string, unknown>(Object.entries(config).filter(isOther));
  const features = Object.entries(tableOf(config, FEATURES_KEY))
    .filter(([name]) => !keys.includes(`${FEATURES_KEY}.${name}`));
  if (features.length > 0) others.set(FEATURES_KEY, new Map(features));
  else if (isTomlTable(config[FEATURES_KEY])) others.delete(FEATURES_KEY);
  const otherProviders = Object.entries(listProviders(config)).filter(([id]) => !providers.includes(id));
  return otherProviders.length === 0 ? others : others.set(PROVIDERS_KEY, new Map(otherProviders));
}

/** True when `config` has all settings of `block`, and no others in the bridge's provider table. */
export function containsBlock(config: TomlTable, block: TomlTable): boolean {
  const find = (table: TomlTable): TomlValue | undefined => listProviders(table)[PROVIDER_ID];
  const isSame = (key: string): boolean => findValue(config, key) === findValue(block, key);
  return listBlockKeys(block).every(isSame) && isDeepStrictEqual(find(config), find(block));
}
