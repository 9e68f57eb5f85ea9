/** How each provider of src/providers behaves: the rows of aliyun.ts, makers.ts and hosts.ts by name. */
import { PROVIDERS } from '../../../src/providers/catalog';
import { ALIYUN } from './aliyun';
import { mannersOfRow } from './from-row';
import { HOSTS } from './hosts';
import { MAKERS } from './makers';
import type { ProviderManners } from './provider';

/** Every row by the name of its provider. */
export const PROVIDER_MANNERS: Readonly<Record<string, ProviderManners>> = { ...ALIYUN, ...MAKERS, ...HOSTS };

/**
 * The manners of a provider; those that its catalog row implies if it has none of its own.
 *
 * @throws Error if the catalog has no such provider
 */
export function findManners(name: string): ProviderManners {
  const own = PROVIDER_MANNERS[name];
  if (own !== undefined) return own;
  const provider = PROVIDERS.find((row) => row.name === name);
  if (provider === undefined) throw new Error(`The catalog has no provider "${name}"`);
  return mannersOfRow(provider);
}
