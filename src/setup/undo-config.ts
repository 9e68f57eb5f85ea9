/** `setup --undo`: removes the bridge from Codex's config.toml, and the files that setup created. */
import { rm } from 'node:fs/promises';
import { renderCount } from '../base/quantities';
import { removeSetupCatalog } from '../codex/catalog-file';
import {
  containsAllLines, explainFailedEdit, readBackup, readConfigFile, removeConfigFile, writeConfigFile, type ConfigFile,
} from '../codex/config-file';
import { addThreadNotes, type ConfigEdit } from '../codex/config-regions';
import { PROVIDER_ID } from '../codex/config-toml';
import { removeConfig } from '../codex/edit-config';
import { removeResumeProfile, RESUME_COMMAND, writeResumeProfile } from '../codex/resume-profile';
import { countThreads } from '../codex/threads';
import { explainFailure, isLink } from '../command/edit-file';
import { approveChange, type Review, type SetupOutcome } from './review-change';

/** Returns the text without the bridge; if threads belong to the bridge, with notes on how to resume them. */
async function removeBridge(file: ConfigFile, codexHome: string): Promise<ConfigEdit> {
  const removed = removeConfig(file.text);
  if (!removed.ok || removed.text === file.text) return removed;
  const count = (await countThreads(codexHome)).get(PROVIDER_ID) ?? 0;
  if (count === 0) return removed;
  const notes = [
    `The bridge has ${renderCount(count, 'Codex thread')}. To resume one, start the bridge and run:`,
    RESUME_COMMAND,
  ];
  return { ok: true, text: addThreadNotes(removed.text, notes) };
}

/** Undoes setup. Also succeeds if there is nothing to undo. */
export async function undoConfig(codexHome: string, baseUrl: string, review: Review): Promise<SetupOutcome> {
  const file = await readConfigFile(codexHome);
  if (!file.ok) return file;
  const removed = await removeBridge(file, codexHome);
  if (!removed.ok) {
    const failure = explainFailedEdit(file, removed);
    return { ...failure, problem: `${failure.problem}${await renderBackupNote(file)}` };
  }
  if (removed.text === file.text) {
    const removedFiles = [await removeSetupCatalog(codexHome, file.text), await removeUnusedProfile(codexHome)];
    const done = removedFiles.map((path) => (path === undefined ? '' : `Removed ${path}\n`)).join('');
    return { ok: true, text: `Nothing to undo: setup has not changed ${file.path}.\n${done}` };
  }
  const change = { path: file.path, before: file.text, after: removed.text, label: 'without the bridge' };
  const isApproved = await approveChange(change, review);
  if (isApproved !== true) return { ok: false, problem: isApproved };
  try {
    return { ok: true, text: await restore(file, removed.text, codexHome, baseUrl) };
  } catch (error) {
    return { ok: false, problem: `Cannot change ${file.path}: ${explainFailure(error)}.` };
  }
}

async function restore(file: ConfigFile, text: string, codexHome: string, baseUrl: string): Promise<string> {
  const { path, backup } = file;
  const before = await readBackup(file);
  // There was no file before setup if there is no backup, or only notes of an earlier undo; but a link is kept.
  const hadNone = before === undefined || (before !== '' && removeThreadNotes(before) === '');
  const wasMissing = text === '' && hadNone && !(await isLink(path));
  if (wasMissing) await removeConfigFile(file);
  else await writeConfigFile(file, text);
  const done = [wasMissing ? `Removed ${path}, which setup had created` : `Removed the bridge from ${path}`];
  const catalog = await removeSetupCatalog(codexHome, text);
  if (catalog !== undefined) done.push(`Removed ${catalog}`);
  if (before !== undefined && containsAllLines(text, removeThreadNotes(before))) {
    await rm(backup);
    done.push(`Removed ${backup}`);
  } else if (before !== undefined) {
    done.push(`Kept ${backup}: it contains lines that ${path} no longer has`);
  }
  if (text !== removeThreadNotes(text)) {
    const profile = await writeResumeProfile(codexHome, { before: file.text, after: text, baseUrl });
    done.push('Some Codex threads use the bridge. Resume them with: aliyun-codex-bridge codex resume');
    const also = `while a bridge is running, this command resumes them too: ${RESUME_COMMAND}`;
    if (profile !== undefined) done.push(`Wrote ${profile}: ${also}`);
  }
  done.push('Codex no longer uses the bridge. If one runs in the background, stop it with: aliyun-codex-bridge stop');
  return done.map((line) => `${line}\n`).join('');
}

/** Removes the profile if no thread belongs to the bridge. */
async function removeUnusedProfile(codexHome: string): Promise<string | undefined> {
  const counts = await countThreads(codexHome);
  return counts.has(PROVIDER_ID) ? undefined : removeResumeProfile(codexHome);
}

const removeThreadNotes = (text: string): string => {
  const removed = removeConfig(text);
  return removed.ok ? removed.text : text;
};

async function renderBackupNote(file: ConfigFile): Promise<string> {
  const before = await readBackup(file).catch(() => undefined);
  return before === undefined ? '' : `\nBackup from before setup: ${file.backup}`;
}
