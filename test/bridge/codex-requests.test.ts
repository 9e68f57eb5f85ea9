/**
 * Requests that only Codex sends (both kinds of compaction, thread titles, LM Studio's preload), and keep-alive events.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, createTurnstile, silence } from '../support/upstream/scripted-upstream';
import { postJson } from '../support/clients/sse-client';
import {
  ask,
  CODEX,
  DIALECTS,
  doneItems,
  eventsOf,
  finalResponse,
  startBridge,
  tool,
  typesOf,
  type Loose,
} from '../support/bridge/test-bridge';

const HISTORY = [
  ...ask('Count the files.'),
  { type: 'function_call', call_id: 'call_a', name: 'list', arguments: '{}' },
  { type: 'function_call_output', call_id: 'call_a', output: 'a.txt b.txt' },
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Two.' }] },
];

for (const dialect of DIALECTS) {
  describe(`compaction at a ${dialect} upstream`, () => {
    it('a trigger returns one compaction item, which the next request sends as text', async (context) => {
      const script = [
        answer({ reasoning: 'Hm.', text: 'We counted two files.', usage: { prompt: 9, completion: 5 } }),
        answer({ text: 'Two, as I said.' }),
      ];
      const bridge = await startBridge(context, { dialect, script });
      const tools = [tool('list')];
      const reply = await bridge.stream({ input: [...HISTORY, { type: 'compaction_trigger' }], tools }, CODEX);
      const [item, ...others] = doneItems(reply);
      assert.deepEqual(others, []);
      assert.equal(item.type, 'compaction');
      assert.deepEqual(finalResponse(reply).output, [item]);
      assert.equal(finalResponse(reply).usage.total_tokens, 14);
      assert.doesNotMatch(reply.text, /We counted|Hm\./);
      const [compaction] = bridge.upstream.requests;
      assert.match(compaction?.body.messages.at(-1).content, /summary/i);
      assert.equal(compaction?.body.tool_choice, 'none');
      await bridge.stream({ input: [item, ...ask('How many?')], tools }, CODEX);
      const { messages } = bridge.upstream.requests[1]?.body;
      assert.match(messages[0].content, /We counted two files\.$/);
      assert.equal(messages[1].content, 'How many?');
      bridge.upstream.assertClean();
    });

    it('the compaction fails if the model writes no summary', async (context) => {
      const calls = answer({ toolCalls: [{ name: 'list', arguments: {} }] });
      const bridge = await startBridge(context, { dialect, script: () => calls });
      const reply = await bridge.stream(
        { input: [...HISTORY, { type: 'compaction_trigger' }], tools: [tool('list')] },
        CODEX,
      );
      assert.deepEqual(doneItems(reply), []);
      assert.equal(finalResponse(reply).status, 'failed');
    });
  });
}

it('POST /responses/compact returns the user’s messages and one compaction item', async (context) => {
  const bridge = await startBridge(context, { script: [answer({ text: 'We counted two files.' })] });
  const reply = await postJson(`${bridge.url}/v1/responses/compact`, { model: bridge.model, input: HISTORY });
  assert.equal(reply.status, 200);
  const body = reply.json as Loose;
  assert.equal(body.object, 'response.compaction');
  assert.deepEqual(
    body.output.map(({ type, role }: Loose) => [type, role]),
    [
      ['message', 'user'],
      ['compaction', undefined],
    ],
  );
  assert.equal(body.output[0].content[0].text, 'Count the files.');
  bridge.upstream.assertClean();
});

it('the small model writes thread titles', async (context) => {
  const bridge = await startBridge(context, {
    script: [answer({ text: '{"title":"Files"}' }), answer({ text: 'Hi.' })],
    settings: { smallModel: 'qwen3-coder-next' },
  });
  const metadata = (thread_source: string) => ({
    ...CODEX,
    'x-codex-turn-metadata': JSON.stringify({ thread_source, turn_id: 't' }),
  });
  await bridge.stream({ input: ask() }, metadata('thread_title'));
  await bridge.stream({ input: ask() }, metadata('user'));
  assert.deepEqual(bridge.upstream.requests.map((request) => request.body.model), ['qwen3-coder-next', bridge.model]);
});

it('LM Studio’s preload costs no call', async (context) => {
  const bridge = await startBridge(context);
  const reply = await bridge.json({ input: '', max_output_tokens: 1 });
  assert.equal((reply.json as Loose).status, 'completed');
  assert.deepEqual(bridge.upstream.requests, []);
});

describe('a silent provider', () => {
  it('before its answer: Codex gets keep-alive events, then the answer', async (context) => {
    const turnstile = createTurnstile();
    const script = [answer({ text: 'At last.', gate: turnstile.gate })];
    const bridge = await startBridge(context, { script, settings: { keepAliveMs: 5 } });
    const onChunk = (_: Buffer, soFar: string): void => {
      if (soFar.split('"type":"response.in_progress"').length > 3) turnstile.open();
    };
    const reply = await bridge.stream({ input: ask() }, CODEX, { onChunk });
    assert.ok(typesOf(reply).filter((type) => type === 'response.in_progress').length >= 3);
    assert.deepEqual(eventsOf(reply).map((event) => event.sequence_number), eventsOf(reply).map((_, index) => index));
    assert.equal(finalResponse(reply).output[0].content[0].text, 'At last.');
  });

  it('without any answer: Codex gets keep-alive events until the time limit, then the error', async (context) => {
    const bridge = await startBridge(context, {
      script: () => silence(),
      settings: { keepAliveMs: 5, upstreamFirstByteTimeoutMs: 400 },
    });
    const reply = await bridge.stream({ input: ask() }, CODEX);
    assert.ok(typesOf(reply).filter((type) => type === 'response.in_progress').length >= 2);
    assert.match(finalResponse(reply).error.message, /UPSTREAM_FIRST_BYTE_TIMEOUT_MS/);
  });

  it('in the middle of its answer: an SDK client gets keep-alive comments', async (context) => {
    const turnstile = createTurnstile();
    const bridge = await startBridge(context, {
      script: [answer({ text: 'One two.', gate: turnstile.gate })],
      settings: { keepAliveMs: 5 },
    });
    const onChunk = (_: Buffer, soFar: string): void => {
      if (soFar.includes(': keep-alive')) turnstile.open();
    };
    turnstile.admit(2);
    const reply = await bridge.stream({ input: ask() }, {}, { onChunk });
    assert.match(reply.text, /: keep-alive\n\n/);
    assert.equal(finalResponse(reply).output[0].content[0].text, 'One two.');
  });
});
