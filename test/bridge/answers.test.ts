/** Successful answers: text, reasoning and calls, streamed and as JSON, and the round after a call. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import {
  ask,
  CODEX,
  deltasOf,
  DIALECTS,
  doneItems,
  eventsOf,
  finalResponse,
  startBridge,
  tool,
  typesOf,
  type Loose,
} from '../support/bridge/test-bridge';

const REASONING = 'First  look,\nthen “think” 🤔 – and\tkeep every byte.\n';
const USAGE = { prompt: 120, completion: 30, cached: 100, reasoning: 12 };

for (const dialect of DIALECTS) {
  describe(`answers of a ${dialect} upstream`, () => {
    it('text streams as it arrives, followed by the complete item and the usage', async (context) => {
      const bridge = await startBridge(context, { dialect, script: [answer({ text: 'Hé, wörld 🌍!', usage: USAGE })] });
      const reply = await bridge.stream({ input: ask() });
      assert.equal(reply.headers['content-type'], 'text/event-stream; charset=utf-8');
      assert.equal(reply.ending, 'complete');
      assert.equal(deltasOf(reply, 'response.output_text.delta'), 'Hé, wörld 🌍!');
      const [message] = doneItems(reply);
      assert.equal(message.type, 'message');
      assert.deepEqual(message.content, [
        { type: 'output_text', text: 'Hé, wörld 🌍!', annotations: [], logprobs: [] },
      ]);
      const response = finalResponse(reply);
      assert.equal(response.status, 'completed');
      assert.equal(response.model, bridge.model);
      assert.deepEqual(response.output, [message]);
      assert.deepEqual(response.usage, {
        input_tokens: 120, input_tokens_details: { cached_tokens: 100, cache_write_tokens: 0 },
        output_tokens: 30, output_tokens_details: { reasoning_tokens: 12 }, total_tokens: 150,
      });
      assert.equal(reply.events.at(-1)?.data, '[DONE]');
      bridge.upstream.assertClean();
    });

    it('reasoning is sent in both forms before the text', async (context) => {
      const bridge = await startBridge(context, { dialect, script: [answer({ reasoning: REASONING, text: 'Done.' })] });
      const reply = await bridge.stream({ input: ask() }, CODEX);
      assert.equal(deltasOf(reply, 'response.reasoning_text.delta'), REASONING);
      assert.equal(deltasOf(reply, 'response.reasoning_summary_text.delta'), REASONING);
      const [reasoning, message] = doneItems(reply);
      assert.deepEqual(reasoning.summary, [{ type: 'summary_text', text: REASONING }]);
      assert.deepEqual(reasoning.content, [{ type: 'reasoning_text', text: REASONING }]);
      assert.equal(message.content[0].text, 'Done.');
    });

    it('calls are returned in order, each complete, with the upstream ids', async (context) => {
      const toolCalls = [
        { id: 'call_a', name: 'read_file', arguments: '{"path": "a.txt"}' },
        { id: 'call_b', name: 'read_file', arguments: '{"path":"b \\"q\\" é🌍.txt"}' },
        { name: 'list', arguments: {} },
      ];
      const bridge = await startBridge(context, { dialect, script: [answer({ text: 'I read.', toolCalls })] });
      const reply = await bridge.stream({ input: ask(), tools: [tool('read_file'), tool('list')] }, CODEX);
      const [message, ...calls] = doneItems(reply);
      assert.equal(message.content[0].text, 'I read.');
      assert.deepEqual(
        calls.map(({ type, call_id, name, arguments: text, status }) => [type, call_id, name, text, status]),
        [
          ['function_call', 'call_a', 'read_file', '{"path": "a.txt"}', 'completed'],
          ['function_call', 'call_b', 'read_file', '{"path":"b \\"q\\" é🌍.txt"}', 'completed'],
          ['function_call', 'call_1_2', 'list', '{}', 'completed'],
        ],
      );
      const types = typesOf(reply);
      assert.ok(types.indexOf('response.output_text.done') < types.indexOf('response.function_call_arguments.delta'));
      bridge.upstream.assertClean();
    });

    it('ids are unique, and times are whole seconds', async (context) => {
      const toolCalls = [{ name: 'list', arguments: {} }, { name: 'list', arguments: {} }];
      const bridge = await startBridge(context, {
        dialect,
        script: [answer({ reasoning: 'r', text: 't', toolCalls }), answer({ text: 't' })],
        runtime: { clock: () => 1_767_225_600_999 },
      });
      const first = await bridge.stream({ input: ask(), tools: [tool('list')] });
      const second = await bridge.stream({ input: ask() });
      const replies = [first, second];
      const ids = replies.flatMap((reply) => [finalResponse(reply).id, ...doneItems(reply).map(({ id }) => id)]);
      assert.equal(new Set(ids).size, 7, String(ids));
      for (const id of ids) assert.match(id, /^[a-z]+_\w+$/);
      const { created_at, completed_at } = finalResponse(first);
      assert.deepEqual([created_at, completed_at], [1_767_225_600, 1_767_225_600]);
    });

    it('a call gets an id of its own, even if the provider repeats one in every answer', async (context) => {
      const call = { id: 'call_0', name: 'list', arguments: {} };
      const script = [...[1, 2, 3].map(() => answer({ toolCalls: [call, call] })), answer({ text: 'Done.' })];
      const bridge = await startBridge(context, { dialect, script });
      const input: Loose[] = [...ask()];
      for (const _round of [1, 2, 3]) {
        const calls = doneItems(await bridge.stream({ input, tools: [tool('list')] }, CODEX));
        const results = calls.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'a.txt' }));
        input.push(...calls, ...results);
      }
      await bridge.stream({ input, tools: [tool('list')] }, CODEX);
      const ids = input.flatMap(({ type, call_id }) => (type === 'function_call' ? [call_id] : []));
      assert.equal(ids[0], 'call_0');
      assert.equal(new Set(ids).size, 6, String(ids));
      const results = bridge.upstream.requests.at(-1)?.body.messages.filter(({ role }: Loose) => role === 'tool');
      assert.deepEqual(results.map(({ tool_call_id }: Loose) => tool_call_id), ids);
      bridge.upstream.assertClean();
    });

    it('a JSON answer has the same content as the stream', async (context) => {
      const script = [0, 1].map(() =>
        answer({
          reasoning: REASONING,
          text: 'Read.',
          toolCalls: [{ id: 'call_a', name: 'list', arguments: { path: 'a' } }],
          usage: USAGE,
        }),
      );
      const bridge = await startBridge(context, { dialect, script });
      const body = { input: ask(), tools: [tool('list')], metadata: { run: '7' }, instructions: 'Be brief.' };
      const streamed = finalResponse(await bridge.stream(body));
      const reply = await bridge.json(body);
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['content-type'], 'application/json');
      const response = reply.json as Loose;
      assert.equal(response.object, 'response');
      assert.deepEqual(response.metadata, { run: '7' });
      assert.equal(response.instructions, 'Be brief.');
      assert.deepEqual(withoutIds(response), withoutIds(streamed));
      assert.deepEqual(bridge.upstream.requests[0]?.body, bridge.upstream.requests[1]?.body);
    });

    it('the round after a call is accepted, with the reasoning unchanged byte for byte', async (context) => {
      const toolCalls = [
        { id: 'call_a', name: 'read_file', arguments: '{"path": "a.txt"}' },
        { id: 'call_b', name: 'list', arguments: {} },
      ];
      const script = [answer({ reasoning: REASONING, text: 'I read.', toolCalls }), answer({ text: 'It says 42.' })];
      const bridge = await startBridge(context, { dialect, script });
      const body = { instructions: 'Be brief.', tools: [tool('read_file'), tool('list')] };
      const items = doneItems(await bridge.stream({ ...body, input: ask() }, CODEX));
      const outputs = [
        { type: 'function_call_output', call_id: 'call_a', output: '42' },
        { type: 'function_call_output', call_id: 'call_b', output: [{ type: 'input_text', text: 'a.txt' }] },
      ];
      const last = await bridge.stream({ ...body, input: [...ask(), ...items, ...outputs] }, CODEX);
      assert.equal(finalResponse(last).status, 'completed');
      bridge.upstream.assertClean();
      const [first, second] = bridge.upstream.requests.map((request) => request.body.messages);
      assert.deepEqual(second.slice(0, 2), first);
      assert.deepEqual(second.slice(2), [
        {
          role: 'assistant', content: 'I read.', reasoning_content: REASONING,
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'read_file', arguments: '{"path": "a.txt"}' } },
            { id: 'call_b', type: 'function', function: { name: 'list', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_a', content: '42' },
        { role: 'tool', tool_call_id: 'call_b', content: 'a.txt' },
      ]);
    });

    it('an answer truncated by the output limit keeps its text but not the truncated call', async (context) => {
      const toolCalls = [{ id: 'call_a', name: 'list', arguments: '{"path":"a' }];
      const script = [
        answer({ text: 'Partial', finish: 'length' }),
        answer({ text: 'Now:', toolCalls, finish: 'length' }),
      ];
      const bridge = await startBridge(context, { dialect, script });
      for (const text of ['Partial', 'Now:']) {
        const reply = await bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
        const { status, incomplete_details, output } = finalResponse(reply);
        assert.equal(status, 'incomplete');
        assert.deepEqual(incomplete_details, { reason: 'max_output_tokens' });
        assert.deepEqual(output.map((item: Loose) => item.content[0].text), [text]);
        assert.deepEqual(doneItems(reply), output);
      }
    });

    it('an answer with only reasoning is a failure, not an empty turn', async (context) => {
      const bridge = await startBridge(context, { dialect, script: [answer({ reasoning: 'Hm.' }), answer({})] });
      // The first code makes Codex retry; the second one ends the turn, whose calls are used up.
      for (const code of ['server_error', 'invalid_prompt']) {
        const { status, error } = finalResponse(await bridge.stream({ input: ask() }, CODEX));
        assert.deepEqual([status, error.code], ['failed', code]);
        assert.match(error.message, /without any text or tool call/);
      }
    });

    it('the result does not depend on how the network splits the bytes', async (context) => {
      const options = {
        reasoning: REASONING,
        text: 'Grüße 🌍🌍',
        toolCalls: [{ name: 'list', arguments: { path: 'ä🌍' } }],
      };
      const script = [answer(options), answer({ ...options, writeSize: 7 })];
      const bridge = await startBridge(context, { dialect, script });
      const [inOneWrite, inSmallWrites] = [
        await bridge.stream({ input: ask(), tools: [tool('list')] }),
        await bridge.stream({ input: ask(), tools: [tool('list')] }),
      ];
      assert.deepEqual(
        eventsOf(inSmallWrites).map(({ type, delta }) => [type, delta]),
        eventsOf(inOneWrite).map(({ type, delta }) => [type, delta]),
      );
    });
  });
}

/** Removes the ids and times, which differ between two runs of the same answer. */
function withoutIds(response: Loose): Loose {
  const { id, created_at, completed_at, output, ...rest } = response;
  assert.ok(id && created_at && completed_at);
  const items = output.map((item: Loose) => ({
    ...item,
    id: 'x',
    ...(item.call_id && { call_id: String(item.call_id).replace(/_\d_/, '_n_') }),
  }));
  return { ...rest, output: items };
}
