/**
 * Completes a configuration with the values that depend on the provider (its name, address, model and keys, from its
 * row, its variables or its saved login), with the variables in headers, and with the search key.
 */
import { expandVariables } from '../base/header-values';
import { findNearest } from '../base/nearest';
import { renderList } from '../base/quantities';
import { quote } from '../base/quote';
import { findProvider, findProviderByName, PROVIDERS } from '../providers/catalog';
import { readNumberedKeys, resolveKeys } from '../providers/keys';
import type { Provider } from '../providers/provider';
import { OPTIONS, type Config } from './options';
import { addSearchKey } from './search-values';
import { describeInvalidValue, findText } from './resolve';
import type { GivenOrigin, GivenText, Origins, ResolvedConfig, ValueSources } from './resolve';

interface ResolvedValues {
  readonly config: Config;
  readonly origins: Origins;
}

type ExtendedValues = ResolvedValues | { readonly error: string };

/**
 * AI_PROVIDER without AI_API_BASE selects the address in the provider's saved login, else the provider's first address.
 * AI_API_KEY overrides the provider's own variable, which overrides a saved key.
 *
 * @param resolved what `resolveConfig` returned for `given`; its errors are included, so that all are reported at
 * once
 */
export function addProviderValues(
  resolved: ResolvedConfig, given: ValueSources, rows: readonly Provider[] = PROVIDERS,
): ResolvedConfig {
  const named = findText('provider', given) ?? findSavedChoice(given);
  const row = named && findProviderByName(named.text, rows);
  const unknown = named && named.text.trim() !== '' && !row ? [describeUnknown(named, rows)] : [];
  if (!resolved.ok) return { ok: false, errors: [...resolved.errors, ...unknown] };
  if (unknown.length > 0) return { ok: false, errors: unknown };
  const config = {
    ...resolved.config,
    ...(row && { provider: row.name }),
    ...(rows !== PROVIDERS && { catalog: rows }),
  };
  const origins = named && row ? { ...resolved.origins, provider: named.origin } : resolved.origins;
  return addValues({ config, origins }, findProvider(config.provider, config.aiBaseUrl, rows), given);
}

/** Returns the provider of the last login, unless the user gives a provider, an address or a key. */
function findSavedChoice(given: ValueSources): GivenText | undefined {
  const text = given.logins?.current;
  const isGiven = (['provider', 'aiBaseUrl', 'aiApiKey'] as const).some((name) => findText(name, given) !== undefined);
  const usesLogin = !isGiven && readNumberedKeys(OPTIONS.aiApiKey.env[0], given.env).length === 0;
  return text !== undefined && usesLogin ? { text, origin: { kind: 'login', name: text } } : undefined;
}

function describeUnknown(named: GivenText, rows: readonly Provider[]): string {
  const { origin, text } = named;
  return origin.kind === 'login'
    ? `The saved login is for ${quote(text)}, which is no longer a provider. Run: aliyun-codex-bridge logout`
    : describeInvalidValue(describeNames(text, rows), named);
}

type Expected = { readonly type: { readonly expected: string } };

/** Lists the valid provider names, with a suggestion. */
function describeNames(text: string, rows: readonly Provider[]): Expected {
  const names = rows.map(({ name }) => name);
  const nearest = findNearest(text, rows.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return { type: { expected: `${renderList(names, 'or')}${hint}` } };
}

function addValues(resolved: ResolvedValues, provider: Provider, given: ValueSources): ResolvedConfig {
  let current = resolved;
  const errors: string[] = provider.disabled === undefined ? [] : [provider.disabled];
  for (const step of [addAddress, addModel, addKey, addHeaders, addSearch]) {
    const added = step(current, provider, given);
    if ('error' in added) errors.push(added.error);
    else current = added;
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, config: current.config, origins: current.origins };
}

/**
 * If a provider was named but no address, adds the provider's saved address, else its first one, whose origin is the
 * option that named the provider.
 */
function addAddress({ config, origins }: ResolvedValues, provider: Provider, { logins }: ValueSources): ExtendedValues {
  const origin = origins.provider;
  if (origin.kind === 'default' || origins.aiBaseUrl.kind !== 'default') return { config, origins };
  const saved = logins?.find(provider.name)?.baseUrl;
  if (saved !== undefined)
    return { config: { ...config, aiBaseUrl: saved }, origins: { ...origins, aiBaseUrl: loginOrigin(provider) } };
  const [aiBaseUrl] = provider.baseUrls;
  if (aiBaseUrl === undefined) {
    const { env, flags } = OPTIONS.aiBaseUrl;
    const named = `"${provider.name}" from ${origin.kind} ${origin.name}`;
    return { error: `Cannot use ${named} without a base URL: set ${env[0]} or ${flags[0]}.` };
  }
  return { config: { ...config, aiBaseUrl }, origins: { ...origins, aiBaseUrl: origin } };
}

const loginOrigin = ({ name }: Provider): GivenOrigin => ({ kind: 'login', name });

/** Adds the model of the saved login if a provider was named but no model, and its address is the login's origin. */
function addModel({ config, origins }: ResolvedValues, provider: Provider, { logins }: ValueSources): ExtendedValues {
  const { origin, model } = logins?.find(provider.name) ?? {};
  const isWanted = origins.provider.kind !== 'default' && origins.defaultModel.kind === 'default';
  if (model === undefined || !isWanted || origin !== new URL(config.aiBaseUrl).origin) return { config, origins };
  return { config: { ...config, defaultModel: model }, origins: { ...origins, defaultModel: loginOrigin(provider) } };
}

/** Runs after the address is known: the search service may be on the provider's own host. */
function addSearch({ config, origins }: ResolvedValues, _provider: Provider, given: ValueSources): ExtendedValues {
  return addSearchKey(config, origins, given);
}

/**
 * A key from the flag is used alone. Otherwise AI_API_KEY, AI_API_KEY_1, … override the provider's own variables, which
 * override the saved key.
 */
function addKey({ config, origins }: ResolvedValues, provider: Provider, given: ValueSources): ExtendedValues {
  if (origins.aiApiKey.kind === 'flag') return { config, origins };
  const keys = findKeys(config.aiBaseUrl, provider, given);
  const [first] = keys;
  if (!first) return { config, origins };
  const invalid = keys.find(({ text }) => OPTIONS.aiApiKey.type.parse(text) === undefined);
  if (invalid) return { error: describeInvalidValue(OPTIONS.aiApiKey, invalid) };
  const apiKeys = keys.length > 1 ? { apiKeys: keys.map(({ text }) => text) } : {};
  return {
    config: { ...config, aiApiKey: first.text, ...apiKeys },
    origins: { ...origins, aiApiKey: first.origin },
  };
}

function findKeys(
  baseUrl: string, provider: Provider, { env, findOrigin, logins }: ValueSources,
): readonly GivenText[] {
  const own = readNumberedKeys(OPTIONS.aiApiKey.env[0], env);
  const set = own.length > 0 ? own : resolveKeys(provider, env);
  if (set.length > 0) return set.map(({ variable, key }) => ({ text: key, origin: originOf(variable, findOrigin) }));
  const saved = logins?.findKey(provider.name, baseUrl);
  return saved === undefined ? [] : [{ text: saved, origin: loginOrigin(provider) }];
}

/** Returns where a key comes from: a path in the providers file, or a variable. */
const originOf = (variable: string, findOrigin: ValueSources['findOrigin']): GivenOrigin =>
  variable.includes('[') ? { kind: 'file', name: variable } : findOrigin(variable);

/** Expands the variables in the values of --upstream-header. */
function addHeaders({ config, origins }: ResolvedValues, _provider: Provider, { env }: ValueSources): ExtendedValues {
  const origin = origins.upstreamHeader;
  if (config.upstreamHeader === undefined || origin.kind === 'default') return { config, origins };
  const headers = Object.entries(config.upstreamHeader).map(
    ([name, text]) => ({ name, ...expandVariables(text, env) }),
  );
  const missing = headers.flatMap((header) => header.missing);
  if (missing.length > 0) {
    const names = [...new Set(missing)].join(', ');
    return {
      error: `Cannot use a value from ${origin.kind} ${origin.name}: set ${names} to one line of ASCII text.`,
    };
  }
  const upstreamHeader = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
  return { config: { ...config, upstreamHeader }, origins };
}
