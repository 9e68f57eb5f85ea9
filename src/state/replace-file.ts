/** Replaces a file so that other processes read the old content or the new, never a part. */
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { attempt, codeOf } from '../base/thrown';

/**
 * Puts `content` into the file at `path`, in a folder that is there.
 *
 * @param mode of the new file, from which the umask takes away what it wants
 * @param finish gets the path of the draft before it takes the place of the file
 * @throws what the file system throws; the file is then as it was
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

/** Writes a new file next to `path`. A file that has the name already is someone else's, and stays as it is. */
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
      if (codeOf(error) !== 'EEXIST' || number === MOST_DRAFTS) throw error;
    }
  }
}

/** Names that are tried for a draft. */
const MOST_DRAFTS = 9;
