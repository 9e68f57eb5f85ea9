/** Recognizes, reads and removes record files that the bridge wrote. No other file may be replaced or removed. */
import {
  closeSync, constants, fstatSync, lstatSync, lutimesSync, openSync, readFileSync, readSync, rmSync,
} from 'node:fs';
import { parseJson, isRecord, type UnknownRecord } from '../base/json';
import { attempt } from '../base/thrown';
import { readConversationRecord, readResponseRecord, readRunRecord } from './record';

/** A record's id is its file name. */
const FILE = /^((?:resp|conv|run)_[A-Za-z0-9_-]{1,123})\.json$/;
/**
 * A draft of `replaceFile`: a file that is being written, or was left behind by a process that ended while writing.
 */
const DRAFT = /^((?:resp|conv|run)_[A-Za-z0-9_-]{1,123})\.json\.\d+(?:\.\d+)?\.tmp$/;

/** Returns the id in the name of a record file; undefined for any other name. */
export const recordIdIn = (name: string): string | undefined => FILE.exec(name)?.[1];

/** Returns the id in the name of the draft of a record file. */
export const draftIdIn = (name: string): string | undefined => DRAFT.exec(name)?.[1];

/** A regular file that the bridge wrote, before its content is read. */
export interface FoundFile {
  readonly bytes: number;
  /** Time of the last use, in milliseconds since the epoch. */
  readonly usedAt: number;
}

/**
 * Checks the type and the first bytes of a file.
 * @returns undefined unless it is a regular file, not a link or a folder, and starts like a record of this id
 */
export function findRecordFile(path: string, id: string): FoundFile | undefined {
  return withRegularFile(path, (file) => {
    const { size, mtimeMs } = fstatSync(file);
    const head = Buffer.alloc(Math.min(size, MAX_HEAD_LENGTH));
    readSync(file, head, 0, head.length, 0);
    const start = head.toString('latin1');
    return headsOf(id).some((expected) => start.startsWith(expected)) ? { bytes: size, usedAt: mtimeMs } : undefined;
  });
}

/** Longer than any string that `headsOf` returns. */
const MAX_HEAD_LENGTH = 256;

/** Returns all possible beginnings of a record written by `record.ts`. */
const headsOf = (id: string): readonly string[] =>
  ['response', 'conversation', 'run'].map((kind) => `{"kind":"${kind}","id":"${id}",`);

/**
 * Reads a record and checks that it is complete.
 * @param usedAt the new time of last use, in seconds since the epoch
 * @returns undefined unless the file is a complete record of this id
 */
export function readRecordFile(path: string, id: string, usedAt?: number): UnknownRecord | undefined {
  return withRegularFile(path, (file) => {
    const value = parseJson(readFileSync(file, 'utf8'));
    if (!isRecord(value) || !isRecordOf(value, id)) return undefined;
    // By path: on Windows, the times of a file cannot be changed through a handle that was opened for reading.
    if (usedAt !== undefined) attempt(() => lutimesSync(path, usedAt, usedAt));
    return value;
  });
}

function isRecordOf(value: UnknownRecord, id: string): boolean {
  const response = readResponseRecord(value);
  if (response) return response.id === id && response.response['id'] === id;
  return (readConversationRecord(value) ?? readRunRecord(value))?.id === id;
}

/**
 * Removes the file if it is a record of this id; any other file stays.
 * @returns whether it was removed
 */
export function removeRecordFile(path: string, id: string): boolean {
  if (!readRecordFile(path, id)) return false;
  rmSync(path, { force: true });
  return true;
}

/** Removes the draft of a record of this id if it was last written before `before`, in milliseconds. */
export function removeDraft(path: string, id: string, before: number): void {
  const found = findRecordFile(path, id);
  if (found && found.usedAt < before) rmSync(path, { force: true });
}

/** Whether writing to `path` loses nothing: no file exists, or it is an older record of this id. */
export function mayReplace(path: string, id: string): boolean {
  return !exists(path) || readRecordFile(path, id) !== undefined;
}

/** Whether anything exists at `path`, even a broken link. */
export const exists = (path: string): boolean => attempt(() => lstatSync(path)) !== undefined;

function withRegularFile<T>(path: string, use: (file: number) => T): T | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  // Windows has no O_NOFOLLOW.
  const file = attempt(() => openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)));
  if (file === undefined) return undefined;
  try {
    return fstatSync(file).isFile() ? use(file) : undefined;
  } finally {
    closeSync(file);
  }
}
