/** Converts tool calls that leaked into text or reasoning as markup into real calls, while the answer streams. */
import type { MakeId } from '../base/clock';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../base/json';
import { listBareCalls, CALL_MARKUP, type CallMarkup } from '../providers/call-markup';
import type { ChatTool } from '../wire/chat';
import { TRUNCATING_REASONS } from './endings';
import { mayBeCall, readMarkupCalls, type MarkupCall } from './markup-formats';
import type { Signal, SignalOf, Stage } from './signal';

export interface ToolMarkupOptions {
  /** The offered tools; only calls to them are converted. */
  readonly tools: readonly ChatTool[];
  readonly makeId: MakeId;
}

type TextType = 'text-delta' | 'reasoning-delta';

const OPENERS = CALL_MARKUP.map(({ open }) => open).sort((left, right) => right.length - left.length);
const OPENER = new RegExp(OPENERS.map((open) => open.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'));
const BY_OPENER: ReadonlyMap<string, CallMarkup> = new Map(CALL_MARKUP.map((row) => [row.open, row]));
const LONGEST_OPENER = OPENERS[0]?.length ?? 0;
/** This many characters of a block are enough to tell that it is not a call. */
const MAX_HEAD_LENGTH = 256;
/** Enough to recognize a fence, which starts its line. */
const MAX_LINE_HEAD_LENGTH = 64;

/**
 * Active until a structured call arrives. Text about markup passes unchanged: code fences, inline code, unknown names,
 * blocks that cannot be a call.
 */
export class ToolMarkupStage implements Stage {
  private channels: { readonly [K in TextType]: TextChannel };
  private isActive: boolean;

  constructor(private readonly options: ToolMarkupOptions) {
    this.isActive = options.tools.length > 0;
    this.channels = createChannels(options);
  }

  step(signal: Signal): readonly Signal[] {
    if (signal.type === 'choice-end') return this.beginNextChoice(signal);
    if (!this.isActive || signal.type === 'usage' || signal.type === 'reasoning-details') return [signal];
    if ((signal.type === 'text-delta' && !signal.logprobs) || signal.type === 'reasoning-delta') {
      const other = this.channels[signal.type === 'text-delta' ? 'reasoning-delta' : 'text-delta'];
      if (other.isIdle) return this.channels[signal.type].push(signal);
      return [...other.flush(false), ...this.channels[signal.type].push(signal)];
    }
    if (signal.type === 'call-start') this.isActive = false;
    return [...this.end(signal.type === 'finish' && !TRUNCATING_REASONS.has(signal.reason)), signal];
  }

  private beginNextChoice(signal: SignalOf<'choice-end'>): readonly Signal[] {
    const rest = this.isActive ? this.end(!TRUNCATING_REASONS.has(signal.reason)) : [];
    this.isActive = this.options.tools.length > 0;
    this.channels = createChannels(this.options);
    return [...rest, signal];
  }

  end(isComplete = false): readonly Signal[] {
    return [...this.channels['reasoning-delta'].flush(isComplete), ...this.channels['text-delta'].flush(isComplete)];
  }
}

const createChannels = (options: ToolMarkupOptions): { readonly [K in TextType]: TextChannel } => ({
  'text-delta': new TextChannel('text-delta', options),
  'reasoning-delta': new TextChannel('reasoning-delta', options),
});

/** An open block. Its text is kept as pieces; only its beginning and its last characters are inspected. */
interface Block {
  readonly markup: CallMarkup;
  readonly pieces: string[];
  length: number;
  /** The last characters, which may be the beginning of the closing tag. */
  tail: string;
}

/** Processes one of the two kinds of text in an answer: text or reasoning. */
class TextChannel {
  /** Text that may be the beginning of an opening tag. */
  private held = '';
  private block: Block | undefined;
  /** Whether the text so far is only whitespace, so that a call without tags may begin. */
  private isBlank: boolean;
  /** The current line: its beginning and number of backticks, to distinguish code from prose. */
  private lineHead = '';
  private ticks = 0;
  private isFenced = false;
  /** Whether a call has just been found; the whitespace after it is part of the markup. */
  private isAfterCall = false;

  constructor(private readonly type: TextType, private readonly options: ToolMarkupOptions) {
    this.isBlank = type === 'text-delta';
  }

  /** Whether nothing is held back. */
  get isIdle(): boolean {
    return this.held === '' && !this.block;
  }

  push(signal: Signal & { readonly text: string }): readonly Signal[] {
    // Every opening tag contains one of these characters, so almost all text passes unchanged.
    if (this.isIdle && !this.isBlank && !this.isAfterCall && !/[<[]/.test(signal.text)) {
      this.track(signal.text);
      return [signal];
    }
    const signals: Signal[] = [];
    let rest = this.block ? this.extend(this.block, signal.text, signals) : signal.text;
    while (rest !== '') {
      this.held += rest;
      rest = this.scan(signals);
    }
    return signals;
  }

  /** @param isComplete the answer ended and was not truncated, so a block without its closing tag is read to its end */
  flush(isComplete: boolean): readonly Signal[] {
    const signals: Signal[] = [];
    if (this.block) {
      const text = this.block.pieces.join('');
      if (!isComplete || !this.convert(this.block.markup, text, signals)) this.held = this.block.markup.open + text;
      this.block = undefined;
    }
    this.emit(this.held.length, signals);
    return signals;
  }

  /** Looks for an opening tag in the held text. @returns the text to scan next, after a tag or a complete block */
  private scan(signals: Signal[]): string {
    if (this.isBlank && this.waitForBareCall(signals)) return '';
    const found = OPENER.exec(this.held);
    if (!found) {
      this.emit(this.held.length - measureOpenerTail(this.held), signals);
      return '';
    }
    this.emit(found.index, signals);
    const markup = BY_OPENER.get(found[0]);
    const inner = this.held.slice(found[0].length);
    if (!markup || this.isInCode() || !mayBeCall(inner.slice(0, MAX_HEAD_LENGTH))) {
      this.emit(found[0].length, signals);
      const rest = this.held;
      this.held = '';
      return rest;
    }
    this.held = '';
    return this.extend((this.block = { markup, pieces: [], length: 0, tail: '' }), inner, signals);
  }

  /** Checks whether the answer is a call without tags. @returns whether it is one or may still be one */
  private waitForBareCall(signals: Signal[]): boolean {
    const text = this.held.trimStart();
    if (text === '') this.emit(this.held.length, signals);
    if (text === '') return true;
    if (!/^[{[f]/.test(text) || text.length > 4 * MAX_HEAD_LENGTH) return false;
    const condensed = text.replace(/\s+/g, '');
    const forms = this.options.tools.flatMap(({ function: { name } }) => listBareCalls(name));
    if (forms.some((form) => condensed.startsWith(form))) {
      this.block = { markup: { open: '' }, pieces: [this.held], length: this.held.length, tail: '' };
      this.held = '';
      return true;
    }
    return condensed.length < MAX_HEAD_LENGTH && forms.some((form) => form.startsWith(condensed));
  }

  /** @returns the text to scan next: what follows a complete block, or the content of one that cannot be a call */
  private extend(block: Block, text: string, signals: Signal[]): string {
    const { markup } = block;
    const window = block.tail + text;
    const end = markup.close === undefined ? -1 : window.indexOf(markup.close);
    block.pieces.push(text);
    if (end !== -1) {
      const all = block.pieces.join('');
      const inner = all.slice(0, all.length - window.length + end);
      this.block = undefined;
      if (!this.convert(markup, inner, signals)) this.pass(markup.open + inner + (markup.close ?? ''), signals);
      return window.slice(end + (markup.close?.length ?? 0));
    }
    const isUndecided = block.length <= MAX_HEAD_LENGTH && markup.open !== '';
    block.length += text.length;
    block.tail = markup.close === undefined ? '' : window.slice(1 - markup.close.length);
    if (!isUndecided || mayBeCall(block.pieces.join('').slice(0, MAX_HEAD_LENGTH))) return '';
    this.block = undefined;
    this.pass(markup.open, signals);
    return block.pieces.join('');
  }

  /** Converts a block to calls, if every name was offered. @returns whether it did */
  private convert(markup: CallMarkup, inner: string, signals: Signal[]): boolean {
    const text = markup.includesTags ? `${markup.open}${inner}${markup.close ?? ''}` : inner;
    const calls = (readMarkupCalls(text) ?? []).map((call) => this.findOffered(call));
    if (calls.length === 0 || calls.includes(undefined)) return false;
    this.isAfterCall = true;
    this.isBlank = false;
    for (const call of calls) {
      if (!call) continue;
      signals.push(
        { type: 'call-start', id: this.options.makeId('call'), name: call.name },
        { type: 'call-delta', text: call.args },
        { type: 'call-end' },
      );
    }
    return true;
  }

  private findOffered(call: MarkupCall): { readonly name: string; readonly args: string } | undefined {
    const name = call.name.replace(/^functions\./, '');
    const names = [call.name, name];
    const tool = this.options.tools.find(({ function: offered }) => names.includes(offered.name));
    if (!tool) return undefined;
    const values = call.arguments ?? parseValues(call.values ?? new Map(), tool.function.parameters);
    return { name: tool.function.name, args: JSON.stringify(values) };
  }

  private emit(length: number, signals: Signal[]): void {
    const text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    this.pass(text, signals);
  }

  private pass(raw: string, signals: Signal[]): void {
    const text = this.isAfterCall ? raw.trimStart() : raw;
    if (text === '') return;
    this.isAfterCall = false;
    this.isBlank &&= text.trim() === '';
    this.track(text);
    signals.push({ type: this.type, text });
  }

  /** Tracks code and prose: the fence state, and the beginning and backticks of the current line. */
  private track(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.trackLine(text.slice(from, end));
      if (isFence(this.lineHead)) this.isFenced = !this.isFenced;
      this.lineHead = '';
      this.ticks = 0;
      from = end + 1;
    }
    this.trackLine(text.slice(from));
  }

  private trackLine(text: string): void {
    if (this.lineHead.length < MAX_LINE_HEAD_LENGTH) this.lineHead += text.slice(0, MAX_LINE_HEAD_LENGTH);
    for (let at = text.indexOf('`'); at !== -1; at = text.indexOf('`', at + 1)) this.ticks += 1;
  }

  /** Whether the position is inside a code fence or inline code. */
  private isInCode(): boolean {
    return (isFence(this.lineHead) ? !this.isFenced : this.isFenced) || this.ticks % 2 === 1;
  }
}

const isFence = (line: string): boolean => /^\s*(?:```|~~~)/.test(line);

/** Returns how many of the last characters may be the beginning of an opening tag. */
function measureOpenerTail(text: string): number {
  for (let at = Math.max(0, text.length - LONGEST_OPENER); at < text.length; at += 1) {
    const char = text[at];
    if (char !== '<' && char !== '[') continue;
    const tail = text.slice(at);
    if (OPENERS.some((open) => open.startsWith(tail))) return tail.length;
  }
  return 0;
}

/** Parses the values, which are text in the markup, as the types in the tool's schema. */
function parseValues(values: ReadonlyMap<string, string>, schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const schemaOf = (key: string): JsonValue | undefined =>
    Object.hasOwn(properties, key) ? properties[key] : undefined;
  return Object.fromEntries([...values].map(([key, value]) => [key, parseValue(value, schemaOf(key))]));
}

function parseValue(text: string, schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema) || schema['type'] === 'string') return text;
  return parseJson(text.trim()) ?? text;
}
