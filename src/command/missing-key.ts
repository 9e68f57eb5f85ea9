/** Why a provider cannot be asked with a configuration: there is no key, and it needs one. */
import { OPTIONS } from '../config/options';
import type { ResolvedConfig } from '../config/resolve';
import { findProvider } from '../providers/catalog';
import type { Provider } from '../providers/provider';

type Resolved = Extract<ResolvedConfig, { ok: true }>;

/** What is missing and what to do about it, as sentences; `undefined` when there is a key, or none is needed. */
export function describeMissingKey(resolved: Resolved): string | undefined {
  const advice = adviseOnMissingKey(resolved);
  if (advice === undefined) return undefined;
  const { provider, aiBaseUrl } = resolved.config;
  const { title, baseUrls } = findProvider(provider, aiBaseUrl);
  return `There is no API key for ${baseUrls.length === 0 ? aiBaseUrl : `${title} (${aiBaseUrl})`}. ${advice}`;
}

/** What to do about it alone; `undefined` as above. */
export function adviseOnMissingKey({ config }: Resolved): string | undefined {
  if (config.aiApiKey !== undefined || !config.forceEnvAuth) return undefined;
  const provider = findProvider(config.provider, config.aiBaseUrl);
  if (provider.local) return undefined;
  const unlessAsked = provider.baseUrls.length === 0 ? ' A server that asks for no key takes any word.' : '';
  return `Set the variable ${nameKeyVariables(provider)} to your key.${unlessAsked}`;
}

/** The variables that a person would set, in words. */
export const nameKeyVariables = ({ keyEnv }: Provider): string =>
  [OPTIONS.aiApiKey.env[0], ...keyEnv.slice(0, 1)].join(' or ');
