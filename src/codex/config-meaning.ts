/** What a config.toml means beside the bridge: an edit must leave that as it is. */
import { isDeepStrictEqual } from 'node:util';
import { PROVIDER_ID, PROVIDERS_KEY } from './config-toml';
import { isTomlTable, type TomlTable, type TomlValue } from './toml/value';

/** True when both say the same beside the keys `own` at the root and the bridge's provider. */
export function meansTheSame(before: TomlTable, after: TomlTable, own: readonly string[]): boolean {
  return isDeepStrictEqual(listForeign(before, own), listForeign(after, own));
}

/** True when `config` says of the bridge exactly what `block` says. */
export function holdsBlock(config: TomlTable, block: TomlTable): boolean {
  const keys = Object.keys(block).filter((key) => key !== PROVIDERS_KEY);
  return (
    keys.every((key) => config[key] === block[key]) && isDeepStrictEqual(findProvider(config), findProvider(block))
  );
}

function findProvider(config: TomlTable): TomlValue | undefined {
  const providers = config[PROVIDERS_KEY];
  return isTomlTable(providers) ? providers[PROVIDER_ID] : undefined;
}

/** A table of providers that holds nobody else is as good as none. */
function listForeign(config: TomlTable, own: readonly string[]): ReadonlyMap<string, unknown> {
  const foreign = new Map<string, unknown>(Object.entries(config).filter(([key]) => !own.includes(key)));
  const providers = config[PROVIDERS_KEY];
  if (!isTomlTable(providers)) return foreign;
  const others = Object.entries(providers).filter(([name]) => name !== PROVIDER_ID);
  foreign.delete(PROVIDERS_KEY);
  return others.length === 0 ? foreign : foreign.set(PROVIDERS_KEY, new Map(others));
}
