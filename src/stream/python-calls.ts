/** Reads calls that models write as Python: `[get_weather(city="Rome", days=3)]`. Nothing is evaluated. */
import type { JsonValue } from '../base/json';

const NAME = /[A-Za-z_][\w.-]*/y;
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
const SKIPPED = /[\s;]*/y;
const LITERALS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['True', true], ['true', true], ['False', false], ['false', false], ['None', null], ['null', null],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([['n', '\n'], ['t', '\t'], ['r', '\r'], ['\n', '']]);
/** Keeps a hostile answer from exhausting the stack. */
const MAX_DEPTH = 64;

type PythonCall = readonly [name: string, args: [string, JsonValue][]];

/** @returns the name and the keyword arguments of each call; undefined for any other text */
export function readPythonCalls(text: string): readonly PythonCall[] | undefined {
  try {
    return new PythonReader(text).readCalls();
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

class PythonReader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  readCalls(): readonly PythonCall[] {
    const bracket = this.take('[');
    const calls: PythonCall[] = [];
    do {
      if (calls.length > 0 && this.peek() === (bracket ? ']' : undefined)) break;
      calls.push([this.match(NAME), this.readList('(', ')', () => this.readKeyword())]);
    } while (this.take(',') || (!bracket && this.peek() !== undefined));
    if (bracket) this.expect(']');
    if (this.peek() !== undefined) throw new SyntaxError('text after the calls');
    return calls;
  }

  private readKeyword(): [string, JsonValue] {
    const key = this.match(NAME);
    this.expect('=');
    return [key, this.readValue()];
  }

  private readValue(): JsonValue {
    const next = this.peek() ?? '';
    if (next === '"' || next === "'") return this.readString(next);
    if (next === '[') return this.readList('[', ']', () => this.readValue());
    if (next === '(') return this.readList('(', ')', () => this.readValue());
    if (next === '{') return Object.fromEntries(this.readList('{', '}', () => this.readPair()));
    if (/[-+.\d]/.test(next)) return Number(this.match(NUMBER));
    const value = LITERALS.get(this.match(NAME));
    if (value === undefined) throw new SyntaxError('not a literal');
    return value;
  }

  private readPair(): [string, JsonValue] {
    const key = this.readString(this.peek() ?? '');
    this.expect(':');
    return [key, this.readValue()];
  }

  private readList<T>(open: string, close: string, read: () => T): T[] {
    this.expect(open);
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
    const entries: T[] = [];
    while (!this.take(close)) {
      if (entries.length > 0) this.expect(',');
      if (this.take(close)) break;
      entries.push(read());
    }
    this.depth -= 1;
    return entries;
  }

  private readString(quote: string): string {
    if (quote !== '"' && quote !== "'") throw new SyntaxError('not a string');
    const mark = this.text.startsWith(quote.repeat(3), this.at) ? quote.repeat(3) : quote;
    this.at += mark.length;
    const parts: string[] = [];
    while (!this.text.startsWith(mark, this.at)) {
      const char = this.text[this.at];
      if (char === undefined) throw new SyntaxError('unterminated string');
      const next = this.text[this.at + 1] ?? '';
      parts.push(char === '\\' ? (ESCAPES.get(next) ?? next) : char);
      this.at += char === '\\' ? 2 : 1;
    }
    this.at += mark.length;
    return parts.join('');
  }

  private match(pattern: RegExp): string {
    this.peek();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new SyntaxError('unexpected text');
    this.at += found.length;
    return found;
  }

  private peek(): string | undefined {
    SKIPPED.lastIndex = this.at;
    this.at += SKIPPED.exec(this.text)?.[0].length ?? 0;
    return this.text[this.at];
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at += 1;
    return true;
  }

  private expect(char: string): void {
    if (!this.take(char)) throw new SyntaxError(`expected ${char}`);
  }
}
