/**
 * Creates folders and replaces files atomically: other processes read the old content or the new, never a part. Does
 * not write through symbolic links.
 */
import {
  closeSync, constants, lstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { attempt, codeOf } from '../base/thrown';

/**
 * Writes `content` to the file at `path`, whose folder must exist.
 *
 * @param mode of the new file, subject to the umask
 * @param finish called with the path of the draft before it replaces the file
 * @throws file system errors; the old file is then unchanged
 */
export function replaceFile(
  path: string, content: string | Uint8Array, mode: number, finish: (draft: string) => void = () => undefined,
): void {
  const draft = createDraft(path, content, mode);
  try {
    finish(draft);
    renameSync(draft, path);
  } catch (error) {
    attempt(() => rmSync(draft, { force: true }));
    throw error;
  }
}

/** Writes a new file next to `path`. An existing file of the same name is never overwritten. */
function createDraft(path: string, content: string | Uint8Array, mode: number): string {
  for (let number = 0; ; number += 1) {
    const draft = `${path}.${process.pid}${number === 0 ? '' : `.${number}`}.tmp`;
    try {
      const file = openSync(draft, 'wx', mode);
      try {
        writeFileSync(file, content);
      } catch (error) {
        attempt(() => rmSync(draft, { force: true }));
        throw error;
      } finally {
        closeSync(file);
      }
      return draft;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || number === MAX_DRAFTS) throw error;
    }
  }
}

/** Maximum number of names tried for a draft. */
const MAX_DRAFTS = 9;

/**
 * Creates the folder `path` and its parents; existing ones are not changed. Node's own `recursive` never returns if the
 * system rejects new folders with ENOENT, as in /proc (Node 18 to 24).
 *
 * @param mode of new folders, subject to the umask
 * @throws file system errors, also if the path is not a folder
 */
export function makeFolder(path: string, mode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have created the folder in the meantime.
    if (codeOf(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

/** Flags to open a file for appending, without following a symbolic link if the system supports that. */
export const APPEND_NO_LINK =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** Removes `file` if it is a symbolic link, so that the next write does not go to its target. */
export function removeLink(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(file);
}
