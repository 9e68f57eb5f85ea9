/** How each provider of src/providers behaves: the rows of strict-aliyun, strict-makers and strict-hosts by name. */
import { ALIYUN } from './aliyun';
import { HOSTS } from './hosts';
import { MAKERS } from './makers';
import type { ProviderManners } from './provider';

/** Every row by the name of its provider. */
export const PROVIDER_MANNERS: Readonly<Record<string, ProviderManners>> = { ...ALIYUN, ...MAKERS, ...HOSTS };

/** @throws when the provider has no manners: add a row before the test */
export function findManners(provider: string): ProviderManners {
  const manners = PROVIDER_MANNERS[provider];
  if (manners === undefined)
    throw new Error(`The scripted upstream has no manners for "${provider}": see strict-providers.ts`);
  return manners;
}
