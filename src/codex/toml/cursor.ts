/** Where the reader stands in the text, and what every part of it needs: to look, to take, to give up. */

export interface Cursor {
  readonly text: string;
  /** Offset of the next character. */
  at: number;
  /** How many arrays and inline tables are open. */
  depth: number;
}

/** Thrown by the parts of the reader; `parseToml` catches it and tells the place. */
export class TomlFailure extends Error {
  constructor(
    readonly problem: string,
    readonly at: number,
  ) {
    super(problem);
  }
}

/** Ends the reading. @param at the place that the problem is about; where the cursor stands when absent */
export function fail(cursor: Cursor, problem: string, at = cursor.at): never {
  throw new TomlFailure(problem, at);
}

/** Takes what the sticky `pattern` matches here; undefined, and nothing taken, when it does not. */
export function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

/** True when `word` stands here. */
export const sees = ({ text, at }: Cursor, word: string): boolean => text.startsWith(word, at);

/** Takes `word`; false when something else stands here. */
export function takes(cursor: Cursor, word: string): boolean {
  const found = sees(cursor, word);
  if (found) cursor.at += word.length;
  return found;
}

const SPACE = /[ \t]*/y;

/** Takes spaces and tabs. */
export const skipSpace = (cursor: Cursor): void => void take(cursor, SPACE);

const LINE_END = /\r?\n/y;

/** Takes a line end; false when there is none here. */
export const takesLineEnd = (cursor: Cursor): boolean => take(cursor, LINE_END) !== undefined;

// TOML, "Comment": no control character but the tab.
const COMMENT = /#[^\u0000-\u0008\u000a-\u001f\u007f]*/y;

/** Takes a comment, if there is one, without its line end. */
export const skipComment = (cursor: Cursor): void => void take(cursor, COMMENT);

/** Takes the rest of a line that holds nothing more than a comment. @param behind what the line already holds */
export function takeLineRest(cursor: Cursor, behind: string): void {
  skipSpace(cursor);
  skipComment(cursor);
  if (cursor.at < cursor.text.length && !takesLineEnd(cursor)) {
    fail(cursor, `expected the end of the line behind ${behind}, found ${describeNext(cursor)}`);
  }
}

/** What stands here, in words for a problem. */
export function describeNext({ text, at }: Cursor): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (at >= text.length) return 'the end of the file';
  if (/^\r?\n/.test(text.slice(at, at + 2))) return 'the end of the line';
  if (/[\u0000-\u001f\u007f]/.test(character)) {
    return `the control character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return character === '"' ? "'\"'" : `"${character}"`;
}
