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
import { ToolCalls } from './tool-calls';

/** Reads one answer in Chat Completions chunks. */
export class ChatReader implements AnswerReader {
  private calls: ToolCalls;
  finished = false;
  private reason: FinishReason | undefined;
  /** Whether content has arrived after the latest finish reason. */
  private late = false;
  /** Whether `[DONE]` has arrived. */
  private done = false;

  constructor(private readonly options: ReaderOptions) {
    this.calls = new ToolCalls(options);
  }

  event(event: SseEvent): Reading {
    const data = event.data.trim();
    if (data === '') return { signals: [], done: false };
    if (data === '[DONE]') {
      this.done = true;
      return { signals: [], done: true };
    }
    const value = parseJson(data);
    return { signals: value === undefined ? this.lines(data) : this.chunk(readChatChunk(value)), done: false };
  }

  /** A whole completion, possibly with several choices. */
  completion(value: unknown): readonly Signal[] {
    const chunk = readChatChunk(value);
    if (chunk.error !== undefined) return this.chunk(chunk);
    if (chunk.choices.length === 0) return [{ type: 'error', error: emptyAnswer() }];
    const signals: Signal[] = [];
    chunk.choices.forEach((choice, position) => {
      if (position > 0) {
        signals.push(...this.calls.finish('stop'), { type: 'choice-end' });
        this.calls = new ToolCalls(this.options);
      }
      this.delta(choice, signals);
    });
    if (chunk.usage) signals.push({ type: 'usage', usage: chunk.usage });
    const ended = this.finish(chunk.choices.at(-1)?.finishReason ?? 'stop');
    return ended ? [...signals, ended] : signals;
  }

  /** Text, calls and usage may follow the first finish_reason, so only the end of the stream ends the answer. */
  end(): readonly Signal[] {
    const { reason, calls } = this;
    const isLost = this.late && calls.truncated;
    if (reason !== undefined && !isLost) return [...calls.finish(reason), { type: 'finish', reason }];
    if (calls.truncated || !this.done) return [{ type: 'error', error: cutStream() }];
    // Some gateways end a broken stream with [DONE]; only complete calls prove that nothing is missing.
    if (calls.count > 0) return [...calls.finish('tool_calls'), { type: 'finish', reason: 'tool_calls' }];
    if (this.options.sendsFinishReason === false) return [{ type: 'finish', reason: 'stop' }];
    return [{ type: 'error', error: unfinishedStream() }];
  }

  private chunk(chunk: ChatChunk): readonly Signal[] {
    if (chunk.error !== undefined) {
      return this.finished ? [] : [{ type: 'error', error: classifyStreamError(chunk.error, this.options.source?.()) }];
    }
    const [choice] = chunk.choices;
    const signals: Signal[] = [];
    if (choice) this.delta(choice, signals);
    if (chunk.usage) signals.push({ type: 'usage', usage: chunk.usage });
    const failure = choice?.finishReason === undefined ? undefined : this.finish(choice.finishReason);
    if (failure) signals.push(failure);
    return signals;
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
      return values.flatMap((value) => this.chunk(readChatChunk(value)));
    }
    return this.finished ? [] : [unreadableEvent(data)];
  }
}
