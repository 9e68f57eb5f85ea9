/**
 * Reads events of a native Responses endpoint as signals. Endpoints differ in what they omit: text without its item
 * (litellm#22102), arguments only in the last event (opencodex#4652) or truncated before it (vllm#44348), no
 * `output_item.done` (sglang#12652), an empty `output` at the end (vllm#30223). So everything is read where it first
 * appears, and later repetitions only add missing parts.
 */
import { parseJson } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { classifyStreamError } from '../errors/classify';
import type { FailureSource } from '../errors/error-rule';
import type { NativeEvent, NativeOutputItem, NativePosition, NativeResponse, NativeTextKind } from '../wire/native';
import { readNativeEvent, readNativeResponse } from '../wire/read-native';
import { cutStream, readFinishReason, TRUNCATING_REASONS, unreadableEvent } from './endings';
import type { AnswerReader, FinishReason, ReaderOptions, Reading, Signal } from './signal';
import type { SseEvent } from './sse';
import { ToolCalls } from './tool-calls';

type TextEvent = Extract<NativeEvent, { type: 'text' }>;
type NativeItem<T extends NativeOutputItem['type']> = Extract<NativeOutputItem, { type: T }>;

/** What has been received of a call. */
interface SeenCall {
  readonly index: number;
  readonly id: string | undefined;
  /** The arguments passed on so far. */
  streamed: string;
  /** Arguments in the item when it was added. */
  readonly announced: string;
}

/**
 * Reads one answer of a Responses endpoint. Only the terminal event finishes it; an answer that ends with `[DONE]`
 * alone is truncated.
 */
export class NativeReader implements AnswerReader {
  finished = false;
  private readonly calls: ToolCalls;
  private readonly seenCalls = new Map<number, SeenCall>();
  /** Messages and reasoning whose text was passed on, by key: the kind of text that came first, and the last part. */
  private readonly seenTexts = new Map<string, { readonly kind: NativeTextKind; part: number }>();
  /** The index of each item, by item id; `lastIndex` is that of the latest item. */
  private readonly indexes = new Map<string, number>();
  private lastIndex: number | undefined;
  /** The key of the latest message, while nothing else has followed it. */
  private textKey: string | undefined;
  /** Whether nothing has been passed on yet. */
  private isSilent = true;

  constructor(private readonly options: ReaderOptions) {
    this.calls = new ToolCalls(options);
  }

  readEvent(event: SseEvent): Reading {
    const data = event.data.trim();
    if (data === '' || this.finished) return { signals: [], isDone: false };
    if (data === '[DONE]') return { signals: [], isDone: true };
    const value = parseJson(data);
    if (value === undefined) return { signals: [unreadableEvent(data)], isDone: false };
    const read = readNativeEvent(value, event.name);
    return { signals: this.read(read), isDone: read.type === 'end' };
  }

  readCompletion(value: unknown): readonly Signal[] {
    const response = readNativeResponse(value);
    if (response.status !== undefined || response.output.length > 0) return this.endResponse(response);
    const event = readNativeEvent(value, undefined);
    if (event.type === 'error') return this.read(event);
    return [
      {
        type: 'error',
        error: new BridgeError(
          'bad_answer',
          'The provider answered with JSON that is not a Response. Check UPSTREAM_WIRE.',
        ),
      },
    ];
  }

  private read(event: NativeEvent): readonly Signal[] {
    switch (event.type) {
      case 'item':
        return this.readItem(event, event.item, event.done);
      case 'text':
        return event.kind === 'arguments' ? this.readArguments(event) : this.readText(event);
      case 'end':
        return this.endResponse(event.response);
      case 'error':
        return [{ type: 'error', error: classifyStreamError(event.error, this.options.source?.()) }];
      case 'other':
        return [];
      default:
        return event satisfies never;
    }
  }

  private readItem(position: NativePosition, item: NativeOutputItem, isDone: boolean): readonly Signal[] {
    if (item.type === 'call') return isDone ? this.endCall(position, item) : this.beginCall(position, item);
    if (item.type === 'other') return [];
    if (!isDone) this.seenTexts.delete(this.keyOf(item.type, position));
    if (!isDone) return [];
    return item.type === 'message' ? this.endMessage(position, item) : this.endReasoning(position, item);
  }

  private readText({ kind, part, text, whole, logprobs, ...position }: TextEvent): readonly Signal[] {
    const isVisible = kind === 'text' || kind === 'refusal';
    const key = this.keyOf(isVisible ? 'message' : 'reasoning', position);
    const seen = this.seenTexts.get(key);
    // Reasoning sent both as a summary and as raw text is shown once; parts already received are not repeated.
    if (seen && ((!isVisible && seen.kind !== kind) || (whole && seen.part >= part))) return [];
    // The parts of a summary are paragraphs.
    const beginsParagraph = seen && kind === 'summary' && part > seen.part;
    if (seen) seen.part = part;
    else this.seenTexts.set(key, { kind, part });
    const reasoning = beginsParagraph ? `\n\n${text}` : text;
    if (!isVisible) return this.emit(undefined, { type: 'reasoning-delta', text: reasoning });
    const gap: readonly Signal[] =
      this.textKey !== undefined && this.textKey !== key ? [{ type: 'text-delta', text: '\n\n' }] : [];
    const signal: Signal =
      kind === 'refusal'
        ? { type: 'refusal-delta', text }
        : { type: 'text-delta', text, ...(logprobs && { logprobs }) };
    return this.emit(key, ...gap, signal);
  }

  private endMessage(position: NativePosition, { text, refusal, phase }: NativeItem<'message'>): readonly Signal[] {
    const signals = this.seenTexts.has(this.keyOf('message', position))
      ? []
      : [...this.readWholeText(position, 'text', text), ...this.readWholeText(position, 'refusal', refusal)];
    return phase === undefined ? signals : [...signals, ...this.emit(undefined, { type: 'message-end', phase })];
  }

  private endReasoning(position: NativePosition, item: NativeItem<'reasoning'>): readonly Signal[] {
    const { summary, content, sealed } = item;
    const isSeen = this.seenTexts.has(this.keyOf('reasoning', position));
    const [kind, text] = content === undefined ? (['summary', summary] as const) : (['content', content] as const);
    return [
      ...(isSeen ? [] : this.readWholeText(position, kind, text)),
      ...(sealed ? this.emit(undefined, { type: 'reasoning-details', details: [sealed] }) : []),
    ];
  }

  private readWholeText(position: NativePosition, kind: NativeTextKind, text: string | undefined): readonly Signal[] {
    return text === undefined
      ? []
      : this.readText({ type: 'text', ...position, kind, part: 0, text, whole: false, logprobs: undefined });
  }

  private beginCall(position: NativePosition, call: NativeItem<'call'>): readonly Signal[] {
    const index = this.resolveIndex(position);
    this.seenCalls.set(index, { index, id: call.callId, streamed: '', announced: call.arguments ?? '' });
    return this.passFragment(index, { ...call, callId: call.callId ?? position.itemId });
  }

  private endCall(position: NativePosition, call: NativeItem<'call'>): readonly Signal[] {
    const index = this.resolveIndex(position);
    const seen = this.seenCalls.get(index);
    const isOther = seen?.id !== undefined && call.callId !== undefined && seen.id !== call.callId;
    // A known call keeps its id. Arguments that arrived before their item get the tool name here.
    const begin =
      seen && !isOther
        ? this.passFragment(index, { ...call, callId: undefined })
        : this.beginCall(position, { ...call, arguments: undefined });
    return [...begin, ...this.complete(index, call.arguments)];
  }

  private readArguments({ text, whole, ...position }: TextEvent): readonly Signal[] {
    const index = this.resolveIndex(position);
    return whole ? this.complete(index, text) : this.extend(index, text);
  }

  private extend(index: number, text: string): readonly Signal[] {
    const seen = this.seenCalls.get(index) ?? { index, id: undefined, streamed: '', announced: '' };
    seen.streamed += text;
    this.seenCalls.set(index, seen);
    return this.passFragment(index, undefined, text);
  }

  /** Passes on the new part of the complete arguments. Arguments that contradict the deltas are ignored. */
  private complete(index: number, whole: string | undefined): readonly Signal[] {
    const streamed = this.seenCalls.get(index)?.streamed ?? '';
    if (whole === undefined || whole === streamed || !whole.startsWith(streamed)) return [];
    return this.extend(index, whole.slice(streamed.length));
  }

  private passFragment(index: number, call?: NativeItem<'call'>, text?: string): readonly Signal[] {
    this.textKey = undefined;
    this.isSilent = false;
    const { callId: id, name } = call ?? {};
    return this.calls.pushFragment({ index, id, name, arguments: text, signature: undefined });
  }

  /** Returns nothing: only the terminal event ends an answer. */
  end(): readonly Signal[] {
    return [];
  }

  private endResponse(response: NativeResponse): readonly Signal[] {
    if (this.finished) return [];
    // The answer may be only in the terminal event.
    const output = this.isSilent ? response.output : [];
    const late = output.flatMap(({ item, ...position }) => this.readItem(position, item, true));
    const failure = failureOf(response, this.options.source?.());
    if (failure) return [...late, { type: 'error', error: failure }];
    const usage: readonly Signal[] = response.usage ? [{ type: 'usage', usage: response.usage }] : [];
    // An unfinished Response is not an answer: the stream ends without a finish, which is a failure.
    if (response.status === 'in_progress' || response.status === 'queued') return [...late, ...usage];
    const reason = this.reasonOf(response);
    if (reason instanceof BridgeError) return [...late, { type: 'error', error: reason }];
    this.finished = true;
    const announced = [...this.seenCalls.values()].flatMap((call) =>
      call.streamed === '' ? this.complete(call.index, call.announced) : [],
    );
    // llama.cpp labels truncated turns `completed`; after a broken call, Codex would repeat the request endlessly.
    const isTruncated = !TRUNCATING_REASONS.has(reason) && this.calls.isTruncated;
    if (isTruncated) return [...late, ...announced, { type: 'error', error: cutStream() }];
    return [...late, ...announced, ...usage, ...this.calls.finish(reason), { type: 'finish', reason }];
  }

  private reasonOf({ status, incompleteReason }: NativeResponse): FinishReason | BridgeError {
    if (status !== 'incomplete') return this.calls.count > 0 ? 'tool_calls' : 'stop';
    const reason = readFinishReason(incompleteReason ?? 'length');
    if (reason instanceof BridgeError && reason.kind === 'context_overflow') return reason;
    return reason === 'content_filter' ? reason : 'length';
  }

  private emit(textKey: string | undefined, ...signals: readonly Signal[]): readonly Signal[] {
    this.textKey = textKey;
    this.isSilent = false;
    const passed: Signal[] = [];
    for (const signal of signals) this.calls.pass(signal, passed);
    return passed;
  }

  /** The key includes the item type, because some gateways give every item the index 0. */
  private keyOf(kind: 'message' | 'reasoning', position: NativePosition): string {
    return `${kind} ${this.resolveIndex(position)}`;
  }

  /**
   * Returns the event's index; without one, that of the item with its id; without an id, that of the latest item.
   * An item without any of these gets a new index.
   */
  private resolveIndex({ index, itemId }: NativePosition): number {
    const known =
      index ?? (itemId === undefined ? this.lastIndex : this.indexes.get(itemId)) ?? this.indexes.size + UNNUMBERED;
    if (itemId !== undefined && !this.indexes.has(itemId)) this.indexes.set(itemId, known);
    this.lastIndex = known;
    return known;
  }
}

/** The first index for items without one; greater than any index from an endpoint. */
const UNNUMBERED = 1_000_000;

function failureOf({ status, error }: NativeResponse, source: FailureSource | undefined): BridgeError | undefined {
  if (error !== undefined) return classifyStreamError(error, source);
  if (status !== 'failed' && status !== 'cancelled') return undefined;
  return new BridgeError('upstream_error', `The provider ended its answer with status ${status} and no reason.`);
}
