/** API keys under the providers' own variable names. */
import type { Provider } from './provider';

export interface ProviderKey {
  readonly variable: string;
  readonly key: string;
}

/**
 * The first of the provider's variables that is set; an empty one counts as not set. Only the variables of the provider
 * that is asked are looked at, so no other host ever gets its key.
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

/** Every provider's key that is set, by provider name: for model names that lead to another provider than the configured one. */
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
