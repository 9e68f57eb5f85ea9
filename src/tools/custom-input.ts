/** Reads the free-form text of a custom tool out of the JSON arguments a model writes, while it writes them. */
import { isJsonObject, parseJson } from '../base/json';

/** The argument under which a custom tool's text is asked for, and the names models use instead. */
export const INPUT_KEY = 'input';
const OTHER_KEYS = ['patch', 'text', 'content', 'code', 'script', 'command', 'cmd', 'diff'];

type State = 'before' | 'key' | 'colon' | 'value' | 'after';

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
  '/': '/',
};

/**
 * Unescapes the string value of `{"input": "…"}` incrementally. Escapes and surrogate pairs may be split anywhere:
 * an unfinished escape, and the first half of a pair, wait for the rest.
 */
export class CustomInputReader {
  private state: State = 'before';
  private key = '';
  private escape = '';

  /** @returns the text that became readable; empty while the arguments are not (yet) of the expected form. */
  push(json: string): string {
    let text = '';
    for (const char of json) text += this.char(char);
    return this.holdHalfPair(text);
  }

  private half = '';

  private holdHalfPair(text: string): string {
    const whole = this.half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const split = last >= 0xd800 && last <= 0xdbff;
    this.half = split ? whole.slice(-1) : '';
    return split ? whole.slice(0, -1) : whole;
  }

  private char(char: string): string {
    switch (this.state) {
      case 'before':
        if (char === '"') this.state = 'key';
        else if (!/[\s{]/.test(char)) this.state = 'after';
        return '';
      case 'key':
        if (char === '"') this.state = this.key === INPUT_KEY ? 'colon' : 'after';
        else this.key += char;
        return '';
      case 'colon':
        if (char === '"') this.state = 'value';
        else if (!/[\s:]/.test(char)) this.state = 'after';
        return '';
      case 'value':
        return this.valueChar(char);
      case 'after':
        return '';
      default:
        return this.state satisfies never;
    }
  }

  private valueChar(char: string): string {
    if (this.escape === '') {
      if (char === '"') this.state = 'after';
      else if (char === '\\') this.escape = char;
      else return char;
      return '';
    }
    this.escape += char;
    if (this.escape[1] === 'u') {
      if (this.escape.length < 6) return '';
      const unit = Number.parseInt(this.escape.slice(2), 16);
      this.escape = '';
      return Number.isNaN(unit) ? '' : String.fromCharCode(unit);
    }
    this.escape = '';
    return ESCAPES[char] ?? char;
  }
}

/**
 * The text of finished arguments, however the model wrapped it: under another key, as bare text, or encoded twice.
 * @param args the complete arguments
 */
export function readCustomInput(args: string): string {
  const value = parseJson(args);
  if (typeof value === 'string') return unwrapTwice(value);
  if (!isJsonObject(value)) return args;
  const named = [INPUT_KEY, ...OTHER_KEYS].map((key) => value[key]).find((entry) => typeof entry === 'string');
  const only = Object.values(value).filter((entry) => typeof entry === 'string');
  const text = named ?? (only.length === 1 ? only[0] : undefined);
  return typeof text === 'string' ? unwrapTwice(text) : args;
}

/** `"{\"input\":\"…\"}"`: some models encode the arguments once more. */
function unwrapTwice(text: string): string {
  if (!/^\s*\{\s*"input"\s*:/.test(text)) return text;
  const inner = parseJson(text);
  return isJsonObject(inner) && typeof inner[INPUT_KEY] === 'string' ? inner[INPUT_KEY] : text;
}
