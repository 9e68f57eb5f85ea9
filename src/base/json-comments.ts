/** Parses JSON with comments and trailing commas (JSONC), as editors write settings. */
import type { JsonValue } from './json';

export type ParsedJsonc =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly line: number; readonly problem: string };

/** Strings, comments, and commas before a closing bracket, in this order: what looks like a comment in a string is text. */
const TOKENS = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/** @returns the value, or the line (from 1) of the first mistake and what is wrong there */
export function parseJsonc(text: string): ParsedJsonc {
  const source = text.replace(/^\uFEFF/, '');
  // Every removed character leaves a space, so that positions stay those of the file.
  const json = source.replace(TOKENS, (token) => (token.startsWith('"') ? token : token.replace(/[^\n]/g, ' ')));
  try {
    return { ok: true, value: JSON.parse(json) };
  } catch {
    const at = findMistake(json);
    const line = json.slice(0, at).split('\n').length;
    const rest = json.slice(at).trimStart();
    return {
      ok: false,
      line,
      problem: rest === '' ? 'the file ends too early' : `unexpected ${JSON.stringify(rest.slice(0, 1))}`,
    };
  }
}

/**
 * The messages of JSON.parse differ between versions of Node, and some have no position: a reader of the grammar finds
 * it in all.
 */
function findMistake(text: string): number {
  const token =
    /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/y;
  const open: ('{' | '[')[] = [];
  let wanted: 'value' | 'key' | 'colon' | 'next' | 'value-or-close' | 'key-or-close' | 'end' = 'value';
  for (let at = 0; ; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(text);
    const start = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
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
