/** Completes the options of web search: the key in the service's own variable, and what the service cannot do without. */
import { SEARCH_BACKENDS } from '../providers/search-backends';
import { OPTIONS, type Config } from './options';
import type { Given, ResolvedConfig } from './resolve';

type Resolved = Extract<ResolvedConfig, { readonly ok: true }>;

/** Whether the search is asked at the host of the provider: then the provider's key is the right one. */
export function searchesAtProvider({ search, searchUrl, aiBaseUrl }: Config): boolean {
  if (search === undefined) return false;
  const url = searchUrl ?? SEARCH_BACKENDS[search].url ?? aiBaseUrl;
  return new URL(url).host === new URL(aiBaseUrl).host;
}

/** @returns the configuration with `searchKey`, or the mistake of a service that cannot be asked like this */
export function addSearchValues(resolved: Resolved, { env, findOrigin }: Given): ResolvedConfig {
  const { config, origins } = resolved;
  if (config.search === undefined) return resolved;
  const backend = SEARCH_BACKENDS[config.search];
  const named = `--search ${config.search}`;
  if (backend.url === undefined && backend.usesProvider === undefined && config.searchUrl === undefined) {
    return { ok: false, mistakes: [`${named} needs the address of your ${backend.title}: set ${OPTIONS.searchUrl.flags[0]}.`] };
  }
  const variable = backend.keyVariables.find((name) => (env[name] ?? '').trim() !== '');
  if (config.searchKey === undefined && variable !== undefined) {
    const searchKey = env[variable]?.trim();
    return { ok: true, config: { ...config, searchKey }, origins: { ...origins, searchKey: findOrigin(variable) } };
  }
  if (config.searchKey === undefined && backend.needsKey && !searchesAtProvider(config)) {
    const variables = [...backend.keyVariables, ...OPTIONS.searchKey.env].join(' or ');
    return { ok: false, mistakes: [`${named} needs a key: set ${variables}.`] };
  }
  return resolved;
}
