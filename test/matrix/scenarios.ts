/** What every model of every provider must support. A scenario runs turns on a bench and checks both sides. */
import assert from 'node:assert/strict';
import { ask, tool, type Loose } from '../support/bridge/test-bridge';
import { AWKWARD_TOOLS } from './awkward-tools';
import type { Bench, BenchTurn } from './bench';
import {
  assertPrefix,
  assistantsOf,
  called,
  developer,
  IMAGE,
  namesSent,
  opening,
  partsOf,
  REASONING,
  result,
  resultsOf,
  said,
  textOf,
  TOOLS,
} from './parts';

export interface Scenario {
  readonly name: string;
  /** Checks only the request, which is the same with and without a stream. */
  readonly once?: true;
  readonly run: (bench: Bench) => Promise<void>;
}

/** What Codex sends with every request (codex-protocol.md, section 1). */
const BASE = {
  instructions: 'You are a coding agent.',
  tools: TOOLS,
  tool_choice: 'auto',
  parallel_tool_calls: true,
  store: false,
  reasoning: { effort: 'high', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'thread-1',
};

const turn = (input: readonly object[], more: object = {}): object => ({ ...BASE, input, ...more });

async function text(bench: Bench): Promise<void> {
  const usage = { prompt: 120, completion: 30, cached: 100, reasoning: 12 };
  const { sent, output, response } = await bench.ask(turn(opening()), { text: 'Hé, wörld 🌍!', usage });
  assert.deepEqual((bench.target.strict.expects ?? []).filter((field) => !(field in sent)), []);
  assert.equal(textOf(output), 'Hé, wörld 🌍!');
  const { input_tokens, input_tokens_details, output_tokens, total_tokens } = response.usage;
  assert.deepEqual(
    [input_tokens, input_tokens_details.cached_tokens, output_tokens, total_tokens],
    [120, 100, 30, 150],
  );
}

/** One call of a function, then parallel calls of a function, a custom tool and a namespaced tool. */
async function toolRounds(bench: Bench): Promise<void> {
  const input = [...opening()];
  const first = await bench.ask(turn(input), ({ tools }) => ({
    text: 'I read.',
    toolCalls: [{ name: tools[0].function.name, arguments: { path: 'a.txt' } }],
  }));
  assert.deepEqual(
    first.output.slice(-1).map(({ type, name, arguments: text }) => [type, name, text]),
    [['function_call', 'read_file', '{"path":"a.txt"}']],
  );
  input.push(...first.output, ...resultsOf(first.output));
  const second = await bench.ask(turn(input), ({ tools }) => ({
    toolCalls: tools.map((offered: Loose) => callOf(offered.function.name)),
  }));
  assertPrefix(first.sent, second.sent);
  assert.deepEqual(
    second.output.filter(isCall).map(({ type, name, namespace, input: patch }) => [type, name, namespace ?? patch]),
    [
      ['function_call', 'read_file', undefined],
      ['custom_tool_call', 'apply_patch', PATCH],
      ['function_call', 'list', 'mcp__files'],
    ],
  );
  input.push(...second.output, ...resultsOf(second.output));
  const third = await bench.ask(turn(input), { text: 'Both done.' });
  assertPrefix(second.sent, third.sent);
  assert.equal(third.sent.messages.filter(({ role }: Loose) => role === 'tool').length, 4);
}

const PATCH = '*** Begin Patch\n*** Delete File: a.txt\n*** End Patch';

const callOf = (name: string): { name: string; arguments: object } => ({
  name,
  arguments: name === 'apply_patch' ? { input: PATCH } : { path: name },
});
const isCall = ({ type }: Loose): boolean => /_call$/.test(type);

async function parallelCalls(bench: Bench): Promise<void> {
  const ids = ['call_a', 'call_b', 'call_c'];
  const toolCalls = ids.map((id) => ({ id, name: 'read_file', arguments: { path: `${id}.txt` } }));
  const first = await bench.ask(turn(opening()), { toolCalls });
  const calls = first.output.filter(isCall);
  assert.deepEqual(
    calls.map(({ call_id, arguments: text }) => [call_id, text]),
    ids.map((id) => [id, `{"path":"${id}.txt"}`]),
  );
  // The results arrive in reverse order, with a user message in between.
  const answers = [...calls].reverse().map(({ call_id }) => result(call_id, `of ${call_id}`));
  const second = await bench.ask(
    turn([...opening(), ...first.output, ...answers.slice(0, 2), ...ask('Hurry.'), ...answers.slice(2)]),
  );
  const [sent] = assistantsOf(second.sent);
  assert.deepEqual(sent.tool_calls.map(({ id }: Loose) => id), ids);
}

/**
 * The reasoning of a turn with calls is sent back where the provider reads it, byte for byte, in every later request.
 */
async function reasoningRoundTrip(bench: Bench): Promise<void> {
  if (bench.target.strict.thinks === 'never') return;
  const input = [...opening()];
  const reasoning = REASONING;
  const first = await bench.ask(turn(input), {
    reasoning,
    text: 'I read.',
    toolCalls: [{ name: 'read_file', arguments: { path: 'a' } }],
  });
  assert.equal(first.output[0].type, 'reasoning');
  input.push(...first.output, ...resultsOf(first.output));
  const second = await bench.ask(turn(input), { reasoning, text: 'It says 42.' });
  assertReasoning(bench, second, 0);
  input.push(...second.output, ...ask('And b.txt?'));
  const third = await bench.ask(turn(input));
  assertReasoning(bench, third, 0);
  assertPrefix(second.sent, third.sent);
  if (bench.target.strict.replay?.on === 'answers') assertReasoning(bench, third, 1);
}

function assertReasoning({ target: { style } }: Bench, { sent }: BenchTurn, position: number): void {
  const message = assistantsOf(sent)[position];
  if (style.replay === 'think')
    return assert.match(message.content, new RegExp(`^<think>\\n?${REASONING}\\n?</think>\\n*I read\\.$`));
  assert.deepEqual(message[style.replay], style.blocks?.(REASONING) ?? REASONING);
  return undefined;
}

/** A session that started elsewhere: its reasoning is missing or encrypted. */
async function reasoningUnknown(bench: Bench): Promise<void> {
  const foreign = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAAB-foreign' };
  const input = [
    ...opening(),
    said('I look.'),
    ...ask('Go on.'),
    called('call_a'),
    result('call_a'),
    foreign,
    called('call_b', 'b.txt'),
    called('call_c', 'c.txt'),
    result('call_b'),
    result('call_c'),
    said('Read.'),
    ...ask('Now?'),
  ];
  await bench.ask(turn(input));
}

async function images(bench: Bench): Promise<void> {
  const picture = { type: 'input_image', image_url: IMAGE };
  const question = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'What is this?' }, picture] };
  const outputs = [result('call_a', [{ type: 'input_text', text: 'A screenshot.' }, picture]), result('call_b')];
  const { sent } = await bench.ask(
    turn([...opening(), question, called('call_a'), called('call_b', 'b.txt'), ...outputs]),
  );
  const parts = partsOf(sent, 'image_url').map(({ role, image_url }) => [role, image_url.url]);
  if (bench.target.strict.textOnly) {
    assert.deepEqual(parts, []);
    assert.equal(JSON.stringify(sent.messages).match(/\[image left out/g)?.length, 2);
  } else {
    assert.deepEqual(parts, [['user', IMAGE], ['user', IMAGE]]);
  }
}

async function structuredOutput(bench: Bench): Promise<void> {
  const schema = {
    type: 'object',
    properties: { verdict: { type: 'boolean' } },
    required: ['verdict'],
    additionalProperties: false,
  };
  const format = { type: 'json_schema', name: 'answer', strict: true, schema };
  const { sent, output } = await bench.ask(turn(opening(), { text: { format } }), { text: '{"verdict":true}' });
  assert.deepEqual(JSON.parse(textOf(output)), { verdict: true });
  const { behavior } = bench.target;
  const acceptsSchema = behavior.fields.includes('response_format') && behavior.formats.includes('json_schema');
  if (acceptsSchema) assert.deepEqual(sent.response_format?.json_schema.schema, schema);
  // A provider that does not accept a schema gets it as text.
  else assert.ok(JSON.stringify(sent.messages[0].content).includes('verdict'));
}

/** An unknown host gets the client's value unchanged; the bridge learns from a rejection (upstream/repairs.ts). */
const PASSED_ON: Readonly<Record<string, readonly string[]>> = { 'openai-compatible': ['max'] };

async function efforts(bench: Bench): Promise<void> {
  const passedOn = PASSED_ON[bench.target.provider.name] ?? [];
  for (const effort of ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'].filter(
    (word) => !passedOn.includes(word),
  )) {
    await bench.ask(turn(opening(), { reasoning: { effort, summary: 'auto' } }));
  }
  await bench.ask(turn(opening(), { reasoning: null }));
}

async function forcedChoice(bench: Bench): Promise<void> {
  for (const tool_choice of [
    'required',
    { type: 'function', name: 'read_file' },
    { type: 'custom', name: 'apply_patch' },
    'none',
    'auto',
  ]) {
    await bench.ask(turn(opening(), { tool_choice }));
  }
}

async function lateInstructions(bench: Bench): Promise<void> {
  const { sent } = await bench.ask(
    turn([...opening(), said('Read.'), developer('Plan mode is on.'), ...ask('Go on.')]),
  );
  assert.match(JSON.stringify(sent.messages), /Plan mode is on\./);
  const alone = await bench.ask({ input: [...ask(), said('Hello.'), developer('Plan mode is on.')] });
  assert.match(JSON.stringify(alone.sent.messages), /Plan mode is on\./);
}

const ROUNDS = 60;

/** Text, two calls and their results, repeatedly: earlier messages are sent again unchanged. */
async function longHistory(bench: Bench): Promise<void> {
  const rounds = Array.from({ length: ROUNDS }, (_, number) => [
    {
      type: 'reasoning',
      id: `rs_${number}`,
      summary: [],
      content: [{ type: 'reasoning_text', text: `Round ${number}.` }],
    },
    said(`Reading ${number}.`),
    called(`call_${number}_a`, `${number}/a.txt`),
    called(`call_${number}_b`, `${number}/b.txt`),
    result(`call_${number}_a`, `a of ${number}`),
    result(`call_${number}_b`, `b of ${number}`),
    ...(number % 7 === 0 ? ask(`Message ${number}.`) : []),
  ]);
  const before = await bench.ask(turn([...opening(), ...rounds.slice(0, -1).flat()]));
  const after = await bench.ask(turn([...opening(), ...rounds.flat()]));
  assertPrefix(before.sent, after.sent);
  assert.equal(after.sent.messages.filter(({ role }: Loose) => role === 'tool').length, 2 * ROUNDS);
}

/** Schemas and names that validators reject; the model's calls still reach the right tools. */
async function awkwardTools(bench: Bench): Promise<void> {
  const { sent, output } = await bench.ask(turn(opening(), { tools: AWKWARD_TOOLS }), (body) => ({
    toolCalls: namesSent(body).map((name) => ({ name, arguments: {} })),
  }));
  assert.equal(sent.tools.length, AWKWARD_TOOLS.length);
  assert.deepEqual(output.filter(isCall).map(({ name }) => name), AWKWARD_TOOLS.map(({ name }) => name));
  await bench.ask(turn([...opening(), ...output, ...resultsOf(output)], { tools: AWKWARD_TOOLS }));
}

/** Everything that an SDK may set: settings that the provider would reject are not sent. */
async function settings(bench: Bench): Promise<void> {
  const { behavior, strict } = bench.target;
  const requestedLimit = strict.maxTokens === undefined ? 1_000 : 5_000_000;
  const more = {
    max_output_tokens: requestedLimit,
    temperature: 0.3,
    top_p: 0.9,
    logit_bias: { '42': 1 },
    user: 'u-1',
    store: true,
    metadata: { run: '7' },
    service_tier: 'auto',
    prompt_cache_retention: '24h',
    safety_identifier: 's-1',
    truncation: 'auto',
    client_metadata: { a: 'b' },
    text: { verbosity: 'low' },
  };
  const { sent } = await bench.ask(turn(opening(), more));
  assert.equal(
    sent[behavior.limit] > 0 && sent[behavior.limit] <= requestedLimit,
    true,
    'the limit is sent under the provider’s name',
  );
  await bench.ask({ input: 'Hello', tools: [tool('read_file', { strict: true })] });
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'text', run: text },
  { name: 'tool rounds', run: toolRounds },
  { name: 'parallel calls', run: parallelCalls },
  { name: 'reasoning round trip', run: reasoningRoundTrip },
  { name: 'unknown reasoning', run: reasoningUnknown },
  { name: 'images', run: images },
  { name: 'structured output', run: structuredOutput },
  { name: 'efforts', once: true, run: efforts },
  { name: 'tool choice', once: true, run: forcedChoice },
  { name: 'late instructions', run: lateInstructions },
  { name: 'long history', run: longHistory },
  { name: 'awkward tools', run: awkwardTools },
  { name: 'settings', run: settings },
];
