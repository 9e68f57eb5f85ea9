/** K1-K3: known event types, and the fields that events and Response objects must have. */
import { isRecord } from '../../../../src/base/json';
import { EVENT_FIELDS } from './event-fields';
import { error, show, warning, type Finding, type GrammarOptions, type Rule } from './rule';
import { responseOf, type RecordedStream } from './recorded-stream';

type Shape = readonly [expected: string, holds: (value: unknown) => boolean];
const TEXT: Shape = ['a string', (value) => typeof value === 'string'];
const INDEX: Shape = ['an integer from 0', (value) => Number.isInteger(value) && Number(value) >= 0];
const OBJECT: Shape = ['an object', isRecord];

/** The JSON types of fields that have the same meaning in every event of the bridge. */
const SHAPES: Readonly<Record<string, Shape>> = {
  arguments: TEXT,
  content_index: INDEX,
  input: TEXT,
  item: OBJECT,
  item_id: TEXT,
  logprobs: ['an array', Array.isArray],
  message: TEXT,
  output_index: INDEX,
  part: OBJECT,
  refusal: TEXT,
  response: OBJECT,
  summary_index: INDEX,
  text: TEXT,
};
/** The only event whose delta is an object. */
const OBJECT_DELTA = 'response.shell_call_output_content.delta';

/** Keys of every Response object, for every client. */
const CORE_KEYS = ['id', 'object', 'created_at', 'status', 'model', 'output'];
/** Keys that must not be null: those that OpenAI or Open Responses require (responses-protocol.md, schema facts). */
const FILLED_KEYS = [
  ...CORE_KEYS, 'tools', 'tool_choice', 'truncation', 'parallel_tool_calls', 'text', 'top_p', 'presence_penalty',
  'frequency_penalty', 'top_logprobs', 'temperature', 'store', 'background', 'service_tier',
];
/** Required keys that may be null. `access_programs` is not among them: no known client needs it. */
const PRESENT_KEYS = [
  'completed_at', 'incomplete_details', 'previous_response_id', 'instructions', 'error', 'reasoning', 'usage',
  'max_output_tokens', 'max_tool_calls', 'safety_identifier', 'prompt_cache_key', 'metadata',
];

function* eventFields(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.events) {
    for (const field of EVENT_FIELDS[event.type] ?? []) {
      const value = event.data[field];
      const report = field === 'logprobs' ? warning : error;
      const [expected, holds] = shapeOf(event.type, field);
      if (!(field in event.data)) yield report(event, `${event.type} has no ${field}`);
      else if (!holds(value)) yield report(event, `${field} of ${event.type} is ${show(value)}, expected ${expected}`);
    }
  }
}

function shapeOf(type: string, field: string): Shape {
  const anything: Shape = ['anything', () => true];
  if (field === 'delta') return type === OBJECT_DELTA ? anything : TEXT;
  return SHAPES[field] ?? anything;
}

function* knownTypes(stream: RecordedStream): Iterable<Finding> {
  for (const event of stream.events) {
    if (event.type in EVENT_FIELDS || /^[\w-]+:/.test(event.type)) continue;
    yield warning(event, `unknown event type ${show(event.type)}`);
  }
}

function* responseKeys(stream: RecordedStream, { fullResponse }: GrammarOptions): Iterable<Finding> {
  for (const event of stream.lifecycle) {
    const response = responseOf(event);
    const filled = fullResponse ? FILLED_KEYS : CORE_KEYS;
    const absent = fullResponse ? PRESENT_KEYS.filter((key) => !(key in response)) : [];
    for (const key of [...filled.filter((each) => (response[each] ?? null) === null), ...absent]) {
      const state = key in response ? 'is null' : 'is missing';
      yield error(event, `response.${key} of ${event.type} ${state}`);
    }
  }
}

export const FIELD_RULES: readonly Rule[] = [
  { id: 'K1', check: eventFields },
  { id: 'K2', check: knownTypes },
  { id: 'K3', check: responseKeys },
];
