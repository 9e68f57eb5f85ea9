/** Detects when a JSON value that arrives in chunks is complete, without buffering it. */
import { parseJson } from './json';

const QUOTE = 34;
const BACKSLASH = 92;
const BRACE = 123;
const BRACKET = 91;
const SPACE = 32;
/** Longer than any number or literal that a model writes as a complete value. */
const LONGEST_SCALAR = 40;

type ProgressState = 'blank' | 'inside' | 'string' | 'escape' | 'closed' | 'scalar';

/**
 * Counts brackets and skips strings, so that each character is read once. Does not validate the JSON: an object is
 * complete at its closing brace.
 */
export class JsonProgress {
  private state: ProgressState = 'blank';
  private depth = 0;
  private scalar = '';

  /** True while only whitespace has arrived. */
  get blank(): boolean {
    return this.state === 'blank';
  }

  /** True if the value is complete. A number or a literal could always continue, so it is complete if it parses. */
  get complete(): boolean {
    return this.state === 'closed' || (this.state === 'scalar' && parseJson(this.scalar) !== undefined);
  }

  /** True if an object, list or string is open, so that the text so far is not valid JSON. */
  get unfinished(): boolean {
    return this.state === 'inside' || this.state === 'string' || this.state === 'escape';
  }

  /** @returns how many characters of `text` belong to this value; the rest is another value */
  push(text: string): number {
    let at = 0;
    while (at < text.length && this.state !== 'closed' && this.state !== 'scalar') {
      this.state = this.next(text.charCodeAt(at));
      at += 1;
    }
    if (this.state !== 'scalar') return at;
    if (this.scalar.length <= LONGEST_SCALAR) this.scalar += text.slice(Math.max(0, at - 1), LONGEST_SCALAR + 1);
    return text.length;
  }

  private next(code: number): ProgressState {
    if (this.state === 'escape') return 'string';
    if (this.state === 'string') {
      if (code === BACKSLASH) return 'escape';
      if (code !== QUOTE) return 'string';
      return this.depth === 0 ? 'closed' : 'inside';
    }
    if (code === QUOTE) return 'string';
    if (code === BRACE || code === BRACKET) this.depth += 1;
    else if (this.state === 'blank') return code > SPACE ? 'scalar' : 'blank';
    // The code of a closing bracket is that of the opening one plus two.
    else if (code === BRACE + 2 || code === BRACKET + 2) this.depth -= 1;
    return this.depth === 0 ? 'closed' : 'inside';
  }
}
