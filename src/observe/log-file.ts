/** A log file of bounded size: the file, and the one before it under `.1`. */
import { messageOf } from '../base/thrown';
import {
  closeSync, fstatSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, statSync, truncateSync,
  writeFileSync, writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface LogFile {
  /** Opens the file now, not with the first line. @returns why it cannot be opened, `undefined` when it is open */
  open(): string | undefined;
  /** Appends `line`, its line feed included. What cannot be written is lost; the next line tries again. Never throws. */
  write(line: string): void;
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly inode: bigint;
}

/**
 * Appends whole lines to `path`, and creates the file (for its owner only) and its folder. When the next line would make
 * it larger than `maxBytes`, the file is set aside as `<path>.1`, in place of the one before. A file that was removed or
 * moved away meanwhile is created anew; one that was emptied goes on from there. Behind a symbolic link it is the file that
 * the link leads to which is set aside.
 *
 * Lines are written before `write` returns, so that the last words of a process are never lost.
 *
 * @param rename for tests
 */
export function createLogFile(path: string, maxBytes: number, rename: typeof renameSync = renameSync): LogFile {
  const target = resolve(path);
  let file: OpenFile | undefined;
  let isTorn = false;
  const close = (): void => {
    const last = file;
    file = undefined;
    if (last !== undefined) attempt(() => closeSync(last.descriptor));
  };
  const append = (bytes: Uint8Array): void => {
    const found = statSync(target, { bigint: true, throwIfNoEntry: false });
    const isFull = found !== undefined && found.size > 0n && found.size + BigInt(bytes.length) > BigInt(maxBytes);
    if (isFull && found.isFile() && !OF_SYSTEM.test(target)) {
      close();
      setAside(realpathSync(target), rename);
    } else if (found?.ino !== file?.inode) close();
    file ??= openForAppending(target);
    writeWhole(file.descriptor, bytes);
  };
  return {
    open: () => attempt(() => void (file ??= openForAppending(target))),
    write(line) {
      const problem = attempt(() => append(Buffer.from(isTorn ? `\n${line}` : line)));
      if (problem !== undefined) close();
      isTorn = problem === TORN || (isTorn && problem !== undefined);
    },
    close,
  };
}

/** Names of open files, as /dev/stdout is: they lead to the same file, whatever it is called. */
const OF_SYSTEM = /^\/(?:dev|proc)\//;

/**
 * Windows renames nothing over a file that is open (EPERM, EBUSY), as `<path>.1` is to a bridge in the background: its
 * standard error still leads there. Such a file can be written all the same.
 */
function setAside(path: string, rename: typeof renameSync): void {
  try {
    rename(path, `${path}.1`);
  } catch {
    writeFileSync(`${path}.1`, readFileSync(path), { mode: 0o600 });
    truncateSync(path);
  }
}

function openForAppending(path: string): OpenFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const descriptor = openSync(path, 'a', 0o600);
  return { descriptor, inode: fstatSync(descriptor, { bigint: true }).ino };
}

/** The message for a line of which only the first part was written, as on a disk that is full. */
const TORN = 'only a part of the line was written';

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    throw written === 0 ? error : new Error(TORN);
  }
}

/** What `action` threw, in words. */
function attempt(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
