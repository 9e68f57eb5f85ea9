/** Values of one word: numbers, true and false, dates and times (TOML). */
import { fail, skipSpace, take, type Cursor } from './cursor';
import { TomlDate } from './value';

const WORD = /[\w+\-.:]+/y;
const SECOND_WORD = / \d[\w+\-.:]*/y;

const DECIMAL = /^[+-]?(?:0|[1-9](?:_?\d)*)$/;
const PREFIXED = /^0(?:x[\da-fA-F](?:_?[\da-fA-F])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)$/;
const FLOAT = /^[+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/;
const OFFSET = /(?:[zZ]|[+-](\d\d):(\d\d))$/;

const WORDS: ReadonlyMap<string, boolean | number> = new Map<string, boolean | number>([
  ['true', true], ['false', false],
  ['inf', Infinity], ['+inf', Infinity], ['-inf', -Infinity],
  ['nan', NaN], ['+nan', NaN], ['-nan', NaN],
]);

/** The range of an integer: what Codex, as every reader in Rust, can hold. */
const INTEGER = { least: -(2n ** 63n), most: 2n ** 63n - 1n } as const;

export type TomlScalar = boolean | number | bigint | TomlDate;

/** The value of the word that stands here. */
export function readScalar(cursor: Cursor): TomlScalar {
  const begin = cursor.at;
  const word = take(cursor, WORD);
  if (word === undefined) return failAt(cursor, begin);
  const value = WORDS.get(word) ?? readNumber(cursor, word, begin) ?? readDate(cursor, word);
  return value ?? failAt(cursor, begin);
}

function readNumber(cursor: Cursor, word: string, begin: number): number | bigint | undefined {
  const text = word.replaceAll('_', '');
  if (DECIMAL.test(word) || PREFIXED.test(word)) {
    const value = BigInt(text.replace(/^\+/, ''));
    if (value < INTEGER.least || value > INTEGER.most) {
      fail(cursor, `expected an integer of 64 bits, ${word} is larger`, begin);
    }
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return FLOAT.test(word) ? Number(text) : undefined;
}

function readDate(cursor: Cursor, word: string): TomlDate | undefined {
  if (isTime(word)) return new TomlDate(word);
  if (!DATE.test(word)) return isDateTime(word) ? new TomlDate(word) : undefined;
  // A space may stand for the T between a date and a time.
  const whole = `${word}${take(cursor, SECOND_WORD) ?? ''}`;
  return isDate(word) && (whole === word || isDateTime(whole)) ? new TomlDate(whole) : undefined;
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
  return fail(cursor, `expected a value, found ${found}; a text stands in quotation marks`);
}
