/** Separates `<think>…</think>` from streamed content: the block is reasoning, the rest is the answer. */
import type { Signal, Stage } from './signal';

const OPEN = '<think>';
const CLOSE = '</think>';
/** Longer whitespace is passed on as text, because models in JSON mode may write it endlessly. */
const MAX_BLANK_LENGTH = 64;

/**
 * - `leading`: a block counts only at the beginning of an answer (or right after another block), so that text about the
 * tag is left alone; the first `</think>` without an opening tag is removed at the beginning or end of a line, and the
 * text before it stays (MiniMax-M3 writes parts of the answer before it, upstreams.md, section 4.8).
 * - `implicit`: the model's template opens the block, so the answer begins inside it.
 */
export type ThinkTags = 'off' | 'leading' | 'implicit';

type TagState = 'start' | 'inside' | 'text';

/** Turns the blocks into reasoning. No-op when a provider sends reasoning in its own field: there are no tags then. */
export class ThinkTagStage implements Stage {
  private state: TagState;
  private held = '';
  /** Whether a `</think>` was found, so that a later one is text. */
  private hasClosed = false;

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
        this.hasClosed = false;
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

  /** Waits for `<think>`; whitespace before and after a block is dropped. */
  private scanStart(): Signal | undefined {
    const text = this.held.trimStart();
    if (text.startsWith(OPEN)) {
      this.held = text.slice(OPEN.length).replace(/^\n/, '');
      this.state = 'inside';
    } else if ((text !== '' && !OPEN.startsWith(text)) || this.held.length - text.length > MAX_BLANK_LENGTH) {
      if (this.hasClosed) this.held = text;
      this.state = 'text';
    }
    return undefined;
  }

  private scanInside(): Signal | undefined {
    const end = this.held.indexOf(CLOSE);
    if (end === -1) return this.take(this.held.length - measureTail(this.held, `\n${CLOSE}`, CLOSE), 'reasoning-delta');
    const text = this.held.slice(0, end).replace(/\n$/, '');
    this.held = this.held.slice(end + CLOSE.length);
    this.state = 'start';
    this.hasClosed = true;
    return text === '' ? undefined : { type: 'reasoning-delta', text };
  }

  private scanText(): Signal | undefined {
    const at = this.hasClosed ? -1 : this.held.indexOf(CLOSE);
    const tail = this.hasClosed ? 0 : measureTail(this.held, CLOSE);
    if (at === -1) return this.take(this.held.length - tail, 'text-delta');
    const after = this.held[at + CLOSE.length];
    if (after === undefined) return this.take(at, 'text-delta');
    this.hasClosed = true;
    const isAtEdge = after === '\n' || this.held[at - 1] === '\n';
    if (!isAtEdge) return this.take(this.held.length, 'text-delta');
    this.held = this.held.slice(0, at) + this.held.slice(at + CLOSE.length);
    return this.take(this.held.length, 'text-delta');
  }

  private take(length: number, type: 'text-delta' | 'reasoning-delta'): Signal | undefined {
    const text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return text === '' ? undefined : { type, text };
  }

  /** Releases what is held, without a stray `</think>`. Also called when another signal ends the text. */
  end(): readonly Signal[] {
    const type = this.state === 'inside' ? 'reasoning-delta' : 'text-delta';
    const isBlank = this.state === 'start' && this.hasClosed && this.held.trim() === '';
    const isStray = this.state === 'text' && !this.hasClosed && this.held.endsWith(CLOSE);
    const text = isBlank ? '' : isStray ? this.held.slice(0, -CLOSE.length) : this.held;
    this.held = '';
    this.state = 'start';
    return text === '' ? [] : [{ type, text }];
  }
}

const startOf = (mode: ThinkTags): TagState => (mode === 'implicit' ? 'inside' : 'start');

/** Returns how many of the last characters may be the beginning of one of `tags`. */
function measureTail(text: string, ...tags: readonly string[]): number {
  let longest = 0;
  for (const tag of tags) {
    // Start with the longest possible tail: its first character usually decides.
    for (let at = Math.max(0, text.length - tag.length + 1); at < text.length - longest; at += 1) {
      if (text[at] === tag[0] && tag.startsWith(text.slice(at))) longest = text.length - at;
    }
  }
  return longest;
}
