/** Parses JSON with comments and trailing commas (JSONC), the format of editor settings. */
import type { JsonValue } from './json';

export type ParsedJsonc =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly line: number; readonly problem: string };

/** Matches strings before comments, so that a string may contain what looks like a comment. */
const COMMENTS = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
/** Matches strings before trailing commas. A comma is trailing only after a value: `[,]` is an error. */
const TRAILING_COMMAS = /"(?:[^"\\\n]|\\.)*"|(?<=[^\s[{,:]\s*),(?=\s*[}\]])/g;

/** @returns the value, or the line (counted from 1) and description of the first error */
export function parseJsonc(text: string): ParsedJsonc {
  const source = text.replace(/^\uFEFF/, '');
  // Each removed character becomes a space, so that positions are still those in the file.
  const blank = (token: string): string => (token.startsWith('"') ? token : token.replace(/[^\n]/g, ' '));
  const json = source.replace(COMMENTS, blank).replace(TRAILING_COMMAS, blank);
  try {
    return { ok: true, value: JSON.parse(json) };
  } catch {
    const at = findSyntaxError(json);
    const line = json.slice(0, at).split('\n').length;
    const rest = json.slice(at);
    return {
      ok: false,
      line,
      problem: rest === '' ? 'unexpected end of file' : `unexpected ${JSON.stringify(rest.slice(0, 1))}`,
    };
  }
}

/**
 * Finds the position of the first error. The messages of JSON.parse differ between versions of Node, and some lack
 * the position, so this function follows the grammar itself.
 */
function findSyntaxError(text: string): number {
  const token =
    /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/y;
  const open: ('{' | '[')[] = [];
  let wanted: 'value' | 'key' | 'colon' | 'next' | 'value-or-close' | 'key-or-close' | 'end' = 'value';
  for (let at = 0; ; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(text);
    const start = at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0);
    if (!match) return start;
    const [, mark, string] = match;
    const isValue = mark === undefined;
    const closes = (mark === '}' && open.at(-1) === '{') || (mark === ']' && open.at(-1) === '[');
    if (wanted === 'end') return start;
    if (wanted === 'value' || wanted === 'value-or-close') {
      if (mark === '{' || mark === '[') {
        open.push(mark);
        wanted = mark === '{' ? 'key-or-close' : 'value-or-close';
        continue;
      }
      if (!isValue && !(wanted === 'value-or-close' && closes)) return start;
      if (closes) open.pop();
    } else if (wanted === 'key' || wanted === 'key-or-close') {
      if (string !== undefined) {
        wanted = 'colon';
        continue;
      }
      if (!(wanted === 'key-or-close' && closes)) return start;
      open.pop();
    } else if (wanted === 'colon') {
      if (mark !== ':') return start;
      wanted = 'value';
      continue;
    } else if (mark === ',') {
      wanted = open.at(-1) === '{' ? 'key' : 'value';
      continue;
    } else if (closes) open.pop();
    else return start;
    wanted = open.length === 0 ? 'end' : 'next';
  }
}
