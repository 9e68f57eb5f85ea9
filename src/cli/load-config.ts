/** The configuration of a command: the options, and what the chosen provider adds to them. */
import { resolveConfig, type Environment, type FlagTexts, type ResolvedConfig } from '../config/resolve';

/** The catalogue of providers takes milliseconds to load: it is left alone when it has nothing to add. */
export function loadConfig(flags: FlagTexts, env: Environment): ResolvedConfig {
  const resolved = resolveConfig(flags, env);
  if (!resolved.ok) return resolved;
  const { provider, aiApiKey } = resolved.config;
  if (provider === undefined && aiApiKey !== undefined) return resolved;
  const { addProviderValues }: typeof import('../config/provider-values') = require('../config/provider-values');
  return addProviderValues(resolved, env);
}
