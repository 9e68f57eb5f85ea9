/**
 * Event streams that keep every rule, one of each kind, written by a small builder; the grammar's own tests bend them.
 */
import type { JsonObject, JsonValue, UnknownRecord } from '../../../src/base/json';

/** An event as plain data, which a test may corrupt. */
export type SampleEvent = Record<string, unknown>;

type Fields = Record<string, JsonValue>;

/** The prefixes of the events that open and close a part, and of those that fill it. */
interface PartEvents {
  readonly part: string;
  readonly text: string;
}

const USAGE: JsonObject = {
  input_tokens: 12,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 8,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 20,
};

/** Every key that validating clients require in a Response, with the bridge's defaults. */
const ECHO: Fields = {
  tools: [], tool_choice: 'auto', truncation: 'disabled', parallel_tool_calls: true, text: { format: { type: 'text' } },
  top_p: 1, presence_penalty: 0, frequency_penalty: 0, top_logprobs: 0, temperature: 1, store: false, background: false,
  service_tier: 'default', previous_response_id: null, instructions: null, reasoning: null, max_output_tokens: null,
  max_tool_calls: null, safety_identifier: null, prompt_cache_key: null, metadata: {},
};

/** Collects events, numbers them, and keeps what the final response repeats. */
class StreamBuilder {
  readonly events: SampleEvent[] = [];
  private readonly output: JsonObject[] = [];
  private opened = 0;

  constructor() {
    this.lifecycle('created').lifecycle('in_progress');
  }

  lifecycle(status: string, ending: Fields = {}): this {
    const response = {
      id: 'resp_1', object: 'response', created_at: 1_760_000_000, completed_at: null, model: 'sample-model',
      status: status === 'created' ? 'in_progress' : status,
      output: [...this.output], error: null, incomplete_details: null, usage: null, ...ECHO, ...ending,
    };
    return this.push(`response.${status}`, { response });
  }

  completed(): SampleEvent[] {
    return this.lifecycle('completed', { completed_at: 1_760_000_001, usage: USAGE }).events;
  }

  /** One item from opening to closing; `fill` streams its inside and returns what the closed item holds more. */
  item(opened: Fields, fill: (place: Fields) => Fields, status = 'completed'): this {
    const index = this.opened;
    this.opened += 1;
    const start = { ...opened, status: 'in_progress' };
    this.push('response.output_item.added', { output_index: index, item: start });
    const item = { ...start, ...fill({ item_id: opened['id'] ?? null, output_index: index }), status };
    this.push('response.output_item.done', { output_index: index, item });
    this.output.push(item);
    return this;
  }

  /** One part; `deltas` make up its text. Returns the closed part. */
  part(place: Fields, events: PartEvents, part: Fields, deltas: readonly string[]): Fields {
    const field = 'refusal' in part ? 'refusal' : 'text';
    const logprobs = part['type'] === 'output_text' ? { logprobs: [] } : {};
    const text = deltas.join('');
    this.push(`${events.part}.added`, { ...place, part });
    for (const delta of deltas) this.push(`${events.text}.delta`, { ...place, delta, ...logprobs });
    this.push(`${events.text}.done`, { ...place, [field]: text, ...logprobs });
    this.push(`${events.part}.done`, { ...place, part: { ...part, [field]: text } });
    return { ...part, [field]: text };
  }

  push(type: string, fields: UnknownRecord): this {
    this.events.push({ type, sequence_number: this.events.length, ...structuredClone(fields) });
    return this;
  }

  message(deltas: readonly string[], status?: string, id = 'msg_1'): this {
    return this.item({ type: 'message', id, role: 'assistant', content: [] }, (place) => {
      const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
      return { content: [this.part({ ...place, content_index: 0 }, content('output_text'), part, deltas)] };
    }, status);
  }

  refusal(deltas: readonly string[]): this {
    return this.item({ type: 'message', id: 'msg_1', role: 'assistant', content: [] }, (place) => {
      const part = { type: 'refusal', refusal: '' };
      return { content: [this.part({ ...place, content_index: 0 }, content('refusal'), part, deltas)] };
    });
  }

  reasoning(summary: readonly string[], raw: readonly string[] = []): this {
    return this.item({ type: 'reasoning', id: 'rs_1', summary: [] }, (place) => {
      const events = { part: 'response.reasoning_summary_part', text: 'response.reasoning_summary_text' };
      const closed = this.part({ ...place, summary_index: 0 }, events, { type: 'summary_text', text: '' }, summary);
      if (raw.length === 0) return { summary: [closed] };
      const part = { type: 'reasoning_text', text: '' };
      const rawPlace = { ...place, content_index: 0 };
      return { summary: [closed], content: [this.part(rawPlace, content('reasoning_text'), part, raw)] };
    });
  }

  functionCall(id: string, deltas: readonly string[]): this {
    const call = { type: 'function_call', id: `fc_${id}`, call_id: `call_${id}`, name: 'exec_command', arguments: '' };
    return this.item(call, (place) => this.callText(place, 'response.function_call_arguments', 'arguments', deltas));
  }

  customCall(deltas: readonly string[]): this {
    const call = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'apply_patch', input: '' };
    return this.item(call, (place) => this.callText(place, 'response.custom_tool_call_input', 'input', deltas));
  }

  private callText(place: Fields, prefix: string, field: string, deltas: readonly string[]): Fields {
    for (const delta of deltas) this.push(`${prefix}.delta`, { ...place, delta });
    this.push(`${prefix}.done`, { ...place, [field]: deltas.join('') });
    return { [field]: deltas.join('') };
  }
}

const content = (name: string): PartEvents => ({ part: 'response.content_part', text: `response.${name}` });

/** A stream that ends inside its second item: `failed`, or `incomplete` because a call was truncated. */
function brokenOff(ending: 'failed' | 'incomplete', details: Fields): SampleEvent[] {
  const builder = new StreamBuilder().message(['I will ', 'look.']).functionCall('1', ['{"cmd":', '"ls']);
  // The events that end the arguments and the call itself are missing.
  builder.events.splice(-2);
  const message = builder.events.find((event) => event['type'] === 'response.output_item.done')?.['item'];
  return builder.lifecycle(ending, { ...details, output: [message as JsonObject] }).events;
}

/** Name → a fresh good stream. Repeated identical deltas are normal and must add up. */
export const SAMPLES = {
  text: () => new StreamBuilder().message(['Ha', 'ha', 'ha', '\n']).completed(),
  reasoning: () => new StreamBuilder().reasoning(['Think', 'ing']).message(['Done']).completed(),
  'both reasoning forms': () => new StreamBuilder().reasoning(['Think'], ['Th', 'ink']).message(['Done']).completed(),
  'two tool calls': () =>
    new StreamBuilder().functionCall('1', ['{"cmd":', '"ls"}']).functionCall('2', ['{}']).completed(),
  'custom tool call': () => new StreamBuilder().customCall(['*** Begin Patch\n', '*** End Patch']).completed(),
  refusal: () => new StreamBuilder().refusal(['I can', 'not.']).completed(),
  'two texts': () => new StreamBuilder().message(['One']).message(['Two'], 'completed', 'msg_2').completed(),
  'incomplete by length': () =>
    new StreamBuilder()
      .message(['Cut he'], 'incomplete')
      .lifecycle('incomplete', { incomplete_details: { reason: 'max_output_tokens' }, usage: USAGE }).events,
  'incomplete with a cut call': () =>
    brokenOff('incomplete', { incomplete_details: { reason: 'max_output_tokens' }, usage: USAGE }),
  'failed after partial text': () =>
    brokenOff('failed', { error: { code: 'server_error', message: 'The upstream stream broke off.' } }),
} as const satisfies Record<string, () => SampleEvent[]>;

export type SampleName = keyof typeof SAMPLES;

/** Writes events as the SSE text that a server would send. */
export function renderSse(events: readonly SampleEvent[]): string {
  const frames = events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`);
  return `${frames.join('')}data: [DONE]\n\n`;
}
