/** The answer to GET /models: one body for OpenAI clients (`data`) and for Codex (`models`). */
import { shortHash } from '../base/hash';
import type { JsonObject } from '../base/json';
import type { Logger } from '../observe/log';
import { describeForCodex, type CodexModel } from '../providers/codex-models';
import { listEntries, type CatalogEntry } from '../providers/model-list';
import type { Provider } from '../providers/provider';
import { discoverModels } from './discover-models';
import type { BridgeSettings, ProviderSettings } from './settings';

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

export type ModelSettings = ProviderSettings & Pick<BridgeSettings, 'defaultModel' | 'discoverModels' | 'modelMap'>;

/** The provider's own list is asked for once, when it is first needed, and only when the user wants it. */
export function createModelCatalog(settings: ModelSettings, provider: Provider, log: Logger): ModelCatalog {
  let found: ReturnType<typeof discoverModels> | undefined;
  const discover = async () => (settings.discoverModels ? (found ??= discoverModels(settings, log)) : []);
  const entries = async () => listEntries(provider, {
    preferred: settings.defaultModel,
    discovered: await discover(),
    aliases: settings.modelMap,
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
