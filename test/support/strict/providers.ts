/** Finds how a provider of src/providers behaves, in the rows of aliyun.ts, makers.ts and hosts.ts. */
import { PROVIDERS } from '../../../src/providers/catalog';
import { ALIYUN } from './aliyun';
import { behaviorOfRow } from './from-row';
import { HOSTS } from './hosts';
import { MAKERS } from './makers';
import type { ProviderBehavior } from './provider';

/** Every row by its provider's name. */
export const PROVIDER_BEHAVIOR: Readonly<Record<string, ProviderBehavior>> = { ...ALIYUN, ...MAKERS, ...HOSTS };

/**
 * Returns the behavior of a provider: its row here, or else the one that its catalog row implies.
 *
 * @throws Error if the catalog has no such provider
 */
export function findBehavior(name: string): ProviderBehavior {
  const behavior = PROVIDER_BEHAVIOR[name];
  if (behavior !== undefined) return behavior;
  const provider = PROVIDERS.find((row) => row.name === name);
  if (provider === undefined) throw new Error(`The catalog has no provider "${name}"`);
  return behaviorOfRow(provider);
}
