/** Assembles signals into Chat Completions chunks for Chat clients, and folds the chunks into one completion. */
import type { JsonValue } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import { renderErrorBody } from '../errors/error-body';
import type { CallTarget } from '../tools/kind';
import type { ToolSet } from '../tools/tool-set';
import { readCustomInput } from '../tools/custom';
import type {
  ChatCallDelta, ChatChoiceObject, ChatChunkObject, ChatDeltaObject, ChatErrorObject, ChatUsage, ChatUsageObject,
} from '../wire/chat';
import { cutStream, TRUNCATING_REASONS } from './endings';
import type { Assembler, CallSignature, FinishReason, FinalizeError, Signal } from './signal';

export type ChatOutput = ChatChunkObject | ChatErrorObject;

export interface ChatAssemblerOptions {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Whether the client requested a usage chunk; whole completions always include usage. */
  readonly includeUsage: boolean;
  /** Whether to hide reasoning from the client. */
  readonly hideReasoning: boolean;
  readonly tools: Pick<ToolSet, 'find'>;
  readonly finalizeError?: FinalizeError;
}

interface OpenCall { readonly index: number; readonly target: CallTarget; args: string }

/** Writes a role chunk, deltas and a finish reason for each choice, then usage if requested. */
export class ChatAssembler implements Assembler<ChatOutput> {
  finished = false;
  error: BridgeError | undefined;
  usage: ChatUsage | undefined;
  private choiceIndex = 0;
  private callCount = 0;
  private open: OpenCall | undefined;
  private hasStarted = false;
  /** Separates the next text from earlier text: a Chat answer joins several upstream messages by blank lines. */
  private gap = '';
  private upstreamReason: FinishReason | undefined;

  constructor(private readonly options: ChatAssemblerOptions) {}

  get begun(): boolean {
    return this.hasStarted;
  }

  /** Corrected, because some upstreams send `stop` although they called tools (upstreams.md, section 4.4). */
  get reason(): FinishReason | undefined {
    return this.upstreamReason && this.toFinishReason(this.upstreamReason);
  }

  start(): readonly ChatOutput[] {
    return [this.createDeltaChunk({ role: 'assistant', content: '' })];
  }

  step(signal: Signal): readonly ChatOutput[] {
    if (this.finished) return [];
    switch (signal.type) {
      case 'text-delta':
        this.hasStarted = true;
        return [this.writeText(signal.text, signal.logprobs)];
      case 'refusal-delta':
        this.hasStarted = true;
        return [this.createDeltaChunk({ refusal: signal.text })];
      case 'reasoning-delta':
        return this.options.hideReasoning ? [] : [this.createDeltaChunk({ reasoning_content: signal.text })];
      case 'reasoning-details':
        return this.options.hideReasoning ? [] : [this.createDeltaChunk({ reasoning_details: signal.details })];
      case 'call-start':
        return this.startCall(signal.id, signal.name);
      case 'call-delta':
        return this.extendCall(signal.text);
      case 'call-end':
        return this.endCall(signal.signature);
      case 'message-end':
        this.gap = '\n\n';
        return [];
      case 'choice-end':
        return this.beginNextChoice(signal.reason);
      case 'usage':
        this.usage = signal.usage;
        return [];
      case 'finish':
        this.upstreamReason = signal.reason;
        return [];
      case 'error':
        return this.fail(signal.error);
      default:
        return signal satisfies never;
    }
  }

  end(): readonly ChatOutput[] {
    if (this.finished) return [];
    const reason = this.upstreamReason;
    if (reason === undefined) return this.fail(cutStream());
    this.finished = true;
    const last = this.createChunk([this.createChoice({}, this.toFinishReason(reason))]);
    return this.options.includeUsage && this.usage
      ? [last, { ...this.createChunk([]), usage: toUsageObject(this.usage) }]
      : [last];
  }

  fail(error: BridgeError): readonly ChatOutput[] {
    if (this.finished) return [];
    this.finished = true;
    this.error = this.options.finalizeError?.(error) ?? error;
    return [renderErrorBody(this.error)];
  }

  private writeText(text: string, logprobs: readonly JsonValue[] | undefined): ChatOutput {
    const content = this.gap + text;
    this.gap = '';
    return this.createDeltaChunk({ content }, logprobs && { content: logprobs });
  }

  private startCall(id: string, name: string): readonly ChatOutput[] {
    this.hasStarted = true;
    const target = this.options.tools.find(name);
    this.open = { index: this.callCount, target, args: '' };
    this.callCount += 1;
    const { kind, name: clientName } = target;
    if (kind === 'custom') return [this.createCallChunk({ id, type: kind, custom: { name: clientName, input: '' } })];
    return [this.createCallChunk({ id, type: 'function', function: { name: clientName, arguments: '' } })];
  }

  private extendCall(text: string): readonly ChatOutput[] {
    if (!this.open) return [];
    this.open.args += text;
    return this.open.target.kind === 'custom' ? [] : [this.createCallChunk({ function: { arguments: text } })];
  }

  private endCall(signature: CallSignature | undefined): readonly ChatOutput[] {
    const { open } = this;
    const custom = open?.target.kind === 'custom' && { custom: { input: readCustomInput(open.args) } };
    const outputs = custom || signature ? [this.createCallChunk({ ...signature, ...custom })] : [];
    this.open = undefined;
    return outputs;
  }

  private beginNextChoice(reason: FinishReason): readonly ChatOutput[] {
    const last = this.createChunk([this.createChoice({}, this.toFinishReason(reason))]);
    this.choiceIndex += 1;
    this.callCount = 0;
    this.open = undefined;
    this.gap = '';
    return [last, this.createDeltaChunk({ role: 'assistant', content: '' })];
  }

  private toFinishReason(reason: FinishReason): FinishReason {
    if (TRUNCATING_REASONS.has(reason)) return reason;
    return this.callCount > 0 ? 'tool_calls' : 'stop';
  }

  private createCallChunk(delta: Omit<ChatCallDelta, 'index'>): ChatChunkObject {
    return this.createDeltaChunk({ tool_calls: [{ index: this.open?.index ?? 0, ...delta }] });
  }

  private createDeltaChunk(delta: ChatDeltaObject, logprobs?: ChatChoiceObject['logprobs']): ChatChunkObject {
    return this.createChunk([this.createChoice(delta, null, logprobs)]);
  }

  private createChoice(
    delta: ChatDeltaObject, reason: FinishReason | null, logprobs: ChatChoiceObject['logprobs'] = null,
  ): ChatChoiceObject {
    return { index: this.choiceIndex, delta, logprobs, finish_reason: reason };
  }

  private createChunk(choices: readonly ChatChoiceObject[]): ChatChunkObject {
    const { id, model, created } = this.options;
    const usage = this.options.includeUsage ? { usage: null } : {};
    return { id, object: 'chat.completion.chunk', created, model, choices, ...usage };
  }
}

/** Converts token usage to the format of Chat Completions. */
export function toUsageObject(usage: ChatUsage): ChatUsageObject {
  return {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    prompt_tokens_details: { cached_tokens: usage.cached },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}

interface ChatCall { readonly head: ChatCallDelta; text: string; signature: object }
interface Choice {
  content: string;
  reasoning: string;
  refusal: string;
  details: unknown[];
  calls: ChatCall[];
  logprobs: JsonValue[];
  finish: ChatChoiceObject['finish_reason'];
}

/** Folds the outputs of a stream into one completion: `push` each output, then call `body`. Errors are skipped. */
export class ChatCollector {
  private readonly choices: Choice[] = [];
  private head: { readonly id: string; readonly created: number; readonly model: string } | undefined;

  push(output: ChatOutput): void {
    if ('error' in output) return;
    this.head ??= output;
    for (const choice of output.choices) this.fold(choice);
  }

  body(usage: ChatUsageObject | undefined): string {
    const { id, created, model } = this.head ?? { id: '', created: 0, model: '' };
    return JSON.stringify({
      id,
      object: 'chat.completion',
      created,
      model,
      choices: this.choices.map((choice, index) => ({
        index,
        message: renderMessage(choice),
        logprobs: choice.logprobs.length > 0 ? { content: choice.logprobs } : null,
        finish_reason: choice.finish,
      })),
      ...(usage && { usage }),
    });
  }

  private fold({ index, delta, logprobs, finish_reason }: ChatChoiceObject): void {
    const choice = (this.choices[index] ??= {
      content: '',
      reasoning: '',
      refusal: '',
      details: [],
      calls: [],
      logprobs: [],
      finish: null,
    });
    choice.content += delta.content ?? '';
    choice.reasoning += delta.reasoning_content ?? '';
    choice.refusal += delta.refusal ?? '';
    choice.details.push(...(delta.reasoning_details ?? []));
    choice.logprobs.push(...(logprobs?.content ?? []));
    choice.finish ??= finish_reason;
    for (const call of delta.tool_calls ?? []) foldCall(choice.calls, call);
  }
}

function foldCall(calls: ChatCall[], delta: ChatCallDelta): void {
  const call = (calls[delta.index] ??= { head: delta, text: '', signature: {} });
  const { index: _index, id: _id, type: _type, function: _function, custom: _custom, ...signature } = delta;
  call.signature = { ...call.signature, ...signature };
  call.text += delta.function?.arguments ?? delta.custom?.input ?? '';
}

function renderMessage(choice: Choice): object {
  const { content, reasoning, refusal, details, calls } = choice;
  return {
    role: 'assistant',
    content: content === '' && (calls.length > 0 || refusal !== '') ? null : content,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: calls.map(renderCall) }),
  };
}

function renderCall({ head, text, signature }: ChatCall): object {
  const { id, type } = head;
  return type === 'custom'
    ? { id, type, ...signature, custom: { name: head.custom?.name, input: text } }
    : { id, type, ...signature, function: { name: head.function?.name, arguments: text } };
}
