/** `setup --undo`: takes the bridge out of config.toml of Codex, and removes what setup has put beside it. */
import { rm } from 'node:fs/promises';
import { removeConfig } from '../codex/edit-config';
import { explainFailure, followLinks, readIfThere } from '../command/edit-file';
import { removeCatalog } from './catalog';
import { explainRefusal, readConfigFile, writeConfigFile, type ConfigFile } from './config-file';
import { confirm } from './confirm';
import { renderDiff } from './diff';
import type { Outcome, SetupJob } from './setup-config';

export type UndoJob = Pick<SetupJob, 'codexHome' | 'yes' | 'look' | 'io'>;

/** Nothing to take out is fine. */
export async function undoConfig({ codexHome, yes, look, io }: UndoJob): Promise<Outcome> {
  const file = await readConfigFile(codexHome);
  if (!file.ok) return file;
  const removed = removeConfig(file.text);
  if (!removed.ok) return { ok: false, problem: `${explainRefusal(file, removed)}${await adviseBackup(file)}` };
  if (removed.text === file.text) {
    const catalog = await removeCatalog(codexHome, file.text);
    const said = catalog === undefined ? '' : `Removed ${catalog}\n`;
    return { ok: true, text: `There is nothing to undo: setup has left nothing in ${file.path}.\n${said}` };
  }
  io.out(
    `${renderDiff(file.text, removed.text, { before: file.path, after: `${file.path} without the bridge` }, look)}\n`,
  );
  if (!(await confirm(`Change ${file.path}?`, yes, io))) return { ok: false, problem: 'Nothing was changed.' };
  try {
    return { ok: true, text: await restore(file, removed.text, codexHome) };
  } catch (error) {
    return { ok: false, problem: `Cannot change ${file.path}: ${explainFailure(error)}.` };
  }
}

async function restore(file: ConfigFile, text: string, codexHome: string): Promise<string> {
  const { path, backup } = file;
  const before = await readBackup(file);
  // Without a backup there was no file before setup; a link was there in any case.
  const wasMissing = text === '' && before === undefined && (await followLinks(path)) === path;
  if (wasMissing) await rm(path);
  else await writeConfigFile(file, text);
  const said = [wasMissing ? `Removed ${path}, which setup had created` : `Took the bridge out of ${path}`];
  const catalog = await removeCatalog(codexHome, text);
  if (catalog !== undefined) said.push(`Removed ${catalog}`);
  if (before !== undefined && holdsAllLines(text, before)) {
    await rm(backup);
    said.push(`Removed ${backup}`);
  } else if (before !== undefined) {
    said.push(`Kept ${backup}: it has lines that ${path} no longer has`);
  }
  said.push('Codex now goes its own way again. A bridge that runs in the background goes on: aliyun-codex-bridge stop');
  return said.map((line) => `${line}\n`).join('');
}

const readBackup = async ({ backup }: ConfigFile): Promise<string | undefined> =>
  (await readIfThere(backup))?.toString();

/** Codex writes files anew with line feeds and other spaces, so only what stands on the lines counts. */
function holdsAllLines(text: string, before: string): boolean {
  const lines = new Set(listLines(text));
  return listLines(before).every((line) => lines.has(line));
}

const listLines = (text: string): readonly string[] =>
  text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line) => line.trim());

async function adviseBackup(file: ConfigFile): Promise<string> {
  const before = await readBackup(file).catch(() => undefined);
  return before === undefined ? '' : `\nThe file as it was before setup is ${file.backup}.`;
}
