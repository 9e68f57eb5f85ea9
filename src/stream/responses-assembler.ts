/** Assembles signals into Responses events: assigns output indexes and item ids, and adds the one terminal event. */
import type { Clock, MakeId } from '../base/clock';
import type { JsonValue } from '../base/json';
import type { Notes } from '../base/notes';
import { BridgeError } from '../errors/bridge-error';
import { renderStreamError, type ClientKind } from '../errors/error-body';
import { sealReasoning } from '../tools/envelope';
import type { CallWriter } from '../tools/kind';
import { TOOL_KINDS } from '../tools/kinds';
import type { ToolSet } from '../tools/tool-set';
import type { ChatUsage } from '../wire/chat';
import type {
  MessagePhase, OutputItem, OutputPart, ResponsesEvent, ResponsesObject, ResponsesUsage,
} from '../wire/responses-output';
import { cutStream, emptyAnswer, TRUNCATING_REASONS } from './endings';
import { MessageWriter, ReasoningWriter, type ReasoningOutput, type ReasoningSignal } from './item-writers';
import type { Assembler, CallSignature, FinishReason, FinalizeError, Signal } from './signal';

export interface ResponsesAssemblerOptions {
  readonly responseId: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly model: string;
  readonly client: ClientKind;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly reasoning: ReasoningOutput;
  /** Whether to put reasoning into `encrypted_content` even if it is shown. */
  readonly sealReasoning?: boolean;
  /** The model that answers; recorded in envelopes, because only this model accepts what it has signed. */
  readonly origin?: string | undefined;
  /** Finds the client's tool for an upstream tool name. */
  readonly tools: Pick<ToolSet, 'find'>;
  readonly notes: Notes;
  readonly finalizeError?: FinalizeError;
}

type OpenItem =
  | { readonly kind: 'message'; readonly writer: MessageWriter }
  | { readonly kind: 'reasoning'; readonly writer: ReasoningWriter }
  | { readonly kind: 'call'; readonly writer: CallWriter; readonly callId: string };

type TerminalStatus = 'completed' | 'incomplete' | 'failed';

const FILTERED =
  "The provider's content filter stopped the answer. Rephrase the request, or go back to before the rejected text " +
  '(press Esc twice in Codex).';

/** Writes `created in_progress (added delta* done)* (completed | incomplete | failed)`, one item open at a time. */
export class ResponsesAssembler implements Assembler<ResponsesEvent> {
  finished = false;
  error: BridgeError | undefined;
  usage: ChatUsage | undefined;
  private nextIndex = 0;
  private readonly output: OutputItem[] = [];
  private readonly signatures: Record<string, CallSignature> = {};
  private open: OpenItem | undefined;
  private upstreamReason: FinishReason | undefined;
  /** The reason why an earlier choice was truncated; the response is then incomplete. */
  private earlierTruncation: FinishReason | undefined;

  constructor(private readonly options: ResponsesAssemblerOptions) {}

  get begun(): boolean {
    return this.open !== undefined || this.output.length > 0;
  }

  /** Corrected, because some upstreams send `stop` although they called tools (upstreams.md, section 4.4). */
  get reason(): FinishReason | undefined {
    const calledTools = this.upstreamReason === 'stop' && this.output.some(({ type }) => type.endsWith('_call'));
    return calledTools ? 'tool_calls' : this.upstreamReason;
  }

  start(): readonly ResponsesEvent[] {
    const response = this.createResponse('in_progress');
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ];
  }

  step(signal: Signal): readonly ResponsesEvent[] {
    if (this.finished) return [];
    switch (signal.type) {
      case 'text-delta':
        return this.writeText('output_text', signal.text, signal.logprobs);
      case 'refusal-delta':
        // Codex drops a whole message with a refusal part (codex-protocol.md, section 2), so it gets plain text.
        return this.writeText(this.options.client === 'codex' ? 'output_text' : 'refusal', signal.text);
      case 'reasoning-delta':
      case 'reasoning-details':
        return this.writeReasoning(signal);
      case 'call-start':
        return this.startCall(signal.id, signal.name);
      case 'call-delta':
        return this.open?.kind === 'call' ? this.open.writer.push(signal.text) : [];
      case 'call-end':
        if (this.open?.kind === 'call' && signal.signature) this.signatures[this.open.callId] = signal.signature;
        return this.closeOpen('stop');
      case 'message-end':
        return this.open?.kind === 'message' ? this.closeOpen('stop', signal.phase) : [];
      case 'choice-end':
        if (TRUNCATING_REASONS.has(signal.reason)) this.earlierTruncation ??= signal.reason;
        return this.closeOpen(signal.reason);
      case 'usage':
        this.usage = signal.usage;
        return [];
      case 'finish':
        this.upstreamReason = signal.reason;
        return [...this.closeOpen(signal.reason, this.toClientPhase('final_answer')), ...this.writeSignatures()];
      case 'error':
        return this.fail(signal.error);
      default:
        return signal satisfies never;
    }
  }

  /** Writes an item that is already complete, without deltas. */
  writeItem(item: OutputItem): readonly ResponsesEvent[] {
    const before = this.closeOpen('stop');
    const outputIndex = this.takeIndex();
    return [...before, { type: 'response.output_item.added', output_index: outputIndex, item }, this.finishItem(item)];
  }

  /** Writes a notice from the bridge as visible reasoning; its empty envelope keeps the text out of later requests. */
  writeNotice(text: string): readonly ResponsesEvent[] {
    const before = this.closeOpen('stop');
    const writer = new ReasoningWriter(this.options.makeId('rs'), this.takeIndex(), 'summary');
    const events = [...writer.begin(), ...writer.push({ type: 'reasoning-delta', text }), ...writer.end()];
    const sealed = sealReasoning({ text: '', details: undefined });
    return [...before, ...events, this.finishItem({ ...writer.createItem('completed'), encrypted_content: sealed })];
  }

  end(): readonly ResponsesEvent[] {
    if (this.finished) return [];
    const { upstreamReason } = this;
    if (upstreamReason === undefined) return this.fail(cutStream());
    // Text may follow `finish`, if a stage released it late.
    const rest = this.closeOpen(upstreamReason, this.toClientPhase('final_answer'));
    const { client, clock } = this.options;
    const reason = TRUNCATING_REASONS.has(upstreamReason) ? upstreamReason : this.earlierTruncation;
    if (reason === 'length') {
      return [...rest, this.writeTerminal('incomplete', { incomplete_details: { reason: 'max_output_tokens' } })];
    }
    if (reason === 'content_filter') {
      // Codex treats `incomplete` with this reason as a broken stream and retries it five times (codex-protocol.md,
      // section 3).
      if (client === 'codex') return [...rest, ...this.fail(new BridgeError('moderation', FILTERED))];
      return [...rest, this.writeTerminal('incomplete', { incomplete_details: { reason: 'content_filter' } })];
    }
    if (client === 'codex' && this.output.every(({ type }) => type === 'reasoning')) {
      return [...rest, ...this.fail(emptyAnswer())];
    }
    return [...rest, this.writeTerminal('completed', { completed_at: Math.floor(clock() / 1_000) })];
  }

  fail(cause: BridgeError): readonly ResponsesEvent[] {
    if (this.finished) return [];
    const error = this.options.finalizeError?.(cause) ?? cause;
    this.error = error;
    return [this.writeTerminal('failed', { error: renderStreamError(error, this.options.client) })];
  }

  private writeText(
    kind: OutputPart['type'], text: string, logprobs?: readonly JsonValue[],
  ): readonly ResponsesEvent[] {
    if (this.open?.kind === 'message') return this.open.writer.push(kind, text, logprobs);
    const before = this.closeOpen('stop');
    const writer = new MessageWriter(this.options.makeId('msg'), this.takeIndex());
    this.open = { kind: 'message', writer };
    return [...before, ...writer.begin(), ...writer.push(kind, text, logprobs)];
  }

  private writeReasoning(signal: ReasoningSignal): readonly ResponsesEvent[] {
    if (this.open?.kind === 'reasoning') return this.open.writer.push(signal);
    const { makeId, reasoning, sealReasoning: seal, origin } = this.options;
    const before = this.closeOpen('stop');
    const writer = new ReasoningWriter(makeId('rs'), this.takeIndex(), reasoning, seal, origin);
    this.open = { kind: 'reasoning', writer };
    return [...before, ...writer.begin(), ...writer.push(signal)];
  }

  private startCall(callId: string, upstreamName: string): readonly ResponsesEvent[] {
    const before = this.closeOpen('stop', this.toClientPhase('commentary'));
    const target = this.options.tools.find(upstreamName);
    const outputIndex = this.takeIndex();
    const kind = TOOL_KINDS[target.kind];
    const writer = kind.write(target, { itemId: this.options.makeId(kind.idPrefix), outputIndex, callId });
    this.open = { kind: 'call', writer, callId };
    return [...before, { type: 'response.output_item.added', output_index: outputIndex, item: writer.begin() }];
  }

  /** Ends the open item. A truncated answer never ends a call: Codex would run it (codex-protocol.md, section 11). */
  private closeOpen(reason: FinishReason, phase?: MessagePhase): readonly ResponsesEvent[] {
    const { open } = this;
    const isTruncated = TRUNCATING_REASONS.has(reason);
    // Filtered text would remain in Codex's history, and the filter would reject every later request.
    const isDropped = reason === 'content_filter' && this.options.client === 'codex';
    this.open = undefined;
    if (!open || (open.kind === 'call' ? isTruncated : isDropped)) return [];
    if (open.kind === 'call') {
      const { events, item, notes } = open.writer.end();
      for (const note of notes ?? []) this.options.notes.add(note);
      return [...events, this.finishItem(item)];
    }
    const status = isTruncated ? 'incomplete' : 'completed';
    if (open.kind === 'reasoning') return [...open.writer.end(), this.finishItem(open.writer.createItem(status))];
    return [...open.writer.end(), this.finishItem(open.writer.createItem(status, isTruncated ? undefined : phase))];
  }

  /** Codex's app distinguishes progress from the answer by phase (cc-switch#6718). Text before a call is progress. */
  private toClientPhase(phase: MessagePhase): MessagePhase | undefined {
    return this.options.client === 'codex' ? phase : undefined;
  }

  /**
   * Signed fields of calls are sent in an envelope after the calls, because clients do not return unknown fields of a
   * call.
   */
  private writeSignatures(): readonly ResponsesEvent[] {
    if (Object.keys(this.signatures).length === 0) return [];
    const { makeId, origin } = this.options;
    const sealed = sealReasoning({ text: '', details: undefined, calls: { ...this.signatures }, origin });
    const id = makeId('rs');
    return this.writeItem({ type: 'reasoning', id, status: 'completed', summary: [], encrypted_content: sealed });
  }

  private finishItem(item: OutputItem): ResponsesEvent {
    this.output.push(item);
    return { type: 'response.output_item.done', output_index: this.nextIndex - 1, item };
  }

  private writeTerminal(status: TerminalStatus, details: Partial<ResponsesObject>): ResponsesEvent {
    this.finished = true;
    return { type: `response.${status}`, response: { ...this.createResponse(status), ...details } };
  }

  private createResponse(status: ResponsesObject['status']): ResponsesObject {
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
 * All numbers and both detail objects are always present (codex-protocol.md, rule 2; openai-python and openai-java
 * require `cache_write_tokens`). The total is the sum of its parts: Codex compares it with the context window, and
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
