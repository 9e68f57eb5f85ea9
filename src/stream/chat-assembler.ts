/** Signals to Chat Completions chunks, for clients that speak Chat to the bridge. */
import { BridgeError } from '../errors/bridge-error';
import { renderErrorBody } from '../errors/error-body';
import type { CallTarget } from '../tools/kind';
import { readCustomInput } from '../tools/custom';
import type {
  ChatCallDelta, ChatChoiceObject, ChatChunkObject, ChatDeltaObject, ChatErrorObject, ChatUsage, ChatUsageObject,
} from '../wire/chat';
import type { Assembler, Judge } from './assembler';
import type { FinishReason, Signal } from './signal';

export type ChatOutput = ChatChunkObject | ChatErrorObject;

export interface ChatAssemblerOptions {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Whether the client asked for a usage chunk; whole completions always carry usage. */
  readonly includeUsage: boolean;
  /** Hide reasoning from the client. */
  readonly hideReasoning: boolean;
  readonly findTarget: (upstreamName: string) => CallTarget;
  readonly judge?: Judge;
}

interface OpenCall { readonly index: number; readonly target: CallTarget; args: string }

/** The stream: a role chunk, deltas, one chunk with the finish reason, and usage if it was asked for. */
export class ChatAssembler implements Assembler<ChatOutput> {
  finished = false;
  error: BridgeError | undefined;
  usage: ChatUsage | undefined;
  private choice = 0;
  private calls = 0;
  private open: OpenCall | undefined;
  private empty = true;
  private ended: FinishReason | undefined;

  constructor(private readonly options: ChatAssemblerOptions) {}

  get begun(): boolean {
    return !this.empty;
  }

  /** Some upstreams say `stop` although they called tools (upstreams.md, section 4.4). */
  get reason(): FinishReason | undefined {
    return this.ended && this.finishReason(this.ended);
  }

  start(): readonly ChatOutput[] {
    return [this.delta({ role: 'assistant', content: '' })];
  }

  step(signal: Signal): readonly ChatOutput[] {
    if (this.finished) return [];
    switch (signal.type) {
      case 'text-delta':
        this.empty = false;
        return [this.delta({ content: signal.text }, signal.logprobs && { content: signal.logprobs })];
      case 'refusal-delta':
        this.empty = false;
        return [this.delta({ refusal: signal.text })];
      case 'reasoning-delta':
        return this.options.hideReasoning ? [] : [this.delta({ reasoning_content: signal.text })];
      case 'reasoning-details':
        return this.options.hideReasoning ? [] : [this.delta({ reasoning_details: signal.details })];
      case 'call-start':
        return this.startCall(signal.id, signal.name);
      case 'call-delta':
        return this.callDelta(signal.text);
      case 'call-end':
        return this.endCall();
      case 'choice-end':
        return this.nextChoice();
      case 'usage':
        this.usage = signal.usage;
        return [];
      case 'finish':
        this.ended = signal.reason;
        return [];
      case 'error':
        return this.fail(signal.error);
      default:
        return signal satisfies never;
    }
  }

  end(): readonly ChatOutput[] {
    if (this.finished) return [];
    const reason = this.ended;
    if (reason === undefined)
      return this.fail(new BridgeError('cut_stream', 'The provider closed the stream before its answer was finished.'));
    if (this.empty && (reason === 'stop' || reason === 'tool_calls')) {
      return this.fail(new BridgeError('empty_answer', 'The provider finished without any text or tool call.'));
    }
    this.finished = true;
    const last = this.chunk([this.choiceObject({}, this.finishReason(reason))]);
    return this.options.includeUsage && this.usage
      ? [last, { ...this.chunk([]), usage: toUsageObject(this.usage) }]
      : [last];
  }

  fail(error: BridgeError): readonly ChatOutput[] {
    if (this.finished) return [];
    this.finished = true;
    this.error = this.options.judge?.(error) ?? error;
    return [renderErrorBody(this.error)];
  }

  private startCall(id: string, name: string): readonly ChatOutput[] {
    this.empty = false;
    const target = this.options.findTarget(name);
    this.open = { index: this.calls, target, args: '' };
    this.calls += 1;
    if (target.kind === 'custom') return [this.call({ id, type: 'custom', custom: { name: target.name, input: '' } })];
    return [this.call({ id, type: 'function', function: { name: target.name, arguments: '' } })];
  }

  private callDelta(text: string): readonly ChatOutput[] {
    if (!this.open) return [];
    this.open.args += text;
    return this.open.target.kind === 'custom' ? [] : [this.call({ function: { arguments: text } })];
  }

  private endCall(): readonly ChatOutput[] {
    const { open } = this;
    const outputs =
      open?.target.kind === 'custom' ? [this.call({ custom: { input: readCustomInput(open.args) } })] : [];
    this.open = undefined;
    return outputs;
  }

  private nextChoice(): readonly ChatOutput[] {
    const last = this.chunk([this.choiceObject({}, this.finishReason('stop'))]);
    this.choice += 1;
    this.calls = 0;
    return [last, this.delta({ role: 'assistant', content: '' })];
  }

  private finishReason(reason: FinishReason): FinishReason {
    return reason === 'stop' && this.calls > 0 ? 'tool_calls' : reason;
  }

  private call(delta: Omit<ChatCallDelta, 'index'>): ChatChunkObject {
    return this.delta({ tool_calls: [{ index: this.open?.index ?? 0, ...delta }] });
  }

  private delta(delta: ChatDeltaObject, logprobs?: ChatChoiceObject['logprobs']): ChatChunkObject {
    return this.chunk([this.choiceObject(delta, null, logprobs)]);
  }

  private choiceObject(
    delta: ChatDeltaObject,
    reason: FinishReason | null,
    logprobs: ChatChoiceObject['logprobs'] = null,
  ): ChatChoiceObject {
    return { index: this.choice, delta, logprobs, finish_reason: reason };
  }

  private chunk(choices: readonly ChatChoiceObject[]): ChatChunkObject {
    const { id, model, created } = this.options;
    const usage = this.options.includeUsage ? { usage: null } : {};
    return { id, object: 'chat.completion.chunk', created, model, choices, ...usage };
  }
}

/** What the answer cost, as a Chat client reads it. */
export function toUsageObject(usage: ChatUsage): ChatUsageObject {
  return {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    prompt_tokens_details: { cached_tokens: usage.cached },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}
