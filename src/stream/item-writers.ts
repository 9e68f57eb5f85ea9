/** Writes assistant messages and reasoning items, with their events. */
import { isRecord, type JsonValue, type UnknownRecord } from '../base/json';
import { sealReasoning } from '../tools/envelope';
import type {
  MessagePhase, OutputMessage, OutputPart, OutputReasoning, OutputStatus, ResponsesEvent,
} from '../wire/responses-output';
import type { SignalOf } from './signal';

type PartKind = OutputPart['type'];

const NONE: readonly JsonValue[] = [];

/** `begin`, then `push` for each delta, `end`, and `item` for the finished message. */
export class MessageWriter {
  private readonly parts: OutputPart[] = [];
  private kind: PartKind | undefined;
  private text = '';
  private logprobs: JsonValue[] = [];
  private readonly place: { readonly output_index: number; readonly item_id: string };

  constructor(itemId: string, outputIndex: number) {
    this.place = { output_index: outputIndex, item_id: itemId };
  }

  begin(): readonly ResponsesEvent[] {
    return [
      { type: 'response.output_item.added', output_index: this.place.output_index, item: this.item('in_progress') },
    ];
  }

  push(kind: PartKind, delta: string, logprobs: readonly JsonValue[] = NONE): readonly ResponsesEvent[] {
    const before = this.kind === kind ? undefined : [...this.end(), this.open(kind)];
    this.text += delta;
    if (logprobs.length > 0) this.logprobs.push(...logprobs);
    const { output_index, item_id } = this.place;
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
    const at = this.at();
    const part = this.part(this.kind, this.text);
    this.parts.push(part);
    this.kind = undefined;
    return [
      part.type === 'refusal'
        ? { type: 'response.refusal.done', ...at, refusal: part.refusal }
        : { type: 'response.output_text.done', ...at, text: part.text, logprobs: part.logprobs },
      { type: 'response.content_part.done', ...at, part },
    ];
  }

  item(status: OutputStatus, phase?: MessagePhase): OutputMessage {
    const head = { type: 'message', id: this.place.item_id, role: 'assistant', status } as const;
    return { ...head, ...(phase && { phase }), content: [...this.parts] };
  }

  private open(kind: PartKind): ResponsesEvent {
    this.kind = kind;
    this.text = '';
    this.logprobs = [];
    return { type: 'response.content_part.added', ...this.at(), part: this.part(kind, '') };
  }

  private at(): { readonly output_index: number; readonly item_id: string; readonly content_index: number } {
    return { ...this.place, content_index: this.parts.length };
  }

  private part(kind: PartKind, text: string): OutputPart {
    if (kind === 'refusal') return { type: 'refusal', refusal: text };
    return { type: 'output_text', text, annotations: [], logprobs: this.logprobs };
  }
}

/**
 * Codex, the AI SDK and LangChain show only the summary form (responses-protocol.md, findings); Codex shows raw text
 * only with `show_raw_agent_reasoning`. With `hidden`, the reasoning is still sent in `encrypted_content`.
 */
export type ReasoningOutput = 'text' | 'summary' | 'both' | 'hidden';

export type ReasoningSignal = SignalOf<'reasoning-delta'> | SignalOf<'reasoning-details'>;

/** `begin`, then `push` for each delta, `end`, and `item` for the finished reasoning. */
export class ReasoningWriter {
  private text = '';
  private readonly signed = new SignedBlocks();
  private readonly content: boolean;
  private readonly summary: boolean;
  private readonly place: { readonly output_index: number; readonly item_id: string };

  /** @param seal writes the envelope even if the text is shown, for clients that store nothing else */
  constructor(
    itemId: string, outputIndex: number, mode: ReasoningOutput, private readonly seal = false,
    private readonly origin?: string,
  ) {
    this.place = { output_index: outputIndex, item_id: itemId };
    this.content = mode === 'text' || mode === 'both';
    this.summary = mode === 'summary' || mode === 'both';
  }

  begin(): readonly ResponsesEvent[] {
    const events: ResponsesEvent[] = [
      { type: 'response.output_item.added', output_index: this.place.output_index, item: this.item('in_progress') },
    ];
    if (this.summary) {
      events.push({
        type: 'response.reasoning_summary_part.added',
        ...this.place,
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      });
    }
    if (this.content) {
      events.push({
        type: 'response.content_part.added',
        ...this.place,
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
    const { text: delta } = signal;
    this.text += delta;
    if (this.summary)
      events.push({ type: 'response.reasoning_summary_text.delta', ...this.place, summary_index: 0, delta });
    if (this.content) events.push({ type: 'response.reasoning_text.delta', ...this.place, content_index: 0, delta });
    return events;
  }

  end(): readonly ResponsesEvent[] {
    const { text, place } = this;
    const events: ResponsesEvent[] = [];
    if (this.summary) {
      const part = { type: 'summary_text', text } as const;
      events.push({ type: 'response.reasoning_summary_text.done', ...place, summary_index: 0, text });
      events.push({ type: 'response.reasoning_summary_part.done', ...place, summary_index: 0, part });
    }
    if (this.content) {
      events.push({ type: 'response.reasoning_text.done', ...place, content_index: 0, text });
      events.push({
        type: 'response.content_part.done',
        ...place,
        content_index: 0,
        part: { type: 'reasoning_text', text },
      });
    }
    return events;
  }

  /**
   * Returns the item so far. Raw text is in `content`; the envelope is written if text is hidden, if there are signed
   * blocks, or on request.
   */
  item(status: OutputStatus): OutputReasoning {
    const open = status === 'in_progress';
    const details = this.signed.blocks.length > 0 ? this.signed.blocks : undefined;
    const sealed = !open && (this.seal || !this.content || details !== undefined);
    return {
      type: 'reasoning',
      id: this.place.item_id,
      status,
      summary: this.summary && !open ? [{ type: 'summary_text', text: this.text }] : [],
      ...(this.content && { content: open ? [] : [{ type: 'reasoning_text', text: this.text }] }),
      ...(sealed && { encrypted_content: sealReasoning({ text: this.text, details, origin: this.origin }) }),
    };
  }
}

/** Fields that grow with each chunk. */
const GROWING = ['text', 'summary'] as const;

/**
 * Merges reasoning blocks that stream in pieces, because providers verify the signature over a whole block. A piece
 * belongs to the latest block with its type and index, unless both have different ids. Blocks within one chunk are
 * separate blocks; encrypted blocks arrive complete and are separate too (upstreams.md, section 3, OpenRouter and
 * MiniMax).
 */
export class SignedBlocks {
  readonly blocks: unknown[] = [];
  /** Positions of the latest blocks that may grow. */
  private readonly growing = new Map<string, number>();

  /** @param details the blocks of one chunk */
  add(details: readonly unknown[]): void {
    const touched: (readonly [key: string, place: number])[] = [];
    for (const detail of details) {
      const key =
        isRecord(detail) && isPiece(detail) ? `${String(detail['type'])} ${String(detail['index'])}` : undefined;
      const place = key === undefined ? undefined : this.growing.get(key);
      const before = place === undefined ? undefined : this.blocks[place];
      if (place !== undefined && isRecord(before) && isRecord(detail) && haveSameId(before, detail)) {
        this.blocks[place] = join(before, detail);
      } else {
        if (key !== undefined) touched.push([key, this.blocks.length]);
        this.blocks.push(detail);
      }
    }
    for (const [key, place] of touched) this.growing.set(key, place);
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
