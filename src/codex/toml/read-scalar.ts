/** Reads keys, strings, numbers, booleans, dates and times. */
import { isPlainLine } from './hide-values';
import { describeNext, fail, isNext, skipSpace, take, takeIf, takeLineEnding, type Cursor } from './cursor';
import { TomlDate } from './value';

const BARE = /[\w-]+/y;

/** Reads a bare, quoted or dotted key, with the spaces after it; returns its parts (TOML, "Keys"). */
export function readKey(cursor: Cursor): readonly string[] {
  const parts: string[] = [];
  do {
    skipSpace(cursor);
    const part = take(cursor, BARE) ?? readQuotedKey(cursor);
    if (part === undefined) return fail(cursor, `expected a key, found ${describeNext(cursor)}`);
    parts.push(part);
    skipSpace(cursor);
  } while (takeIf(cursor, '.'));
  return parts;
}

/** A kind of string; `plain` matches the characters that need no escape. */
interface StringKind {
  readonly quote: '"' | "'";
  readonly plain: RegExp;
  readonly escapes: boolean;
}

// No control character except tab. Quotes and backslashes are handled one by one.
const BASIC: StringKind = { quote: '"', plain: /[^"\\\u0000-\u0008\u000a-\u001f\u007f]*/y, escapes: true };
const LITERAL: StringKind = { quote: "'", plain: /[^'\u0000-\u0008\u000a-\u001f\u007f]*/y, escapes: false };

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b', '"': '"', '\\': '\\',
};

/** The escapes, for an error message. */
const KNOWN_ESCAPES = 'one of \\b \\t \\n \\f \\r \\e \\" \\\\ \\xXX \\uXXXX \\UXXXXXXXX';

const CODE_POINT = /x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y;
const LINE_CONTINUATION = /[ \t]*\r?\n(?:[ \t]|\r?\n)*/y;

/** Reads a basic or literal string, on one line or several (TOML, "String"); undefined if none begins here. */
export function readString(cursor: Cursor): string | undefined {
  const kind = findKind(cursor);
  if (kind === undefined) return undefined;
  return isNext(cursor, kind.quote.repeat(3)) ? readMultiLine(cursor, kind) : readSingleLine(cursor, kind);
}

/** Reads a quoted key: a string on one line. */
function readQuotedKey(cursor: Cursor): string | undefined {
  const kind = findKind(cursor);
  return kind && readSingleLine(cursor, kind);
}

function findKind(cursor: Cursor): StringKind | undefined {
  return [BASIC, LITERAL].find(({ quote }) => isNext(cursor, quote));
}

function readSingleLine(cursor: Cursor, kind: StringKind): string {
  const begin = cursor.at;
  cursor.at += 1;
  let text = take(cursor, kind.plain) ?? '';
  while (!takeIf(cursor, kind.quote)) {
    if (!kind.escapes || !isNext(cursor, '\\')) failInside(cursor, begin);
    text += readEscape(cursor);
    text += take(cursor, kind.plain) ?? '';
  }
  return text;
}

/** Reads a string on several lines. Line endings become line feeds; one right after the opening quotes is dropped. */
function readMultiLine(cursor: Cursor, kind: StringKind): string {
  const begin = cursor.at;
  cursor.at += 3;
  takeLineEnding(cursor);
  let text = '';
  for (;;) {
    text += take(cursor, kind.plain) ?? '';
    if (takeLineEnding(cursor)) text += '\n';
    else if (kind.escapes && isNext(cursor, '\\')) text += readEscape(cursor, true);
    else if (!isNext(cursor, kind.quote)) failInside(cursor, begin);
    else {
      const quotes = takeQuotes(cursor, kind.quote);
      if (quotes >= 3) return text + kind.quote.repeat(quotes - 3);
      text += kind.quote.repeat(quotes);
    }
  }
}

/** Counts and consumes quotes: one or two are part of the string, even right before the closing three. */
function takeQuotes(cursor: Cursor, quote: string): number {
  let count = 0;
  while (count < 5 && takeIf(cursor, quote)) count += 1;
  return count;
}

function readEscape(cursor: Cursor, mayContinue = false): string {
  const begin = cursor.at;
  cursor.at += 1;
  if (mayContinue && take(cursor, LINE_CONTINUATION) !== undefined) return '';
  const code = take(cursor, CODE_POINT);
  if (code === undefined) {
    const character = cursor.text[cursor.at] ?? '';
    const meaning = Object.hasOwn(ESCAPES, character) ? ESCAPES[character] : undefined;
    if (meaning === undefined) {
      fail(cursor, `expected ${KNOWN_ESCAPES} (put a Windows path in 'single quotes')`, begin);
    }
    cursor.at += 1;
    return meaning;
  }
  const point = Number.parseInt(code.slice(1), 16);
  // TOML allows only Unicode scalar values, so no surrogates.
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  if (point > 0x10ffff || isSurrogate) fail(cursor, `expected a Unicode scalar value, found \\${code}`, begin);
  return String.fromCodePoint(point);
}

function failInside(cursor: Cursor, begin: number): never {
  const atEnd = cursor.at >= cursor.text.length || takeLineEnding(cursor);
  if (atEnd) fail(cursor, 'expected a closing quote for the string that begins here', begin);
  return fail(cursor, `expected a string without ${describeNext(cursor)}: escape it in double quotes`);
}

const WORD = /[\w+\-.:]+/y;
const SECOND_WORD = / \d[\w+\-.:]*/y;

const DECIMAL = /^[+-]?(?:0|[1-9](?:_?\d)*)$/;
const PREFIXED = /^0(?:x[\da-fA-F](?:_?[\da-fA-F])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)$/;
const FLOAT = /^[+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/;
const OFFSET = /(?:[zZ]|[+-](\d\d):(\d\d))$/;

const CONSTANTS: ReadonlyMap<string, boolean | number> = new Map<string, boolean | number>([
  ['true', true], ['false', false],
  ['inf', Infinity], ['+inf', Infinity], ['-inf', -Infinity],
  ['nan', NaN], ['+nan', NaN], ['-nan', NaN],
]);

/** The range of a 64-bit integer, which is what Codex reads. */
const INTEGER_RANGE = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const;

export type TomlScalar = boolean | number | bigint | TomlDate;

/** Reads a number, boolean, date or time. */
export function readScalar(cursor: Cursor): TomlScalar {
  const begin = cursor.at;
  const word = take(cursor, WORD);
  if (word === undefined) return failAt(cursor, begin);
  const value = CONSTANTS.get(word) ?? readNumber(cursor, word, begin) ?? readDate(cursor, word);
  return value ?? failAt(cursor, begin);
}

function readNumber(cursor: Cursor, word: string, begin: number): number | bigint | undefined {
  const text = word.replaceAll('_', '');
  if (DECIMAL.test(word) || PREFIXED.test(word)) {
    const value = BigInt(text.replace(/^\+/, ''));
    if (value < INTEGER_RANGE.min || value > INTEGER_RANGE.max) {
      fail(cursor, `expected a 64-bit integer${describeWord(cursor, begin, word)}`, begin);
    }
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return FLOAT.test(word) ? Number(text) : undefined;
}

function readDate(cursor: Cursor, word: string): TomlDate | undefined {
  if (isTime(word)) return new TomlDate(word);
  if (!DATE.test(word)) return isDateTime(word) ? new TomlDate(word) : undefined;
  // A space may replace the T between date and time.
  const dateTime = `${word}${take(cursor, SECOND_WORD) ?? ''}`;
  return isDate(word) && (dateTime === word || isDateTime(dateTime)) ? new TomlDate(dateTime) : undefined;
}

function isDateTime(word: string): boolean {
  const offset = OFFSET.exec(word.slice(11));
  const [, hour = '0', minute = '0'] = offset ?? [];
  if (Number(hour) > 23 || Number(minute) > 59 || !/^[Tt ]$/.test(word[10] ?? '')) return false;
  return isDate(word.slice(0, 10)) && isTime(word.slice(11, word.length - (offset?.[0].length ?? 0)));
}

function isDate(word: string): boolean {
  const [, year = '', month = '', day = ''] = DATE.exec(word) ?? [];
  const isMonth = Number(month) >= 1 && Number(month) <= 12;
  return isMonth && Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month));
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Second 60 is a leap second (RFC 3339, section 5.7). */
function isTime(word: string): boolean {
  const [, hour = '99', minute = '', second = '0'] = TIME.exec(word) ?? [];
  return Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 60;
}

function failAt(cursor: Cursor, begin: number): never {
  cursor.at = begin;
  skipSpace(cursor);
  const found = /^[^\s,\]}#]+/.exec(cursor.text.slice(cursor.at, cursor.at + 60))?.[0];
  if (found === undefined) return fail(cursor, 'expected a value');
  return fail(cursor, `expected a value${describeWord(cursor, cursor.at, found)}; put strings in quotes`);
}

/** Renders `, found WORD`, unless the word at `begin` may be a secret. */
function describeWord({ text }: Cursor, begin: number, word: string): string {
  const line = text.slice(text.lastIndexOf('\n', begin) + 1, begin) + word;
  return isPlainLine(line) ? `, found ${word}` : '';
}
