/** Lets Codex start despite a config.toml that it rejects: with overrides for one run, or by commenting out lines. */
import { rm } from 'node:fs/promises';
import type { CommandIo } from '../command/command';
import { explainFailure } from '../command/edit-file';
import {
  explainFailedEdit, readBackup, readConfigFile, writeBackup, writeConfigFile, type SetupFailure,
} from './config-file';
import { findConfigFlaws, joinFixes, listWhatToCommentOut, renderFlawOverrides } from './config-flaws';
import { commentOutInConfig, isSetUp } from './edit-config';
import { parseToml } from './toml/parse-toml';

/** Arguments for Codex's command line, with notes for the user; or why Codex cannot start. */
export type ConfigFix =
  | { readonly ok: true; readonly overrides: readonly string[]; readonly notes: readonly string[] }
  | SetupFailure;

const NOTHING: ConfigFix = { ok: true, overrides: [], notes: [] };

/**
 * Fixes most flaws with overrides, without changing the file. `profile = …` and a table of a built-in provider must be
 * commented out: on a terminal, the user is asked; otherwise the error says how. Leaves syntax errors to Codex.
 */
export async function fixConfig(
  codexHome: string, codexVersion: string | undefined, io: CommandIo,
): Promise<ConfigFix> {
  const file = await readConfigFile(codexHome);
  const document = file.ok ? parseToml(file.text) : undefined;
  if (!file.ok || !document?.ok) return NOTHING;
  const flaws = findConfigFlaws(document, codexVersion).filter(({ effect }) => effect === 'rejected');
  if (flaws.length === 0) return NOTHING;
  const problems = flaws.map(({ line, problem }) => `${file.path}:${line}: ${problem}.`);
  const overrides = renderFlawOverrides(flaws);
  if (overrides !== undefined) {
    const note = 'These settings are overridden for this run; the file is unchanged.';
    return { ok: true, overrides, notes: [...problems, note] };
  }
  const problem = `Codex does not start with this configuration:\n${problems.map((line) => `  ${line}\n`).join('')}`;
  if (!io.ask) return { ok: false, problem, fix: `${joinFixes(flaws)} ${OR_SETUP}` };
  io.error(problem);
  const answer = await io.ask(`Comment these lines out? "aliyun-codex-bridge setup --undo" restores them. [Y/n] `);
  if (answer === undefined || !/^(?:y(?:es)?)?$/i.test(answer.trim())) {
    return { ok: false, problem: 'Codex was not started.' };
  }
  const edit = commentOutInConfig(file.text, listWhatToCommentOut(flaws));
  if (!edit.ok) return explainFailedEdit(file, edit);
  let isBackupNew = false;
  try {
    // If setup has changed the file, its backup is the original and must be kept.
    isBackupNew = !isSetUp(file.text) || (await readBackup(file)) === undefined;
    if (isBackupNew) await writeBackup(file);
    await writeConfigFile(file, edit.text);
  } catch (error) {
    if (isBackupNew) await rm(file.backup, { force: true }).catch(() => undefined);
    return { ok: false, problem: `Cannot write ${file.path}: ${explainFailure(error)}.` };
  }
  return { ok: true, overrides: [], notes: [`Backup: ${file.backup}`] };
}

const OR_SETUP = 'Or comment these lines out, reversibly, with: aliyun-codex-bridge setup --yes';
