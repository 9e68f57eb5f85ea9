/** The file behind `model_catalog_json`: Codex then knows these models and no others (codex-protocol.md, section 6). */
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseJsonObject, type JsonValue, type UnknownRecord } from '../base/json';
import { codeOf, messageOf } from '../base/thrown';
import { replaceFile } from '../state/replace-file';

/** The `generated_by` of the bridge's own files. Codex passes over keys that it does not know. */
export const CATALOG_AUTHOR = 'aliyun-codex-bridge';

export type WrittenCatalog =
  | { readonly ok: true; /** Absolute, as Codex wants it. */ readonly path: string }
  | { readonly ok: false; readonly problem: string };

/**
 * Writes `models` to `file`: whole or not at all, through a symbolic link to its target, creating missing folders.
 *
 * @param force replaces a file that somebody else wrote
 */
export async function writeCatalogFile(
  file: string, models: readonly UnknownRecord[], force: boolean,
): Promise<WrittenCatalog> {
  const path = resolve(file);
  try {
    const target = await realpath(path).catch(() => path);
    if (!force && !(await isFree(target))) {
      return { ok: false, problem: 'it holds something that the bridge did not write; --force replaces it' };
    }
    await mkdir(dirname(target), { recursive: true });
    const text = `${JSON.stringify({ generated_by: CATALOG_AUTHOR, models }, null, 2)}\n`;
    // Windows replaces no file that another Codex has open: one that says the same already is left alone.
    if ((await readFile(target, 'utf8').catch(() => undefined)) !== text) replaceFile(target, text, 0o666);
    return { ok: true, path };
  } catch (error) {
    return { ok: false, problem: messageOf(error) };
  }
}

/** True where nothing would be lost: no file, an empty one, or one of ours. */
const isFree = async (path: string): Promise<boolean> => (await readCatalogFile(path)) !== 'foreign';

/** The models in `file`; or that there is nothing, or nothing of the bridge's. @throws what the system says */
export async function readCatalogFile(file: string): Promise<readonly JsonValue[] | 'absent' | 'foreign'> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  if (text.trim() === '') return 'absent';
  const { generated_by: author, models } = parseJsonObject(text) ?? {};
  if (author !== CATALOG_AUTHOR) return 'foreign';
  return Array.isArray(models) ? models : [];
}
