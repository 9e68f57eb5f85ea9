/** Checks of what config.toml says of models: the catalog, and the model that Codex begins with. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson, parseJsonObject, type UnknownRecord } from '../../base/json';
import { asArray, asRecord, asText } from '../../base/narrow';
import { codeOf, messageOf } from '../../base/thrown';
import { CATALOG_AUTHOR } from '../../codex/catalog-file';
import { quote } from '../../base/quote';
import { findRoute, resolveModel } from '../../providers/catalog';
import { describeForCodex } from '../../providers/codex-models';
import { listEntries } from '../../providers/model-list';
import type { Check } from '../check';
import type { ReadConfig } from '../codex-config';
import type { Examination, Setup } from '../examination';
import { failure, ok, skipped, warning, type Finding } from '../finding';
import { AFTER_FILE, withBridgeConfig } from './codex-provider';

const SETUP = 'aliyun-codex-bridge setup writes it.';

/** The file as Codex finds it: from its own folder, with `~` for the home (measured with 0.169). */
function findCatalog(root: UnknownRecord, { places }: Examination): string | undefined {
  const given = asText(root['model_catalog_json']);
  if (given === undefined || isAbsolute(given)) return given;
  return given.startsWith('~/') ? join(places.home, given.slice(2)) : join(places.codexHome, given);
}

interface Catalog {
  readonly models: readonly UnknownRecord[];
  /** Written by the bridge. */
  readonly isOurs: boolean;
}

async function readCatalog(path: string): Promise<Catalog | { readonly problem: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { problem: 'there is no such file' };
    return { problem: `it cannot be read: ${messageOf(error)}` };
  }
  const body = parseJsonObject(text);
  if (!body) return { problem: 'it is not a JSON object' };
  const models = (asArray(body['models']) ?? []).map(asRecord).filter((model) => model !== undefined);
  if (models.length === 0) return { problem: 'there is no model in it' };
  return { models, isOurs: body['generated_by'] === CATALOG_AUTHOR };
}

const slugOf = (model: UnknownRecord): string => asText(model['slug']) ?? '';

async function checkCatalog({ root }: ReadConfig, examination: Examination): Promise<Finding> {
  const path = findCatalog(root, examination);
  if (path === undefined) {
    return warning(
      'not set: Codex knows nothing of the models, neither their windows nor their efforts',
      `${SETUP} It names the model catalog.`,
    );
  }
  const catalog = await readCatalog(path);
  if ('problem' in catalog) {
    // Measured: an absent, broken or empty catalog keeps Codex from starting.
    return failure(
      `${path}: ${catalog.problem}; Codex refuses to start`,
      `${SETUP} Or remove the line from config.toml.`,
    );
  }
  const { models, isOurs } = catalog;
  const seen = `${path}: ${models.length === 1 ? 'one model' : `${models.length} models`}`;
  if (!isOurs) return ok(`${seen}, not written by the bridge`);
  const { setup } = examination;
  if (!setup) return skipped('the options have mistakes');
  if (setup.config.discoverModels) return ok(`${seen}; not compared, because the provider's own list belongs to it`);
  const codex = await examination.findCodex();
  const stale = findStale(models, setup, codex.kind === 'found' ? codex.version : undefined);
  if (stale.length === 0) return ok(seen);
  const names = stale.slice(0, 5).join(', ') + (stale.length > 5 ? ` and ${stale.length - 5} more` : '');
  return warning(
    `${seen}; not as this bridge would write it: ${names}`,
    'It is older, or for other options: aliyun-codex-bridge setup writes it again.',
  );
}

/** Models that are missing, too many, or described otherwise; their order is left aside. */
function findStale(
  models: readonly UnknownRecord[],
  setup: Setup,
  codexVersion: string | undefined,
): readonly string[] {
  const written = new Map(models.map((model) => [slugOf(model), { ...model, priority: 0 }]));
  const possible = [codexVersion, undefined].map((version) => compare(written, describeModels(setup, version)));
  return possible.find(({ length }) => length === 0) ?? possible[0] ?? [];
}

type Described = ReadonlyMap<string, UnknownRecord>;

function compare(written: Described, expected: Described): readonly string[] {
  const slugs = [...new Set([...expected.keys(), ...written.keys()])];
  return slugs.filter((slug) => !isDeepStrictEqual(written.get(slug), expected.get(slug)));
}

function describeModels({ provider, config }: Setup, codexVersion: string | undefined): Described {
  const entries = listEntries(provider, { preferred: config.defaultModel, aliases: config.modelMap });
  // As it comes back from a file: without fields that are undefined.
  const models = asArray(parseJson(JSON.stringify(describeForCodex(entries, codexVersion)))) ?? [];
  return new Map(models.flatMap((model) => {
    const record = asRecord(model);
    return record ? [[slugOf(record), { ...record, priority: 0 }] as const] : [];
  }));
}

async function checkModel({ root }: ReadConfig, examination: Examination): Promise<Finding> {
  const { setup } = examination;
  if (!setup) return skipped('the options have mistakes');
  const model = asText(root['model']);
  const entries = listEntries(setup.provider, { preferred: setup.config.defaultModel, aliases: setup.config.modelMap });
  const example =
    entries.find(({ isDefault }) => isDefault)?.model.id ?? entries[0]?.model.id ?? 'a model of your provider';
  const fix = `Write model = "${example}" above the first [table] of config.toml, or pick one with /model.`;
  if (model === undefined) {
    return warning(
      'not set: Codex then takes one of its own, with other tools than the bridge expects',
      fix,
    );
  }
  const path = findCatalog(root, examination);
  const catalog = path === undefined ? undefined : await readCatalog(path);
  const listed = catalog && 'models' in catalog ? catalog.models.map(slugOf) : undefined;
  if (listed?.includes(model)) return ok(quote(model));
  const { meant, isKnown } = findMeant(model, setup);
  if (meant !== model) {
    return warning(
      `${quote(model)} is not a model of ${setup.provider.title}: the bridge takes ${meant || 'none'} instead`,
      fix,
    );
  }
  if (listed) {
    return warning(
      `${quote(model)} is not in the catalog: Codex guesses its window`,
      isKnown ? 'aliyun-codex-bridge setup writes a new catalog.' : fix,
    );
  }
  if (isKnown) return ok(quote(model));
  return warning(
    `${quote(model)} is a name that the bridge does not know, it is passed on as it is`,
    `If the provider does not know it either: ${fix}`,
  );
}

interface Meaning {
  /** The id that goes upstream where another one than the named one is meant, else the name. */
  readonly meant: string;
  /** Some row, or the user, describes the model. */
  readonly isKnown: boolean;
}

function findMeant(name: string, { provider: home, config }: Setup): Meaning {
  const { provider, model } = findRoute(name, home, config.modelMap ?? {});
  const { id, model: row } = resolveModel(provider, model, provider === home ? config.defaultModel : undefined);
  const isRoute = provider !== home || model !== name;
  const isSame = isRoute || id.toLowerCase() === name.toLowerCase();
  return { meant: isSame ? name : id, isKnown: row !== undefined || name === config.defaultModel };
}

/** The rows about models. */
export const CODEX_MODEL_CHECKS: readonly Check[] = [
  { id: 'codex-catalog', title: 'model_catalog_json', ...AFTER_FILE, run: withBridgeConfig(checkCatalog) },
  { id: 'codex-model', title: 'model', ...AFTER_FILE, run: withBridgeConfig(checkModel) },
];
