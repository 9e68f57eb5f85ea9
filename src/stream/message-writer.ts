/** Writes one assistant `message` item: text parts and refusals, in the order they come. */
import type { JsonValue } from '../base/json';
import type { ResponsesEvent, Unnumbered } from '../wire/responses-events';
import type { OutputMessage, OutputPart, OutputStatus } from '../wire/responses-output';

type Event = Unnumbered<ResponsesEvent>;
type PartKind = OutputPart['type'];

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

  begin(): readonly Event[] {
    return [{ type: 'response.output_item.added', output_index: this.place.output_index, item: this.item('in_progress') }];
  }

  push(kind: PartKind, delta: string, logprobs: readonly JsonValue[] = []): readonly Event[] {
    const events: Event[] = this.kind === kind ? [] : [...this.end(), ...this.open(kind)];
    this.text += delta;
    const at = this.at();
    if (kind === 'refusal') {
      events.push({ type: 'response.refusal.delta', ...at, delta });
    } else {
      if (logprobs.length > 0) this.logprobs.push(...logprobs);
      events.push({ type: 'response.output_text.delta', ...at, delta, logprobs });
    }
    return events;
  }

  /** Closes the open part. */
  end(): readonly Event[] {
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

  private open(kind: PartKind): readonly Event[] {
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
