/** `setup`: writes the bridge into config.toml of Codex, after it has shown what will change. */
import { rm } from 'node:fs/promises';
import { PROVIDER_ID, type CodexSettings } from '../codex/config-toml';
import { mergeConfig, removeConfig } from '../codex/edit-config';
import type { Config } from '../config/options';
import type { CodexModel } from '../providers/codex-models';
import type { CommandIo } from '../command/command';
import { renderBase, renderCommand } from '../instance/target';
import { explainFailure } from '../command/edit-file';
import { chooseModel, findConfiguredModel } from '../codex/choose-model';
import type { TerminalStyle } from '../command/terminal-style';
import { NO_MODEL } from '../command/open-catalog';
import { checkCatalog, writeCatalog, type Catalog } from './catalog';
import {
  explainRefusal,
  readConfigFile,
  writeBackup,
  writeConfigFile,
  type ConfigFile,
  type Failure,
} from './config-file';
import { confirm } from './confirm';
import { renderDiff } from './diff';
import { findProfileOverrides } from './profile-overrides';

export interface SetupJob {
  readonly codexHome: string;
  readonly config: Config;
  /** What the bridge offers, as the installed Codex can read it, the preferred model first. */
  readonly models: readonly CodexModel[];
  /** Writes without asking. */
  readonly yes: boolean;
  readonly look: TerminalStyle;
  readonly io: CommandIo;
}

/** What the command says at its end. */
export type Outcome = { readonly ok: true; readonly text: string } | Failure;

/** What `setup` tells Codex, beside the model and the catalog. */
export const describeBridge = (config: Config): Pick<CodexSettings, 'baseUrl' | 'envKey'> =>
  ({ baseUrl: renderBase(config), ...(!config.forceEnvAuth && { envKey: 'AI_API_KEY' }) });

/** Writes nothing where nothing has to change. */
export async function setUpConfig(job: SetupJob): Promise<Outcome> {
  const { codexHome, config, models, yes, look, io } = job;
  if (models.length === 0) return { ok: false, problem: `Cannot set up Codex: ${NO_MODEL}.` };
  const file = await readConfigFile(codexHome);
  if (!file.ok) return file;
  const catalog = await checkCatalog(codexHome, models);
  if (!catalog.ok) return catalog;
  const offered = models.map(({ slug }) => slug);
  const merged = mergeConfig(file.text, {
    model: chooseModel({ wanted: config.defaultModel, configured: findConfiguredModel(file.text), offered }),
    catalogFile: catalog.path,
    ...describeBridge(config),
  });
  if (!merged.ok) return { ok: false, problem: explainRefusal(file, merged) };
  const end = `${await renderNotes(merged.text, codexHome)}${renderNext(config)}`;
  if (merged.text === file.text && catalog.state === 'current') {
    return { ok: true, text: `There is nothing to do: ${file.path} chooses the bridge already.\n${end}` };
  }
  if (merged.text !== file.text) {
    io.out(`${renderDiff(file.text, merged.text, { before: file.path, after: `${file.path} after setup` }, look)}\n`);
    if (!(await confirm(`Change ${file.path}?`, yes, io))) return { ok: false, problem: 'Nothing was changed.' };
  }
  try {
    return { ok: true, text: `${await write(file, merged.text, catalog, models)}${end}` };
  } catch (error) {
    return { ok: false, problem: `Cannot change ${file.path}: ${explainFailure(error)}. ${BY_HAND}` };
  }
}

const BY_HAND = 'What belongs into it is printed by: aliyun-codex-bridge setup --print';

/** The catalog comes first: Codex does not start when config.toml names one that is missing. */
async function write(
  file: ConfigFile,
  text: string,
  catalog: Catalog,
  models: readonly CodexModel[],
): Promise<string> {
  const said: string[] = [];
  if (catalog.state !== 'current') {
    await writeCatalog(catalog, models);
    said.push(`Wrote ${models.length === 1 ? 'one model' : `${models.length} models`} to ${catalog.path}\n`);
  }
  if (text === file.text) return said.join('');
  // A file without the marks of setup is one from before it, or from after it was taken out by hand.
  const isFirst = file.exists && !isSetUp(file.text);
  try {
    if (isFirst) await writeBackup(file);
    await writeConfigFile(file, text);
  } catch (error) {
    // Nothing stays of a setup that failed.
    if (isFirst) await rm(file.backup, { force: true });
    if (catalog.state === 'missing') await rm(catalog.path, { force: true });
    throw error;
  }
  said.push(`Wrote ${file.path}${isFirst ? `; as it was before, it is in ${file.backup}` : ''}\n`);
  return said.join('');
}

/** Whether setup has been at `text`: undo would change it. */
function isSetUp(text: string): boolean {
  const removed = removeConfig(text);
  return !removed.ok || removed.text !== text;
}

async function renderNotes(text: string, codexHome: string): Promise<string> {
  const notes = await findProfileOverrides(text, codexHome);
  return notes.map((note) => `${note}\n`).join('');
}

const renderNext = ({ port }: Config): string => `
Next, in this order:
  ${renderCommand('start', port)}
  codex

To take it back: aliyun-codex-bridge setup --undo
`;

/** What `--print` shows: the block, and how to get a catalog, which is a file of its own. */
export const renderHint = (block: string): string =>
  `${block}
# With model_catalog_json = "FILE" above [model_providers.${PROVIDER_ID}], Codex offers the models in FILE, which is written by:
# aliyun-codex-bridge models --codex-catalog FILE
`;
