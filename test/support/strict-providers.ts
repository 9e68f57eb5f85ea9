/** How each provider of src/providers behaves: the rows of strict-aliyun, strict-makers and strict-hosts by name. */
import type { PROVIDER_NAMES } from '../../src/providers/names';
import { ALIYUN } from './strict-aliyun';
import { HOSTS } from './strict-hosts';
import { MAKERS } from './strict-makers';
import type { ProviderManners } from './strict-provider';

/** The name of a provider row. */
export type ProviderName = keyof typeof PROVIDER_NAMES;

/** Every row; a provider without manners does not compile. */
export const PROVIDER_MANNERS: Readonly<Record<ProviderName, ProviderManners>> = { ...ALIYUN, ...MAKERS, ...HOSTS };
