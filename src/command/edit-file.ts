/** Reads, replaces and removes the user's files: atomically if possible; follows symbolic links, preserves modes. */
import { chmodSync } from 'node:fs';
import { lstat, readFile, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf } from '../base/thrown';
import { makeFolder, replaceFile } from '../state/replace-file';

/** Returns the content of a file, or `undefined` if it does not exist. @throws any other system error */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** Returns the file that `path` resolves to; a link may point to a file that does not exist yet. */
async function followLinks(path: string, links = 0): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (real !== undefined) return real;
  const link = await readlink(path).catch(() => undefined);
  if (link === undefined || links === MAX_LINKS) return path;
  return followLinks(resolve(dirname(path), link), links + 1);
}

/** Linux's limit (path_resolution(7)). */
const MAX_LINKS = 40;

export interface FileModes {
  /** For a new file; an existing one keeps its mode. */
  readonly file: number;
  /** For new folders. */
  readonly folder: number;
}

/** Modes of public files, before the umask. */
export const PUBLIC: FileModes = { file: 0o666, folder: 0o777 };

/** Modes of private files. */
export const PRIVATE: FileModes = { file: 0o600, folder: 0o700 };

/** Writes `bytes` to the file at `path` and creates its folders. @throws system errors, or if the file is read-only */
export async function replaceUserFile(path: string, bytes: Uint8Array, modes: FileModes): Promise<void> {
  const target = await followLinks(path);
  makeFolder(dirname(target), modes.folder);
  const old = await stat(target).catch(() => undefined);
  // A rename would replace even a read-only file.
  if (old && (old.mode & 0o222) === 0) throw new Error('it is read-only');
  try {
    replaceFile(target, bytes, modes.file, (draft) => old && chmodSync(draft, old.mode & 0o7777));
  } catch (error) {
    // If the folder is read-only or the file is a mount point (in a container), the file can still be written in place.
    if (!old?.isFile() || !IN_PLACE_CODES.includes(codeOf(error) ?? '')) throw error;
    await writeFile(target, bytes);
  }
}

/** Removes the file at `path`. If it is a symbolic link, empties its target and keeps the link. @throws system errors */
export async function removeUserFile(path: string): Promise<void> {
  if (await isLink(path)) await replaceUserFile(path, Buffer.of(), PRIVATE);
  else await rm(path);
}

/** Whether the file at `path` is a symbolic link. @throws system errors */
export const isLink = async (path: string): Promise<boolean> => (await lstat(path)).isSymbolicLink();

const IN_PLACE_CODES: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV'];

/** Returns why a file cannot be used, as the end of a sentence. */
export function explainFailure(error: unknown): string {
  const reason = REASONS[codeOf(error) ?? ''];
  return reason ?? messageOf(error);
}

const REASONS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'a part of its path is a file, not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'its symbolic links form a loop',
};
