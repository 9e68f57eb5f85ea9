/** Texts: basic and literal, on one line or on several (TOML, "String"). */
import { describeNext, fail, sees, take, takes, takesLineEnd, type Cursor } from './cursor';

/** What is special about a kind of text; `plain` is what stands for itself. */
interface Kind {
  readonly quote: '"' | "'";
  readonly plain: RegExp;
  readonly escapes: boolean;
}

// No control character but the tab; the quotation mark and, where it escapes, the backslash are looked at one by one.
const BASIC: Kind = { quote: '"', plain: /[^"\\\u0000-\u0008\u000a-\u001f\u007f]*/y, escapes: true };
const LITERAL: Kind = { quote: "'", plain: /[^'\u0000-\u0008\u000a-\u001f\u007f]*/y, escapes: false };

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b', '"': '"', '\\': '\\',
};

/** The escapes, for a problem. */
const KNOWN = 'one of \\b \\t \\n \\f \\r \\e \\" \\\\ \\xXX \\uXXXX \\UXXXXXXXX';

const CODE_POINT = /x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y;
const LINE_CONTINUATION = /[ \t]*\r?\n(?:[ \t]|\r?\n)*/y;

/** The text that begins here; undefined when none does. */
export function readString(cursor: Cursor): string | undefined {
  const kind = kindHere(cursor);
  if (kind === undefined) return undefined;
  return sees(cursor, kind.quote.repeat(3)) ? readLines(cursor, kind) : readLine(cursor, kind);
}

/** The text on one line that begins here: what a quoted key is. */
export function readQuotedKey(cursor: Cursor): string | undefined {
  const kind = kindHere(cursor);
  return kind && readLine(cursor, kind);
}

function kindHere(cursor: Cursor): Kind | undefined {
  return [BASIC, LITERAL].find(({ quote }) => sees(cursor, quote));
}

function readLine(cursor: Cursor, kind: Kind): string {
  const begin = cursor.at;
  cursor.at += 1;
  let text = take(cursor, kind.plain) ?? '';
  while (!takes(cursor, kind.quote)) {
    if (!kind.escapes || !sees(cursor, '\\')) failInside(cursor, begin);
    text += readEscape(cursor);
    text += take(cursor, kind.plain) ?? '';
  }
  return text;
}

/** A line end counts as a line feed, whatever it is in the file; the one behind the opening marks does not count. */
function readLines(cursor: Cursor, kind: Kind): string {
  const begin = cursor.at;
  cursor.at += 3;
  takesLineEnd(cursor);
  let text = '';
  for (;;) {
    text += take(cursor, kind.plain) ?? '';
    if (takesLineEnd(cursor)) text += '\n';
    else if (kind.escapes && sees(cursor, '\\')) text += readEscape(cursor, true);
    else if (!sees(cursor, kind.quote)) failInside(cursor, begin);
    else {
      const marks = takeMarks(cursor, kind.quote);
      if (marks >= 3) return text + kind.quote.repeat(marks - 3);
      text += kind.quote.repeat(marks);
    }
  }
}

/** One or two marks belong to the text, also in front of the three that close it. */
function takeMarks(cursor: Cursor, quote: string): number {
  let count = 0;
  while (count < 5 && takes(cursor, quote)) count += 1;
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
      fail(cursor, `expected ${KNOWN} (a Windows path stands in 'single quotes')`, begin);
    }
    cursor.at += 1;
    return meaning;
  }
  const point = Number.parseInt(code.slice(1), 16);
  // TOML wants Unicode scalar values: code points without the surrogates.
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  if (point > 0x10ffff || isSurrogate) fail(cursor, `expected a character, \\${code} is none`, begin);
  return String.fromCodePoint(point);
}

function failInside(cursor: Cursor, begin: number): never {
  const atEnd = cursor.at >= cursor.text.length || takesLineEnd(cursor);
  if (atEnd) fail(cursor, 'expected the text that begins here to be closed by its quotation mark', begin);
  return fail(cursor, `expected the text to go on without ${describeNext(cursor)}: write it as an escape`);
}
