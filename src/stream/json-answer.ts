/** Handles answers requested as JSON: removes the Markdown fence around them, and detects invalid JSON. */
import { parseJson } from '../base/json';
import type { Notes } from '../base/notes';
import { BridgeError } from '../errors/bridge-error';
import type { FinishReason, Signal, Stage } from './signal';

/** A complete opening fence, up to the JSON after it. The root of a structured answer is an object or an array. */
const OPENING = /^\s*```\w*\s*(?=[{[])/;
/** The beginning of what may become an opening fence; its info string is one word. */
const MAYBE_OPENING = /^\s*(?:`{0,2}|```\w{0,20}\s*)$/;
const FENCE = '```';
/** Longest text held back for a fence. Models in JSON mode may write endless whitespace, which is passed on. */
const MAX_HELD_LENGTH = 64;

type AnswerState = 'start' | 'plain' | 'inside' | 'after';

/** Removes the fence around an answer, and the text after it. An answer without an opening fence passes unchanged. */
export class JsonFenceStage implements Stage {
  private state: AnswerState = 'start';
  private held = '';

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'text-delta':
        if (this.state === 'plain') return [signal];
        // Log probabilities belong to exact tokens, so such text is passed on unchanged.
        if (signal.logprobs) return [...this.passUnchanged(), signal];
        this.held += signal.text;
        return toTextDeltas(this.release());
      case 'usage':
      case 'reasoning-delta':
      case 'reasoning-details':
        return [signal];
      case 'choice-end': {
        const rest = this.end();
        this.state = 'start';
        return [...rest, signal];
      }
      default:
        return [...this.end(), signal];
    }
  }

  /** Returns the part of the held text that can be released. */
  private release(): string {
    if (this.state === 'start') this.readOpening();
    if (this.state === 'plain') return this.take(this.held.length);
    if (this.state !== 'inside') return this.state === 'after' ? this.drop() : '';
    const end = findClosing(this.held);
    if (end === undefined) return this.take(this.held.length - measureClosingTail(this.held));
    const text = this.take(end);
    this.state = 'after';
    this.held = '';
    return text;
  }

  private readOpening(): void {
    const opening = OPENING.exec(this.held);
    if (opening) {
      this.held = this.held.slice(opening[0].length);
      this.state = 'inside';
    } else if (this.held.length > MAX_HELD_LENGTH || !MAYBE_OPENING.test(this.held)) {
      this.state = 'plain';
    }
  }

  /** Also called before signals other than text, reasoning and usage: what is held is a closing fence or plain text. */
  end(): readonly Signal[] {
    const isClosed = this.state === 'inside' && this.held.includes(FENCE);
    if (isClosed) this.state = 'after';
    return toTextDeltas(isClosed ? this.drop() : this.take(this.held.length));
  }

  private passUnchanged(): readonly Signal[] {
    const rest = this.end();
    this.state = 'plain';
    return rest;
  }

  private take(length: number): string {
    const text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return text;
  }

  private drop(): string {
    this.held = '';
    return '';
  }
}

/**
 * Finds the end of the text before the closing fence: backticks at the beginning of a line. They cannot be part of a
 * JSON string, which contains no line breaks.
 */
function findClosing(text: string): number | undefined {
  for (let at = text.indexOf(FENCE); at !== -1; at = text.indexOf(FENCE, at + FENCE.length)) {
    const lineBreak = text.lastIndexOf('\n', at);
    if (lineBreak !== -1 && text.slice(lineBreak, at).trim() === '') return text.slice(0, lineBreak).trimEnd().length;
  }
  return undefined;
}

/** Returns how many of the last characters may belong to a closing fence: whitespace, backticks, whitespace. */
function measureClosingTail(text: string): number {
  const tail = text.slice(-MAX_HELD_LENGTH);
  const trimmed = tail.trimEnd();
  const length = tail.length - trimmed.replace(/`{1,3}$/, '').trimEnd().length;
  return length < MAX_HELD_LENGTH ? length : 0;
}

const toTextDeltas = (text: string): readonly Signal[] => (text === '' ? [] : [{ type: 'text-delta', text }]);

export interface JsonCheckOptions {
  /**
   * Whether invalid JSON fails the answer, so that it can be retried before any of it is shown; otherwise only a note
   * is added.
   */
  readonly failsAnswer: boolean;
  readonly notes: Notes;
}

/** Checks the text of each choice once it is complete, unless the choice has calls or was truncated. */
export class JsonCheckStage implements Stage {
  private text = '';
  private hasCalls = false;

  constructor(private readonly options: JsonCheckOptions) {}

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'text-delta':
        this.text += signal.text;
        return [signal];
      case 'call-start':
        this.hasCalls = true;
        return [signal];
      case 'choice-end':
      case 'finish':
        return [...this.check(signal.reason), signal];
      default:
        return [signal];
    }
  }

  private check(reason: FinishReason): readonly Signal[] {
    const isChecked = reason === 'stop' && this.text !== '' && !this.hasCalls;
    const isInvalid = isChecked && parseJson(this.text) === undefined;
    this.text = '';
    this.hasCalls = false;
    if (!isInvalid) return [];
    const message = 'The model did not answer with the requested JSON.';
    if (this.options.failsAnswer) return [{ type: 'error', error: new BridgeError('bad_answer', message) }];
    this.options.notes.add(message);
    return [];
  }
}
