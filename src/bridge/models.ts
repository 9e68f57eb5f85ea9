/** Answers GET /models: one body for OpenAI clients (`data`) and for Codex (`models`). */
import { shortHash } from '../base/hash';
import type { JsonObject } from '../base/json';
import { messageOf } from '../base/thrown';
import type { Logger } from '../observe/log';
import { readDiscovered, type DiscoveredModel } from '../providers/discovered-models';
import { describeForCodex, type CodexModel } from '../providers/codex-models';
import { listEntries, type CatalogEntry } from '../providers/model-list';
import type { Provider } from '../providers/provider';
import { fetchJson } from '../upstream/fetch-json';
import { upstreamHeaders } from './endpoint';
import type { BridgeSettings, ProviderSettings } from './turn-context';

export interface ModelList {
  readonly body: JsonObject & { readonly models: readonly CodexModel[] };
  /** Entity tag, with its quotes. */
  readonly etag: string;
}

export interface ModelCatalog {
  /** Every model, the default one first. */
  entries(): Promise<readonly CatalogEntry[]>;
  /** @param codexVersion the Codex that asks: an old one refuses a list with words that it does not know */
  list(codexVersion?: string): Promise<ModelList>;
}

export type ModelSettings = ProviderSettings & Pick<BridgeSettings, 'defaultModel' | 'discoverModels' | 'modelMap' | 'catalog'>;

/** The provider's own list is requested once, on first use, and only with --discover-models. */
export function createModelCatalog(settings: ModelSettings, provider: Provider, log: Logger): ModelCatalog {
  let found: ReturnType<typeof discoverModels> | undefined;
  const discover = async () => (settings.discoverModels ? (found ??= discoverModels(settings, log)) : []);
  const entries = async () => listEntries(provider, {
    preferred: settings.defaultModel,
    discovered: await discover(),
    aliases: settings.modelMap,
    rows: settings.catalog,
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
  return { body, etag: `"${shortHash(JSON.stringify(body))}"` };
}

/** Codex waits ten seconds for GET /models when it starts (codex-protocol.md, section 6). */
const TIMEOUT_MS = 4_000;

/** The lists of hosts with hundreds of models have about a megabyte. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * GET {base}/models with the key of the environment. A provider without a list costs a line in the log, never an error.
 *
 * @returns the models that Codex can use; none when there is no list, or no way to get it
 */
export async function discoverModels(
  settings: ProviderSettings,
  log: Logger,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly DiscoveredModel[]> {
  const url = `${settings.aiBaseUrl}/models`;
  const headers = { ...upstreamHeaders(settings), accept: 'application/json' };
  try {
    const found = readDiscovered(await fetchJson({ url, headers, timeoutMs, maxBytes: MAX_BYTES }));
    if (found) return found;
    log.info('the model catalog is unchanged: the provider sent something other than a list of models', { url });
  } catch (error) {
    const reason = messageOf(error);
    log.info('the model catalog is unchanged: the provider has no list of models', { url, reason });
  }
  return [];
}
