/** Whatever stands behind an equals sign: a word, a text, an array, an inline table. */
import { describeNext, fail, sees, skipComment, skipSpace, takes, takesLineEnd, type Cursor } from './cursor';
import { createTable, setValue } from './definitions';
import { readKey } from './read-key';
import { readScalar } from './read-scalar';
import { readString } from './read-string';
import type { TomlTable, TomlValue } from './value';

/** A pair inside an inline table: its key and where it stands. */
export interface Member {
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** How deep values may be nested: the limit of the reader that Codex has, so that nobody's stack overflows. */
const DEEPEST = 80;

/** @param members gets the pairs of the value when it is an inline table */
export function readValue(cursor: Cursor, members: Member[] = []): TomlValue {
  const text = readString(cursor);
  if (text !== undefined) return text;
  if (!sees(cursor, '[') && !sees(cursor, '{')) return readScalar(cursor);
  cursor.depth += 1;
  if (cursor.depth > DEEPEST) fail(cursor, `expected at most ${DEEPEST} values inside each other`);
  const value = sees(cursor, '[') ? readArray(cursor) : readInlineTable(cursor, members);
  cursor.depth -= 1;
  return value;
}

function readArray(cursor: Cursor): readonly TomlValue[] {
  const begin = cursor.at;
  cursor.at += 1;
  const values: TomlValue[] = [];
  skipLines(cursor);
  while (!takes(cursor, ']')) {
    if (cursor.at >= cursor.text.length) fail(cursor, 'expected the array that begins here to be closed by "]"', begin);
    values.push(readValue(cursor));
    takeComma(cursor, ']', 'the array');
  }
  return values;
}

/** What stands behind a value of `list`: a comma, also behind the last one, or the end of the list. */
function takeComma(cursor: Cursor, closing: string, list: string): void {
  skipLines(cursor);
  const goesOn = takes(cursor, ',');
  skipLines(cursor);
  if (!goesOn && !sees(cursor, closing) && cursor.at < cursor.text.length) {
    fail(cursor, `expected "," or "${closing}" in ${list}, found ${describeNext(cursor)}`);
  }
}

/** Between values, comments and line ends may stand anywhere. */
function skipLines(cursor: Cursor): void {
  do {
    skipSpace(cursor);
    skipComment(cursor);
  } while (takesLineEnd(cursor));
}

function readInlineTable(cursor: Cursor, members: Member[]): TomlTable {
  const begin = cursor.at;
  cursor.at += 1;
  const definition = createTable('value');
  skipLines(cursor);
  while (!takes(cursor, '}')) {
    if (cursor.at >= cursor.text.length) {
      fail(cursor, 'expected the inline table that begins here to be closed by "}"', begin);
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

/** The equals sign and the value behind it. @param path the key in front of it, for the problem */
export function readAssigned(cursor: Cursor, path: readonly string[], members: Member[] = []): TomlValue {
  if (!takes(cursor, '=')) fail(cursor, `expected "=" behind the key ${path.join('.')}, found ${describeNext(cursor)}`);
  skipSpace(cursor);
  return readValue(cursor, members);
}
