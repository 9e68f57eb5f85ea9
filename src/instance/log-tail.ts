/** The last lines of a log file, and of the one that was set aside before it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf } from '../base/thrown';

const BLOCK = 65_536;

const LINE_FEED = 10;

/** Offsets in bytes. */
export interface Extent {
  readonly from?: number;
  readonly to?: number;
}

/**
 * At most `count` last lines of `path`, without line ends; none when there is no such file.
 * @param extent outside of which nothing is read
 * @throws what the file system throws, except for a missing file
 */
export function readTail(path: string, count: number, extent: Extent = {}): readonly string[] {
  const text = readBackwards(path, count, extent);
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return count === 0 ? [] : lines.slice(-count);
}

/** The same over `path` and what was set aside as `<path>.1`, which fills up what the young file lacks. */
export function readLog(path: string, count: number, extent: Extent = {}): readonly string[] {
  const young = readTail(path, count, extent);
  return young.length < count ? [...readTail(`${path}.1`, count - young.length), ...young] : young;
}

/** Whole blocks from the end until they hold `count` lines and one more line feed, or everything. */
function readBackwards(path: string, count: number, { from = 0, to = Infinity }: Extent): string {
  const file = openIfThere(path);
  if (file === undefined) return '';
  try {
    const blocks: Buffer[] = [];
    let feeds = 0;
    let end = Math.min(fstatSync(file).size, to);
    while (end > from && feeds <= count) {
      const start = Math.max(from, end - BLOCK);
      const block = readBlock(file, start, end);
      blocks.unshift(block);
      end = start;
      for (const byte of block) if (byte === LINE_FEED) feeds += 1;
    }
    return Buffer.concat(blocks).toString('utf8');
  } finally {
    closeSync(file);
  }
}

function readBlock(file: number, start: number, end: number): Buffer {
  const block = Buffer.alloc(end - start);
  return block.subarray(0, readSync(file, block, 0, block.length, start));
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
