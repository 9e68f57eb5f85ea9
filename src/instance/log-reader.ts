/** Reads the last lines of a log file and follows it across rotation, removal and truncation. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { codeOf } from '../base/thrown';

const BLOCK_SIZE = 65_536;

const LINE_FEED = 10;

/** The part of a file to read, as offsets in bytes. */
export interface FileRange {
  readonly from?: number;
  readonly to?: number;
}

/**
 * Returns at most the last `count` lines of `path`, without line endings; none if there is no such file.
 * @throws file system errors, except for a missing file
 */
export function readTail(path: string, count: number, range: FileRange = {}): readonly string[] {
  const text = readBackwards(path, count, range);
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return count === 0 ? [] : lines.slice(-count);
}

/** Does the same as `readTail`, but continues in the rotated file `<path>.1` if `path` has fewer lines. */
export function readLog(path: string, count: number, range: FileRange = {}): readonly string[] {
  const recent = readTail(path, count, range);
  return recent.length < count ? [...readTail(`${path}.1`, count - recent.length), ...recent] : recent;
}

/** Reads blocks from the end until they contain more than `count` line feeds, or everything was read. */
function readBackwards(path: string, count: number, { from = 0, to = Infinity }: FileRange): string {
  const file = openIfExists(path);
  if (file === undefined) return '';
  try {
    const blocks: Buffer[] = [];
    let feeds = 0;
    let end = Math.min(fstatSync(file).size, to);
    while (end > from && feeds <= count) {
      const start = Math.max(from, end - BLOCK_SIZE);
      const block = Buffer.alloc(end - start);
      const read = block.subarray(0, readSync(file, block, 0, block.length, start));
      blocks.unshift(read);
      end = start;
      for (const byte of read) if (byte === LINE_FEED) feeds += 1;
    }
    return Buffer.concat(blocks).toString('utf8');
  } finally {
    closeSync(file);
  }
}

function openIfExists(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export interface LogReader {
  /** The size in bytes when the reader was created; reading starts there. */
  readonly start: number;
  /** Returns the text appended since the last call. */
  readNew(): string;
  close(): void;
}

/**
 * Creates a reader that starts at the current end of `path`. If the file is rotated, it reads the rest of the old file
 * and then the new one from the beginning; if the file is truncated, it starts over.
 */
export function createLogReader(path: string): LogReader {
  const block = Buffer.alloc(BLOCK_SIZE);
  let file = openIfReadable(path);
  let position = file === undefined ? 0 : fstatSync(file).size;
  const decoder = new StringDecoder('utf8');
  const readRest = (descriptor: number): string => {
    if (fstatSync(descriptor).size < position) position = 0;
    let text = '';
    for (;;) {
      const length = readSync(descriptor, block, 0, BLOCK_SIZE, position);
      if (length === 0) return text;
      position += length;
      text += decoder.write(block.subarray(0, length));
    }
  };
  const close = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    start: position,
    readNew() {
      let text = '';
      for (;;) {
        if (file !== undefined) text += readRest(file);
        const found = statSync(path, { bigint: true, throwIfNoEntry: false });
        if (found === undefined || (file !== undefined && fstatSync(file, { bigint: true }).ino === found.ino))
          return text;
        close();
        file = openIfReadable(path);
        position = 0;
        if (file === undefined) return text;
      }
    },
    close,
  };
}

function openIfReadable(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

const POLL_MS = 500;

/**
 * Calls `onChange` whenever the file `path`, or its replacement, may have changed. Also polls: Windows reports changes
 * to an open file only when its cache is flushed (FILE_NOTIFY_CHANGE_SIZE of ReadDirectoryChangesW), macOS only when
 * the file is closed (FSEvents), and network shares and Windows drives in WSL report nothing.
 *
 * @param watchFolder replaced by tests
 * @returns a function that stops watching
 * @throws file system errors, such as for a missing file
 */
export function watchLog(path: string, onChange: () => void, watchFolder: typeof watch = watch): () => void {
  const target = realpathSync(path);
  const timer = setInterval(onChange, POLL_MS);
  try {
    const name = basename(target);
    const watcher = watchFolder(dirname(target), (_event, changed) => {
      if (changed === null || changed === name) onChange();
    });
    watcher.on('error', () => undefined);
    return () => {
      clearInterval(timer);
      watcher.close();
    };
  } catch {
    return () => clearInterval(timer);
  }
}
