/**
 * Finds the position of a JSON syntax error. `JSON.parse` reports it only in some Node versions and for some errors,
 * and its message quotes the surrounding text, which may be part of a prompt.
 */

/** What the grammar allows next. */
type GrammarState = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing';

interface Scan {
  readonly text: string;
  index: number;
  state: GrammarState;
  /** The closing brackets still expected, innermost last. */
  readonly closers: string[];
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const CLOSER: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/**
 * @param text rejected by `JSON.parse`
 * @returns the problem without a full stop, e.g. `unexpected "}" at line 3, column 5`; `undefined` if `text` is valid
 *   JSON
 */
export function findJsonError(text: string): string | undefined {
  const scan: Scan = { text, index: 0, state: 'value', closers: [] };
  for (;;) {
    scan.index += lengthOf(SPACE, scan);
    if (scan.state === 'nothing' && scan.index === text.length) return undefined;
    if (!step(scan)) return describe(scan);
  }
}

/** Consumes one token. Returns false if it is not allowed; `index` is then the position of the error. */
function step(scan: Scan): boolean {
  const character = scan.text[scan.index];
  if (character === undefined || scan.state === 'nothing') return false;
  switch (scan.state) {
    case 'colon':
      return character === ':' && take(scan, 'value');
    case 'comma-or-end':
      if (character !== ',') return close(scan, character);
      return take(scan, scan.closers.at(-1) === '}' ? 'key' : 'value');
    case 'key-or-end':
      return character === '"' ? takeString(scan, 'colon') : close(scan, character);
    case 'key':
      return character === '"' && takeString(scan, 'colon');
    case 'value-or-end':
      return character === ']' ? close(scan, character) : takeValue(scan, character);
    case 'value':
      return takeValue(scan, character);
  }
}

function takeValue(scan: Scan, character: string): boolean {
  const closer = CLOSER[character];
  if (closer !== undefined) {
    scan.closers.push(closer);
    return take(scan, closer === '}' ? 'key-or-end' : 'value-or-end');
  }
  if (character === '"') return takeString(scan, afterValue(scan));
  const length = lengthOf(SCALAR, scan);
  scan.index += length;
  scan.state = afterValue(scan);
  return length > 0;
}

function takeString(scan: Scan, next: GrammarState): boolean {
  scan.index += 1;
  for (;;) {
    scan.index += lengthOf(PLAIN, scan);
    const character = scan.text[scan.index];
    if (character === '"') return take(scan, next);
    const length = character === '\\' ? lengthOf(ESCAPE, scan) : 0;
    if (length === 0) return false;
    scan.index += length;
  }
}

function close(scan: Scan, character: string): boolean {
  if (scan.closers.at(-1) !== character) return false;
  scan.closers.pop();
  return take(scan, afterValue(scan));
}

function take(scan: Scan, next: GrammarState): true {
  scan.index += 1;
  scan.state = next;
  return true;
}

function afterValue(scan: Scan): GrammarState {
  return scan.closers.length > 0 ? 'comma-or-end' : 'nothing';
}

function lengthOf(pattern: RegExp, { text, index }: Scan): number {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0].length ?? 0;
}

function describe({ text, index }: Scan): string {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  const column = index - before.lastIndexOf('\n');
  const code = text.codePointAt(index);
  const problem = code === undefined ? 'unexpected end' : `unexpected ${JSON.stringify(String.fromCodePoint(code))}`;
  return `${problem} at line ${line}, column ${column}`;
}
