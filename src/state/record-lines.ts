/**
 * Keeps the lines of a record in a folder next to its file, one file each: `conv_1.lines/00000001-5f2c9a10.json`. A new
 * line gets the next free number and random digits, and is renamed into place. So writers on several machines never
 * overwrite each other, and every reader sees the same order. Concurrent writers may get the same number; the digits
 * then determine the order.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../base/json';
import { attempt } from '../base/thrown';
import { makeFolder, replaceFile } from './replace-file';

const FOLDER = /^((?:resp|conv|run)_[A-Za-z0-9_-]{1,123})\.lines$/;
const LINE = /^(\d{8})-[\da-f]{8}\.json$/;
const DRAFT = /^\d{8}-[\da-f]{8}\.json\.\d+(?:\.\d+)?\.tmp$/;

/** Returns the path of the folder for the lines of a record. */
export const linesFolder = (folder: string, id: string): string => join(folder, `${id}.lines`);

/** Returns the id in the name of a folder for lines; undefined for any other name. */
export const linesIdIn = (name: string): string | undefined => FOLDER.exec(name)?.[1];

/** Returns the names and the total size of the lines; undefined unless it is a folder of only lines and drafts. */
export function findLines(folder: string): { readonly names: readonly string[]; readonly bytes: number } | undefined {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const found = listNames(folder);
  if (found.some((name) => !LINE.test(name) && !DRAFT.test(name))) return undefined;
  const names = found.filter((name) => LINE.test(name)).sort();
  const sizeOf = (name: string): number => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return { names, bytes: names.reduce((sum, name) => sum + sizeOf(name), 0) };
}

/** @param from the index of the first line, from 0; a negative one counts from the end */
export function readLines(folder: string, from: number): readonly unknown[] {
  const names = listNames(folder).filter((name) => LINE.test(name)).sort().slice(from);
  return names.flatMap((name) => {
    const value = parseJson(attempt(() => readFileSync(join(folder, name), 'utf8')) ?? '');
    return value === undefined ? [] : [value];
  });
}

/** Adds a line to an existing folder. @throws errors of the file system */
export function appendLine(folder: string, text: string): void {
  const last = listNames(folder).reduce((highest, name) => Math.max(highest, Number(LINE.exec(name)?.[1] ?? 0)), 0);
  const name = `${String(last + 1).padStart(8, '0')}-${randomBytes(4).toString('hex')}.json`;
  replaceFile(join(folder, name), text, 0o600);
}

/** Creates the folder for the lines of a stored record. */
export const createLines = (folder: string): void => makeFolder(folder, 0o700);

/** Removes the lines of a record and their folder, unless it contains something else. */
export function removeLines(folder: string): void {
  // Another process may add a line in the meantime.
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (!findLines(folder)) return;
    for (const name of listNames(folder)) rmSync(join(folder, name), { force: true });
    if (attempt(() => rmdirSync(folder) ?? true) === true) return;
  }
}

const TRIES = 3;

const listNames = (folder: string): readonly string[] => attempt(() => readdirSync(folder)) ?? [];
