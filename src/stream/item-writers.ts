/** Writes assistant messages and reasoning items, with their events. */
import { isRecord, type JsonValue, type UnknownRecord } from '../base/json';
import { sealReasoning } from '../tools/envelope';
import type {
  MessagePhase, OutputMessage, OutputPart, OutputReasoning, OutputStatus, ResponsesEvent,
} from '../wire/responses-output';
import type { SignalOf } from './signal';

type PartKind = OutputPart['type'];

const NONE: readonly JsonValue[] = [];

/** Writes one message: call `begin`, `push` for each delta, `end`, then `createItem` for the finished message. */
export class MessageWriter {
  private readonly parts: OutputPart[] = [];
  private kind: PartKind | undefined;
  private text = '';
  private logprobs: JsonValue[] = [];
  private readonly position: { readonly output_index: number; readonly item_id: string };

  constructor(itemId: string, outputIndex: number) {
    this.position = { output_index: outputIndex, item_id: itemId };
  }

  begin(): readonly ResponsesEvent[] {
    const item = this.createItem('in_progress');
    return [{ type: 'response.output_item.added', output_index: this.position.output_index, item }];
  }

  push(kind: PartKind, delta: string, logprobs: readonly JsonValue[] = NONE): readonly ResponsesEvent[] {
    const before = this.kind === kind ? undefined : [...this.end(), this.openPart(kind)];
    this.text += delta;
    if (logprobs.length > 0) this.logprobs.push(...logprobs);
    const { output_index, item_id } = this.position;
    const content_index = this.parts.length;
    const event: ResponsesEvent =
      kind === 'refusal'
        ? { type: 'response.refusal.delta', output_index, item_id, content_index, delta }
        : { type: 'response.output_text.delta', output_index, item_id, content_index, delta, logprobs };
    return before ? [...before, event] : [event];
  }

  /** Closes the open part. */
  end(): readonly ResponsesEvent[] {
    if (this.kind === undefined) return [];
    const at = this.locatePart();
    const part = this.createPart(this.kind, this.text);
    this.parts.push(part);
    this.kind = undefined;
    return [
      part.type === 'refusal'
        ? { type: 'response.refusal.done', ...at, refusal: part.refusal }
        : { type: 'response.output_text.done', ...at, text: part.text, logprobs: part.logprobs },
      { type: 'response.content_part.done', ...at, part },
    ];
  }

  createItem(status: OutputStatus, phase?: MessagePhase): OutputMessage {
    const head = { type: 'message', id: this.position.item_id, role: 'assistant', status } as const;
    return { ...head, ...(phase && { phase }), content: [...this.parts] };
  }

  private openPart(kind: PartKind): ResponsesEvent {
    this.kind = kind;
    this.text = '';
    this.logprobs = [];
    return { type: 'response.content_part.added', ...this.locatePart(), part: this.createPart(kind, '') };
  }

  private locatePart(): { readonly output_index: number; readonly item_id: string; readonly content_index: number } {
    return { ...this.position, content_index: this.parts.length };
  }

  private createPart(kind: PartKind, text: string): OutputPart {
    if (kind === 'refusal') return { type: 'refusal', refusal: text };
    return { type: 'output_text', text, annotations: [], logprobs: this.logprobs };
  }
}

/**
 * How reasoning is shown. The AI SDK and LangChain show only the summary form (responses-protocol.md, findings), as
 * Codex does without `show_raw_agent_reasoning`. `hidden` still sends the reasoning in `encrypted_content`.
 */
export type ReasoningOutput = 'text' | 'summary' | 'both' | 'hidden';

export type ReasoningSignal = SignalOf<'reasoning-delta'> | SignalOf<'reasoning-details'>;

/** Writes one reasoning item: call `begin`, `push` for each signal, `end`, then `createItem`. */
export class ReasoningWriter {
  private text = '';
  private readonly signed = new SignedBlocks();
  private readonly showsContent: boolean;
  private readonly showsSummary: boolean;
  private readonly position: { readonly output_index: number; readonly item_id: string };

  /** @param seal whether to write the envelope even if raw text is sent, for clients that keep only the envelope */
  constructor(
    itemId: string, outputIndex: number, mode: ReasoningOutput, private readonly seal = false,
    private readonly origin?: string,
  ) {
    this.position = { output_index: outputIndex, item_id: itemId };
    this.showsContent = mode === 'text' || mode === 'both';
    this.showsSummary = mode === 'summary' || mode === 'both';
  }

  begin(): readonly ResponsesEvent[] {
    const { output_index } = this.position;
    const item = this.createItem('in_progress');
    const events: ResponsesEvent[] = [{ type: 'response.output_item.added', output_index, item }];
    if (this.showsSummary) {
      events.push({
        type: 'response.reasoning_summary_part.added',
        ...this.position,
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      });
    }
    if (this.showsContent) {
      events.push({
        type: 'response.content_part.added',
        ...this.position,
        content_index: 0,
        part: { type: 'reasoning_text', text: '' },
      });
    }
    return events;
  }

  /** Adds text, or blocks signed by the provider, which are sent back in the next request and never shown. */
  push(signal: ReasoningSignal): readonly ResponsesEvent[] {
    const events: ResponsesEvent[] = [];
    if (signal.type === 'reasoning-details') {
      this.signed.add(signal.details);
      return events;
    }
    const { position, showsContent } = this;
    const { text: delta } = signal;
    this.text += delta;
    if (this.showsSummary)
      events.push({ type: 'response.reasoning_summary_text.delta', ...position, summary_index: 0, delta });
    if (showsContent) events.push({ type: 'response.reasoning_text.delta', ...position, content_index: 0, delta });
    return events;
  }

  end(): readonly ResponsesEvent[] {
    const { text, position } = this;
    const events: ResponsesEvent[] = [];
    if (this.showsSummary) {
      const part = { type: 'summary_text', text } as const;
      events.push({ type: 'response.reasoning_summary_text.done', ...position, summary_index: 0, text });
      events.push({ type: 'response.reasoning_summary_part.done', ...position, summary_index: 0, part });
    }
    if (this.showsContent) {
      events.push({ type: 'response.reasoning_text.done', ...position, content_index: 0, text });
      events.push({
        type: 'response.content_part.done',
        ...position,
        content_index: 0,
        part: { type: 'reasoning_text', text },
      });
    }
    return events;
  }

  /**
   * Creates the item so far. Raw text is in `content`. A finished item gets an envelope if it has no raw text, if it
   * has signed blocks, or on request.
   */
  createItem(status: OutputStatus): OutputReasoning {
    const isOpen = status === 'in_progress';
    const details = this.signed.blocks.length > 0 ? this.signed.blocks : undefined;
    const isSealed = !isOpen && (this.seal || !this.showsContent || details !== undefined);
    return {
      type: 'reasoning',
      id: this.position.item_id,
      status,
      summary: this.showsSummary && !isOpen ? [{ type: 'summary_text', text: this.text }] : [],
      ...(this.showsContent && { content: isOpen ? [] : [{ type: 'reasoning_text', text: this.text }] }),
      ...(isSealed && { encrypted_content: sealReasoning({ text: this.text, details, origin: this.origin }) }),
    };
  }
}

/** Fields that grow with each chunk. */
const GROWING = ['text', 'summary'] as const;

/**
 * Merges reasoning blocks that stream in pieces, because providers verify the signature over a whole block. A piece
 * belongs to the latest block with its type and index, unless their ids differ. Blocks within one chunk are separate
 * blocks; encrypted blocks arrive complete and are separate too (upstreams.md, section 3, OpenRouter and MiniMax).
 */
export class SignedBlocks {
  readonly blocks: unknown[] = [];
  /** Indexes of the latest blocks that may grow. */
  private readonly growing = new Map<string, number>();

  /** @param details the blocks of one chunk */
  add(details: readonly unknown[]): void {
    const touched: (readonly [key: string, index: number])[] = [];
    for (const detail of details) {
      const key =
        isRecord(detail) && isPiece(detail) ? `${String(detail['type'])} ${String(detail['index'])}` : undefined;
      const index = key === undefined ? undefined : this.growing.get(key);
      const before = index === undefined ? undefined : this.blocks[index];
      if (index !== undefined && isRecord(before) && isRecord(detail) && haveSameId(before, detail)) {
        this.blocks[index] = join(before, detail);
      } else {
        if (key !== undefined) touched.push([key, this.blocks.length]);
        this.blocks.push(detail);
      }
    }
    for (const [key, index] of touched) this.growing.set(key, index);
  }
}

const isPiece = (detail: UnknownRecord): boolean =>
  ['text', 'summary', 'signature'].some((field) => typeof detail[field] === 'string');

const haveSameId = (block: UnknownRecord, piece: UnknownRecord): boolean =>
  (block['id'] ?? piece['id']) === (piece['id'] ?? block['id']);

function join(block: UnknownRecord, piece: UnknownRecord): UnknownRecord {
  const joined: Record<string, unknown> = { ...block };
  for (const [field, value] of Object.entries(piece)) if (value !== null && value !== undefined) joined[field] = value;
  for (const field of GROWING) {
    if (typeof block[field] === 'string' && typeof piece[field] === 'string')
      joined[field] = block[field] + piece[field];
  }
  return joined;
}
