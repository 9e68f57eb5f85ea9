/** Writes a log file of bounded size and rotates it: the previous file is kept as `<path>.1`. */
import { messageOf } from '../base/thrown';
import {
  closeSync, fstatSync, lstatSync, openSync, readFileSync, realpathSync, renameSync, statSync, truncateSync,
  writeFileSync, writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { APPEND_NO_LINK, makeFolder, removeLink } from '../state/replace-file';

export interface LogFile {
  /** Opens the file now instead of with the first line. @returns why it cannot be opened, or `undefined` */
  open(): string | undefined;
  /**
   * Appends `line`, which includes its line feed. A line that cannot be written is lost; the next call tries again.
   * Never throws.
   */
  write(line: string): void;
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly inode: bigint;
}

export interface LogFileOptions {
  /** Replaced by tests. */
  readonly rename?: typeof renameSync;
  /**
   * For a file in the state folder: a symbolic link in its place is removed instead of followed, and another user's
   * file is not written to.
   */
  readonly isOwn?: boolean;
}

/**
 * Appends whole lines to `path`; creates the file, accessible only to its owner, and its folder. If the next line would
 * make the file larger than `maxBytes`, the file is renamed to `<path>.1`, replacing the previous one. A file that has
 * since been removed or moved is created again; a truncated one is continued. If `path` is a symbolic link, its target
 * is rotated.
 *
 * Lines are written before `write` returns, so that the last line of a process is never lost.
 */
export function createLogFile(path: string, maxBytes: number, options: LogFileOptions = {}): LogFile {
  const { rename = renameSync, isOwn = false } = options;
  const target = resolve(path);
  let file: OpenFile | undefined;
  let isTorn = false;
  const close = (): void => {
    const last = file;
    file = undefined;
    if (last !== undefined) catchMessage(() => closeSync(last.descriptor));
  };
  const append = (bytes: Uint8Array): void => {
    // If a link has replaced the bridge's own file, the inode differs, and opening the file again removes the link.
    const found = (isOwn ? lstatSync : statSync)(target, { bigint: true, throwIfNoEntry: false });
    const isFull = found !== undefined && found.size > 0n && found.size + BigInt(bytes.length) > BigInt(maxBytes);
    if (isFull && found.isFile() && !SYSTEM_FILE.test(target)) {
      close();
      rotate(realpathSync(target), rename);
    } else if (found?.ino !== file?.inode) close();
    file ??= openForAppending(target, isOwn);
    writeAll(file.descriptor, bytes);
  };
  return {
    open: () => catchMessage(() => void (file ??= openForAppending(target, isOwn))),
    write(line) {
      const problem = catchMessage(() => append(Buffer.from(isTorn ? `\n${line}` : line)));
      if (problem !== undefined) close();
      isTorn = problem === TORN || (isTorn && problem !== undefined);
    },
    close,
  };
}

/** Names of open files, like /dev/stdout, which refer to the same file even after it is renamed. */
const SYSTEM_FILE = /^\/(?:dev|proc)\//;

/**
 * Windows cannot rename a file over an open one (EPERM, EBUSY), and a background bridge has `<path>.1` open as its
 * standard error. Such a file can still be overwritten.
 */
function rotate(path: string, rename: typeof renameSync): void {
  try {
    rename(path, `${path}.1`);
  } catch {
    writeFileSync(`${path}.1`, readFileSync(path), { mode: 0o600 });
    truncateSync(path);
  }
}

function openForAppending(path: string, isOwn: boolean): OpenFile {
  makeFolder(dirname(path), 0o700);
  if (isOwn) removeLink(path);
  const descriptor = openSync(path, isOwn ? APPEND_NO_LINK : 'a', 0o600);
  const { ino: inode, uid } = fstatSync(descriptor, { bigint: true });
  const user = process.getuid?.();
  if (!isOwn || user === undefined || Number(uid) === user) return { descriptor, inode };
  closeSync(descriptor);
  throw new Error('it belongs to another user');
}

/** The message for a partly written line, for example on a full disk. */
const TORN = 'only part of the line was written';

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    throw written === 0 ? error : new Error(TORN);
  }
}

/** Returns the message of the error that `action` throws, if any. */
function catchMessage(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
