/** How each provider of src/providers behaves: the rows of aliyun.ts, makers.ts and hosts.ts by name. */
import { PROVIDERS } from '../../../src/providers/catalog';
import { ALIYUN } from './aliyun';
import { behaviorOfRow } from './from-row';
import { HOSTS } from './hosts';
import { MAKERS } from './makers';
import type { ProviderBehavior } from './provider';

/** Every row by the name of its provider. */
export const PROVIDER_BEHAVIOR: Readonly<Record<string, ProviderBehavior>> = { ...ALIYUN, ...MAKERS, ...HOSTS };

/**
 * The behavior of a provider; without a row here, the one that its catalog row implies.
 *
 * @throws Error if the catalog has no such provider
 */
export function findBehavior(name: string): ProviderBehavior {
  const own = PROVIDER_BEHAVIOR[name];
  if (own !== undefined) return own;
  const provider = PROVIDERS.find((row) => row.name === name);
  if (provider === undefined) throw new Error(`The catalog has no provider "${name}"`);
  return behaviorOfRow(provider);
}
