/** The grammar's own tests: a good stream of each kind passes every rule, and each rule has a stream that breaks it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { assertGoodStream, checkStream, RULES, type Level } from './stream-grammar';
import { renderSse, SAMPLES, type SampleEvent, type SampleName } from './stream-samples';

const FULL = { fullResponse: true };

for (const [name, sample] of Object.entries(SAMPLES)) {
  test(`good stream: ${name}`, () => {
    assertGoodStream(renderSse(sample()), FULL);
    assertGoodStream(sample(), FULL);
  });
}

test('a stream for Codex may leave the echoed request fields out', () => {
  const events = SAMPLES.text();
  for (const type of ['created', 'in_progress', 'completed']) put(type, 'response.tools', undefined)(events);
  assertGoodStream(events, { fullResponse: false });
  assert.ok(checkStream(events, FULL).every(({ rule }) => rule === 'K3'));
});

test('a failure right after response.created is a good stream', () => {
  const events = SAMPLES['failed after partial text']();
  put('failed', 'response.output', [])(events);
  assertGoodStream(renumber([find(events, 'created'), find(events, 'failed')]), FULL);
});

test('a comment between events is not a violation', () => {
  assertGoodStream(renderSse(SAMPLES.text()).replace('\n\n', '\n\n: ping\n\n'), FULL);
});

test('repeated in_progress events keep a slow stream alive', () => {
  const events = SAMPLES.text();
  repeat('in_progress')(events);
  assertGoodStream(renumber(events), FULL);
});

/** The rule, the level, what is wrong, how the text of a good stream is spoiled. */
type BadText = readonly [rule: string, level: Level, what: string, spoil: (text: string) => string];

const BAD_TEXTS: readonly BadText[] = [
  ['T0', 'error', 'the last block is not closed', (text) => text.slice(0, -1)],
  ['T1', 'error', 'a line of another protocol', (text) => text.replace('event: ', 'kind: x\nevent: ')],
  ['T2', 'error', 'event: differs from type', (text) => text.replace('event: response.created', 'event: x')],
  ['T2', 'warning', 'no event: line', (text) => text.replace('event: response.created\n', '')],
  ['T3', 'error', 'data is not JSON', (text) => `data: {"type":\n\n${text}`],
  ['T3', 'error', 'data has no type', (text) => `data: {"kind":"x"}\n\n${text}`],
  ['T3', 'error', 'an event without data', (text) => `event: response.created\n\n${text}`],
  ['T4', 'warning', 'no [DONE]', (text) => text.replace('data: [DONE]\n\n', '')],
  ['T4', 'error', '[DONE] twice', (text) => `${text}data: [DONE]\n\n`],
  ['T4', 'error', 'an event after [DONE]', (text) => `${text}data: {"type":"response.x"}\n\n`],
  ['T5', 'warning', 'an id: line', (text) => text.replace('event: ', 'id: 7\nevent: ')],
];

/** The same for events, which are renumbered after they are spoiled; the sample is `text` unless named. */
type BadEvents = readonly [rule: string, level: Level, what: string, spoil: Spoil, sample?: SampleName];

const BAD_EVENTS: readonly BadEvents[] = [
  ['L1', 'error', 'no response.created', remove('created')],
  ['L1', 'error', 'created twice', repeat('created')],
  ['L1', 'error', 'created with output', put('created', 'response.output', [{}])],
  ['L2', 'warning', 'no in_progress', remove('in_progress')],
  ['L3', 'error', 'no terminal event', remove('completed')],
  ['L3', 'error', 'two terminal events', repeat('completed')],
  ['L3', 'error', 'an event after the terminal one', moveBefore('completed', 'output_text.delta')],
  ['L4', 'error', 'the wrong status', put('completed', 'response.status', 'in_progress')],
  ['L4', 'error', 'the wrong object', put('created', 'response.object', 'chat.completion')],
  ['L4', 'error', 'output is null', put('created', 'response.output', null)],
  ['L5', 'error', 'another id', put('completed', 'response.id', 'resp_2')],
  ['L5', 'error', 'another created_at', put('completed', 'response.created_at', 1)],
  ['L5', 'warning', 'another model', put('completed', 'response.model', 'another-model')],
  ['E1', 'error', 'completed with an error', put('completed', 'response.error', { code: 'x', message: 'x' })],
  [
    'E1',
    'error',
    'completed with a reason',
    put('completed', 'response.incomplete_details', { reason: 'content_filter' }),
  ],
  [
    'E1',
    'error',
    'failed without a message',
    put('failed', 'response.error', { code: 'x' }),
    'failed after partial text',
  ],
  [
    'E1',
    'error',
    'an unknown reason',
    put('incomplete', 'response.incomplete_details.reason', 'length'),
    'incomplete by length',
  ],
  ['E2', 'error', 'an error event, then completed', insert({ type: 'error', code: 'x', message: 'x', param: null })],
  [
    'E3',
    'warning',
    'a completed last item',
    put('output_item.done', 'item.status', 'completed'),
    'incomplete by length',
  ],
  ['I1', 'error', 'output_index starts at 1', putEach('output_index', 1)],
  ['I1', 'error', 'an empty id', put('output_item.added', 'item.id', '')],
  ['I1', 'error', 'an id twice', put('output_item.added#1', 'item.id', 'msg_1'), 'two texts'],
  ['I1', 'warning', 'a new item is completed', put('output_item.added', 'item.status', 'completed')],
  ['I1', 'error', 'a new message has content', put('output_item.added', 'item.content', [{}])],
  ['I1', 'error', 'a new message has another role', put('output_item.added', 'item.role', 'user')],
  ['I1', 'error', 'a new call has arguments', put('output_item.added', 'item.arguments', '{}'), 'two tool calls'],
  ['I1', 'error', 'a new call has no name', put('output_item.added', 'item.name', ''), 'two tool calls'],
  ['I1', 'error', 'a new custom call has no call id', put('output_item.added', 'item.call_id', ''), 'custom tool call'],
  ['I1', 'error', 'new reasoning has a summary', put('output_item.added', 'item.summary', [{}]), 'reasoning'],
  ['I1', 'error', 'an item is closed but was never opened', remove('output_item.added')],
  ['I2', 'error', 'a delta before its item', moveBefore('output_text.delta', 'output_item.added')],
  ['I2', 'error', 'the item_id of another item', put('output_text.delta', 'item_id', 'msg_9')],
  ['I3', 'error', 'an item is closed twice', repeat('output_item.done')],
  ['I3', 'error', 'an item changes its id', put('output_item.done', 'item.id', 'msg_9')],
  ['I3', 'error', 'an item changes its type', put('output_item.done', 'item.type', 'reasoning')],
  ['I3', 'error', 'a closed item is in progress', put('output_item.done', 'item.status', 'in_progress')],
  ['I3', 'error', 'a delta after the item', moveBefore('output_text.delta', 'completed')],
  ['I4', 'error', 'completed while an item is open', remove('output_item.done')],
  ['I5', 'error', 'a call id changes', put('output_item.done', 'item.call_id', 'call_9'), 'two tool calls'],
  ['I5', 'error', 'a name changes', put('output_item.done', 'item.name', 'apply_patch'), 'two tool calls'],
  ['I5', 'error', 'a call id twice', put('output_item.added#1', 'item.call_id', 'call_1'), 'two tool calls'],
  ['P1', 'error', 'a delta without a part', remove('content_part.added')],
  ['P1', 'error', 'a refusal delta in a text part', put('output_text.delta', 'type', 'response.refusal.delta')],
  ['P1', 'error', 'an unknown part', put('content_part.added', 'part.type', 'text')],
  ['P1', 'error', 'a reasoning part in a message', put('content_part.added', 'part.type', 'reasoning_text')],
  ['P2', 'error', 'content_index starts at 1', putEach('content_index', 1)],
  ['P2', 'error', 'a part is opened twice', repeat('content_part.added')],
  ['P2', 'error', 'a new part has text', put('content_part.added', 'part.text', 'x')],
  ['P2', 'error', 'a new part has no annotations', put('content_part.added', 'part.annotations', undefined)],
  ['P3', 'error', 'a delta is lost', remove('output_text.delta')],
  ['P3', 'error', 'the text is done twice', repeat('output_text.done')],
  ['P3', 'error', 'a delta after the text', moveBefore('output_text.delta', 'content_part.done')],
  ['P4', 'error', 'a part is left open', remove('content_part.done')],
  ['P4', 'error', 'a part without the end of its text', remove('output_text.done')],
  ['P4', 'error', 'a part is closed twice', repeat('content_part.done')],
  ['P4', 'error', 'a part is closed before its text', moveBefore('content_part.done', 'output_text.done')],
  ['P4', 'error', 'a part is closed after its item', moveBefore('content_part.done', 'completed')],
  ['P4', 'error', 'the closed part has another text', put('content_part.done', 'part.text', 'x')],
  ['P4', 'error', 'the closed part has another type', put('content_part.done', 'part.type', 'refusal')],
  ['P5', 'error', 'the item lists another text', put('output_item.done', 'item.content.0.text', 'x')],
  ['P5', 'error', 'the item lists no part', put('output_item.done', 'item.content', [])],
  ['R1', 'error', 'a summary delta without a part', remove('reasoning_summary_part.added'), 'reasoning'],
  ['R1', 'error', 'a lost summary delta', remove('reasoning_summary_text.delta'), 'reasoning'],
  ['R1', 'error', 'a summary part is left open', remove('reasoning_summary_part.done'), 'reasoning'],
  ['R1', 'error', 'summary_index starts at 1', putEach('summary_index', 1), 'reasoning'],
  ['R1', 'error', 'the item has no summary', put('output_item.done', 'item.summary', []), 'reasoning'],
  ['F1', 'error', 'a delta is lost', remove('function_call_arguments.delta'), 'two tool calls'],
  ['F1', 'error', 'no arguments.done', remove('function_call_arguments.done'), 'two tool calls'],
  ['F1', 'error', 'arguments.done twice', repeat('function_call_arguments.done'), 'two tool calls'],
  ['F1', 'error', 'a late delta', moveBefore('function_call_arguments.delta', 'output_item.done'), 'two tool calls'],
  ['F1', 'error', 'the closed call differs', put('output_item.done', 'item.arguments', '{}'), 'two tool calls'],
  [
    'F1',
    'error',
    'arguments in a custom tool call',
    put('custom_tool_call_input.delta', 'type', 'response.function_call_arguments.delta'),
    'custom tool call',
  ],
  ['F2', 'warning', 'arguments are not JSON', put('output_item.done', 'item.arguments', '{"cmd":'), 'two tool calls'],
  ['C1', 'error', 'a delta is lost', remove('custom_tool_call_input.delta'), 'custom tool call'],
  [
    'C1',
    'error',
    'input in a function call',
    put('function_call_arguments.delta', 'type', 'response.custom_tool_call_input.delta'),
    'two tool calls',
  ],
  ['O1', 'error', 'the response lists no item', put('completed', 'response.output', [])],
  ['O1', 'error', 'the response lists another item', put('completed', 'response.output.0.id', 'msg_2'), 'two texts'],
  [
    'O1',
    'error',
    'a failed response drops a closed item',
    put('failed', 'response.output', []),
    'failed after partial text',
  ],
  ['O2', 'error', 'a listed item differs', put('completed', 'response.output.0.phase', 'final_answer')],
  ['O3', 'error', 'a listed item is incomplete', put('completed', 'response.output.0.status', 'incomplete')],
  ['U1', 'warning', 'no usage', put('completed', 'response.usage', null)],
  ['U2', 'error', 'a total that does not add up', put('completed', 'response.usage.total_tokens', 21)],
  ['U2', 'error', 'a negative count', put('completed', 'response.usage.input_tokens', -1)],
  ['U3', 'error', 'no details', put('completed', 'response.usage.input_tokens_details', undefined)],
  ['U3', 'error', 'more cached than sent', put('completed', 'response.usage.input_tokens_details.cached_tokens', 13)],
  [
    'U3',
    'error',
    'more reasoning than output',
    put('completed', 'response.usage.output_tokens_details.reasoning_tokens', 9),
  ],
  ['K1', 'error', 'a delta without item_id', put('output_text.delta', 'item_id', undefined)],
  ['K1', 'error', 'a delta that is no text', put('output_text.delta', 'delta', { text: 'x' })],
  ['K1', 'warning', 'a delta without logprobs', put('output_text.delta', 'logprobs', undefined)],
  ['K2', 'warning', 'an unknown type', insert({ type: 'keepalive' })],
  ['K3', 'error', 'a key is missing', put('created', 'response.completed_at', undefined)],
  ['K3', 'error', 'a key is null', put('created', 'response.tools', null)],
];

/** The same again for numbers, which stay as they are spoiled. */
const BAD_NUMBERS: readonly BadEvents[] = [
  ['S1', 'error', 'no number', put('output_text.done', 'sequence_number', undefined)],
  ['S1', 'error', 'a fraction', put('completed', 'sequence_number', 99.5)],
  ['S2', 'error', 'a number twice', put('in_progress', 'sequence_number', 0)],
  ['S2', 'warning', 'a gap', put('completed', 'sequence_number', 99)],
  [
    'S2',
    'warning',
    'it starts at 1',
    (events) => events.forEach((event, index) => (event['sequence_number'] = index + 1)),
  ],
];

function assertFound(text: string, rule: string, level: Level): void {
  const found = checkStream(text, FULL);
  const hit = found.some((violation) => violation.rule === rule && violation.level === level);
  assert.ok(hit, `not found among ${JSON.stringify(found)}`);
}

for (const [rule, level, what, spoil] of BAD_TEXTS) {
  test(`${rule} ${level}: ${what}`, () => assertFound(spoil(renderSse(SAMPLES.text())), rule, level));
}

for (const [rule, level, what, spoil, sample = 'text'] of BAD_EVENTS) {
  test(`${rule} ${level}: ${what}`, () => {
    const events = SAMPLES[sample]();
    spoil(events);
    assertFound(renderSse(renumber(events)), rule, level);
  });
}

for (const [rule, level, what, spoil] of BAD_NUMBERS) {
  test(`${rule} ${level}: ${what}`, () => {
    const events = SAMPLES.text();
    spoil(events);
    assertFound(renderSse(events), rule, level);
  });
}

test('every rule has a stream that breaks it', () => {
  const broken = [...BAD_TEXTS, ...BAD_EVENTS, ...BAD_NUMBERS].map(([rule]) => rule);
  assert.deepEqual([...new Set(broken)].sort(), [...new Set(RULES.map(({ id }) => id))].sort());
});

test('events of another provider are allowed under a prefix', () => {
  const events = SAMPLES.text();
  insert({ type: 'vendor:progress' })(events);
  assertGoodStream(renumber(events), FULL);
});

test('violations come in stream order and name the event', () => {
  const events = SAMPLES.text();
  put('output_text.done', 'item_id', 'msg_9')(events);
  remove('completed')(events);
  assert.deepEqual(
    checkStream(events, FULL).map(({ rule, index }) => [rule, index]),
    [['L3', -1], ['I2', 8]],
  );
});

// Spoilers. `type` is an event type without `response.`; `type#1` is the second event of that type.

type Spoil = (events: SampleEvent[]) => void;

/** Sets the value at a dotted path inside an event; `undefined` removes it. */
function put(type: string, path: string, value: unknown): Spoil {
  return (events) => {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const target = keys.reduce((object, key) => asObject(object[key]), find(events, type));
    if (value === undefined) delete target[last];
    else target[last] = value;
  };
}

/** Sets `key` in every event that has it. */
function putEach(key: string, value: unknown): Spoil {
  return (events) => events.filter((event) => key in event).forEach((event) => (event[key] = value));
}

function remove(type: string): Spoil {
  return (events) => void events.splice(events.indexOf(find(events, type)), 1);
}

function repeat(type: string): Spoil {
  return (events) => void events.splice(events.indexOf(find(events, type)), 0, structuredClone(find(events, type)));
}

/** Inserts `event` after created and in_progress. */
function insert(event: SampleEvent): Spoil {
  return (events) => void events.splice(2, 0, structuredClone(event));
}

function moveBefore(type: string, target: string): Spoil {
  return (events) => {
    const event = find(events, type);
    remove(type)(events);
    events.splice(events.indexOf(find(events, target)), 0, event);
  };
}

function find(events: readonly SampleEvent[], name: string): SampleEvent {
  const [type, nth] = name.split('#');
  const event = events.filter((each) => each['type'] === `response.${type}`)[Number(nth ?? 0)];
  assert.ok(event, `the sample has no ${name}`);
  return event;
}

function asObject(value: unknown): SampleEvent {
  assert.ok(typeof value === 'object' && value !== null);
  return value as SampleEvent;
}

function renumber(events: SampleEvent[]): SampleEvent[] {
  for (const [index, event] of events.entries()) event['sequence_number'] = index;
  return events;
}
