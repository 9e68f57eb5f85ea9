/** Renders the Codex settings for the bridge, as text for config.toml and as `-c` overrides for the command line. */
import { isBefore } from '../base/version';
import { OPTIONS } from '../config/options';
import { renderKey, renderString } from './toml/value';

/** The table of config.toml that contains Codex's providers. */
export const PROVIDERS_KEY = 'model_providers';

/** The provider id of the bridge: `[model_providers.aliyun]`. */
export const PROVIDER_ID = 'aliyun';

/** The table of Codex's feature flags. */
export const FEATURES_KEY = 'features';

/** The flag that makes Codex run web search itself; it is "under development" in 0.171. */
const SEARCH_FEATURE = 'standalone_web_search';

/** The flag's full name. */
export const SEARCH_FEATURE_KEY = `${FEATURES_KEY}.${SEARCH_FEATURE}`;

/** The key without which Codex prints a warning about the feature at each start. */
export const NO_WARNING_KEY = 'suppress_unstable_features_warning';

/** The flag as a line of the features table. */
export const SEARCH_FEATURE_LINE = `${SEARCH_FEATURE} = true`;

/** The display name in Codex. Not "OpenAI": that would enable remote compaction (codex-protocol.md, section 5). */
const DISPLAY_NAME = 'Aliyun Codex bridge';

export interface CodexSettings {
  /** The model to start with; undefined leaves the choice to the user's configuration. */
  readonly model: string | undefined;
  /** Absolute path of the model catalog, for a Codex that does not support `catalogUrl`. */
  readonly catalogFile: string | undefined;
  /** Where Codex fetches the model catalog at each start. */
  readonly catalogUrl?: string | undefined;
  /** The bridge's URL, ending in `/v1`. */
  readonly baseUrl: string;
  /** The variable whose value Codex sends as a key or access token; if absent, the bridge uses its own key. */
  readonly envKey?: string;
  /** Whether the bridge handles Codex's web search (codex-protocol.md, section 12). */
  readonly webSearch?: boolean;
  /** The provider id in overrides; default: `aliyun`, as in config.toml. */
  readonly providerId?: string;
  /** Headers that Codex adds to every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further headers, whose values are in these variables. */
  readonly envHeaders?: Readonly<Record<string, string>>;
}

/** The variable with the access token that Codex sends. Other users can see command lines, but not environments. */
export const [TOKEN_VARIABLE] = OPTIONS.accessToken.env;

/** The variable with the key that Codex sends if the bridge uses its clients' keys. */
export const [KEY_VARIABLE] = OPTIONS.aiApiKey.env;

/** Makes Codex send the token, if needed, in `Authorization`; or in `x-api-key` if that has the provider's key. */
export function describeCredentials(
  forceEnvAuth: boolean, needsToken: boolean,
): Pick<CodexSettings, 'envKey' | 'envHeaders'> {
  if (forceEnvAuth) return needsToken ? { envKey: TOKEN_VARIABLE } : {};
  return { envKey: KEY_VARIABLE, ...(needsToken && { envHeaders: { 'x-api-key': TOKEN_VARIABLE } }) };
}

/** Makes Codex get the model catalog from the bridge if its version supports that, otherwise from `file`. */
export const describeCatalog = (
  baseUrl: string, codexVersion: string | undefined, file: string | undefined,
): Pick<CodexSettings, 'catalogFile' | 'catalogUrl'> =>
  (canFetchCatalog(codexVersion) ? { catalogFile: undefined, catalogUrl: `${baseUrl}/models` } : { catalogFile: file });

/** 0.169 and 0.171 support `model_catalog_url`; 0.125 and 0.146 ignore it (measured). */
export const canFetchCatalog = (codexVersion: string | undefined): boolean =>
  codexVersion !== undefined && !isBefore(codexVersion, '0.169.0');

/** The oldest Codex known to run web search itself; older ones were not tried (codex-protocol.md, section 12). */
export const FIRST_WITH_SEARCH = '0.169.0';

/** Whether a Codex of this version runs web search itself. */
export const canSearch = (codexVersion: string | undefined): boolean =>
  codexVersion !== undefined && !isBefore(codexVersion, FIRST_WITH_SEARCH);

/** A key, and its value rendered as TOML. */
type Pair = readonly [key: string, value: string];

/**
 * Renders the lines above the first table of config.toml.
 *
 * @param features the lines that switch web search on; none if that is done elsewhere in the file
 */
export function renderRootLines(
  settings: CodexSettings, features: readonly string[] = [`${FEATURES_KEY}.${SEARCH_FEATURE_LINE}`],
): readonly string[] {
  const { model, catalogFile, webSearch = false } = settings;
  return [
    ...listStrings({ model, model_provider: PROVIDER_ID, model_catalog_json: catalogFile }).map(renderLine),
    ...(webSearch ? [`${NO_WARNING_KEY} = true`, ...features] : []),
  ];
}

/** Renders the bridge's table: its header and its keys. */
export function renderProviderLines(settings: CodexSettings): readonly string[] {
  return [`[${PROVIDERS_KEY}.${PROVIDER_ID}]`, ...listProviderPairs(settings).map(renderLine)];
}

/** Renders the bridge's table as an inline table. */
export function renderInlineProvider(settings: CodexSettings): string {
  return `{ ${listProviderPairs(settings).map(renderLine).join(', ')} }`;
}

/** Renders the block that a user can paste into config.toml; it ends with a line feed. */
export function renderBlock(settings: CodexSettings): string {
  return [...renderRootLines(settings), '', ...renderProviderLines(settings), ''].join('\n');
}

/**
 * Renders the settings as `-c KEY=VALUE` arguments, with TOML values. Codex merges the inline table with the table of
 * that id in config.toml, so keys that only the file has remain in effect (measured with 0.169 and 0.171).
 */
export function renderOverrides(settings: CodexSettings): readonly string[] {
  const provider = `{${listProviderPairs(settings).map(([key, value]) => `${key}=${value}`).join(',')}}`;
  const { model, catalogFile, webSearch = false, providerId = PROVIDER_ID } = settings;
  const pairs: readonly Pair[] = [
    ...listStrings({ model_provider: providerId }),
    [`${PROVIDERS_KEY}.${renderKey([providerId])}`, provider],
    ...listStrings({ model, model_catalog_json: catalogFile }),
    ...(webSearch ? [[SEARCH_FEATURE_KEY, 'true'], [NO_WARNING_KEY, 'true']] as const : []),
  ];
  return pairs.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

const renderLine = ([key, value]: Pair): string => `${key} = ${value}`;

function listProviderPairs(settings: CodexSettings): readonly Pair[] {
  const { baseUrl, envKey, catalogUrl, webSearch, headers, envHeaders } = settings;
  const strings = listStrings({
    name: DISPLAY_NAME, base_url: baseUrl, env_key: envKey, wire_api: 'responses', model_catalog_url: catalogUrl,
    // Without a key, Codex does not fetch the catalog (codex-protocol.md, section 12). The bridge ignores this one.
    experimental_bearer_token: catalogUrl === undefined || envKey !== undefined ? undefined : 'bridge',
  });
  return [
    ...strings,
    ...(webSearch ? [['supports_standalone_web_search', 'true'] as const] : []),
    ...listTable('http_headers', headers),
    ...listTable('env_http_headers', envHeaders),
  ];
}

function listTable(key: string, fields: Readonly<Record<string, string>> = {}): readonly Pair[] {
  const lines = Object.entries(fields).map(([name, value]) => renderLine([renderKey([name]), renderString(value)]));
  return lines.length === 0 ? [] : [[key, `{ ${lines.join(', ')} }`]];
}

function listStrings(strings: Readonly<Record<string, string | undefined>>): readonly Pair[] {
  return Object.entries(strings).flatMap(([key, text]): readonly Pair[] =>
    (text === undefined ? [] : [[key, renderString(text)]]));
}
