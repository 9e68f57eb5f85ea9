/** The log has exactly one line per turn, whatever its outcome, and the line states the outcome. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { listFixtures } from '../support/fixtures';
import { answer, createTurnstile, raw, reply, silence, type Step } from '../support/upstream/scripted-upstream';
import { getJson, postJson, postStream } from '../support/clients/sse-client';
import {
  ask,
  CODEX,
  eventsOf,
  finalResponse,
  startBridge,
  tool,
  type Loose,
  type TestBridge,
  type TestBridgeOptions,
} from '../support/bridge/test-bridge';

const SDK = { 'user-agent': 'OpenAI/Python 2.8.0' };
const CHAT = { messages: [{ role: 'user', content: 'Hello' }] };
const half = 'data: {"choices":[{"index":0,"delta":{"content":"Half"},"finish_reason":null}]}\n\n';
const hello = answer({ text: 'Hello.' });
const error = (status: number, message: string): Step =>
  reply({ status, headers: { 'x-request-id': 'req-7' }, body: { error: { message } } });
const codexHeaders = (metadata: object): Record<string, string> => ({
  ...(CODEX as Record<string, string>),
  'x-codex-turn-metadata': JSON.stringify(metadata),
});

/** Waits for the lines of `count` turns, and checks that the log has no other lines. */
async function turnsOf(bridge: TestBridge, count = 1): Promise<readonly Loose[]> {
  await bridge.turns(count);
  await getJson(`${bridge.url}/health`);
  const turns = await bridge.turns(count);
  assert.equal(bridge.lines.length, count, bridge.lines.join(''));
  return turns;
}

/** Runs a single turn with `runTurn` and returns its log line. */
async function lineOf(
  context: TestContext,
  script: TestBridgeOptions['script'],
  runTurn: (bridge: TestBridge) => Promise<unknown>,
  options: TestBridgeOptions = {},
): Promise<Loose> {
  const bridge = await startBridge(context, { script: script ?? [], logLevel: 'info', ...options });
  await runTurn(bridge);
  const [line] = await turnsOf(bridge);
  return line;
}

describe('a successful turn', () => {
  it('logs client, model, usage and duration', async (context) => {
    const script = [
      answer({
        reasoning: 'Hm.',
        toolCalls: [{ name: 'list', arguments: {} }],
        usage: { prompt: 90, completion: 50, cached: 80, reasoning: 40 },
        headers: { 'x-request-id': 'req-1' },
      }),
    ];
    const headers = codexHeaders({ thread_id: 'thread-1', turn_id: 'turn-1', request_kind: 'turn' });
    const line = await lineOf(context, script, (bridge) =>
      bridge.stream({ input: ask(), tools: [tool('list'), tool('read')] }, headers),
    );
    const { time, duration_ms, first_token_ms, tokens_per_second, host, ...rest } = line;
    assert.ok(time);
    assert.ok(first_token_ms >= 0 && first_token_ms <= duration_ms);
    assert.ok(tokens_per_second === undefined || tokens_per_second > 0);
    assert.match(host, /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(rest, {
      level: 'info', message: 'turn', client: 'codex_exec', api: 'responses', request: 'turn', thread: 'thread-1',
      model: 'qwen3.7-plus', sent_model: 'qwen3.7-plus', tools: 2,
      input_tokens: 90, cached_tokens: 80, output_tokens: 50, reasoning_tokens: 40,
      finish: 'tool_calls', request_id: 'req-1', upstream_calls: 1, retries: 0, status: 200,
    });
  });

  const REQUESTS: readonly (readonly [
    name: string,
    api: string,
    runTurn: (bridge: TestBridge) => Promise<unknown>,
  ])[] = [
    ['a stream for an SDK', 'responses', (bridge) => bridge.stream({ input: ask() }, SDK)],
    ['a JSON answer', 'responses', (bridge) => bridge.json({ input: ask() }, SDK)],
    ['a chat stream', 'chat', (bridge) => bridge.chatStream(CHAT, SDK)],
    ['a chat completion', 'chat', (bridge) => bridge.chatJson(CHAT, SDK)],
    [
      'a compaction',
      'compaction',
      (bridge) => postJson(`${bridge.url}/v1/responses/compact`, { model: bridge.model, input: ask() }, SDK),
    ],
    [
      'a Chat Completions body at the Responses path',
      'chat',
      (bridge) => postJson(`${bridge.url}/v1/responses`, { model: bridge.model, ...CHAT }, SDK),
    ],
    ['several choices', 'chat', (bridge) => bridge.chatJson({ ...CHAT, n: 2 }, SDK)],
  ];
  for (const [name, api, runTurn] of REQUESTS) {
    it(name, async (context) => {
      const line = await lineOf(context, [answer({ text: 'Hello.', usage: { prompt: 9, completion: 3 } })], runTurn);
      assert.deepEqual(
        [line.client, line.api, line.finish, line.input_tokens, line.output_tokens, line.status],
        ['openai-python', api, 'stop', 9, 3, 200],
      );
      assert.ok(line.first_token_ms <= line.duration_ms);
    });
  }

  it('states the kind of Codex request, and the requested and sent models', async (context) => {
    const bridge = await startBridge(context, {
      script: [hello, hello, answer({ text: '{"title":"x"}' })],
      logLevel: 'info',
      settings: { modelMap: { fast: 'glm-4.7' }, smallModel: 'glm-4.7' },
    });
    await bridge.stream({ input: ask(), model: 'fast' }, CODEX);
    await bridge.stream(
      { input: ask() },
      codexHeaders({ request_kind: 'compaction', thread_id: 'not an id of Codex' }),
    );
    await bridge.stream({ input: ask() }, codexHeaders({ request_kind: 'turn', thread_source: 'thread_title' }));
    assert.deepEqual(
      (await turnsOf(bridge, 3)).map(({ request, thread, model, sent_model }) => [request, thread, model, sent_model]),
      [
        [undefined, undefined, 'fast', 'glm-4.7'],
        ['compaction', undefined, 'qwen3.7-plus', 'qwen3.7-plus'],
        ['title', undefined, 'qwen3.7-plus', 'glm-4.7'],
      ],
    );
  });

  it('omits tokens if the provider sends no usage', async (context) => {
    const script = [
      raw({
        chunks: [half, 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', 'data: [DONE]\n\n'],
        end: 'eof',
      }),
    ];
    const line = await lineOf(context, script, (bridge) => bridge.stream({ input: ask() }, CODEX));
    assert.deepEqual(
      [line.finish, line.input_tokens, line.output_tokens, line.tokens_per_second],
      ['stop', undefined, undefined, undefined],
    );
  });

  it('reports that the output limit was reached', async (context) => {
    assert.equal(
      (
        await lineOf(context, [answer({ text: 'Hel', finish: 'length' })], (bridge) =>
          bridge.stream({ input: ask() }, CODEX),
        )
      ).finish,
      'length',
    );
  });

  it('logs no model and no calls if no provider call was needed', async (context) => {
    const line = await lineOf(context, [], (bridge) => bridge.json({ input: [], max_output_tokens: 1 }));
    assert.deepEqual(
      [line.request, line.finish, line.upstream_calls, line.sent_model],
      ['preload', 'stop', 0, undefined],
    );
  });

  it('states the retries it took', async (context) => {
    const script = [error(503, 'Busy.'), error(400, 'Unknown parameter: temperature'), hello];
    const line = await lineOf(context, script, (bridge) => bridge.stream({ input: ask(), temperature: 1 }, CODEX), {
      settings: { upstreamCalls: 4 },
    });
    assert.deepEqual(
      [line.finish, line.upstream_calls, line.retries, line.retried, line.repairs, line.request_id],
      ['stop', 3, 1, [{ kind: 'overload', upstream_status: 503, wait_ms: 500 }], ['without temperature'], undefined],
    );
  });
});

describe('a failed turn', () => {
  const EARLY: readonly (readonly [
    name: string,
    finish: string,
    status: number,
    runTurn: (bridge: TestBridge) => Promise<unknown>,
  ])[] = [
    ['for a field that cannot be read', 'invalid_request', 400, (bridge) => bridge.json({ input: 7 }, SDK)],
    ['for a body that is not JSON', 'invalid_request', 400, (bridge) => bridge.json('{', SDK)],
    ['for a chat body that cannot be read', 'invalid_request', 400, (bridge) => bridge.chatJson({ messages: 7 }, SDK)],
    ['for a body that is too large', 'too_large', 413, (bridge) => bridge.json({ input: 'x'.repeat(1_100_000) }, SDK)],
    [
      'for a body of another type',
      'unsupported_media_type',
      415,
      (bridge) => bridge.json('x', { 'content-type': 'text/plain' }),
    ],
    [
      'for a response that is not stored',
      'previous_response_not_found',
      400,
      (bridge) => bridge.json({ input: 'x', previous_response_id: 'resp_none' }, SDK),
    ],
    [
      'for a model of a provider without a key',
      'auth',
      401,
      (bridge) => bridge.json({ input: 'x', model: 'deepseek/deepseek-v4-pro' }, SDK),
    ],
    ['for Codex inside a stream', 'invalid_request', 200, (bridge) => bridge.stream({ input: 7 }, CODEX)],
    ['in the background', 'invalid_request', 400, (bridge) => bridge.json({ input: 7, background: true }, SDK)],
  ];
  for (const [name, finish, status, runTurn] of EARLY) {
    it(`before anything is sent: ${name}`, async (context) => {
      const line = await lineOf(context, [], runTurn, { settings: { bodyLimitMb: 1 } });
      assert.deepEqual(
        [line.level, line.finish, line.kind, line.status, line.upstream_calls],
        ['warn', finish, finish, status, 0],
      );
    });
  }

  const CLIENTS: readonly (readonly [
    name: string,
    status: number,
    code: string,
    runTurn: (bridge: TestBridge) => Promise<unknown>,
  ])[] = [
    ['Codex', 200, 'invalid_prompt', (bridge) => bridge.stream({ input: ask() }, CODEX)],
    ['a streaming SDK', 401, 'invalid_api_key', (bridge) => bridge.stream({ input: ask() }, SDK)],
    ['an SDK', 401, 'invalid_api_key', (bridge) => bridge.json({ input: ask() }, SDK)],
    ['a chat client', 401, 'invalid_api_key', (bridge) => bridge.chatStream(CHAT, SDK)],
  ];
  for (const [name, status, code, runTurn] of CLIENTS) {
    it(`by a rejection, for ${name}`, async (context) => {
      const line = await lineOf(context, [error(401, 'Incorrect API key provided.')], runTurn);
      assert.deepEqual(
        [
          line.level,
          line.finish,
          line.status,
          line.client_code,
          line.upstream_status,
          line.upstream_message,
          line.request_id,
          line.upstream_calls,
        ],
        ['warn', 'auth', status, code, 401, 'Incorrect API key provided.', 'req-7', 1],
      );
      assert.match(line.advice, /^Check that AI_API_KEY belongs to/);
    });
  }

  for (const [name, step, finish] of [
    ['broken in the middle of the text', raw({ chunks: [half], end: 'cut' }), 'network'],
    ['ended without a finish reason', raw({ chunks: [half], end: 'eof' }), 'cut_stream'],
    [
      'with an error in the stream',
      raw({ chunks: [half, 'data: {"error":{"message":"Internal failure"}}\n\n'], end: 'eof' }),
      'upstream_error',
    ],
    ['empty', answer({}), 'empty_answer'],
  ] as const) {
    for (const [who, headers] of [
      ['Codex', CODEX],
      ['an SDK', SDK],
    ] as const) {
      // For an SDK client, an empty answer is not a failure.
      if (name === 'empty' && who === 'an SDK') continue;
      it(`${name}, streamed to ${who}`, async (context) => {
        const line = await lineOf(context, [step], (bridge) => bridge.stream({ input: ask() }, headers));
        assert.deepEqual(
          [line.level, line.finish, line.first_token_ms !== undefined],
          ['warn', finish, name !== 'empty'],
        );
      });
    }
    if (name === 'empty') continue;
    it(`${name}, as JSON`, async (context) => {
      const line = await lineOf(
        context,
        () => step,
        (bridge) => bridge.json({ input: ask() }),
        { settings: { upstreamCalls: 2 } },
      );
      assert.deepEqual([line.level, line.finish, line.retries, line.upstream_calls], ['warn', finish, 1, 2]);
    });
  }

  it('by a cached rejection: counts no call', async (context) => {
    const bridge = await startBridge(context, {
      script: [error(401, 'Incorrect API key provided.')],
      logLevel: 'info',
      settings: { refusalCacheMs: 60_000 },
    });
    for (let round = 0; round < 2; round += 1) await bridge.stream({ input: ask() }, CODEX);
    const turns = await turnsOf(bridge, 2);
    assert.deepEqual(
      turns.map((line) => [line.finish, line.upstream_calls, line.from_memory]),
      [
        ['auth', 1, undefined],
        ['auth', 0, true],
      ],
    );
  });

  it('by a bug in the bridge: has level error and the stack', async (context) => {
    const transport = async (): Promise<never> => {
      throw new TypeError('x is not a function');
    };
    for (const runTurn of [
      (bridge: TestBridge) => bridge.stream({ input: ask() }, CODEX),
      (bridge: TestBridge) => bridge.json({ input: ask() }),
    ]) {
      const line = await lineOf(context, [], runTurn, { runtime: { transport } });
      assert.deepEqual([line.level, line.finish, line.cause], ['error', 'internal', 'x is not a function']);
      assert.match(line.stack, /^TypeError: x is not a function\n\s+at /);
    }
  });

  it('by a bug before the stream starts, and in the middle of it', async (context) => {
    const failing = (prefix: string) => (name: string): string => {
      if (name === prefix) throw new RangeError('out of ids');
      return `${name}_1`;
    };
    const early = await lineOf(context, [], (bridge) => bridge.json({ input: ask() }), {
      runtime: { makeId: failing('resp') },
    });
    assert.deepEqual([early.level, early.finish, early.status, early.cause], ['error', 'internal', 500, 'out of ids']);
    const late = await lineOf(context, [hello], (bridge) => bridge.stream({ input: ask() }, CODEX), {
      runtime: { makeId: failing('msg') },
    });
    assert.deepEqual([late.level, late.finish], ['warn', 'bad_answer']);
  });

  it('in text format: is a block of lines', async (context) => {
    const bridge = await startBridge(context, {
      script: () => error(503, 'Busy.'),
      logLevel: 'info',
      logFormat: 'text',
      settings: { upstreamCalls: 2 },
    });
    await bridge.stream({ input: ask() }, CODEX);
    assert.equal(bridge.lines.length, 1);
    const { host } = new URL(bridge.upstream.url);
    const text = (bridge.lines[0] ?? '').trimEnd().split('\n').map((line) => line.replace(/^\S+ \S+ warn {2}/, ''));
    const [first, ...rest] = text.join('\n').replace(/\n {8}/g, ' ').split('\n');
    assert.match(first ?? '', /^turn codex_exec {3}qwen3\.7-plus +[\d.]+ m?s failed overload 1 retry$/);
    assert.deepEqual(rest, [
      '    provider  503 (request id req-7): Busy.',
      `    client    in its answer (code invalid_prompt): Alibaba Cloud Coding Plan (${host}) answered 503: Busy. ` +
      '(request id req-7) Tried 2 times; not retrying.',
      '    attempts  overload (503), waited 0.5 s; overload (503)',
    ]);
  });
});

describe('a turn whose client disconnects', () => {
  /** Sends a request and disconnects when the provider is called or, if `text` is given, when it has arrived. */
  async function disconnect(bridge: TestBridge, headers: Loose, text?: string): Promise<void> {
    const client = new AbortController();
    const request = bridge.upstream.nextRequest();
    const onChunk = (_chunk: Buffer, soFar: string): void => {
      if (text !== undefined && soFar.includes(text)) client.abort();
    };
    const stream = bridge.stream({ input: ask() }, headers, { signal: client.signal, onChunk }).catch(() => undefined);
    await request;
    if (text === undefined) client.abort();
    await stream;
  }

  for (const [who, headers] of [['Codex', CODEX], ['an SDK', SDK]] as const) {
    it(`${who}, while it waits`, async (context) => {
      const line = await lineOf(context, [silence()], (bridge) => disconnect(bridge, headers));
      assert.deepEqual([line.level, line.finish, line.stage, line.upstream_calls], ['info', 'aborted', 'waiting', 1]);
    });

    it(`${who}, in the middle of the answer`, async (context) => {
      const line = await lineOf(context, [raw({ chunks: [half], end: 'hang' })], (bridge) =>
        disconnect(bridge, headers, 'Half'),
      );
      assert.deepEqual([line.level, line.finish, line.stage, line.status], ['info', 'aborted', 'answering', 200]);
    });
  }

  it('while it waits for a JSON answer', async (context) => {
    const line = await lineOf(context, [raw({ chunks: [half], end: 'hang' })], async (bridge) => {
      const client = new AbortController();
      const request = bridge.upstream.nextRequest();
      const stream = postStream(
        `${bridge.url}/v1/responses`,
        { model: bridge.model, input: 'x' },
        {},
        { signal: client.signal },
      ).catch(() => undefined);
      await request;
      client.abort();
      await stream;
    });
    assert.deepEqual([line.level, line.finish, line.status], ['info', 'aborted', undefined]);
  });

  it('between two attempts', async (context) => {
    const client = new AbortController();
    const sleep = (_: number, abort: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        abort.addEventListener('abort', () => resolve());
        client.abort();
      });
    const runTurn = (bridge: TestBridge) => bridge.stream({ input: ask() }, CODEX, { signal: client.signal });
    const line = await lineOf(context, [error(503, 'Busy.')], runTurn, {
      settings: { upstreamCalls: 4 },
      runtime: { sleep },
    });
    assert.deepEqual([line.level, line.finish, line.stage, line.retries], ['info', 'aborted', 'waiting', 1]);
  });
});

it('a shutdown fails the turn, for the client and in the log', async (context) => {
  const bridge = await startBridge(context, { script: [raw({ chunks: [half], end: 'hang' })], logLevel: 'info' });
  let closing: Promise<void> | undefined;
  const onChunk = (_chunk: Buffer, soFar: string): void => {
    if (soFar.includes('Half')) closing ??= bridge.close();
  };
  const stream = await bridge.stream({ input: ask() }, CODEX, { onChunk });
  assert.equal(finalResponse(stream).status, 'failed');
  await closing;
  assert.deepEqual((await bridge.turns(1)).map(({ level, finish }) => [level, finish]), [['warn', 'shutting_down']]);
  assert.equal(bridge.lines.length, 1);
});

describe('a background response', () => {
  const path = (bridge: TestBridge, id: string): string => `${bridge.url}/v1/responses/${id}`;
  const startResponse = async (bridge: TestBridge): Promise<string> =>
    ((await bridge.json({ input: 'x', background: true })).json as Loose).id;

  it('is logged when it is complete, not when its creation was answered', async (context) => {
    const turnstile = createTurnstile();
    const bridge = await startBridge(context, {
      script: [answer({ text: 'Slow.', gate: turnstile.gate })],
      logLevel: 'info',
    });
    await startResponse(bridge);
    await bridge.upstream.nextRequest();
    assert.deepEqual(bridge.lines, []);
    turnstile.open();
    const [line] = await turnsOf(bridge);
    assert.deepEqual([line.level, line.request, line.finish, line.status], ['info', 'background', 'stop', 200]);
  });

  it('is logged as a warning if it fails', async (context) => {
    const line = await lineOf(context, [error(401, 'Incorrect API key provided.')], startResponse);
    assert.deepEqual([line.level, line.request, line.finish], ['warn', 'background', 'auth']);
  });

  it('is logged as cancelled if a client cancels it', async (context) => {
    const line = await lineOf(context, [silence()], async (bridge) => {
      const id = await startResponse(bridge);
      await bridge.upstream.nextRequest();
      await postJson(`${path(bridge, id)}/cancel`, {});
    });
    assert.deepEqual([line.level, line.request, line.finish], ['info', 'background', 'cancelled']);
  });

  it('is logged when it is complete, even if its client disconnected', async (context) => {
    const turnstile = createTurnstile();
    const bridge = await startBridge(context, {
      script: [answer({ text: 'One two three four.', gate: turnstile.gate })],
      logLevel: 'info',
    });
    const client = new AbortController();
    turnstile.admit(3);
    const interrupted = await postStream(
      `${bridge.url}/v1/responses`,
      { model: bridge.model, input: ask(), background: true, stream: true },
      {},
      {
        signal: client.signal,
        onChunk: (_chunk, soFar) => {
          if (soFar.includes('output_text.delta')) client.abort();
        },
      },
    );
    assert.equal((await getJson(path(bridge, eventsOf(interrupted)[0].response.id))).status, 200);
    assert.deepEqual(bridge.lines, []);
    turnstile.open();
    const [line] = await turnsOf(bridge);
    assert.deepEqual([line.level, line.request, line.finish], ['info', 'background', 'stop']);
  });
});

describe('every stream fixture', () => {
  const FINISHES: Readonly<Record<string, readonly string[]>> = {
    completed: ['stop', 'tool_calls'],
    incomplete: ['length', 'content_filter'],
  };
  const fixtures = listFixtures('streams').filter((fixture) => fixture.has('upstream.sse'));

  for (const [who, headers] of [['Codex', CODEX], ['an SDK', SDK]] as const) {
    it(`logs one line with the outcome (${fixtures.length} streams to ${who})`, async (context) => {
      const script = fixtures.map((fixture) => raw({ chunks: [fixture.bytes('upstream.sse')], end: 'eof' }));
      const bridge = await startBridge(context, { script, logLevel: 'info' });
      const replies: Loose[] = [];
      for (const _ of fixtures)
        replies.push(finalResponse(orFailed(await bridge.stream({ input: ask(), tools: [tool('list')] }, headers))));
      const turns = await turnsOf(bridge, fixtures.length);
      fixtures.forEach(({ name }, index) => {
        const { status, usage } = replies[index];
        const { finish, kind, output_tokens } = turns[index];
        if (status === 'failed') assert.equal(finish, kind, name);
        else assert.ok(FINISHES[status]?.includes(finish), `${name}: ${status}, ${finish}`);
        if (status !== 'failed') assert.equal(output_tokens, usage?.output_tokens, name);
      });
    });
  }

  /** Replaces an HTTP error, which has no Response object, with a failed stream. */
  function orFailed(reply: Awaited<ReturnType<TestBridge['stream']>>): typeof reply {
    return reply.status === 200
      ? reply
      : { ...reply, events: [{ data: '', json: { response: { status: 'failed' } } }] };
  }
});
