/** Chooses the model that Codex starts with. */
import type { Config } from '../config/options';
import { findProvider, findRoute } from '../providers/catalog';

type RouteConfig = Pick<Config, 'defaultModel' | 'provider' | 'aiBaseUrl' | 'modelMap' | 'catalog'>;

export interface ModelSources {
  readonly config: RouteConfig;
  /** The model in the user's config.toml; Codex's model picker writes it there. */
  readonly configured: string | undefined;
  /** The bridge's models, the preferred one first. */
  readonly offered: readonly string[];
}

/**
 * Returns `--default-model`; otherwise the configured model, if the bridge serves it (it does not serve OpenAI's
 * models); otherwise the first model offered; `undefined` if none is. A model in Codex's arguments overrides this
 * choice.
 */
export function chooseModel({ config, configured, offered }: ModelSources): string | undefined {
  if (config.defaultModel !== undefined) return config.defaultModel;
  return configured !== undefined && isServed(configured, offered, config) ? configured : offered[0];
}

/** Whether the bridge offers `name`, or it is an alias or a model of another provider, such as zai/glm-5.3. */
export function isServed(
  name: string, offered: readonly string[], { provider, aiBaseUrl, modelMap, catalog }: RouteConfig,
): boolean {
  if (offered.some((model) => model.toLowerCase() === name.toLowerCase())) return true;
  const primary = findProvider(provider, aiBaseUrl, catalog);
  const route = findRoute(name, primary, modelMap ?? {}, catalog);
  return route.provider !== primary || route.model !== name;
}
