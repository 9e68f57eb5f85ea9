/** Plans the changes that make Codex use the bridge: `setup` writes them, `doctor` shows them as a dry run. */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/options';
import { renderBase } from '../instance/target';
import type { CodexModel } from '../providers/codex-models';
import { requiresToken } from '../server/guards';
import { checkSetupCatalog, type SetupCatalog } from './catalog-file';
import { chooseModel } from './choose-model';
import { explainFailedEdit, readConfigFile, type ConfigFile, type SetupFailure } from './config-file';
import { findConfigFlaws, listWhatToCommentOut, type ConfigFlaw } from './config-flaws';
import {
  canFetchCatalog, canSearch, describeCatalog, describeCredentials, PROVIDER_ID, PROVIDERS_KEY, renderBlock,
  type CodexSettings,
} from './config-toml';
import { findValue, listBlockKeys, listProviders } from './config-meaning';
import { mergeConfig, removeConfig } from './edit-config';
import { parseToml } from './toml/parse-toml';
import { isTomlTable, type TomlTable, type TomlValue } from './toml/value';

/** The input of a plan. */
export interface SetupSituation {
  readonly codexHome: string;
  readonly config: Config;
  /** The models that the bridge offers, in the form that the installed Codex reads, the preferred one first. */
  readonly models: readonly CodexModel[];
  /** The version of the installed Codex; undefined if unknown. */
  readonly codexVersion: string | undefined;
}

export interface SetupPlan {
  readonly ok: true;
  readonly file: ConfigFile;
  /** The text of config.toml after setup. */
  readonly text: string;
  /** The catalog file; undefined if Codex fetches the catalog from the bridge. */
  readonly catalog: SetupCatalog | undefined;
  /** Settings in the current file that Codex ignores, or that keep it from starting; setup comments out the latter. */
  readonly flaws: readonly ConfigFlaw[];
  /** Settings for the bridge that setup would change. */
  readonly changes: readonly ConfigChange[];
}

/** A key whose value setup changes. */
export interface ConfigChange {
  /** A root key, `features.NAME` or `model_providers.aliyun.KEY`. */
  readonly key: string;
  /** Undefined if the file does not set it. */
  readonly found: TomlValue | undefined;
  /** Undefined if setup removes it. */
  readonly wanted: TomlValue | undefined;
}

/** Returns the Codex settings for the bridge, except for the model and the catalog. */
export const describeBridgeSettings = (
  config: Config, codexVersion: string | undefined,
): Pick<CodexSettings, 'baseUrl' | 'envKey' | 'envHeaders' | 'webSearch'> => ({
  baseUrl: renderBase(config),
  ...describeCredentials(config.forceEnvAuth, requiresToken(config)),
  webSearch: config.search !== undefined && canSearch(codexVersion),
});

/** Reads Codex's files and returns the plan; writes nothing. */
export async function planSetup(situation: SetupSituation): Promise<SetupPlan | SetupFailure> {
  const { codexHome, config, models, codexVersion } = situation;
  const file = await readConfigFile(codexHome);
  if (!file.ok) return file;
  const document = parseToml(file.text);
  if (!document.ok) return explainFailedEdit(file, document);
  const catalog = canFetchCatalog(codexVersion) ? undefined : await checkSetupCatalog(codexHome, models);
  if (catalog?.ok === false) return catalog;
  const configured = document.value['model'];
  const settings: CodexSettings = {
    model: chooseModel({
      config,
      configured: typeof configured === 'string' ? configured : undefined,
      offered: models.map(({ slug }) => slug),
    }),
    ...describeCatalog(renderBase(config), codexVersion, catalog?.path),
    ...describeBridgeSettings(config, codexVersion),
  };
  // An earlier setup has commented out the flaws of the original.
  const original = removeConfig(file.text);
  const before = parseToml(original.ok ? original.text : file.text);
  const toCommentOut = listWhatToCommentOut(before.ok ? findConfigFlaws(before, codexVersion) : []);
  const merged = mergeConfig(file.text, settings, toCommentOut);
  if (!merged.ok) return explainFailedEdit(file, merged);
  const flaws = findConfigFlaws(document, codexVersion);
  return { ok: true, file, text: merged.text, catalog, flaws, changes: listChanges(document.value, settings) };
}

function listChanges(found: TomlTable, settings: CodexSettings): readonly ConfigChange[] {
  const block = parseToml(renderBlock(settings));
  const wanted = block.ok ? block.value : {};
  const tableOf = (config: TomlTable): TomlTable => {
    const table = listProviders(config)[PROVIDER_ID];
    return isTomlTable(table) ? table : {};
  };
  const pick = (config: TomlTable) =>
    Object.fromEntries(listBlockKeys(wanted).flatMap((key) => {
      const value = findValue(config, key);
      return value === undefined ? [] : [[key, value]];
    }));
  return [
    ...compare(pick(found), pick(wanted), listBlockKeys(wanted), ''),
    ...compare(tableOf(found), tableOf(wanted), undefined, `${PROVIDERS_KEY}.${PROVIDER_ID}.`),
  ];
}

/** Lists the keys with different values. @param keys the keys to compare; undefined means all keys of both tables */
function compare(
  found: TomlTable, wanted: TomlTable, keys: readonly string[] | undefined, prefix: string,
): readonly ConfigChange[] {
  return [...new Set(keys ?? [...Object.keys(wanted), ...Object.keys(found)])]
    .filter((key) => !isDeepStrictEqual(found[key], wanted[key]))
    .map((key) => ({ key: prefix + key, found: found[key], wanted: wanted[key] }));
}
