/**
 * Reads TOML 1.1 into values, and into statements with their place in the text, for those who edit it. Codex 0.99, 0.125,
 * 0.146 and 0.169 all read 1.1: line ends and a last comma in inline tables, `\e`, `\x41`, times without seconds.
 */
import {
  describeNext, fail, sees, skipComment, skipSpace, takeLineRest, takes, takesLineEnd, TomlFailure, type Cursor,
} from './cursor';
import { createTable, openListElement, openTable, setValue, type Definition } from './definitions';
import { readKey } from './read-key';
import { readAssigned, type Member } from './read-value';
import { renderKey } from './render';
import type { TomlTable, TomlValue } from './value';

/** Where a statement stands: whole lines, line ends included, but never a byte order mark. */
interface Extent {
  readonly start: number;
  readonly end: number;
  /** The number of its first line, from 1. */
  readonly line: number;
}

/** `[path]` or, as an element of a list, `[[path]]`. */
export interface TomlHeader extends Extent {
  readonly kind: 'header';
  readonly isList: boolean;
  readonly path: readonly string[];
}

/** `key = value`. */
export interface TomlPair extends Extent {
  readonly kind: 'pair';
  /** The path of the header above it; empty at the root. */
  readonly table: readonly string[];
  /** The path of its table and its own key. */
  readonly path: readonly string[];
  readonly value: TomlValue;
  /** The pairs of an inline table, with their places; empty for any other value. */
  readonly members: readonly Member[];
}

export type TomlStatement = TomlHeader | TomlPair;

export interface TomlDocument {
  readonly ok: true;
  readonly value: TomlTable;
  /** In the order of the text. */
  readonly statements: readonly TomlStatement[];
}

export interface TomlProblem {
  readonly ok: false;
  /** What was expected, without a full stop. */
  readonly problem: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Takes a whole file; a byte order mark and both kinds of line ends are fine. */
export function parseToml(text: string): TomlDocument | TomlProblem {
  const cursor: Cursor = { text, at: startOf(text), depth: 0 };
  try {
    return { ok: true, ...readDocument(cursor) };
  } catch (error) {
    if (!(error instanceof TomlFailure)) throw error;
    return { ok: false, problem: error.problem, ...locate(text, error.at) };
  }
}

/** The offset of the first line: behind the byte order mark, where there is one. */
export const startOf = (text: string): number => (text.startsWith(BYTE_ORDER_MARK) ? 1 : 0);

interface Section {
  readonly path: readonly string[];
  readonly table: Definition;
}

function readDocument(cursor: Cursor): Omit<TomlDocument, 'ok'> {
  const root: Section = { path: [], table: createTable('header') };
  const statements: TomlStatement[] = [];
  let section = root;
  for (let line = 1; cursor.at < cursor.text.length; ) {
    const start = cursor.at;
    skipSpace(cursor);
    skipComment(cursor);
    if (cursor.at < cursor.text.length && !takesLineEnd(cursor)) {
      const read = sees(cursor, '[') ? readHeader(cursor, root.table) : readPair(cursor, section);
      const extent = { start, end: cursor.at, line };
      if (read.kind === 'header') section = { path: read.path, table: read.opened };
      statements.push(read.kind === 'header' ? asHeader(read, extent) : { ...read, ...extent });
    }
    line += countLineFeeds(cursor.text, start, cursor.at);
  }
  return { value: root.table.table, statements };
}

type Bare<T> = Omit<T, keyof Extent>;

const asHeader = ({ kind, isList, path }: Bare<TomlHeader>, extent: Extent): TomlHeader =>
  ({ kind, isList, path, ...extent });

function readHeader(cursor: Cursor, root: Definition): Bare<TomlHeader> & { readonly opened: Definition } {
  const begin = cursor.at;
  const isList = sees(cursor, '[[');
  cursor.at += isList ? 2 : 1;
  const path = readKey(cursor);
  const closing = isList ? ']]' : ']';
  if (!takes(cursor, closing)) {
    fail(cursor, `expected "${closing}" behind ${renderKey(path)}, found ${describeNext(cursor)}`);
  }
  takeLineRest(cursor, `[${renderKey(path)}]`);
  const opened = isList ? openListElement(root, path) : openTable(root, path);
  return { kind: 'header', isList, path, opened: typeof opened === 'string' ? fail(cursor, opened, begin) : opened };
}

function readPair(cursor: Cursor, { path, table }: Section): Bare<TomlPair> {
  const begin = cursor.at;
  const key = readKey(cursor);
  const members: Member[] = [];
  const value = readAssigned(cursor, key, members);
  takeLineRest(cursor, `the value of ${renderKey(key)}`);
  const problem = setValue(table, key, value);
  if (problem !== undefined) fail(cursor, problem, begin);
  return { kind: 'pair', table: path, path: [...path, ...key], value, members };
}

function countLineFeeds(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

function locate(text: string, at: number): { readonly line: number; readonly column: number } {
  const lineStart = Math.max(text.slice(0, at).lastIndexOf('\n') + 1, startOf(text));
  return { line: countLineFeeds(text, 0, at) + 1, column: [...text.slice(lineStart, at)].length + 1 };
}
