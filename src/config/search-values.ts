/**
 * Completes the web search options: reads the key from the service's own variable and checks what the service requires.
 */
import { SEARCH_BACKENDS } from '../providers/search-backends';
import { OPTIONS, type Config } from './options';
import type { Origins, ValueSources } from './resolve';

/** A configuration with the origins of its values, or what is wrong with it. */
type Completed = { readonly config: Config; readonly origins: Origins } | { readonly error: string };

/** @returns the configuration with `searchKey`, or the error if the service cannot be used with these options */
export function addSearchKey(config: Config, origins: Origins, { env, findOrigin }: ValueSources): Completed {
  const { search, searchUrl, searchKey, aiBaseUrl } = config;
  if (search === undefined) return { config, origins };
  const { title, url: ownUrl, usesProvider, needsKey, keyVariables } = SEARCH_BACKENDS[search];
  const url = searchUrl ?? ownUrl ?? (usesProvider ? aiBaseUrl : undefined);
  if (url === undefined) {
    return { error: `--search ${search} needs the address of your ${title}. Set ${OPTIONS.searchUrl.flags[0]}.` };
  }
  const variable = keyVariables.find((name) => (env[name] ?? '').trim() !== '');
  if (searchKey === undefined && variable !== undefined) {
    const found = { searchKey: env[variable]?.trim() };
    return { config: { ...config, ...found }, origins: { ...origins, searchKey: findOrigin(variable) } };
  }
  // A search service at the provider's own origin uses the provider's key. No other service ever gets that key.
  const isProvider = new URL(url).origin === new URL(aiBaseUrl).origin;
  if (searchKey === undefined && needsKey && !isProvider) {
    return {
      error: `--search ${search} needs a key. Set ${[...keyVariables, ...OPTIONS.searchKey.env].join(' or ')}.`,
    };
  }
  return { config, origins };
}
