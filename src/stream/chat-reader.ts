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

/** Reads one answer in Chat Completions chunks. */
export class ChatReader implements AnswerReader {
  private readonly callIds: Set<string>;
  private calls: ToolCalls;
  finished = false;
  private reason: FinishReason | undefined;
  /** Whether content has arrived after the latest finish reason. */
  private late = false;
  /** Whether `[DONE]` has arrived. */
  private done = false;
  /** Choices by index, read one after the other at the end: those of a stream may be interleaved. */
  private readonly held = new Map<number, ChatDelta[]>();
  /** Characters of the stream events with those choices. */
  private heldLength = 0;

  constructor(private readonly options: ReaderOptions) {
    this.callIds = new Set(options.callIds);
    this.calls = new ToolCalls(options, this.callIds);
  }

  event(event: SseEvent): Reading {
    const data = event.data.trim();
    if (data === '') return { signals: [], done: false };
    if (data === '[DONE]') {
      this.done = true;
      return { signals: [], done: true };
    }
    const value = parseJson(data);
    const signals = value === undefined ? this.lines(data) : this.chunk(readChatChunk(value), data.length);
    return { signals, done: false };
  }

  /** A whole completion, possibly with several choices. */
  completion(value: unknown): readonly Signal[] {
    const chunk = readChatChunk(value);
    if (chunk.error !== undefined) return this.chunk(chunk, 0);
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
    const [first = [], ...others] = [...this.held].sort(([one], [other]) => one - other).map(([, deltas]) => deltas);
    let reason = this.readChoice(first, signals);
    for (const deltas of others) {
      if (reason === undefined) return signals;
      signals.push({ type: 'choice-end', reason });
      this.calls = new ToolCalls(this.options, this.callIds);
      this.reason = undefined;
      this.finished = this.late = false;
      reason = this.readChoice(deltas, signals);
    }
    if (reason !== undefined) signals.push({ type: 'finish', reason });
    return signals;
  }

  /** Reads the rest of a choice. @returns its finish reason; undefined if it has failed */
  private readChoice(deltas: readonly ChatDelta[], signals: Signal[]): FinishReason | undefined {
    for (const delta of deltas) this.read(delta, signals);
    const ending = this.ending();
    if (ending instanceof BridgeError) {
      signals.push({ type: 'error', error: ending });
      return undefined;
    }
    for (const signal of this.calls.finish(ending)) signals.push(signal);
    return ending;
  }

  private ending(): FinishReason | BridgeError {
    const { reason, calls } = this;
    const isLost = this.late && calls.truncated;
    if (reason !== undefined && !isLost) return reason;
    if (calls.truncated || !this.done) return cutStream();
    // Some gateways end a broken stream with [DONE]; only complete calls prove that nothing is missing.
    if (calls.count > 0) return 'tool_calls';
    return this.options.sendsFinishReason === false ? 'stop' : unfinishedStream();
  }

  /** @param length characters of the event */
  private chunk(chunk: ChatChunk, length: number): readonly Signal[] {
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
      if (choice) this.read(choice, signals);
    }
    if (chunk.usage) signals.push({ type: 'usage', usage: chunk.usage });
    return signals;
  }

  private hold(choice: ChatDelta, index: number): void {
    const deltas = this.held.get(index);
    if (deltas) deltas.push(choice);
    else this.held.set(index, [choice]);
  }

  private read(choice: ChatDelta, signals: Signal[]): void {
    this.delta(choice, signals);
    const failure = choice.finishReason === undefined ? undefined : this.finish(choice.finishReason);
    if (failure) signals.push(failure);
  }

  private delta(choice: ChatDelta, signals: Signal[]): void {
    const { text, reasoning, reasoningDetails: details, refusal, logprobs, toolCalls } = choice;
    const { calls } = this;
    if (details) calls.pass({ type: 'reasoning-details', details }, signals);
    if (reasoning !== undefined) calls.pass({ type: 'reasoning-delta', text: reasoning }, signals);
    if (text !== undefined) calls.pass({ type: 'text-delta', text, ...(logprobs && { logprobs }) }, signals);
    if (refusal !== undefined) calls.pass({ type: 'refusal-delta', text: refusal }, signals);
    this.late ||= this.finished && (text ?? reasoning ?? refusal ?? toolCalls) !== undefined;
    for (const fragment of toolCalls ?? []) for (const signal of calls.fragment(fragment)) signals.push(signal);
  }

  /** @returns the failure, if the finish reason reports one */
  private finish(word: string): Signal | undefined {
    const reason = FINISH_REASONS.get(word) ?? readFinishReason(word);
    if (reason === undefined) return undefined;
    if (reason instanceof BridgeError) return this.finished ? undefined : { type: 'error', error: reason };
    if (this.reason === undefined || (this.late && !TRUNCATING_REASONS.has(this.reason))) this.reason = reason;
    this.finished = true;
    this.late = false;
    return undefined;
  }

  /** Reads data that is not JSON: some gateways put several objects into one event, others send an HTML page. */
  private lines(data: string): readonly Signal[] {
    const values = data.split('\n').map((line) => parseJson(line.replace(/^data:/, '')));
    if (values.length > 1 && values.every((value) => value !== undefined)) {
      return values.flatMap((value) => this.chunk(readChatChunk(value), data.length / values.length));
    }
    return this.finished ? [] : [unreadableEvent(data)];
  }
}
