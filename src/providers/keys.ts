/** Finds API keys in the providers' environment variables, or in the user's providers file. */
import type { Provider, ProviderKey } from './provider';

type KeyVariables = Readonly<Record<string, string | undefined>>;

/**
 * Returns the keys of a provider: those that the user's file lists, or those of the first of its variables that is set.
 * Only variables of this provider are read, so that its host never gets another provider's keys.
 */
export function resolveKeys({ keyEnv, keys = [] }: Provider, env: KeyVariables): readonly ProviderKey[] {
  if (keys.length > 0) return keys;
  for (const variable of keyEnv) {
    const found = readNumberedKeys(variable, env);
    if (found.length > 0) return found;
  }
  return [];
}

/** Returns the key that is used first, if there is one. */
export const resolveKey = (provider: Provider, env: KeyVariables): ProviderKey | undefined =>
  resolveKeys(provider, env)[0];

/** Returns the distinct keys in NAME, NAME_1, NAME_2, … up to the first number that is not set, or is empty. */
export function readNumberedKeys(name: string, env: KeyVariables): readonly ProviderKey[] {
  const found: ProviderKey[] = [];
  const read = (variable: string): boolean => {
    const key = env[variable]?.trim();
    if (key && !found.some((other) => other.key === key)) found.push({ variable, key });
    return Boolean(key);
  };
  read(name);
  for (let number = 1; read(`${name}_${number}`); number += 1);
  return found;
}

/** Returns all keys that are set, by provider name, for model names that route to another provider. */
export function collectKeys(
  providers: readonly Provider[], env: KeyVariables,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    providers.flatMap((provider) => {
      const keys = resolveKeys(provider, env).map(({ key }) => key);
      return keys.length > 0 ? [[provider.name, keys]] : [];
    }),
  );
}
