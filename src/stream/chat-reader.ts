/** Upstream values to signals: one step for stream chunks and whole completions alike. */
import { parseJson } from '../base/json';
import { classifyStreamError } from '../errors/classify';
import { BridgeError } from '../errors/bridge-error';
import type { ChatChunk, ChatDelta } from '../wire/chat';
import { readChatChunk } from '../wire/read-chat';
import { readFinishReason, unreadableEvent } from './endings';
import type { AnswerReader, ReaderOptions, Reading, Signal } from './signal';
import type { SseEvent } from './sse-decoder';
import { ToolCalls } from './tool-calls';

/** Reads one answer in Chat Completions chunks. */
export class ChatReader implements AnswerReader {
  private calls: ToolCalls;
  finished = false;

  constructor(private readonly options: ReaderOptions) {
    this.calls = new ToolCalls(options);
  }

  event(event: SseEvent): Reading {
    const data = event.data.trim();
    if (data === '') return { signals: [], done: false };
    if (data === '[DONE]') return { signals: this.done(), done: true };
    const value = parseJson(data);
    if (value !== undefined) return { signals: this.chunk(readChatChunk(value)), done: false };
    return { signals: this.lines(data), done: false };
  }

  /** A whole completion, possibly with several choices. */
  completion(value: unknown): readonly Signal[] {
    const { choices, ...rest } = readChatChunk(value);
    if (rest.error !== undefined) return this.chunk({ ...rest, choices });
    const signals: Signal[] = [];
    choices.forEach((choice, position) => {
      if (position > 0) {
        signals.push({ type: 'choice-end' });
        this.calls = new ToolCalls(this.options);
      }
      signals.push(...this.delta(choice));
      if (position === choices.length - 1) return;
      signals.push(...this.calls.finish('stop'));
    });
    if (rest.usage) signals.push({ type: 'usage', usage: rest.usage });
    signals.push(...this.finish(choices.at(-1)?.finishReason ?? 'stop'));
    return signals;
  }

  private chunk(chunk: ChatChunk): readonly Signal[] {
    const [choice] = chunk.choices;
    if (chunk.error !== undefined) {
      return this.finished ? [] : [{ type: 'error', error: classifyStreamError(chunk.error, this.options.source) }];
    }
    const signals: Signal[] = choice ? this.delta(choice) : [];
    if (chunk.usage) signals.push({ type: 'usage', usage: chunk.usage });
    if (choice?.finishReason !== undefined) signals.push(...this.finish(choice.finishReason));
    return signals;
  }

  private delta(choice: ChatDelta): Signal[] {
    const signals: Signal[] = [];
    if (choice.reasoningDetails)
      signals.push(...this.pass({ type: 'reasoning-details', details: choice.reasoningDetails }));
    if (choice.reasoning !== undefined) signals.push(...this.pass({ type: 'reasoning-delta', text: choice.reasoning }));
    if (choice.text !== undefined) {
      const logprobs = choice.logprobs;
      signals.push(...this.pass({ type: 'text-delta', text: choice.text, ...(logprobs && { logprobs }) }));
    }
    if (choice.refusal !== undefined) signals.push(...this.pass({ type: 'refusal-delta', text: choice.refusal }));
    // A call behind the finish is never known to be whole.
    const fragments = this.finished ? [] : (choice.toolCalls ?? []);
    for (const fragment of fragments) signals.push(...this.calls.fragment(fragment));
    return signals;
  }

  private pass(signal: Signal): readonly Signal[] {
    return this.calls.pass(signal);
  }

  private finish(word: string): readonly Signal[] {
    if (this.finished) return [];
    this.finished = true;
    const reason = readFinishReason(word);
    if (reason instanceof BridgeError) return [{ type: 'error', error: reason }];
    return [...this.calls.finish(reason), { type: 'finish', reason }];
  }

  /** `[DONE]` without a finish_reason ends a whole answer, unless a call is visibly cut. */
  private done(): readonly Signal[] {
    if (this.finished || this.calls.unfinished) return [];
    return this.finish(this.calls.count > 0 ? 'tool_calls' : 'stop');
  }

  /** Data that is not JSON: some gateways put several objects under one event, others an HTML page. */
  private lines(data: string): readonly Signal[] {
    const values = data.split('\n').map((line) => parseJson(line.replace(/^data:/, '')));
    if (values.length > 1 && values.every((value) => value !== undefined)) {
      return values.flatMap((value) => this.chunk(readChatChunk(value)));
    }
    return this.finished ? [] : [unreadableEvent(data)];
  }
}
