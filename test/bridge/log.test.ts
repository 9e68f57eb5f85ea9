/** The log never contains the key, and contains the conversation only at level debug. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, raw, reply } from '../support/upstream/scripted-upstream';
import { ask, CODEX, KEY, startBridge, tool, type TestBridgeOptions } from '../support/bridge/test-bridge';

const PROMPT = 'The-Prompt-Nobody-May-See';
const ANSWER = 'The-Answer-Nobody-May-See';
const TOKEN = 'sk-test-inbound-token';

/** Runs successful and failing turns, each with the prompt, the key and a token; returns the log. */
async function logEverything(options: TestBridgeOptions, context: Parameters<typeof startBridge>[0]): Promise<string> {
  const script = [
    answer({ reasoning: ANSWER, text: ANSWER, toolCalls: [{ name: 'list', arguments: { path: ANSWER } }] }),
    answer({ text: ANSWER, cutAfter: 2, end: 'cut' }),
    reply({
      status: 401,
      body: { error: { message: `Incorrect API key provided: ${KEY}.`, code: 'invalid_api_key' } },
    }),
    reply({ status: 500, body: { error: { message: 'Internal failure' } } }),
    raw({ chunks: [`data: {"choices":[{"delta":{"content":"${ANSWER}"}\n\n`], end: 'eof' }),
    reply({
      status: 400,
      body: { error: { message: `1 validation error: {'type': 'missing', 'input': {'text': '${PROMPT}'}}` } },
    }),
  ];
  const bridge = await startBridge(context, { script, ...options });
  const headers = { ...CODEX, authorization: `Bearer ${TOKEN}`, cookie: `session=${TOKEN}` };
  const body = {
    instructions: PROMPT,
    input: [...ask(PROMPT), { type: 'future_item', text: PROMPT }],
    tools: [tool('list'), { type: 'file_search' }],
  };
  for (let round = 0; round < 6; round += 1) await bridge.stream(body, headers);
  for (const input of [[{ role: 'critic', content: PROMPT }], { content: PROMPT }, [{ role: PROMPT }]])
    await bridge.json({ input }, headers);
  await bridge.json(`{"input": "${PROMPT}", }`, headers);
  return bridge.lines.join('');
}

describe('the log', () => {
  it('never contains a key, at any level', async (context) => {
    for (const logLevel of ['debug', 'info', 'warn', 'error'] as const) {
      const text = await logEverything({ logLevel, settings: { logStreamRaw: true } }, context);
      assert.doesNotMatch(text, /sk-test|inbound-token|environment-key/, logLevel);
      if (logLevel !== 'error') assert.match(text, /"kind":"auth"/);
    }
  });

  it('contains no part of the conversation above level debug', async (context) => {
    for (const logLevel of ['info', 'warn', 'error'] as const) {
      const text = await logEverything({ logLevel, settings: { logStreamRaw: true } }, context);
      assert.doesNotMatch(text, /Nobody-May-See/, logLevel);
    }
  });

  it('reports changes to the request at level debug', async (context) => {
    const text = await logEverything({ logLevel: 'debug' }, context);
    assert.match(text, /dropped an input item of type future_item/);
    assert.match(text, /dropped tool file_search/);
    assert.match(text, /"message":"turn started"/);
  });

  it('reports a rejection with the provider’s host, status and message', async (context) => {
    const bridge = await startBridge(context, {
      script: [reply({ status: 429, body: { error: { message: 'Slow down.' } } })],
      logLevel: 'warn',
    });
    await bridge.json({ input: ask(PROMPT) });
    const [line, ...more] = bridge.lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    assert.deepEqual(more, []);
    const { time, duration_ms, host, error, ...rest } = line ?? {};
    assert.ok(time);
    assert.equal(typeof duration_ms, 'number');
    assert.equal(error, `Alibaba Cloud Coding Plan (${String(host)}) answered 429: Slow down.`);
    assert.deepEqual(rest, {
      level: 'warn',
      message: 'turn',
      client: 'unknown',
      api: 'responses',
      model: bridge.model,
      sent_model: bridge.model,
      tools: 0,
      finish: 'rate_limit',
      upstream_calls: 1,
      retries: 0,
      status: 429,
      kind: 'rate_limit',
      upstream_status: 429,
      upstream_message: 'Slow down.',
      client_code: 'rate_limit_exceeded',
    });
  });
});

describe('LOG_STREAM_RAW', () => {
  const said = () => answer({ text: ANSWER, pieces: 100 });

  it('on, at level debug: logs each read of the provider’s stream, truncated', async (context) => {
    const bridge = await startBridge(context, { script: [said()], settings: { logStreamRaw: true, logStreamMax: 40 } });
    await bridge.stream({ input: ask() }, CODEX);
    const reads = bridge.lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'upstream read');
    assert.ok(reads.length >= 3);
    for (const { chunk, bytes } of reads) {
      assert.equal(chunk.length, Math.min(40, bytes));
      assert.ok(chunk.startsWith('data: '));
    }
  });

  it('on: shows the text if it fits the limit', async (context) => {
    const bridge = await startBridge(context, { script: [said()], settings: { logStreamRaw: true } });
    await bridge.stream({ input: ask() }, CODEX);
    assert.match(bridge.lines.join(''), new RegExp(ANSWER));
  });

  it('off, or above level debug: logs nothing', async (context) => {
    for (const options of [
      { settings: { logStreamRaw: false } },
      { settings: { logStreamRaw: true }, logLevel: 'info' as const },
    ]) {
      const bridge = await startBridge(context, { script: [said()], ...options });
      await bridge.stream({ input: ask() }, CODEX);
      assert.doesNotMatch(bridge.lines.join(''), /upstream read|Nobody-May-See/);
    }
  });
});
