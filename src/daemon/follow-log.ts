/** Reads on in a log file as it grows, over rotation, removal and truncation. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

export interface LogReader {
  /** How many bytes there were when the reader was made; it reads what comes behind them. */
  readonly start: number;
  /** What has come since the last call. */
  readNew(): string;
  close(): void;
}

const BLOCK = 65_536;

/**
 * A reader of `path` from its present end on. When the file has been moved away, as by rotation, the rest of it is read
 * and then the new one from its beginning; when it has been emptied, it is read from its beginning.
 */
export function createLogReader(path: string): LogReader {
  const block = Buffer.alloc(BLOCK);
  let file = openLog(path);
  let position = file === undefined ? 0 : fstatSync(file).size;
  const decoder = new StringDecoder('utf8');
  const readRest = (descriptor: number): string => {
    if (fstatSync(descriptor).size < position) position = 0;
    let text = '';
    for (;;) {
      const length = readSync(descriptor, block, 0, BLOCK, position);
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
        file = openLog(path);
        position = 0;
        if (file === undefined) return text;
      }
    },
    close,
  };
}

function openLog(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

const LOOK_MS = 500;

/**
 * Calls `onChange` whenever the file `path`, or one that takes its place, may have changed, and twice a second besides:
 * Windows tells of a file that stays open when its cache is flushed (FILE_NOTIFY_CHANGE_SIZE of ReadDirectoryChangesW),
 * macOS when it is closed (FSEvents), and a network share or a Windows drive in WSL tells nothing.
 *
 * @param watchFolder for tests
 * @returns ends the watch
 */
export function watchLog(path: string, onChange: () => void, watchFolder: typeof watch = watch): () => void {
  const target = realpathSync(path);
  const timer = setInterval(onChange, LOOK_MS);
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
