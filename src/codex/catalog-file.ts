/**
 * Reads, writes and removes the file that `model_catalog_json` names. With such a file, Codex lists only the models in
 * it (codex-protocol.md, section 6).
 */
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJsonObject, type JsonValue, type UnknownRecord } from '../base/json';
import { codeOf } from '../base/thrown';
import { explainFailure, PUBLIC, replaceUserFile } from '../command/edit-file';
import type { CodexModel } from '../providers/codex-models';
import type { SetupFailure } from './config-file';

/** The `generated_by` value in the bridge's own files. Codex ignores unknown keys. */
const AUTHOR = 'aliyun-codex-bridge';

export type WrittenCatalog =
  | { readonly ok: true; /** Absolute, as Codex requires. */ readonly path: string }
  | { readonly ok: false; /** The end of a sentence, without a full stop. */ readonly problem: string };

/**
 * Writes `models` to `file`. Follows symbolic links and creates missing folders. Never rejects.
 *
 * @param force replaces a file that the bridge did not write
 */
export async function writeCatalogFile(
  file: string, models: readonly UnknownRecord[], force: boolean,
): Promise<WrittenCatalog> {
  const path = resolve(file);
  try {
    if (!force && (await readCatalogFile(path)) === 'foreign') {
      return { ok: false, problem: 'the bridge did not write this file; use --force to replace it' };
    }
    const text = `${JSON.stringify({ generated_by: AUTHOR, models }, null, 2)}\n`;
    // Windows cannot replace a file that a running Codex has open, so an identical file is not rewritten.
    const isCurrent = (await readFile(path, 'utf8').catch(() => undefined)) === text;
    if (!isCurrent) await replaceUserFile(path, Buffer.from(text), PUBLIC);
    return { ok: true, path };
  } catch (error) {
    return { ok: false, problem: explainFailure(error) };
  }
}

/** Returns the models in `file`; `missing` also for an empty file, `foreign` for one that the bridge did not write. */
async function readCatalogFile(file: string): Promise<readonly JsonValue[] | 'missing' | 'foreign'> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  if (text.trim() === '') return 'missing';
  const { generated_by: author, models } = parseJsonObject(text) ?? {};
  if (author !== AUTHOR) return 'foreign';
  return Array.isArray(models) ? models : [];
}

const SETUP_FILE = 'aliyun-codex-bridge-models.json';

const MOVE = 'Move it away and try again.';

/** The catalog file next to config.toml, compared with the current models. */
export interface SetupCatalog {
  readonly ok: true;
  readonly path: string;
  readonly state: 'missing' | 'current' | 'stale';
}

/** Compares the catalog in `codexHome` with `models`. */
export async function checkSetupCatalog(
  codexHome: string, models: readonly CodexModel[],
): Promise<SetupCatalog | SetupFailure> {
  const path = join(codexHome, SETUP_FILE);
  try {
    const found = await readCatalogFile(path);
    if (found === 'foreign') {
      return { ok: false, problem: `Cannot replace ${path}: the bridge did not write this file.`, fix: MOVE };
    }
    if (found === 'missing') return { ok: true, path, state: 'missing' };
    // JSON omits fields that are undefined.
    const isSame = isDeepStrictEqual(found, JSON.parse(JSON.stringify(models)));
    return { ok: true, path, state: isSame ? 'current' : 'stale' };
  } catch (error) {
    return { ok: false, problem: `Cannot read ${path}: ${explainFailure(error)}.`, fix: MOVE };
  }
}

/** Removes the catalog in `codexHome` if the bridge wrote it and `config` does not name it. @returns its path, if so */
export async function removeSetupCatalog(codexHome: string, config: string): Promise<string | undefined> {
  const path = join(codexHome, SETUP_FILE);
  const found = await readCatalogFile(path).catch(() => 'foreign' as const);
  if (typeof found === 'string' || config.includes(SETUP_FILE)) return undefined;
  await rm(path, { force: true });
  return path;
}
