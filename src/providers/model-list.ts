/** Lists the models that a user can pick: aliases, the provider's rows, and the models that the provider lists. */
import { findRoute, resolveModel, type ModelMap } from './catalog';
import type { Dialect } from './dialect';
import { overlay, type DiscoveredModel } from './discovered-models';
import { ASSUMED_LIMITS, type Evidence, type Model, type Provider } from './provider';

/** The source of an entry's facts: a row's evidence, the provider's own list, or assumptions. */
export type Basis = Evidence | 'listed' | 'assumed';

export interface CatalogEntry {
  /** The model; its id is the name that clients use. */
  readonly model: Model;
  readonly provider: Provider;
  readonly basis: Basis;
  /** Whether requests that do not name a model use this one. */
  readonly isDefault: boolean;
}

/** The inputs of the list besides the provider. */
export interface ListOptions {
  /** The user's DEFAULT_MODEL, which may be missing from the catalog. */
  readonly preferred?: string | undefined;
  /** The provider's own list; it overrides the rows, because it is more recent. */
  readonly discovered?: readonly DiscoveredModel[];
  /** The user's MODEL_MAP, which may refer to models of other providers. */
  readonly aliases?: ModelMap | undefined;
  /** The catalog in which aliases are resolved; the built-in one if absent. */
  readonly catalog?: readonly Provider[] | undefined;
}

/** Lists the models, the default first. If several have the same name, only the one that a request uses is listed. */
export function listEntries(primary: Provider, options: ListOptions = {}): readonly CatalogEntry[] {
  const { preferred, discovered = [], aliases = {}, catalog } = options;
  const chosen = resolveModel(primary, undefined, preferred).id;
  const found = new Map([...discovered].reverse().map((model) => [model.id.toLowerCase(), model]));
  const describe = (provider: Provider, id: string): ModelEntry =>
    findEntry(
      provider, id,
      provider === primary ? (found.get(id.toLowerCase()) ?? findOnlyModel(primary, discovered, id)) : undefined,
    );
  const ids = [...primary.models.map(({ id }) => id), chosen, ...discovered.map(({ id }) => id)]
    .filter((id) => id !== '');
  const entries = [
    ...Object.keys(aliases).map((alias) => {
      const { provider, model = '' } = findRoute(alias, primary, aliases, catalog);
      return rename(describe(provider, model), alias);
    }),
    ...ids.map((id) => describe(primary, id)),
  ];
  const marked = uniqueEntries(entries).map((entry) => ({ ...entry, isDefault: entry.model.id === chosen }));
  return [...marked.filter(({ isDefault }) => isDefault), ...marked.filter(({ isDefault }) => !isDefault)];
}

/** A local server with a single model uses it for any name. */
function findOnlyModel(
  { local }: Provider, [only, ...others]: readonly DiscoveredModel[], id: string,
): DiscoveredModel | undefined {
  return local && only && others.length === 0 ? { ...only, id } : undefined;
}

type ModelEntry = Omit<CatalogEntry, 'isDefault'>;

function findEntry(provider: Provider, name: string, found: DiscoveredModel | undefined): ModelEntry {
  const { id, model, dialect } = resolveModel(provider, name, name);
  if (model) return { provider, model: overlay(model, found), basis: model.evidence };
  return { provider, model: overlay(assume(id, dialect), found), basis: found ? 'listed' : 'assumed' };
}

/** Describes an unknown model by its dialect. */
function assume(id: string, { images, maxTokens }: Dialect): Model {
  return {
    id,
    name: id,
    contextWindow: ASSUMED_LIMITS.contextWindow,
    maxOutput: maxTokens ?? ASSUMED_LIMITS.maxOutput,
    input: images ? ['text', 'image'] : ['text'],
    efforts: [],
    evidence: 'inferred',
  };
}

const rename = (entry: ModelEntry, alias: string): ModelEntry =>
  ({ ...entry, model: { ...entry.model, id: alias, name: `${alias} (${entry.model.name})` } });

function uniqueEntries(entries: readonly ModelEntry[]): readonly ModelEntry[] {
  const byName = new Map([...entries].reverse().map((entry) => [entry.model.id.toLowerCase(), entry]));
  return entries.filter((entry) => byName.get(entry.model.id.toLowerCase()) === entry);
}
