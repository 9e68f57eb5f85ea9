/** Chat Completions clients: chunks and completions, their ids and usage, calls of every kind, and failures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, raw, reply } from '../support/upstream/scripted-upstream';
import { DIALECTS, eventsOf, startBridge, type Loose } from '../support/bridge/test-bridge';

const MESSAGES = [{ role: 'user', content: 'Hello' }];
const USAGE = { prompt: 20, completion: 10, cached: 16, reasoning: 4 };
const LIST = { type: 'function', function: { name: 'list', parameters: { type: 'object', properties: {} } } };
const NOTE = { type: 'custom', custom: { name: 'note', description: 'Writes down.' } };

const USAGE_OBJECT = {
  prompt_tokens: 20, completion_tokens: 10, total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 16 }, completion_tokens_details: { reasoning_tokens: 4 },
};

for (const dialect of DIALECTS) {
  describe(`Chat Completions clients of a ${dialect} upstream`, () => {
    it('a stream starts with the role, contains every delta, and ends once', async (context) => {
      const bridge = await startBridge(context, {
        dialect,
        script: [answer({ reasoning: 'Hm.', text: 'Hé 🌍!', usage: USAGE })],
      });
      const chunks = eventsOf(await bridge.chatStream({ messages: MESSAGES }));
      const heads = chunks.map(({ id, object, created, model }) => JSON.stringify([id, object, created, model]));
      assert.equal(new Set(heads).size, 1);
      assert.match(chunks[0].id, /^chatcmpl_\w+$/);
      assert.equal(chunks[0].model, bridge.model);
      assert.ok(Number.isInteger(chunks[0].created) && chunks[0].created > 1_700_000_000);
      assert.deepEqual(chunks[0].choices, [
        { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
      ]);
      assert.equal(join(chunks, 'reasoning_content'), 'Hm.');
      assert.equal(join(chunks, 'content'), 'Hé 🌍!');
      assert.deepEqual(chunks.map(({ choices }) => choices[0].finish_reason).filter(Boolean), ['stop']);
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
      assert.ok(chunks.every((chunk) => !('usage' in chunk)));
      bridge.upstream.assertClean();
    });

    it('usage is sent in its own chunk, only on request', async (context) => {
      const bridge = await startBridge(context, { dialect, script: [answer({ text: 'Hi.', usage: USAGE })] });
      const chunks = eventsOf(await bridge.chatStream({ messages: MESSAGES, stream_options: { include_usage: true } }));
      assert.deepEqual(chunks.at(-1).choices, []);
      assert.deepEqual(chunks.at(-1).usage, USAGE_OBJECT);
      assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    });

    it('a completion has the same content as the stream', async (context) => {
      const toolCalls = [
        { id: 'call_a', name: 'list', arguments: { path: 'é' } },
        { id: 'call_b', name: 'list', arguments: {} },
      ];
      const bridge = await startBridge(context, {
        dialect,
        script: [answer({ reasoning: 'Hm.', text: 'I look.', toolCalls, usage: USAGE })],
      });
      const { status, json } = await bridge.chatJson({ messages: MESSAGES, tools: [LIST] });
      assert.equal(status, 200);
      const { id, created, ...rest } = json as Loose;
      assert.match(id, /^chatcmpl_\w+$/);
      assert.ok(Number.isInteger(created));
      assert.deepEqual(rest, {
        object: 'chat.completion',
        model: bridge.model,
        choices: [{
          index: 0,
          message: {
            role: 'assistant', content: 'I look.', refusal: null, reasoning_content: 'Hm.',
            tool_calls: [
              { id: 'call_a', type: 'function', function: { name: 'list', arguments: '{"path":"é"}' } },
              { id: 'call_b', type: 'function', function: { name: 'list', arguments: '{}' } },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        }],
        usage: USAGE_OBJECT,
      });
    });

    it('tool calls stream in the same form as OpenAI’s', async (context) => {
      const toolCalls = [
        { id: 'call_a', name: 'list', arguments: { path: 'é' } },
        { id: 'call_b', name: 'list', arguments: '{"path":"b"}' },
      ];
      const bridge = await startBridge(context, { dialect, script: [answer({ toolCalls })] });
      const chunks = eventsOf(await bridge.chatStream({ messages: MESSAGES, tools: [LIST] }));
      const fragments = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
      const heads = fragments.filter(({ id }: Loose) => id !== undefined);
      assert.deepEqual(heads, [
        { index: 0, id: 'call_a', type: 'function', function: { name: 'list', arguments: '' } },
        { index: 1, id: 'call_b', type: 'function', function: { name: 'list', arguments: '' } },
      ]);
      const textOf = (index: number) =>
        fragments
          .filter((each: Loose) => each.index === index)
          .map((each: Loose) => each.function.arguments)
          .join('');
      assert.deepEqual([textOf(0), textOf(1)], ['{"path":"é"}', '{"path":"b"}']);
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'tool_calls');
    });

    it('custom tools are custom on both sides', async (context) => {
      const call = { id: 'call_a', name: 'note', arguments: { input: 'line 1\nline "2" 🌍' } };
      const script = [0, 1, 2].map(() => answer({ toolCalls: [call] }));
      const bridge = await startBridge(context, { dialect, script });
      const body = { messages: MESSAGES, tools: [NOTE] };
      const chunks = eventsOf(await bridge.chatStream(body));
      const fragments = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
      assert.deepEqual(fragments[0], { index: 0, id: 'call_a', type: 'custom', custom: { name: 'note', input: '' } });
      assert.equal(fragments.map(({ custom }: Loose) => custom.input).join(''), call.arguments.input);
      const { message } = ((await bridge.chatJson(body)).json as Loose).choices[0];
      const custom = { id: 'call_a', type: 'custom', custom: { name: 'note', input: call.arguments.input } };
      assert.deepEqual(message.tool_calls, [custom]);
      assert.equal(message.content, null);
      await bridge.chatJson({
        ...body,
        messages: [...MESSAGES, message, { role: 'tool', tool_call_id: 'call_a', content: 'ok' }],
      });
      bridge.upstream.assertClean();
      const sent = bridge.upstream.requests[2]?.body;
      assert.equal(sent.tools[0].function.parameters.required[0], 'input');
      assert.deepEqual(JSON.parse(sent.messages[1].tool_calls[0].function.arguments), call.arguments);
      assert.deepEqual(sent.messages[2], { role: 'tool', tool_call_id: 'call_a', content: 'ok' });
    });

    it('the history of the client is sent upstream unchanged', async (context) => {
      const bridge = await startBridge(context, { dialect, script: [answer({ text: 'Hi.' })] });
      const calls = ['call_a', 'call_b'].map((id) => ({
        id,
        type: 'function',
        function: { name: 'list', arguments: '{"path": "a"}' },
      }));
      const messages = [
        { role: 'system', content: 'Be brief.' },
        ...MESSAGES,
        { role: 'assistant', content: 'I look.', reasoning_content: 'Hm.', tool_calls: calls },
        { role: 'tool', tool_call_id: 'call_a', content: '1' },
        { role: 'tool', tool_call_id: 'call_b', content: '2' },
        { role: 'assistant', content: 'Twelve.' },
        { role: 'user', content: 'And now?' },
      ];
      await bridge.chatJson({ messages, tools: [LIST] });
      bridge.upstream.assertClean();
      assert.deepEqual(bridge.upstream.requests[0]?.body.messages, messages);
    });

    it('a failure before the answer has the real status, even for Codex 0.80', async (context) => {
      const limit = reply({
        status: 429,
        headers: { 'retry-after': '3' },
        body: { error: { message: 'Slow down.', code: 'limit_requests' } },
      });
      const bridge = await startBridge(context, { dialect, script: [limit, limit] });
      for (const headers of [{}, { originator: 'codex_cli_rs' }]) {
        const answered = await bridge.chatStream({ messages: MESSAGES }, headers);
        assert.equal(answered.status, 429);
        assert.equal(answered.headers['retry-after'], '3');
        assert.match(JSON.parse(answered.text).error.message, /Slow down\./);
      }
    });

    it('a failure inside the answer is an error object in the stream', async (context) => {
      const bridge = await startBridge(context, { dialect, script: () => answer({ text: 'Half an', cutAfter: 3 }) });
      const streamed = await bridge.chatStream({ messages: MESSAGES });
      assert.equal(streamed.status, 200);
      const [last, end] = [streamed.events.at(-2), streamed.events.at(-1)];
      assert.equal((last?.json as Loose).error.code, 'upstream_stream_cut');
      assert.equal(end?.data, '[DONE]');
      assert.ok(eventsOf(streamed).slice(0, -1).every(({ choices }) => choices[0].finish_reason === null));
      const unstreamed = await bridge.chatJson({ messages: MESSAGES });
      assert.equal(unstreamed.status, 502);
      assert.equal((unstreamed.json as Loose).error.code, 'upstream_stream_cut');
    });
  });
}

it('finish reasons are mapped to those of Chat Completions, and tool_calls without calls to stop', async (context) => {
  const finishReasons = {
    length: 'length',
    sensitive: 'content_filter',
    content_filter: 'content_filter',
    eos: 'stop',
    function_call: 'stop',
    STOP: 'stop',
  };
  const chunk = (finish: string) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hi.' }, finish_reason: finish }] })}\n\n`;
  const script = Object.keys(finishReasons)
    .map((finish) => raw({ chunks: [chunk(finish), 'data: [DONE]\n\n'], end: 'eof' }));
  const bridge = await startBridge(context, { script });
  for (const expected of Object.values(finishReasons)) {
    const { json } = await bridge.chatJson({ messages: MESSAGES });
    assert.equal((json as Loose).choices[0].finish_reason, expected);
  }
});

const join = (chunks: readonly Loose[], field: string): string =>
  chunks.map(({ choices }) => choices[0]?.delta[field] ?? '').join('');
