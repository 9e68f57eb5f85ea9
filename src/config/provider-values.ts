/**
 * Completes a configuration with the values of the chosen provider: its name, its address, and the key in its variable.
 */
import { expandVariables } from '../base/header-values';
import { findNearest } from '../base/nearest';
import { findProvider, findProviderByName, PROVIDERS } from '../providers/catalog';
import { readNumbered, resolveKeys } from '../providers/keys';
import type { Provider } from '../providers/provider';
import { OPTIONS, type Config } from './options';
import { addSearchKey } from './search-values';
import { describeMistake, findText, type Given, type GivenOrigin, type Origins, type ResolvedConfig } from './resolve';

interface Whole {
  readonly config: Config;
  readonly origins: Origins;
}

type Added = Whole | { readonly mistake: string };

/**
 * AI_PROVIDER without AI_API_BASE selects the provider's first address; AI_API_KEY overrides the provider's own
 * variable.
 *
 * @param resolved what `resolveConfig` returned for `given`; its mistakes are included, so that all are reported at
 * once
 */
export function addProviderValues(
  resolved: ResolvedConfig, given: Given, rows: readonly Provider[] = PROVIDERS,
): ResolvedConfig {
  const named = findText('provider', given);
  const row = named && findProviderByName(named.text, rows);
  const unknown =
    named && named.text.trim() !== '' && !row ? [describeMistake(describeNames(named.text, rows), named)] : [];
  if (!resolved.ok) return { ok: false, mistakes: [...resolved.mistakes, ...unknown] };
  if (unknown.length > 0) return { ok: false, mistakes: unknown };
  const config = {
    ...resolved.config,
    ...(row && { provider: row.name }),
    ...(rows !== PROVIDERS && { catalog: rows }),
  };
  return addValues({ ...resolved, config }, findProvider(config.provider, config.aiBaseUrl, rows), given);
}

type Expected = { readonly type: { readonly expected: string } };

/** What was expected in place of an unknown provider name. */
function describeNames(text: string, rows: readonly Provider[]): Expected {
  const names = rows.map(({ name }) => name);
  const nearest = findNearest(text, rows.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return { type: { expected: `${names.slice(0, -1).join(', ')} or ${names.at(-1)}${hint}` } };
}

function addValues(resolved: Whole, provider: Provider, given: Given): ResolvedConfig {
  let whole = resolved;
  const mistakes: string[] = provider.disabled === undefined ? [] : [provider.disabled];
  for (const step of [addAddress, addKey, addHeaders, addSearch]) {
    const added = step(whole, provider, given);
    if ('mistake' in added) mistakes.push(added.mistake);
    else whole = added;
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, config: whole.config, origins: whole.origins };
}

/** Adds the provider's address, whose origin is then the option that named the provider. */
function addAddress({ config, origins }: Whole, provider: Provider): Added {
  const origin = origins.provider;
  if (origin.kind === 'default' || origins.aiBaseUrl.kind !== 'default') return { config, origins };
  const [aiBaseUrl] = provider.baseUrls;
  if (aiBaseUrl === undefined) {
    const { env, flags } = OPTIONS.aiBaseUrl;
    const alone = `"${provider.name}" from ${origin.kind} ${origin.name} alone`;
    return { mistake: `Cannot use ${alone}: expected a base URL too, in ${env[0]} or ${flags[0]}.` };
  }
  return { config: { ...config, aiBaseUrl }, origins: { ...origins, aiBaseUrl: origin } };
}

/** Runs after the address is known: the search service may be on the provider's own host. */
function addSearch({ config, origins }: Whole, _provider: Provider, given: Given): Added {
  return addSearchKey(config, origins, given);
}

/** A key that was given as a flag is used alone. AI_API_KEY, AI_API_KEY_1, … come before the provider's own. */
function addKey({ config, origins }: Whole, provider: Provider, { env, findOrigin }: Given): Added {
  if (origins.aiApiKey.kind === 'flag') return { config, origins };
  const own = readNumbered(OPTIONS.aiApiKey.env[0], env);
  const keys = own.length > 0 ? own : resolveKeys(provider, env);
  const [first] = keys;
  if (!first) return { config, origins };
  const wrong = keys.find(({ key }) => OPTIONS.aiApiKey.type.parse(key) === undefined);
  if (wrong) {
    const origin = originOf(wrong.variable, findOrigin);
    return { mistake: describeMistake(OPTIONS.aiApiKey, { text: wrong.key, origin }) };
  }
  const apiKeys = keys.length > 1 ? { apiKeys: keys.map(({ key }) => key) } : {};
  return {
    config: { ...config, aiApiKey: first.key, ...apiKeys },
    origins: { ...origins, aiApiKey: originOf(first.variable, findOrigin) },
  };
}

/** For a key from the providers file, its path in the file takes the place of the variable's name. */
const originOf = (variable: string, findOrigin: Given['findOrigin']): GivenOrigin =>
  variable.includes('[') ? { kind: 'file', name: variable } : findOrigin(variable);

/** Expands the variables in the values of --upstream-header. */
function addHeaders({ config, origins }: Whole, _provider: Provider, { env }: Given): Added {
  const origin = origins.upstreamHeader;
  if (config.upstreamHeader === undefined || origin.kind === 'default') return { config, origins };
  const headers = Object.entries(config.upstreamHeader).map(
    ([name, text]) => ({ name, ...expandVariables(text, env) }),
  );
  const missing = headers.flatMap((header) => header.missing);
  if (missing.length > 0) {
    const names = [...new Set(missing)].join(', ');
    return {
      mistake: `Cannot use a value from ${origin.kind} ${origin.name}: set ${names} to one line of ASCII text.`,
    };
  }
  const upstreamHeader = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  return { config: { ...config, upstreamHeader }, origins };
}
