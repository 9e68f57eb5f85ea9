/** Checks the demo's traffic in both directions with the strict provider rules and the stream grammar. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonObject, type JsonObject } from '../../src/base/json';
import { createBridge } from '../../src/bridge/create-bridge';
import { runDemo } from '../../src/demo/demo-command';
import {
  composeSecondAnswer, DEMO_MODEL, DEMO_PROVIDER, FIRST_ANSWER, INSTRUCTIONS, type ScriptedAnswer,
} from '../../src/demo/simulated-model';
import { createFetchTransport } from '../../src/upstream/transport';
import { createFakeIo } from '../support/cli/fake-io';
import { findBehavior } from '../support/strict/providers';
import { validate } from '../support/strict/rules';
import { assertGoodStream } from '../support/stream/stream-grammar';

test('the second answer ends each sentence once, also after a tool result that is a sentence', () => {
  const { text } = composeSecondAnswer(['Cannot list the folder: EACCES.', '2026-11-29 12:00 UTC']);
  assert.match(text, /^The folder: Cannot list the folder: EACCES\. The time: 2026-11-29 12:00 UTC\. Your question/);
  assert.match(composeSecondAnswer(['a, b, name...']).text, /^The folder: a, b, name\.\.\. The time: no result\. /);
});

interface Round {
  /** The body of the request to the model. */
  rawBody: string;
  /** The event stream that the client received. */
  stream: string;
  /** Whether the first text arrived before the model had sent its last chunk. */
  isLive: boolean;
}

/** Runs the demo and records both directions. */
async function recordDemo(): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  const code = await runDemo({
    io: createFakeIo(), env: {}, version: '9.8.7', pauseMs: 1, limitMs: 10_000,
    buildBridge: (config, log) => {
      const send = createFetchTransport({ connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000 });
      let isUpstreamDone = false;
      const bridge = createBridge(config, log, {
        async transport(request) {
          const round = rounds.at(-1);
          assert.equal(round?.rawBody, '', 'one request for each turn');
          if (round) round.rawBody = Buffer.concat(request.body).toString('utf8');
          isUpstreamDone = false;
          const answer = await send(request);
          return {
            status: answer.status,
            header: (name) => answer.header(name),
            cancel: (complete) => answer.cancel(complete),
            text: (limit) => answer.text(limit),
            async read() {
              const bytes = await answer.read();
              isUpstreamDone ||= bytes === undefined;
              return bytes;
            },
          };
        },
      });
      return {
        ...bridge,
        start: async (kind, body, caller) => {
          const round: Round = { rawBody: '', stream: '', isLive: false };
          rounds.push(round);
          const turn = await bridge.start(kind, body, caller);
          return {
            ...turn,
            async* frames() {
              for await (const frame of turn.frames()) {
                round.stream += frame;
                round.isLive ||= !isUpstreamDone && frame.includes('output_text.delta');
                yield frame;
              }
            },
          };
        },
      };
    },
  });
  assert.equal(code, 0);
  return rounds;
}

const recorded = recordDemo();

async function roundOf(number: 1 | 2): Promise<Round> {
  const round = (await recorded)[number - 1];
  assert.ok(round);
  return round;
}

const requestOf = ({ rawBody }: Round): JsonObject => parseJsonObject(rawBody) ?? {};

const messagesOf = (round: Round) => requestOf(round)['messages'] as readonly JsonObject[];

const eventsOf = ({ stream }: Round): readonly JsonObject[] =>
  stream.split('\n').flatMap((line) => {
    const event = parseJsonObject(line.replace(/^data: /, ''));
    return event === undefined ? [] : [event];
  });

const joinDeltas = (round: Round, type: string): string =>
  eventsOf(round).filter((event) => event['type'] === type).map(({ delta }) => delta).join('');

const itemsOf = (round: Round) =>
  eventsOf(round).filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item as JsonObject);

test('the model gets exactly two requests', async () => assert.equal((await recorded).length, 2));

for (const number of [1, 2] as const) {
  test(`request ${number} violates no rule of the provider`, async () => {
    const { rawBody } = await roundOf(number);
    const headers = {
      'content-type': 'application/json', authorization: 'Bearer demo-key', 'user-agent': 'codex_cli_rs/0.171.0',
    };
    const settings = {
      dialect: 'openai', behavior: findBehavior(DEMO_PROVIDER?.name ?? ''), models: [DEMO_MODEL], maxTokens: 65_536,
      allowFields: [],
    } as const;
    const rejection = validate({ method: 'POST', path: '/v1/chat/completions', headers, rawBody }, settings);
    assert.equal(rejection, undefined, rejection?.message);
  });

  test(`response ${number} is a valid, live stream with exactly the model's output`, async () => {
    const round = await roundOf(number);
    const answers = messagesOf(await roundOf(2)).filter(({ role }) => role === 'tool');
    const results = answers.map(({ content }) => String(content));
    const script: ScriptedAnswer = number === 1 ? FIRST_ANSWER : composeSecondAnswer(results);
    assertGoodStream(round.stream, { fullResponse: false });
    assert.ok(round.isLive);
    assert.equal(joinDeltas(round, 'response.reasoning_summary_text.delta'), script.reasoning);
    assert.equal(joinDeltas(round, 'response.output_text.delta'), script.text);
    const { prompt, cached, completion, reasoning } = script.usage;
    const last = eventsOf(round).at(-1);
    assert.deepEqual((last?.['response'] as JsonObject)['usage'], {
      input_tokens: prompt,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
      output_tokens: completion,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: prompt + completion,
    });
    const calls = itemsOf(round).filter(({ type }) => type === 'function_call');
    assert.deepEqual(
      calls.map(({ namespace, name, arguments: json }) => ({ namespace, name, json })),
      script.calls.map(({ tool, arguments: json }) => ({ namespace: tool.namespace, name: tool.name, json })),
    );
  });
}

test('the developer message becomes the system message, and the namespaced tool gets its upstream name', async () => {
  const first = await roundOf(1);
  assert.deepEqual(messagesOf(first)[0], { role: 'system', content: INSTRUCTIONS });
  const names = (requestOf(first)['tools'] as { function: { name: string } }[]).map((tool) => tool.function.name);
  assert.deepEqual(names, ['list_files', 'mcp__clock__now']);
});

test('request 2 starts with the messages of request 1, returns the reasoning and answers each call', async () => {
  const [first, second] = [messagesOf(await roundOf(1)), messagesOf(await roundOf(2))];
  assert.deepEqual(second.slice(0, first.length), first);
  const [turn, ...results] = second.slice(first.length);
  assert.equal(turn?.['reasoning_content'], FIRST_ANSWER.reasoning);
  assert.deepEqual(results.map(({ tool_call_id: id }) => id), FIRST_ANSWER.calls.map(({ id }) => id));
});
