/** Signals to Responses events: owns output indexes, item ids and the one terminal event. */
import type { Clock, MakeId } from '../base/clock';
import { BridgeError } from '../errors/bridge-error';
import { renderStreamError, type ClientKind } from '../errors/error-body';
import type { CallTarget, CallWriter, CreateCallWriter } from '../tools/kind';
import { idPrefixOf } from '../tools/kinds';
import type { ChatUsage } from '../wire/chat';
import type { MessagePhase, OutputItem, ResponsesEvent, ResponsesObject, ResponsesUsage } from '../wire/responses-output';
import { MessageWriter, ReasoningWriter, type ReasoningOutput } from './item-writers';
import { cutStream, emptyAnswer } from './endings';
import type { Assembler, FinishReason, Judge, Signal } from './signal';

export interface ResponsesAssemblerOptions {
  readonly responseId: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly model: string;
  readonly client: ClientKind;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly reasoning: ReasoningOutput;
  /** Put reasoning into `encrypted_content` also where it is shown. */
  readonly sealReasoning?: boolean;
  /** What a tool name of the upstream stands for. */
  readonly findTarget: (upstreamName: string) => CallTarget;
  readonly createCallWriter: CreateCallWriter;
  readonly note: (text: string) => void;
  readonly judge?: Judge;
}

type OpenItem =
  | { readonly kind: 'message'; readonly writer: MessageWriter }
  | { readonly kind: 'reasoning'; readonly writer: ReasoningWriter }
  | { readonly kind: 'call'; readonly writer: CallWriter };

const FILTERED =
  "The provider's content filter stopped the answer: rephrase, or go back to before what it objects to (Esc twice in Codex).";

/** The stream: `created in_progress (added delta* done)* (completed | incomplete | failed)`, one item open at a time. */
export class ResponsesAssembler implements Assembler<ResponsesEvent> {
  finished = false;
  error: BridgeError | undefined;
  usage: ChatUsage | undefined;
  private nextIndex = 0;
  private readonly output: OutputItem[] = [];
  private open: OpenItem | undefined;
  private ended: FinishReason | undefined;

  constructor(private readonly options: ResponsesAssemblerOptions) {}

  get begun(): boolean {
    return this.open !== undefined || this.output.length > 0;
  }

  /** Some upstreams say `stop` although they called tools (upstreams.md, section 4.4). */
  get reason(): FinishReason | undefined {
    return this.ended === 'stop' && this.output.some(({ type }) => type.endsWith('_call')) ? 'tool_calls' : this.ended;
  }

  start(): readonly ResponsesEvent[] {
    const response = this.response('in_progress');
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ];
  }

  step(signal: Signal): readonly ResponsesEvent[] {
    return this.finished ? [] : this.handle(signal);
  }

  /** An item that comes at once, without deltas. */
  whole(item: OutputItem): readonly ResponsesEvent[] {
    const before = this.closeOpen('stop');
    const outputIndex = this.takeIndex();
    return [...before, { type: 'response.output_item.added', output_index: outputIndex, item }, this.done(item)];
  }

  end(): readonly ResponsesEvent[] {
    if (this.finished) return [];
    if (this.ended === undefined) {
      return this.fail(cutStream());
    }
    // Text that came behind the finish.
    return [...this.closeOpen(this.ended, this.phase('final_answer')), ...this.ending(this.ended)];
  }

  private ending(reason: FinishReason): readonly ResponsesEvent[] {
    if (reason === 'length') return this.close('incomplete', { incomplete_details: { reason: 'max_output_tokens' } });
    if (reason === 'content_filter') return this.filtered();
    if (this.output.every((item) => item.type === 'reasoning')) {
      return this.fail(emptyAnswer());
    }
    return this.close('completed', { completed_at: Math.floor(this.options.clock() / 1_000) });
  }

  fail(error: BridgeError): readonly ResponsesEvent[] {
    return this.finished ? [] : this.failed(error);
  }

  /** Codex takes `incomplete` with this reason for a broken stream and asks again, five times (codex-protocol.md, section 3). */
  private filtered(): readonly ResponsesEvent[] {
    if (this.options.client === 'codex') return this.fail(new BridgeError('moderation', FILTERED));
    return this.close('incomplete', { incomplete_details: { reason: 'content_filter' } });
  }

  private handle(signal: Signal): readonly ResponsesEvent[] {
    switch (signal.type) {
      case 'text-delta': {
        if (this.open?.kind === 'message') return this.open.writer.push('output_text', signal.text, signal.logprobs);
        const [events, writer] = this.message();
        return [...events, ...writer.push('output_text', signal.text, signal.logprobs)];
      }
      case 'refusal-delta':
        return this.refuse(signal.text);
      case 'reasoning-delta': {
        const [events, writer] = this.reasoning();
        return [...events, ...writer.push(signal.text)];
      }
      case 'reasoning-details': {
        const [events, writer] = this.reasoning();
        writer.keep(signal.details);
        return events;
      }
      case 'call-start':
        return this.startCall(signal.id, signal.name);
      case 'call-delta':
        return this.open?.kind === 'call' ? this.open.writer.push(signal.text) : [];
      case 'message-end':
        return this.open?.kind === 'message' ? this.closeOpen('stop', signal.phase) : [];
      case 'call-end':
      case 'choice-end':
        return this.closeOpen('stop');
      case 'usage':
        this.usage = signal.usage;
        return [];
      case 'finish':
        this.ended = signal.reason;
        return this.closeOpen(signal.reason, this.phase('final_answer'));
      case 'error':
        return this.failed(signal.error);
      default:
        return signal satisfies never;
    }
  }

  /** Codex drops a whole message that contains a refusal part (codex-protocol.md, section 2): it gets plain text. */
  private refuse(text: string): readonly ResponsesEvent[] {
    const [events, writer] = this.message();
    return [...events, ...writer.push(this.options.client === 'codex' ? 'output_text' : 'refusal', text)];
  }

  private message(): readonly [readonly ResponsesEvent[], MessageWriter] {
    if (this.open?.kind === 'message') return [[], this.open.writer];
    const before = this.closeOpen('stop');
    const writer = new MessageWriter(this.options.makeId('msg'), this.takeIndex());
    this.open = { kind: 'message', writer };
    return [[...before, ...writer.begin()], writer];
  }

  private reasoning(): readonly [readonly ResponsesEvent[], ReasoningWriter] {
    if (this.open?.kind === 'reasoning') return [[], this.open.writer];
    const before = this.closeOpen('stop');
    const writer = new ReasoningWriter(
      this.options.makeId('rs'),
      this.takeIndex(),
      this.options.reasoning,
      this.options.sealReasoning,
    );
    this.open = { kind: 'reasoning', writer };
    return [[...before, ...writer.begin()], writer];
  }

  private startCall(callId: string, upstreamName: string): readonly ResponsesEvent[] {
    const before = this.closeOpen('stop', this.phase('commentary'));
    const target = this.options.findTarget(upstreamName);
    const outputIndex = this.takeIndex();
    const itemId = this.options.makeId(idPrefixOf(target.kind));
    const writer = this.options.createCallWriter(target, { itemId, outputIndex, callId });
    this.open = { kind: 'call', writer };
    return [...before, { type: 'response.output_item.added', output_index: outputIndex, item: writer.begin() }];
  }

  /** Ends the open item. A call is never ended by a cut answer: Codex would run it (codex-protocol.md, section 11). */
  private closeOpen(reason: FinishReason, phase?: MessagePhase): readonly ResponsesEvent[] {
    const { open } = this;
    const cut = reason === 'length' || reason === 'content_filter';
    this.open = undefined;
    // What a filter cut off would stand in Codex's history, and be objected to in every later request.
    const dropped = open?.kind === 'call' ? cut : reason === 'content_filter' && this.options.client === 'codex';
    if (!open || dropped) return [];
    if (open.kind === 'call') {
      const { events, item, notes } = open.writer.end();
      notes?.forEach(this.options.note);
      return [...events, this.done(item)];
    }
    const events = open.writer.end();
    if (open.kind === 'reasoning') return [...events, this.done(open.writer.item(cut ? 'incomplete' : 'completed'))];
    return [...events, this.done(cut ? open.writer.item('incomplete') : open.writer.item('completed', phase))];
  }

  /** Codex's app tells progress from the answer by the phase (cc-switch#6718). Text before a call is progress. */
  private phase(phase: MessagePhase): MessagePhase | undefined {
    return this.options.client === 'codex' ? phase : undefined;
  }

  private done(item: OutputItem): ResponsesEvent {
    this.output.push(item);
    return { type: 'response.output_item.done', output_index: this.nextIndex - 1, item };
  }

  private failed(cause: BridgeError): readonly ResponsesEvent[] {
    const error = this.options.judge?.(cause) ?? cause;
    this.error = error;
    return [this.terminal('failed', { error: renderStreamError(error, this.options.client) })];
  }

  private close(
    status: 'completed' | 'incomplete' | 'failed',
    details: Partial<ResponsesObject>,
  ): readonly ResponsesEvent[] {
    return [this.terminal(status, details)];
  }

  private terminal(status: 'completed' | 'incomplete' | 'failed', details: Partial<ResponsesObject>): ResponsesEvent {
    this.finished = true;
    return { type: `response.${status}`, response: { ...this.response(status), ...details } };
  }

  private response(status: ResponsesObject['status']): ResponsesObject {
    return {
      id: this.options.responseId,
      object: 'response',
      created_at: this.options.createdAt,
      completed_at: null,
      status,
      model: this.options.model,
      output: [...this.output],
      error: null,
      incomplete_details: null,
      usage: this.usage === undefined ? null : toResponsesUsage(this.usage),
    };
  }

  private takeIndex(): number {
    this.nextIndex += 1;
    return this.nextIndex - 1;
  }
}

/**
 * All numbers and both detail objects are always present (codex-protocol.md, rule 2; the models of openai-python and
 * openai-java demand `cache_write_tokens`). The total is the sum of its parts: Codex compares it with the context window,
 * validators check it.
 */
function toResponsesUsage(usage: ChatUsage): ResponsesUsage {
  return {
    input_tokens: usage.prompt,
    input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens: usage.completion,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.prompt + usage.completion,
  };
}
