/** Separates `<think>…</think>` from streamed content: the block is reasoning, the rest is the answer. */
import type { Signal, Stage } from './signal';

const OPEN = '<think>';
const CLOSE = '</think>';
/** Longer whitespace is passed on as text, because models in JSON mode may write it endlessly. */
const MAX_BLANK_LENGTH = 64;

/**
 * - `leading`: a block counts only at the beginning of an answer (or right after another block), so that text about the
 * tag is left alone; a `</think>` without an opening tag is removed at the beginning or end of a line, and the text
 * before it stays (MiniMax-M3 writes parts of the answer before it, upstreams.md, section 4.8).
 * - `implicit`: the model's template opens the block, so the answer begins inside it.
 */
export type ThinkTags = 'off' | 'leading' | 'implicit';

type TagState = 'start' | 'inside' | 'text';

/** No-op when a provider sends reasoning in its own field: there are no tags then. */
export class ThinkTagStage implements Stage {
  private state: TagState;
  private held = '';
  /** A block has ended, so a later `</think>` is text. */
  private seen = false;

  constructor(private readonly mode: Exclude<ThinkTags, 'off'>) {
    this.state = startOf(mode);
  }

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'text-delta':
        // Log probabilities belong to exact tokens, so such text is passed on unchanged.
        if (signal.logprobs) return [...this.end(), signal];
        this.held += signal.text;
        return this.scan();
      case 'usage':
      case 'reasoning-delta':
      case 'reasoning-details':
        return [signal];
      case 'choice-end': {
        const rest = this.end();
        this.state = startOf(this.mode);
        this.seen = false;
        return [...rest, signal];
      }
      default:
        return [...this.end(), signal];
    }
  }

  private scan(): readonly Signal[] {
    const signals: Signal[] = [];
    for (let before: TagState | undefined; before !== this.state; ) {
      before = this.state;
      const signal: Signal | undefined =
        before === 'start' ? this.scanStart() : before === 'inside' ? this.scanInside() : this.scanText();
      if (signal) signals.push(signal);
    }
    return signals;
  }

  /** Waits for `<think>`; whitespace before and between blocks belongs to neither. */
  private scanStart(): Signal | undefined {
    const text = this.held.trimStart();
    if (text.startsWith(OPEN)) {
      this.held = text.slice(OPEN.length).replace(/^\n/, '');
      this.state = 'inside';
    } else if ((text !== '' && !OPEN.startsWith(text)) || this.held.length - text.length > MAX_BLANK_LENGTH) {
      if (this.seen) this.held = text;
      this.state = 'text';
    }
    return undefined;
  }

  private scanInside(): Signal | undefined {
    const end = this.held.indexOf(CLOSE);
    if (end === -1) return this.take(this.held.length - tailOf(this.held, `\n${CLOSE}`, CLOSE), 'reasoning-delta');
    const text = this.held.slice(0, end).replace(/\n$/, '');
    this.held = this.held.slice(end + CLOSE.length);
    this.state = 'start';
    this.seen = true;
    return text === '' ? undefined : { type: 'reasoning-delta', text };
  }

  private scanText(): Signal | undefined {
    const at = this.seen ? -1 : this.held.indexOf(CLOSE);
    if (at === -1) return this.take(this.held.length - (this.seen ? 0 : tailOf(this.held, CLOSE)), 'text-delta');
    const after = this.held[at + CLOSE.length];
    if (after === undefined) return this.take(at, 'text-delta');
    this.seen = true;
    const atEdge = after === '\n' || this.held[at - 1] === '\n';
    if (!atEdge) return this.take(this.held.length, 'text-delta');
    this.held = this.held.slice(0, at) + this.held.slice(at + CLOSE.length);
    return this.take(this.held.length, 'text-delta');
  }

  private take(length: number, type: 'text-delta' | 'reasoning-delta'): Signal | undefined {
    const text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return text === '' ? undefined : { type, text };
  }

  /** Also called before anything other than text: the held characters are plain text. */
  end(): readonly Signal[] {
    const type = this.state === 'inside' ? 'reasoning-delta' : 'text-delta';
    const blank = this.state === 'start' && this.seen && this.held.trim() === '';
    const stray = this.state === 'text' && !this.seen && this.held.endsWith(CLOSE);
    const text = blank ? '' : stray ? this.held.slice(0, -CLOSE.length) : this.held;
    this.held = '';
    this.state = 'start';
    return text === '' ? [] : [{ type, text }];
  }
}

const startOf = (mode: ThinkTags): TagState => (mode === 'implicit' ? 'inside' : 'start');

/** Returns how many of the last characters may be the beginning of one of `words`. */
function tailOf(text: string, ...words: readonly string[]): number {
  let longest = 0;
  for (const word of words) {
    // Start with the longest possible tail: its first character usually decides.
    for (let at = Math.max(0, text.length - word.length + 1); at < text.length - longest; at += 1) {
      if (text[at] === word[0] && word.startsWith(text.slice(at))) longest = text.length - at;
    }
  }
  return longest;
}
