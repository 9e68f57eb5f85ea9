/** The models a user can pick: the provider's rows, the default model even where no row knows it, and what was discovered. */
import { resolveModel } from './catalog';
import type { Dialect } from './dialect';
import { overlay, type DiscoveredModel } from './discovered-models';
import type { Evidence, Model, Provider } from './provider';

/** Where the facts of an entry are from: a row's evidence, the provider's own list, or nowhere. */
export type Basis = Evidence | 'listed' | 'assumed';

export interface CatalogEntry {
  readonly model: Model;
  readonly basis: Basis;
  /** The model that a request gets which names none. */
  readonly isDefault: boolean;
}

/**
 * Tokens of an unknown model. Small enough for most models that are served today with tools in mind; a larger window is
 * only compacted too early, while a smaller one ends in an error.
 */
const ASSUMED = { contextWindow: 128_000, maxOutput: 8_192 } as const;

/**
 * The default model first, then the rows in their order, then what only the provider's own list knows.
 *
 * @param preferred the user's DEFAULT_MODEL, which may be a name that no row has
 * @param discovered the provider's own list; what it says of a row's model is newer than the row
 */
export function listEntries(provider: Provider, preferred: string | undefined, discovered: readonly DiscoveredModel[] = []): readonly CatalogEntry[] {
  const chosen = resolveModel(provider, undefined, preferred);
  const found = new Map([...discovered].reverse().map((model) => [model.id.toLowerCase(), model]));
  const find = (id: string): DiscoveredModel | undefined => found.get(id.toLowerCase());
  const rows = provider.models.map((model) => entry(overlay(model, find(model.id)), model.evidence));
  const known = new Set(provider.models.map(({ id }) => id.toLowerCase()));
  const others = [...new Set([chosen.id, ...discovered.map(({ id }) => id)])].filter((id) => id !== '' && !known.has(id.toLowerCase()));
  const assumed = others.map((id) => {
    const model = assume(id, resolveModel(provider, id, id).dialect);
    return entry(overlay(model, find(id)), find(id) ? 'listed' : 'assumed');
  });
  const entries = [...rows, ...assumed].map((each) => ({ ...each, isDefault: each.model.id === chosen.id }));
  return [...entries.filter(({ isDefault }) => isDefault), ...entries.filter(({ isDefault }) => !isDefault)];
}

const entry = (model: Model, basis: Basis): Omit<CatalogEntry, 'isDefault'> => ({ model, basis });

/** What can be said of a model that nobody knows: what the provider's dialect would send it. */
function assume(id: string, { images, maxTokens }: Dialect): Model {
  return {
    id,
    name: id,
    contextWindow: ASSUMED.contextWindow,
    maxOutput: maxTokens ?? ASSUMED.maxOutput,
    input: images ? ['text', 'image'] : ['text'],
    efforts: [],
    evidence: 'inferred',
  };
}
