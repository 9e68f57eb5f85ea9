/** Turns tool calls that leaked into text or reasoning as markup into real calls, while the answer streams. */
import type { MakeId } from '../base/clock';
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../base/json';
import type { ChatTool } from '../wire/chat';
import { MARKUP_FORMATS, type MarkupCall, type MarkupFormat } from './markup-formats';
import type { Signal, Stage } from './signal';
import { tailOf } from './think-tags';

export interface ToolMarkupOptions {
  /** The tools as they were offered: only their names are ever turned into calls. */
  readonly tools: readonly ChatTool[];
  readonly makeId: MakeId;
}

type TextType = 'text-delta' | 'reasoning-delta';
const OPENERS = MARKUP_FORMATS.map((format) => format.open);

/**
 * Works only as long as no structured call came. Text about markup is left alone: code fences and inline code, unknown
 * names, blocks that cannot be a call.
 */
export class ToolMarkupStage implements Stage {
  private readonly lanes: { readonly [K in TextType]: Lane };
  private active: boolean;

  constructor(options: ToolMarkupOptions) {
    this.active = options.tools.length > 0;
    this.lanes = {
      'text-delta': new Lane('text-delta', options),
      'reasoning-delta': new Lane('reasoning-delta', options),
    };
  }

  step(signal: Signal): readonly Signal[] {
    if (!this.active || signal.type === 'usage' || signal.type === 'reasoning-details') return [signal];
    if ((signal.type === 'text-delta' && !signal.logprobs) || signal.type === 'reasoning-delta') {
      const other = signal.type === 'text-delta' ? 'reasoning-delta' : 'text-delta';
      return [...this.lanes[other].flush(false), ...this.lanes[signal.type].push(signal.text)];
    }
    const cut = signal.type === 'finish' && signal.reason !== 'stop' && signal.reason !== 'tool_calls';
    if (signal.type === 'call-start') this.active = false;
    return [...this.end(!cut && signal.type === 'finish'), signal];
  }

  end(whole = false): readonly Signal[] {
    return [...this.lanes['reasoning-delta'].flush(whole), ...this.lanes['text-delta'].flush(whole)];
  }
}

/** One of the two texts of an answer. */
class Lane {
  private held = '';
  /** The format whose block `held` begins with. */
  private format: MarkupFormat | undefined;
  /** What was let out of the current line, to know code from prose. */
  private line = '';
  private fenced = false;
  /** A call was found: blanks around it are markup too. */
  private afterCall = false;

  constructor(private readonly type: TextType, private readonly options: ToolMarkupOptions) {}

  push(text: string): readonly Signal[] {
    this.held += text;
    const signals: Signal[] = [];
    // Every opener begins with this character: almost all text goes straight through.
    if (!this.held.includes('<')) {
      this.letOut(this.held.length, signals);
      return signals;
    }
    while (this.advance(signals));
    return signals;
  }

  /** @param whole the answer is over and was not cut: a block without its closer is read as far as it goes */
  flush(whole: boolean): readonly Signal[] {
    const signals: Signal[] = [];
    if (this.format && whole) this.close(this.format, this.held.length, signals);
    this.format = undefined;
    this.letOut(this.held.length, signals);
    return signals;
  }

  /** Takes one step; false when more text is needed. */
  private advance(signals: Signal[]): boolean {
    const { format } = this;
    if (!format) return this.findOpener(signals);
    const end = this.held.indexOf(format.close);
    if (end !== -1) {
      this.close(format, end, signals);
      return this.held !== '';
    }
    if (format.plausible(this.held.slice(format.open.length))) return false;
    this.format = undefined;
    this.letOut(format.open.length, signals);
    return true;
  }

  private findOpener(signals: Signal[]): boolean {
    const found = MARKUP_FORMATS.map((format) => ({ format, at: this.held.indexOf(format.open) }))
      .filter(({ at }) => at !== -1)
      .sort((left, right) => left.at - right.at)[0];
    if (!found) {
      this.letOut(this.held.length - tailOf(this.held, ...OPENERS), signals);
      return false;
    }
    this.letOut(found.at, signals);
    if (this.inCode()) this.letOut(found.format.open.length, signals);
    else this.format = found.format;
    return true;
  }

  /** The block is whole: calls if every name was offered, otherwise text as it was. */
  private close(format: MarkupFormat, end: number, signals: Signal[]): void {
    const calls = format.parse(this.held.slice(format.open.length, end)) ?? [];
    const known = calls.map((call) => this.known(call));
    this.format = undefined;
    if (known.length === 0 || known.includes(undefined))
      return this.letOut(Math.min(end + format.close.length, this.held.length), signals);
    this.held = this.held.slice(end + format.close.length);
    this.afterCall = true;
    for (const call of known) {
      if (call)
        signals.push(
          { type: 'call-start', id: this.options.makeId('call'), name: call.name },
          { type: 'call-delta', text: call.args },
          { type: 'call-end' },
        );
    }
    return undefined;
  }

  private known(call: MarkupCall): { readonly name: string; readonly args: string } | undefined {
    const tool = this.options.tools.find(({ function: offered }) => offered.name === call.name);
    return (
      tool && {
        name: call.name,
        args: JSON.stringify(call.arguments ?? typedValues(call.values ?? new Map(), tool.function.parameters)),
      }
    );
  }

  private letOut(length: number, signals: Signal[]): void {
    let text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    if (this.afterCall) text = text.trimStart();
    if (text === '') return;
    this.afterCall = false;
    this.follow(text);
    signals.push({ type: this.type, text });
  }

  /** Keeps the current line, and whether it stands inside a code fence. */
  private follow(text: string): void {
    this.line += text;
    if (!text.includes('\n')) return;
    const lines = this.line.split('\n');
    this.line = lines.pop() ?? '';
    for (const line of lines) if (/^\s*(```|~~~)/.test(line)) this.fenced = !this.fenced;
  }

  /** Inside a code fence, or inside an open `inline code` of this line. */
  private inCode(): boolean {
    const fenced = /^\s*(```|~~~)/.test(this.line) ? !this.fenced : this.fenced;
    return fenced || (this.line.split('`').length - 1) % 2 === 1;
  }
}

/** Values are text in the markup; the tool's schema says what they are. */
function typedValues(values: ReadonlyMap<string, string>, schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const schemaOf = (key: string): JsonValue | undefined =>
    Object.hasOwn(properties, key) ? properties[key] : undefined;
  return Object.fromEntries([...values].map(([key, value]) => [key, typedValue(value, schemaOf(key))]));
}

function typedValue(text: string, schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema) || schema['type'] === 'string') return text;
  return parseJson(text.trim()) ?? text;
}
