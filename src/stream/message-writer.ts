/** Writes one assistant `message` item: text parts and refusals, in the order they come. */
import type { JsonValue } from '../base/json';
import type { OutputMessage, OutputPart, OutputStatus, ResponsesEvent } from '../wire/responses-output';

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
    const before = this.kind === kind ? undefined : [...this.end(), ...this.open(kind)];
    this.text += delta;
    if (logprobs.length > 0) this.logprobs.push(...logprobs);
    const event = this.deltaEvent(kind, delta, logprobs);
    return before ? [...before, event] : [event];
  }

  private deltaEvent(kind: PartKind, delta: string, logprobs: readonly JsonValue[]): ResponsesEvent {
    const { output_index, item_id } = this.place;
    const content_index = this.parts.length;
    if (kind === 'refusal') return { type: 'response.refusal.delta', output_index, item_id, content_index, delta };
    return { type: 'response.output_text.delta', output_index, item_id, content_index, delta, logprobs };
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

  item(status: OutputStatus): OutputMessage {
    return { type: 'message', id: this.place.item_id, role: 'assistant', status, content: [...this.parts] };
  }

  private open(kind: PartKind): readonly ResponsesEvent[] {
    this.kind = kind;
    this.text = '';
    this.logprobs = [];
    return [{ type: 'response.content_part.added', ...this.at(), part: this.part(kind, '') }];
  }

  private at(): { readonly output_index: number; readonly item_id: string; readonly content_index: number } {
    return { ...this.place, content_index: this.parts.length };
  }

  private part(kind: PartKind, text: string): OutputPart {
    if (kind === 'refusal') return { type: 'refusal', refusal: text };
    return { type: 'output_text', text, annotations: [], logprobs: this.logprobs };
  }
}
