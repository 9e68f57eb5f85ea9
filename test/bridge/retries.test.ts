/**
 * Retries: only before anything was shown, only if they can help, and never more often than allowed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, raw, refuse, reply, silence, type Step } from '../support/upstream/scripted-upstream';
import {
  ask,
  CODEX,
  deltasOf,
  doneItems,
  finalResponse,
  startBridge,
  tool,
  type Loose,
  type TestBridgeOptions,
} from '../support/bridge/test-bridge';

const MANY: TestBridgeOptions['settings'] = { upstreamCalls: 4 };
const error = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Step =>
  reply({ status, headers, body: { error: { message } } });
const hello = answer({ text: 'Hello.' });
const half = 'data: {"choices":[{"index":0,"delta":{"content":"Half"},"finish_reason":null}]}\n\n';

/** One kind of failure, the number of calls allowed per turn, and the status for an SDK client. */
const FAILURES: readonly (readonly [
  name: string,
  step: Step,
  calls: number,
  status: number,
  settings?: TestBridgeOptions['settings'],
])[] = [
  ['429', error(429, 'Slow down.'), 4, 429],
  ['500', error(500, 'Internal failure'), 4, 500],
  ['503', error(503, 'Overloaded'), 4, 503],
  ['a closed connection', refuse(), 4, 502],
  ['silence', silence(), 2, 504, { upstreamFirstByteTimeoutMs: 400 }],
  ['an empty answer', answer({}), 2, 200],
  ['an event that is not JSON', raw({ chunks: ['data: oops\n\n'], end: 'eof' }), 2, 502],
  [
    'an error as first event',
    raw({ chunks: ['data: {"error":{"message":"Internal failure"}}\n\n'], end: 'eof' }), 4, 502,
  ],
  ['a wrong key', error(401, 'Incorrect API key provided'), 1, 401],
  ['an unknown model', error(404, 'Model not exist.'), 1, 404],
  ['a violated rule', error(400, 'Repetitive tool calls detected'), 1, 400],
  ['a full context', error(400, 'Range of input length should be [1, 202752]'), 1, 400],
  ['an exhausted quota', error(429, 'hour allocated quota exceeded.'), 1, 429],
  ['moderation', error(400, 'Input text data may contain inappropriate content.'), 1, 400],
];

for (const [name, step, calls, status, settings] of FAILURES) {
  describe(name, () => {
    it(`ends a Codex turn after ${calls} call${calls === 1 ? '' : 's'}`, async (context) => {
      const bridge = await startBridge(context, { script: () => step, settings: { ...MANY, ...settings } });
      const { error: failure } = finalResponse(await bridge.stream({ input: ask() }, CODEX));
      assert.equal(bridge.upstream.requests.length, calls);
      assert.equal(failure.code, name === 'a full context' ? 'context_length_exceeded' : 'invalid_prompt');
      if (calls > 1) assert.ok(failure.message.includes(`Tried ${calls} times; not retrying.`), failure.message);
      else assert.doesNotMatch(failure.message, /Tried/);
    });

    if (calls === 1) return;
    it('is invisible if the last call succeeds', async (context) => {
      const script = [...Array.from({ length: calls - 1 }, () => step), hello];
      const bridge = await startBridge(context, { script, settings: { ...MANY, ...settings } });
      const reply = await bridge.stream({ input: ask() }, CODEX);
      assert.equal(finalResponse(reply).status, 'completed');
      assert.deepEqual(doneItems(reply).map(({ content }) => content[0].text), ['Hello.']);
      const bodies = new Set(bridge.upstream.requests.map(({ rawBody }) => rawBody));
      assert.equal(bodies.size, 1);
      bridge.upstream.assertClean();
    });

    // An SDK client gets the provider's empty answer.
    if (name === 'an empty answer') return;
    it('reaches an SDK client with its status, after the same number of calls', async (context) => {
      const bridge = await startBridge(context, { script: () => step, settings: { ...MANY, ...settings } });
      const streamed = await bridge.stream({ input: ask() });
      assert.deepEqual([streamed.status, bridge.upstream.requests.length], [status, calls]);
      assert.equal((await bridge.json({ input: ask() })).status, status);
      assert.equal((await bridge.chatStream({ messages: [{ role: 'user', content: 'x' }] })).status, status);
      assert.equal(bridge.upstream.requests.length, 3 * calls);
    });
  });
}

describe('text that was shown is never shown again', () => {
  it('a stream that breaks after its first text fails without a retry', async (context) => {
    const bridge = await startBridge(context, { script: [raw({ chunks: [half], end: 'cut' }), hello], settings: MANY });
    const reply = await bridge.stream({ input: ask() }, CODEX);
    assert.equal(deltasOf(reply, 'response.output_text.delta'), 'Half');
    assert.equal(finalResponse(reply).error.code, 'server_error');
    assert.equal(bridge.upstream.requests.length, 1);
  });

  it('a JSON answer, which shows nothing before its end, is retried', async (context) => {
    const bridge = await startBridge(context, {
      script: [raw({ chunks: [half], end: 'cut' }), raw({ chunks: [half], end: 'eof' }), hello],
      settings: MANY,
    });
    const reply = await bridge.json({ input: ask() });
    assert.equal((reply.json as Loose).output[0].content[0].text, 'Hello.');
    assert.equal((reply.json as Loose).output.length, 1);
    bridge.upstream.assertClean();
  });
});

describe('waits before retries', () => {
  async function waitsOf(
    context: Parameters<typeof startBridge>[0],
    script: readonly Step[],
    settings: TestBridgeOptions['settings'] = {},
  ): Promise<readonly number[]> {
    const waits: number[] = [];
    const sleep = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
    const bridge = await startBridge(context, { script, settings: { ...MANY, ...settings }, runtime: { sleep } });
    await bridge.stream({ input: ask() }, CODEX);
    bridge.upstream.assertClean();
    return waits;
  }

  it('double each time', async (context) => {
    const steps = [error(500, 'x'), error(500, 'x'), error(500, 'x'), hello];
    assert.deepEqual(await waitsOf(context, steps), [500, 1_000, 2_000]);
  });

  it('are as long as the provider asks for', async (context) => {
    const steps = [error(429, 'x', { 'retry-after': '3' }), error(503, 'x', { 'retry-after-ms': '70' }), hello];
    assert.deepEqual(await waitsOf(context, steps), [3_000, 70]);
  });

  it('are at most as long as RETRY_WAIT_MS', async (context) => {
    assert.deepEqual(await waitsOf(context, [error(500, 'x'), hello], { retryWaitMs: 10 }), [10]);
  });

  it('end the turn if the provider asks for a longer one', async (context) => {
    const bridge = await startBridge(context, {
      script: [error(429, 'Come back later.', { 'retry-after': '3600' })],
      settings: MANY,
    });
    const { error: failure } = finalResponse(await bridge.stream({ input: ask() }, CODEX));
    assert.equal(failure.code, 'invalid_prompt');
    assert.match(failure.message, / 429: Come back later\. Try again in 1 h\. The bridge waits at most 20 s \(RETRY_/);
    bridge.upstream.assertClean();
  });

  it('end the turn if the provider asks for a longer one after the answer has begun', async (context) => {
    const message = 'Rate limit reached. Please try again in 7m36.192s.';
    const limit = `data: ${JSON.stringify({ error: { message, code: 'rate_limit_exceeded' } })}\n\n`;
    const bridge = await startBridge(context, { script: [raw({ chunks: [half, limit], end: 'eof' })], settings: MANY });
    const headers = { ...CODEX, 'x-codex-turn-metadata': JSON.stringify({ turn_id: 't' }) };
    const { error: failure } = finalResponse(await bridge.stream({ input: ask() }, headers));
    assert.equal(failure.code, 'invalid_prompt');
    assert.match(failure.message, /again in 7m36\.192s\. The bridge waits at most 20 s \(RETRY_WAIT_MS\)\.$/);
  });

  it('are left to Codex after the answer has begun', async (context) => {
    const limit = 'data: {"error":{"message":"Slow down, try again in 0.2 minutes","code":"rate_limit_exceeded"}}\n\n';
    const bridge = await startBridge(context, { script: [raw({ chunks: [half, limit], end: 'eof' })], settings: MANY });
    const { error: failure } = finalResponse(await bridge.stream({ input: ask() }, CODEX));
    assert.equal(failure.code, 'rate_limit_exceeded');
    assert.match(failure.message, /again in 0\.2 minutes\. Please try again in 12s\.$/);
  });

  it('end when the client disconnects', async (context) => {
    let onStart = (): void => undefined;
    const started = new Promise<void>((resolve) => { onStart = resolve; });
    let onEnd = (): void => undefined;
    const ended = new Promise<void>((resolve) => { onEnd = resolve; });
    const sleep = (_: number, abort: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        abort.addEventListener('abort', () => { resolve(); onEnd(); });
        onStart();
      });
    const bridge = await startBridge(context, { script: [error(500, 'x')], settings: MANY, runtime: { sleep } });
    const client = new AbortController();
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: client.signal });
    await started;
    client.abort();
    assert.equal((await reply).ending, 'aborted');
    await ended;
    bridge.upstream.assertClean();
  });
});

describe('a permanent rejection', () => {
  it('is cached while the client repeats the request', async (context) => {
    let now = 1_767_225_600_000;
    const script = [error(401, 'Incorrect API key provided'), hello];
    const bridge = await startBridge(context, {
      script,
      settings: { refusalCacheMs: 5_000 },
      runtime: { clock: () => now },
    });
    for (let round = 0; round < 3; round += 1) {
      assert.match(finalResponse(await bridge.stream({ input: ask() }, CODEX)).error.message, /Incorrect API key/);
      assert.equal((await bridge.json({ input: ask() })).status, 401);
    }
    assert.equal(bridge.upstream.requests.length, 1);
    now += 5_001;
    assert.equal(finalResponse(await bridge.stream({ input: ask() }, CODEX)).status, 'completed');
    bridge.upstream.assertClean();
  });

  it('applies only to the same request with the same key', async (context) => {
    const settings = { refusalCacheMs: 60_000, forceEnvAuth: false };
    const bridge = await startBridge(context, { script: () => error(401, 'Incorrect API key provided'), settings });
    await bridge.json({ input: ask('one') }, { authorization: 'Bearer sk-test-a' });
    await bridge.json({ input: ask('two') }, { authorization: 'Bearer sk-test-a' });
    await bridge.json({ input: ask('one') }, { authorization: 'Bearer sk-test-b' });
    await bridge.json({ input: ask('one') }, { authorization: 'Bearer sk-test-a' });
    assert.equal(bridge.upstream.requests.length, 3);
  });

  it('is not cached if it is temporary', async (context) => {
    const bridge = await startBridge(context, {
      script: [error(429, 'Slow down.'), hello],
      settings: { refusalCacheMs: 60_000 },
    });
    assert.equal((await bridge.json({ input: ask() })).status, 429);
    assert.equal((await bridge.json({ input: ask() })).status, 200);
  });
});

it('a rejected request is repaired if possible, and the next request starts with the repair', async (context) => {
  const rejection = error(
    400,
    'The tool_choice parameter does not support being set to required or object in thinking mode',
  );
  const bridge = await startBridge(context, { dialect: 'openai', script: [rejection, hello, hello] });
  const body = { input: ask(), tools: [tool('list')], tool_choice: 'required' };
  assert.equal(finalResponse(await bridge.stream(body, CODEX)).status, 'completed');
  assert.equal(finalResponse(await bridge.stream(body, CODEX)).status, 'completed');
  assert.deepEqual(bridge.upstream.requests.map((request) => request.body.tool_choice), ['required', 'auto', 'auto']);
  bridge.upstream.assertClean();
});

it('a client that keeps retrying gets the same final error, without more calls', async (context) => {
  const settings = { ...MANY, refusalCacheMs: 60_000 };
  const bridge = await startBridge(context, { script: () => error(500, 'Internal failure'), settings });
  for (let round = 0; round < 3; round += 1) {
    assert.match(
      finalResponse(await bridge.stream({ input: ask() }, CODEX)).error.message,
      /Internal failure\. Tried 4 times/,
    );
  }
  assert.equal(bridge.upstream.requests.length, 4);
  await bridge.stream({ input: ask('Something else') }, CODEX);
  assert.equal(bridge.upstream.requests.length, 8);
});

it('a failed connection is not cached: the next request calls the provider', async (context) => {
  const bridge = await startBridge(context, {
    script: (_request, index) => (index < 4 ? refuse() : hello),
    settings: { ...MANY, refusalCacheMs: 60_000 },
  });
  assert.equal(finalResponse(await bridge.stream({ input: ask() }, CODEX)).status, 'failed');
  assert.equal(finalResponse(await bridge.stream({ input: ask() }, CODEX)).status, 'completed');
});
