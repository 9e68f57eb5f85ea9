/** Finds API keys in the providers' environment variables. */
import type { Provider } from './provider';

export interface ProviderKey {
  readonly variable: string;
  readonly key: string;
}

/**
 * Returns the first of the provider's variables that is set; an empty one counts as not set. Reads only this provider's
 * variables, so that a key is never sent to another host.
 */
export function resolveKey(
  { keyEnv }: Provider,
  env: Readonly<Record<string, string | undefined>>,
): ProviderKey | undefined {
  for (const variable of keyEnv) {
    const key = env[variable]?.trim();
    if (key) return { variable, key };
  }
  return undefined;
}

/** Returns all keys that are set, by provider name, for model names that route to another provider. */
export function collectKeys(
  providers: readonly Provider[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    providers.flatMap((provider) => {
      const found = resolveKey(provider, env);
      return found ? [[provider.name, found.key]] : [];
    }),
  );
}
