/** Renders a scripted answer as the stream of a Responses endpoint, and as the object of one that does not stream. */
import type { JsonObject, UnknownRecord } from '../../../src/base/json';
import type { ScriptedAnswer, ScriptedUsage } from './chat-stream';

/** The form of reasoning at an endpoint: raw text, a summary with an encrypted form, or only the encrypted form. */
export type NativeReasoningForm = 'content' | 'summary' | 'sealed';

export interface NativeContext {
  readonly model: string;
  /** The number of this answer, from 1; used in ids. */
  readonly number: number;
  readonly reasoning: NativeReasoningForm;
  /** Item ids are UUIDs instead of `msg_…`. */
  readonly uuids?: boolean;
}

export interface NativeAnswer {
  /** Each element is one server-sent event. */
  readonly events: readonly string[];
  readonly response: UnknownRecord;
  /** Reasoning items that may be sent back. */
  readonly reasoning: readonly UnknownRecord[];
}

/**
 * Renders an answer. The finish reasons `length` and `content_filter` end it as incomplete, `null` leaves it without a
 * terminal event, and all others complete it.
 */
export function renderNativeAnswer(answer: ScriptedAnswer, context: NativeContext): NativeAnswer {
  const stream = new NativeStream(answer, context);
  stream.lifecycle('created', 'in_progress');
  stream.lifecycle('in_progress', 'in_progress');
  if (answer.reasoning !== undefined) stream.reasoning(answer.reasoning);
  if (answer.text !== undefined) stream.message(answer.text);
  (answer.toolCalls ?? []).forEach((call, index) => {
    const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    stream.call(call.id ?? `call_${context.number}_${index}`, call.name, text);
  });
  const ending = answer.finish === 'length' || answer.finish === 'content_filter' ? 'incomplete' : 'completed';
  if (answer.finish !== null) stream.lifecycle(ending, ending);
  return { events: stream.events, response: stream.response, reasoning: stream.issued };
}

class NativeStream {
  readonly events: string[] = [];
  readonly issued: UnknownRecord[] = [];
  response: JsonObject = {};
  private readonly output: JsonObject[] = [];
  private sequence = 0;

  constructor(private readonly answer: ScriptedAnswer, private readonly context: NativeContext) {}

  lifecycle(event: string, status: string): void {
    const isOver = status !== 'in_progress';
    const reason = this.answer.finish === 'length' ? 'max_output_tokens' : 'content_filter';
    this.response = {
      id: `resp_up_${this.context.number}`,
      object: 'response',
      created_at: 1_700_000_000,
      completed_at: isOver ? 1_700_000_001 : null,
      status,
      model: this.context.model,
      output: [...this.output],
      error: null,
      incomplete_details: status === 'incomplete' ? { reason } : null,
      usage: isOver && this.answer.usage !== null ? usageOf(this.answer.usage ?? {}) : null,
    };
    this.push(`response.${event}`, { response: this.response });
  }

  reasoning(text: string): void {
    const { reasoning: form, number } = this.context;
    const at = this.place(`rs_up_${number}_${this.output.length}`);
    const item = { type: 'reasoning', id: at.item_id, summary: [] };
    this.added({ ...item, status: 'in_progress' });
    if (form === 'content') {
      const part = { ...at, content_index: 0 };
      this.push('response.content_part.added', { ...part, part: { type: 'reasoning_text', text: '' } });
      for (const delta of this.pieces(text)) this.push('response.reasoning_text.delta', { ...part, delta });
      this.push('response.reasoning_text.done', { ...part, text });
      this.push('response.content_part.done', { ...part, part: { type: 'reasoning_text', text } });
    } else if (form === 'summary') {
      const part = { ...at, summary_index: 0 };
      this.push('response.reasoning_summary_part.added', { ...part, part: { type: 'summary_text', text: '' } });
      for (const delta of this.pieces(text)) this.push('response.reasoning_summary_text.delta', { ...part, delta });
      this.push('response.reasoning_summary_text.done', { ...part, text });
      this.push('response.reasoning_summary_part.done', { ...part, part: { type: 'summary_text', text } });
    }
    const sealed = { encrypted_content: `sealed:${Buffer.from(text).toString('base64')}` };
    const done = {
      content: { ...item, content: [{ type: 'reasoning_text', text }] },
      summary: { ...item, summary: [{ type: 'summary_text', text }], ...sealed },
      sealed: { ...item, ...sealed },
    }[form];
    this.issued.push(done);
    this.done({ ...done, status: 'completed' });
  }

  message(text: string): void {
    const at = { ...this.place(`msg_up_${this.context.number}_${this.output.length}`), content_index: 0 };
    const part = (value: string): JsonObject => ({ type: 'output_text', text: value, annotations: [], logprobs: [] });
    const { phase } = this.answer;
    const item = { type: 'message', id: at.item_id, role: 'assistant', ...(phase && { phase }) };
    this.added({ ...item, status: 'in_progress', content: [] });
    this.push('response.content_part.added', { ...at, part: part('') });
    for (const delta of this.pieces(text)) this.push('response.output_text.delta', { ...at, delta, logprobs: [] });
    this.push('response.output_text.done', { ...at, text, logprobs: [] });
    this.push('response.content_part.done', { ...at, part: part(text) });
    this.done({ ...item, status: 'completed', content: [part(text)] });
  }

  call(callId: string, name: string, text: string): void {
    const at = this.place(`fc_up_${this.context.number}_${this.output.length}`);
    const item = { type: 'function_call', id: at.item_id, call_id: callId, name };
    const isTruncated = this.answer.finish === 'length';
    this.added({ ...item, arguments: '', status: 'in_progress' });
    for (const delta of this.pieces(text)) this.push('response.function_call_arguments.delta', { ...at, delta });
    if (isTruncated) return;
    this.push('response.function_call_arguments.done', { ...at, arguments: text });
    this.done({ ...item, arguments: text, status: 'completed' });
  }

  private place(itemId: string): { readonly item_id: string; readonly output_index: number } {
    const { uuids, number } = this.context;
    const digits = String(number * 100 + this.output.length).padStart(12, '0');
    const id = uuids ? `2b9f1f9a-3f55-4c0e-9d5b-${digits}` : itemId;
    return { item_id: id, output_index: this.output.length };
  }

  private added(item: JsonObject): void {
    this.push('response.output_item.added', { output_index: this.output.length, item });
  }

  private done(item: JsonObject): void {
    this.push('response.output_item.done', { output_index: this.output.length, item });
    this.output.push(item);
  }

  private push(type: string, fields: object): void {
    this.events.push(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.sequence, ...fields })}\n\n`,
    );
    this.sequence += 1;
  }

  private pieces(text: string): readonly string[] {
    const characters = Array.from(text);
    const size = this.answer.pieces ?? 4;
    return Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
      characters.slice(index * size, (index + 1) * size).join(''),
    );
  }
}

function usageOf({ prompt = 20, completion = 10, cached = 0, reasoning = 0 }: ScriptedUsage): JsonObject {
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}
