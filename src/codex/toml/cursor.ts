/** Moves through the text for the TOML parser: looks ahead, consumes text, reports errors at the current position. */

export interface Cursor {
  readonly text: string;
  /** Offset of the next character. */
  at: number;
  /** Number of open arrays and inline tables. */
  depth: number;
}

/** A syntax error; `parseToml` catches it and adds line and column. */
export class TomlFailure extends Error {
  constructor(readonly problem: string, readonly at: number) {
    super(problem);
  }
}

/** Throws a TomlFailure. @param at the offset of the problem; default: the cursor's */
export function fail(cursor: Cursor, problem: string, at = cursor.at): never {
  throw new TomlFailure(problem, at);
}

/** Consumes the match of the sticky `pattern`; returns undefined if it does not match here. */
export function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

/** True if `token` is next. */
export const isNext = ({ text, at }: Cursor, token: string): boolean => text.startsWith(token, at);

/** Consumes `token`; returns false if something else is next. */
export function takeIf(cursor: Cursor, token: string): boolean {
  const found = isNext(cursor, token);
  if (found) cursor.at += token.length;
  return found;
}

const SPACE = /[ \t]*/y;

/** Skips spaces and tabs. */
export const skipSpace = (cursor: Cursor): void => void take(cursor, SPACE);

const LINE_ENDING = /\r?\n/y;

/** Consumes a line ending; returns false if something else is next. */
export const takeLineEnding = (cursor: Cursor): boolean => take(cursor, LINE_ENDING) !== undefined;

// TOML, "Comment": no control character except tab.
const COMMENT = /#[^\u0000-\u0008\u000a-\u001f\u007f]*/y;

/** Skips a comment, but not its line ending. */
export const skipComment = (cursor: Cursor): void => void take(cursor, COMMENT);

/** Consumes the rest of the line, which may only be a comment. @param after what precedes it, for the error message */
export function takeLineRest(cursor: Cursor, after: string): void {
  skipSpace(cursor);
  skipComment(cursor);
  if (cursor.at < cursor.text.length && !takeLineEnding(cursor)) {
    fail(cursor, `expected the end of the line after ${after}, found ${describeNext(cursor)}`);
  }
}

/** Describes the next character for an error message. */
export function describeNext({ text, at }: Cursor): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (at >= text.length) return 'the end of the file';
  if (/^\r?\n/.test(text.slice(at, at + 2))) return 'the end of the line';
  if (/[\u0000-\u001f\u007f]/.test(character)) {
    return `the control character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return character === '"' ? "'\"'" : `"${character}"`;
}
