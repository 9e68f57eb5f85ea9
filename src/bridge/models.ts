/** The answer to GET /models: one body for OpenAI clients (`data`) and, in time, for Codex (`models`). */
import { shortHash } from '../base/hash';
import type { JsonObject } from '../base/json';
import type { Provider } from '../providers/provider';

export interface ModelList {
  readonly body: JsonObject;
  /** Entity tag, with its quotes. */
  readonly etag: string;
}

/** @param defaultModel the user's DEFAULT_MODEL: listed even when the catalogue does not know it */
export function listModels(provider: Provider, defaultModel: string | undefined): ModelList {
  const ids = new Set([...(defaultModel === undefined ? [] : [defaultModel]), ...provider.models.map((model) => model.id)]);
  const data = [...ids].map((id): JsonObject => ({ id, object: 'model', created: 0, owned_by: provider.name }));
  const body = { object: 'list', data };
  return { body, etag: `"${shortHash(JSON.stringify(body))}"` };
}
