/**
 * Parses TOML 1.1 into values, and into statements with their positions in the text, for editing. Codex 0.99 to 0.171
 * read TOML 1.1: line breaks and trailing commas in inline tables, `\e`, `\x41`, times without seconds.
 */
import {
  describeNext, fail, isNext, skipComment, skipSpace, takeLineRest, takeIf, takeLineEnding, TomlFailure, type Cursor,
} from './cursor';
import { readKey, readScalar, readString } from './read-scalar';
import { createTable, openArrayElement, openTable, setValue, type Definition } from './tables';
import { showKey } from './hide-values';
import { type TomlTable, type TomlValue } from './value';

/** The position of a statement: whole lines with their line endings, without a byte order mark. */
interface StatementExtent {
  readonly start: number;
  readonly end: number;
  /** The number of its first line, counted from 1. */
  readonly line: number;
}

/** `[path]`; or `[[path]]`, which adds a table to an array of tables. */
export interface TomlHeader extends StatementExtent {
  readonly kind: 'header';
  readonly isArray: boolean;
  readonly path: readonly string[];
}

/** `key = value`. */
export interface TomlPair extends StatementExtent {
  readonly kind: 'pair';
  /** The path of the header above it; empty at the root. */
  readonly table: readonly string[];
  /** The path of its table, followed by its own key. */
  readonly path: readonly string[];
  readonly value: TomlValue;
  /** The pairs of an inline table with their positions; empty for any other value. */
  readonly members: readonly InlineMember[];
}

export type TomlStatement = TomlHeader | TomlPair;

export interface TomlDocument {
  readonly ok: true;
  readonly value: TomlTable;
  /** In document order. */
  readonly statements: readonly TomlStatement[];
}

export interface TomlProblem {
  readonly ok: false;
  /** What was expected, without a full stop. */
  readonly problem: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Parses a whole file; a byte order mark, LF and CRLF are accepted. */
export function parseToml(text: string): TomlDocument | TomlProblem {
  const cursor: Cursor = { text, at: startOf(text), depth: 0 };
  try {
    return { ok: true, ...readDocument(cursor) };
  } catch (error) {
    if (!(error instanceof TomlFailure)) throw error;
    return { ok: false, problem: error.problem, ...locate(text, error.at) };
  }
}

/** Returns the offset of the first line: after the byte order mark, if there is one. */
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
    if (cursor.at < cursor.text.length && !takeLineEnding(cursor)) {
      const read = isNext(cursor, '[') ? readHeader(cursor, root.table) : readPair(cursor, section);
      const extent = { start, end: cursor.at, line };
      if (read.kind === 'header') section = { path: read.path, table: read.opened };
      statements.push(read.kind === 'header' ? toHeader(read, extent) : { ...read, ...extent });
    }
    line += countLineFeeds(cursor.text, start, cursor.at);
  }
  return { value: root.table.table, statements };
}

type WithoutExtent<T> = Omit<T, keyof StatementExtent>;

const toHeader = ({ kind, isArray, path }: WithoutExtent<TomlHeader>, extent: StatementExtent): TomlHeader =>
  ({ kind, isArray, path, ...extent });

function readHeader(cursor: Cursor, root: Definition): WithoutExtent<TomlHeader> & { readonly opened: Definition } {
  const begin = cursor.at;
  const isArray = isNext(cursor, '[[');
  cursor.at += isArray ? 2 : 1;
  const path = readKey(cursor);
  const closing = isArray ? ']]' : ']';
  if (!takeIf(cursor, closing)) {
    fail(cursor, `expected "${closing}" after ${showKey(path)}, found ${describeNext(cursor)}`);
  }
  takeLineRest(cursor, `[${showKey(path)}]`);
  const opened = isArray ? openArrayElement(root, path) : openTable(root, path);
  return { kind: 'header', isArray, path, opened: typeof opened === 'string' ? fail(cursor, opened, begin) : opened };
}

function readPair(cursor: Cursor, { path, table }: Section): WithoutExtent<TomlPair> {
  const begin = cursor.at;
  const key = readKey(cursor);
  const members: InlineMember[] = [];
  const value = readAssigned(cursor, key, members);
  takeLineRest(cursor, `the value of ${showKey(key)}`);
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

/** A pair inside an inline table: its key and its position. */
export interface InlineMember {
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Nesting limit of Codex's own TOML reader. */
const MAX_DEPTH = 80;

/** Reads a value of any type. @param members receives the pairs of an inline table */
function readValue(cursor: Cursor, members: InlineMember[] = []): TomlValue {
  const text = readString(cursor);
  if (text !== undefined) return text;
  if (!isNext(cursor, '[') && !isNext(cursor, '{')) return readScalar(cursor);
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) fail(cursor, `expected at most ${MAX_DEPTH} nested values`);
  const value = isNext(cursor, '[') ? readArray(cursor) : readInlineTable(cursor, members);
  cursor.depth -= 1;
  return value;
}

function readArray(cursor: Cursor): readonly TomlValue[] {
  const begin = cursor.at;
  cursor.at += 1;
  const values: TomlValue[] = [];
  skipLines(cursor);
  while (!takeIf(cursor, ']')) {
    if (cursor.at >= cursor.text.length) fail(cursor, 'expected "]" for the array that begins here', begin);
    values.push(readValue(cursor));
    takeComma(cursor, ']', 'the array');
  }
  return values;
}

/** Consumes a comma, which may be a trailing one, or stops before `closing`. */
function takeComma(cursor: Cursor, closing: string, container: string): void {
  skipLines(cursor);
  const hasComma = takeIf(cursor, ',');
  skipLines(cursor);
  if (!hasComma && !isNext(cursor, closing) && cursor.at < cursor.text.length) {
    fail(cursor, `expected "," or "${closing}" in ${container}, found ${describeNext(cursor)}`);
  }
}

/** Skips spaces, comments and line endings between values. */
function skipLines(cursor: Cursor): void {
  do {
    skipSpace(cursor);
    skipComment(cursor);
  } while (takeLineEnding(cursor));
}

function readInlineTable(cursor: Cursor, members: InlineMember[]): TomlTable {
  const begin = cursor.at;
  cursor.at += 1;
  const definition = createTable('value');
  skipLines(cursor);
  while (!takeIf(cursor, '}')) {
    if (cursor.at >= cursor.text.length) {
      fail(cursor, 'expected "}" for the inline table that begins here', begin);
    }
    const start = cursor.at;
    const path = readKey(cursor);
    const problem = setValue(definition, path, readAssigned(cursor, path));
    if (problem !== undefined) fail(cursor, problem, start);
    members.push({ path, start, end: cursor.at });
    takeComma(cursor, '}', 'the inline table');
  }
  return definition.table;
}

/** Reads the equals sign and the value after it. @param path the key, for the error message */
function readAssigned(cursor: Cursor, path: readonly string[], members: InlineMember[] = []): TomlValue {
  if (!takeIf(cursor, '=')) {
    fail(cursor, `expected "=" after the key ${showKey(path)}, found ${describeNext(cursor)}`);
  }
  skipSpace(cursor);
  return readValue(cursor, members);
}
