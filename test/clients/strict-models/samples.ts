/**
 * Collects every event and answer that SDK clients get for the stream fixtures, for models in other languages.
 */
import type { TestContext } from 'node:test';
import { startBridge, type Loose, type TestBridge } from '../../support/bridge/test-bridge';
import { getJson, type StreamReply } from '../../support/clients/sse-client';
import { listFixtures, type Fixture } from '../../support/fixtures';
import { raw } from '../../support/upstream/scripted-upstream';

/** The model that must accept the JSON value. */
export type Kind = 'event' | 'response' | 'chunk' | 'completion' | 'models' | 'input_items';

export interface Sample {
  readonly kind: Kind;
  /** The fixture, or the kind if there is none. */
  readonly name: string;
  readonly value: unknown;
}

/** A client other than Codex, so it gets complete Response objects. */
const SDK = { 'user-agent': 'OpenAI/Python 3.57.0' };

/**
 * Collects the answers to each fixture, streamed and as JSON, for Responses and Chat clients, and a stored response.
 */
export async function collectSamples(context: TestContext): Promise<readonly Sample[]> {
  const fixtures = listFixtures('streams').filter((fixture) => fixture.has('upstream.sse'));
  const bytes = fixtures.map((fixture) => fixture.bytes('upstream.sse'));
  const script = bytes.flatMap((chunk) => Array.from({ length: 4 }, () => raw({ chunks: [chunk], end: 'eof' })));
  const bridge = await startBridge(context, { dialect: 'openai', script });
  const samples: Sample[] = [];
  for (const fixture of fixtures) samples.push(...await answersOf(bridge, fixture));
  return [...samples, ...await collectStored(bridge, samples)];
}

async function answersOf(bridge: TestBridge, fixture: Fixture): Promise<readonly Sample[]> {
  const declared = (fixture.options['tools'] ?? []) as readonly Loose[];
  const tools = declared.length === 0 ? {} : { tools: declared };
  const responses = { input: 'Go on.', ...tools };
  const chat = { messages: [{ role: 'user', content: 'Go on.' }], ...chatTools(declared) };
  const label = (kind: Kind) => (value: unknown): Sample => ({ kind, name: fixture.name, value });
  const events = eventsOf(await bridge.stream(responses, SDK));
  const json = await bridge.json(responses, SDK);
  const chunks = eventsOf(await bridge.chatStream(chat, SDK)).filter((chunk) => chunk.error === undefined);
  const completion = await bridge.chatJson(chat, SDK);
  return [
    ...events.map(label('event')),
    ...events.flatMap(({ response }) => response ?? []).map(label('response')),
    ...chunks.map(label('chunk')),
    ...(json.status === 200 ? [label('response')(json.json)] : []),
    ...(completion.status === 200 ? [label('completion')(completion.json)] : []),
  ];
}

const eventsOf = ({ events }: StreamReply): readonly Loose[] => events.flatMap(({ json }) => json ?? []);

/** Chat has only function tools. */
function chatTools(declared: readonly Loose[]): object {
  const functions = declared.filter(({ type }) => type === 'function');
  if (functions.length === 0) return {};
  return { tools: functions.map(({ type, ...rest }) => ({ type, function: rest })) };
}

/** Collects a stored response, its input items, and the list of models. */
async function collectStored(bridge: TestBridge, samples: readonly Sample[]): Promise<readonly Sample[]> {
  const responses = samples.filter(({ kind }) => kind === 'response').map(({ value }) => value as Loose);
  const path = `${bridge.url}/v1/responses/${responses.at(-1)?.id}`;
  const get = async (kind: Kind, url: string): Promise<Sample> =>
    ({ kind, name: kind, value: (await getJson(url, SDK)).json });
  return [
    await get('response', path),
    await get('input_items', `${path}/input_items`),
    await get('models', `${bridge.url}/v1/models`),
  ];
}

const RESPONSE = {
  id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [], parallel_tool_calls: true, tools: [],
  tool_choice: 'auto',
};
const USAGE = {
  input_tokens: 1, output_tokens: 1, total_tokens: 2, output_tokens_details: { reasoning_tokens: 0 },
  input_tokens_details: { cached_tokens: 0 },
};
const DELTA = { type: 'response.output_text.delta', item_id: 'i', content_index: 0, delta: 'a', logprobs: [] };

/** A missing field (`cache_write_tokens`), a wrong type and an unknown event, which a strict check must reject. */
export const WRONG_SAMPLES: readonly Sample[] = [
  { kind: 'response', name: 'a', value: { ...RESPONSE, usage: USAGE } },
  { kind: 'event', name: 'b', value: { ...DELTA, output_index: '0', sequence_number: 1 } },
  { kind: 'event', name: 'c', value: { type: 'response.unheard' } },
];
