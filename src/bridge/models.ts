/** Answers GET /models with one body for both OpenAI clients (`data`) and Codex (`models`). */
import type { Clock } from '../base/clock';
import { hashText } from '../base/hash';
import type { JsonObject } from '../base/json';
import { messageOf } from '../base/thrown';
import type { Logger } from '../observe/log';
import { readDiscoveredModels, readLoadedWindows, type DiscoveredModel } from '../providers/discovered-models';
import { describeForCodex, type CodexModel } from '../providers/codex-models';
import { listEntries, type CatalogEntry } from '../providers/model-list';
import type { Provider } from '../providers/provider';
import { fetchJson } from '../upstream/fetch-json';
import { findConnection } from './endpoint-options';
import { nameUpstream, buildUpstreamHeaders } from './prepare';
import type { BridgeSettings, ConnectionOptions, ProviderSettings } from './turn-context';

export interface ModelList {
  readonly body: JsonObject & { readonly models: readonly CodexModel[] };
  /** Entity tag, with its quotes. */
  readonly etag: string;
}

export interface ModelCatalog {
  /** Returns every model, the default one first. */
  entries(): Promise<readonly CatalogEntry[]>;
  /** @param codexVersion the version of Codex: old versions reject a list with values that they do not know */
  list(codexVersion?: string): Promise<ModelList>;
}

export type ModelSettings = ProviderSettings &
  Pick<BridgeSettings, 'defaultModel' | 'discoverModels' | 'modelMap' | 'catalog'> & ConnectionOptions;

/** How long the provider's list is cached; shorter after a failure, because a local server may start later. */
const FRESH_MS = 300_000;
const RETRY_MS = 10_000;

/** Creates a catalog, with the provider's own list if DISCOVER_MODELS is on (default: on if it has no model rows). */
export function createModelCatalog(
  settings: ModelSettings, provider: Provider, log: Logger, clock: Clock = Date.now,
): ModelCatalog {
  const isDiscovering = settings.discoverModels ?? provider.models.length === 0;
  let found: readonly DiscoveredModel[] = [];
  let freshUntil = -Infinity;
  let request: Promise<void> | undefined;
  const discover = async (): Promise<readonly DiscoveredModel[]> => {
    if (!isDiscovering || clock() < freshUntil) return found;
    request ??= discoverModels(settings, provider, log).then((list) => {
      found = list ?? found;
      freshUntil = clock() + (list === undefined ? RETRY_MS : FRESH_MS);
      request = undefined;
    });
    await request;
    return found;
  };
  const entries = async () => listEntries(provider, {
    preferred: settings.defaultModel,
    discovered: await discover(),
    aliases: settings.modelMap,
    catalog: settings.catalog,
  });
  return {
    entries,
    list: async (codexVersion) => renderModelList(await entries(), codexVersion),
  };
}

function renderModelList(entries: readonly CatalogEntry[], codexVersion: string | undefined): ModelList {
  const data = entries.map(({ model, provider }): JsonObject => ({
    id: model.id,
    object: 'model',
    created: 0,
    owned_by: provider.name,
  }));
  const models = describeForCodex(entries, codexVersion);
  const body = { object: 'list', data, models };
  return { body, etag: `"${hashText(JSON.stringify(body))}"` };
}

/** Codex waits ten seconds for GET /models when it starts (codex-protocol.md, section 6). */
const TIMEOUT_MS = 4_000;

/** Lists with hundreds of models are about one megabyte. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Requests GET {base}/models with the configured key. If the provider has no list, that is logged; it is not an error.
 *
 * @returns the models that Codex can use; undefined if there is no list, or it cannot be fetched
 */
export async function discoverModels(
  settings: ProviderSettings & ConnectionOptions, provider: Provider, log: Logger, timeoutMs = TIMEOUT_MS,
): Promise<readonly DiscoveredModel[] | undefined> {
  const url = `${settings.aiBaseUrl}/models`;
  const headers = { ...buildUpstreamHeaders(settings), accept: 'application/json' };
  const { loadedPath } = provider;
  const loaded = loadedPath === undefined ? undefined : new URL(loadedPath, url).href;
  const limits = { timeoutMs, maxBytes: MAX_BYTES };
  const name = nameUpstream(provider, new URL(url).host);
  const options = { name, headers, ...limits, ...findConnection(provider, true, settings) };
  const fetchList = (address: string): Promise<unknown> => fetchJson({ url: address, ...options });
  try {
    const [answer, windows] = await Promise.all([
      fetchList(url),
      // Without this list, a model gets its context window from the first list, or the default one.
      loaded === undefined ? undefined : fetchList(loaded).catch(() => undefined),
    ]);
    const found = readDiscoveredModels(answer);
    if (found) return withWindows(found, readLoadedWindows(windows));
    log.info('the model catalog is unchanged: the provider sent something other than a list of models', { url });
  } catch (error) {
    const reason = messageOf(error);
    log.info('the model catalog is unchanged: the provider has no list of models', { url, reason });
  }
  return undefined;
}

function withWindows(
  models: readonly DiscoveredModel[], windows: ReadonlyMap<string, number>,
): readonly DiscoveredModel[] {
  return models.map((model) => {
    const contextWindow = windows.get(model.id.toLowerCase());
    return contextWindow === undefined ? model : { ...model, contextWindow };
  });
}
