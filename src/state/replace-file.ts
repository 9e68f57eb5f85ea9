/** Gives files new content so that a reader sees the old or the new, never a part: other processes read at any moment. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { attempt } from '../base/thrown';

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
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content, { mode });
    finish(draft);
    renameSync(draft, path);
  } catch (error) {
    attempt(() => rmSync(draft, { force: true }));
    throw error;
  }
}
