/** Writes one `reasoning` item: shown as raw text, as a summary, as both, or not at all. */
import { sealReasoning, type ReasoningPayload } from '../tools/envelope';
import type { OutputReasoning, OutputStatus, ResponsesEvent } from '../wire/responses-output';
import { mergeDetails } from './reasoning-details';

/**
 * Codex, the AI SDK and LangChain show only the summary form (responses-protocol.md, findings); raw text is what
 * Codex shows with `show_raw_agent_reasoning`. `hidden` still carries the reasoning in `encrypted_content`.
 */
export type ReasoningOutput = 'text' | 'summary' | 'both' | 'hidden';

/** `begin`, then `push` for each delta, `end`, and `item` for the finished reasoning. */
export class ReasoningWriter {
  private text = '';
  private details: ReasoningPayload['details'] = undefined;
  private readonly content: boolean;
  private readonly summary: boolean;
  private readonly place: { readonly output_index: number; readonly item_id: string };

  /** @param seal write the envelope also where the text is shown: clients that keep nothing else ask for it */
  constructor(itemId: string, outputIndex: number, mode: ReasoningOutput, private readonly seal = false) {
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

  push(delta: string): readonly ResponsesEvent[] {
    this.text += delta;
    const events: ResponsesEvent[] = [];
    if (this.summary)
      events.push({ type: 'response.reasoning_summary_text.delta', ...this.place, summary_index: 0, delta });
    if (this.content) events.push({ type: 'response.reasoning_text.delta', ...this.place, content_index: 0, delta });
    return events;
  }

  keep(details: NonNullable<ReasoningPayload['details']>): void {
    this.details = mergeDetails(this.details ?? [], details);
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

  /** The item as it stands. Raw text travels in `content`; where that is not shown, signed blocks exist, or it was asked for, in the envelope. */
  item(status: OutputStatus): OutputReasoning {
    const open = status === 'in_progress';
    const sealed = !open && (this.seal || !this.content || this.details !== undefined);
    return {
      type: 'reasoning',
      id: this.place.item_id,
      status,
      summary: this.summary && !open ? [{ type: 'summary_text', text: this.text }] : [],
      ...(this.content && { content: open ? [] : [{ type: 'reasoning_text', text: this.text }] }),
      ...(sealed && { encrypted_content: sealReasoning({ text: this.text, details: this.details }) }),
    };
  }
}
