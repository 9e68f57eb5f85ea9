/** Reads Chat Completions answers as signals, both streamed chunks and whole completions. */
import { parseJson } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import { classifyStreamError } from '../errors/classify';
import type { ChatChunk, ChatDelta } from '../wire/chat';
import { readChatChunk } from '../wire/read-chat';
import {
  cutStream, emptyAnswer, FINISH_REASONS, readFinishReason, TRUNCATING_REASONS, unfinishedStream, unreadableEvent,
} from './endings';
import type { AnswerReader, FinishReason, ReaderOptions, Reading, Signal } from './signal';
import type { SseEvent } from './sse';
import { MAX_ANSWER_LENGTH, tooLong, ToolCalls } from './tool-calls';

/** Reads one answer: the chunks of a stream, or one whole completion. */
export class ChatReader implements AnswerReader {
  private readonly callIds: Set<string>;
  private calls: ToolCalls;
  finished = false;
  private reason: FinishReason | undefined;
  /** Whether content has arrived after the latest finish reason, which a later one then replaces. */
  private hasLateContent = false;
  /** Whether `[DONE]` has arrived. */
  private isDone = false;
  /** The deltas of several choices, by index. `end` reads one choice after the other: a stream may interleave them. */
  private readonly heldDeltas = new Map<number, ChatDelta[]>();
  /** Length of the stream events with these deltas, in characters. */
  private heldLength = 0;

  constructor(private readonly options: ReaderOptions) {
    this.callIds = new Set(options.callIds);
    this.calls = new ToolCalls(options, this.callIds);
  }

  readEvent(event: SseEvent): Reading {
    const data = event.data.trim();
    if (data === '') return { signals: [], isDone: false };
    if (data === '[DONE]') {
      this.isDone = true;
      return { signals: [], isDone: true };
    }
    const value = parseJson(data);
    const signals = value === undefined ? this.readLines(data) : this.readChunk(readChatChunk(value), data.length);
    return { signals, isDone: false };
  }

  readCompletion(value: unknown): readonly Signal[] {
    const chunk = readChatChunk(value);
    if (chunk.error !== undefined) return this.readChunk(chunk, 0);
    if (chunk.choices.length === 0) return [{ type: 'error', error: emptyAnswer() }];
    const choices = chunk.choices.map((choice, position) => ({
      ...choice, index: choice.index ?? position, finishReason: choice.finishReason ?? 'stop',
    }));
    choices.sort((one, other) => one.index - other.index);
    // By position, so that choices with the same index stay apart.
    choices.forEach((choice, position) => this.hold(choice, position));
    return chunk.usage ? [{ type: 'usage', usage: chunk.usage }] : [];
  }

  /** Text, calls and usage may follow the first finish_reason, so only the end of the stream ends the answer. */
  end(): readonly Signal[] {
    const signals: Signal[] = [];
    const held = [...this.heldDeltas].sort(([one], [other]) => one - other);
    const [first = [], ...others] = held.map(([, deltas]) => deltas);
    let reason = this.readChoice(first, signals);
    for (const deltas of others) {
      if (reason === undefined) return signals;
      signals.push({ type: 'choice-end', reason });
      this.calls = new ToolCalls(this.options, this.callIds);
      this.reason = undefined;
      this.finished = this.hasLateContent = false;
      reason = this.readChoice(deltas, signals);
    }
    if (reason !== undefined) signals.push({ type: 'finish', reason });
    return signals;
  }

  /** Reads the deltas held back for a choice, and ends its calls. @returns its finish reason; undefined on failure */
  private readChoice(deltas: readonly ChatDelta[], signals: Signal[]): FinishReason | undefined {
    for (const delta of deltas) this.readDelta(delta, signals);
    const ending = this.findEnding();
    if (ending instanceof BridgeError) {
      signals.push({ type: 'error', error: ending });
      return undefined;
    }
    for (const signal of this.calls.finish(ending)) signals.push(signal);
    return ending;
  }

  private findEnding(): FinishReason | BridgeError {
    const { reason, calls } = this;
    const isTruncated = this.hasLateContent && calls.isTruncated;
    if (reason !== undefined && !isTruncated) return reason;
    if (calls.isTruncated || !this.isDone) return cutStream();
    // Some gateways end a broken stream with [DONE]; only complete calls prove that nothing is missing.
    if (calls.count > 0) return 'tool_calls';
    return this.options.sendsFinishReason === false ? 'stop' : unfinishedStream();
  }

  /** @param length the event's length in characters */
  private readChunk(chunk: ChatChunk, length: number): readonly Signal[] {
    if (chunk.error !== undefined) {
      return this.finished ? [] : [{ type: 'error', error: classifyStreamError(chunk.error, this.options.source?.()) }];
    }
    const signals: Signal[] = [];
    if (this.options.severalChoices) {
      this.heldLength += length;
      if (this.heldLength > MAX_ANSWER_LENGTH) return [tooLong()];
      for (const choice of chunk.choices) this.hold(choice, choice.index ?? 0);
    } else {
      const [choice] = chunk.choices;
      if (choice) this.readDelta(choice, signals);
    }
    if (chunk.usage) signals.push({ type: 'usage', usage: chunk.usage });
    return signals;
  }

  private hold(choice: ChatDelta, index: number): void {
    const deltas = this.heldDeltas.get(index);
    if (deltas) deltas.push(choice);
    else this.heldDeltas.set(index, [choice]);
  }

  private readDelta(choice: ChatDelta, signals: Signal[]): void {
    this.passContent(choice, signals);
    const failure = choice.finishReason === undefined ? undefined : this.readFinish(choice.finishReason);
    if (failure) signals.push(failure);
  }

  private passContent(choice: ChatDelta, signals: Signal[]): void {
    const { text, reasoning, reasoningDetails: details, refusal, logprobs, toolCalls } = choice;
    const { calls } = this;
    if (details) calls.pass({ type: 'reasoning-details', details }, signals);
    if (reasoning !== undefined) calls.pass({ type: 'reasoning-delta', text: reasoning }, signals);
    if (text !== undefined) calls.pass({ type: 'text-delta', text, ...(logprobs && { logprobs }) }, signals);
    if (refusal !== undefined) calls.pass({ type: 'refusal-delta', text: refusal }, signals);
    this.hasLateContent ||= this.finished && (text ?? reasoning ?? refusal ?? toolCalls) !== undefined;
    for (const fragment of toolCalls ?? []) for (const signal of calls.pushFragment(fragment)) signals.push(signal);
  }

  /** @returns the failure, if the finish reason reports one */
  private readFinish(value: string): Signal | undefined {
    const reason = FINISH_REASONS.get(value) ?? readFinishReason(value);
    if (reason === undefined) return undefined;
    if (reason instanceof BridgeError) return this.finished ? undefined : { type: 'error', error: reason };
    const isReplaced = this.reason === undefined || (this.hasLateContent && !TRUNCATING_REASONS.has(this.reason));
    if (isReplaced) this.reason = reason;
    this.finished = true;
    this.hasLateContent = false;
    return undefined;
  }

  /** Reads data that is not one JSON value: some gateways put several into one event, others send an HTML page. */
  private readLines(data: string): readonly Signal[] {
    const values = data.split('\n').map((line) => parseJson(line.replace(/^data:/, '')));
    if (values.length > 1 && values.every((value) => value !== undefined)) {
      return values.flatMap((value) => this.readChunk(readChatChunk(value), data.length / values.length));
    }
    return this.finished ? [] : [unreadableEvent(data)];
  }
}
