/** Replaces files that belong to the user: through symbolic links, whole or not at all, and with the mode they had. */
import { chmodSync } from 'node:fs';
import { mkdir, readFile, readlink, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf } from '../base/thrown';
import { replaceFile } from '../state/replace-file';

/** The content of a file, or `undefined` when there is none. @throws what else the system says */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** The file that `path` leads to; a link may lead to a file that is still missing. */
export async function followLinks(path: string, hops = 0): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (real !== undefined) return real;
  const link = await readlink(path).catch(() => undefined);
  if (link === undefined || hops === MOST_HOPS) return path;
  return followLinks(resolve(dirname(path), link), hops + 1);
}

/** As many as Linux follows (path_resolution(7)). */
const MOST_HOPS = 40;

export interface Modes {
  /** Of a file that is new; one that was there keeps its own. */
  readonly file: number;
  /** Of folders that are new. */
  readonly folder: number;
}

/** Modes of files that anybody may read; the umask takes away what it wants. */
export const OPEN: Modes = { file: 0o666, folder: 0o777 };

/** Modes of files with private content. */
export const PRIVATE: Modes = { file: 0o600, folder: 0o700 };

/** Puts `bytes` into the file at `path`, creating folders. @throws what the system says, or that the file is read-only */
export async function replaceUserFile(path: string, bytes: Uint8Array, modes: Modes): Promise<void> {
  const target = await followLinks(path);
  await mkdir(dirname(target), { recursive: true, mode: modes.folder });
  const old = await stat(target).catch(() => undefined);
  // A rename would replace a file that nobody may write.
  if (old && (old.mode & 0o222) === 0) throw new Error('it is read-only');
  try {
    replaceFile(target, bytes, modes.file, (draft) => old && chmodSync(draft, old.mode & 0o7777));
  } catch (error) {
    // The folder is closed or the file is a mount point of its own (a container's): it can still be written in place.
    if (!old?.isFile() || !IN_PLACE.includes(codeOf(error) ?? '')) throw error;
    await writeFile(target, bytes);
  }
}

const IN_PLACE: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV'];

/** What the system says of a file that cannot be used, as the end of a sentence. */
export function explainFailure(error: unknown): string {
  const reason = REASONS[codeOf(error) ?? ''];
  return reason ?? messageOf(error);
}

const REASONS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOTDIR: 'a file stands where its folder should be',
  EEXIST: 'a file stands where its folder should be',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'its symbolic links lead in a circle',
};
