/** Why a provider cannot be asked with a configuration: there is no key, and it needs one. */
import type { ResolvedConfig } from '../config/resolve';
import { findProvider } from '../providers/catalog';

/** What to do about it, as sentences; `undefined` when there is a key, or none is needed. */
export function describeMissingKey({ config }: Extract<ResolvedConfig, { ok: true }>): string | undefined {
  if (config.aiApiKey !== undefined || !config.forceEnvAuth) return undefined;
  const { title, keyEnv, local } = findProvider(config.provider, config.aiBaseUrl);
  if (local) return undefined;
  const names = ['AI_API_KEY', ...keyEnv.filter((name) => name !== 'AI_API_KEY').slice(0, 1)].join(' or ');
  return `There is no API key for ${title} (${config.aiBaseUrl}). Set the variable ${names} to it.`;
}
