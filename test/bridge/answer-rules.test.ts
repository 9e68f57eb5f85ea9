/** A request’s limits on its answer apply even if the provider ignores them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import {
  ask,
  CODEX,
  deltasOf,
  DIALECTS,
  doneItems,
  finalResponse,
  startBridge,
  tool,
  type Loose,
} from '../support/bridge/test-bridge';

const TOOLS = [tool('read'), tool('write')];
const READ = { name: 'read', arguments: { path: 'a' } };
const WRITE = { name: 'write', arguments: { path: 'b' } };
const jsonOf = ({ json }: { readonly json: unknown }): Loose => json;
const namesOf = (items: readonly Loose[]): readonly string[] =>
  items.flatMap(({ type, name }) => (type === 'function_call' ? [name] : []));

for (const dialect of DIALECTS) {
  test(`parallel_tool_calls: false keeps only the first call (${dialect})`, async (context) => {
    const bridge = await startBridge(context, { dialect, script: () => answer({ toolCalls: [READ, WRITE] }) });
    const request = { input: ask(), tools: TOOLS, parallel_tool_calls: false };
    assert.deepEqual(namesOf(doneItems(await bridge.stream(request))), ['read']);
    assert.deepEqual(namesOf(jsonOf(await bridge.json(request)).output), ['read']);
    // Codex sends this for every model it does not know, although it can handle several calls.
    assert.deepEqual(namesOf(doneItems(await bridge.stream(request, CODEX))), ['read', 'write']);
  });

  test(`max_tool_calls limits the number of calls (${dialect})`, async (context) => {
    const bridge = await startBridge(context, { dialect, script: () => answer({ toolCalls: [READ, WRITE, READ] }) });
    const reply = await bridge.stream({ input: ask(), tools: TOOLS, max_tool_calls: 2 });
    assert.deepEqual(namesOf(doneItems(reply)), ['read', 'write']);
    assert.equal(finalResponse(reply).max_tool_calls, 2);
  });

  test(`tool_choice: none suppresses all calls (${dialect})`, async (context) => {
    const bridge = await startBridge(context, { dialect, script: () => answer({ text: 'No.', toolCalls: [READ] }) });
    const reply = await bridge.stream({ input: ask(), tools: TOOLS, tool_choice: 'none' });
    assert.deepEqual(doneItems(reply).map(({ type }) => type), ['message']);
    assert.equal(finalResponse(reply).status, 'completed');
    const chat = await bridge.chatJson({
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [chatTool('read')],
      tool_choice: 'none',
    });
    assert.equal(jsonOf(chat).choices[0].finish_reason, 'stop');
    assert.equal(jsonOf(chat).choices[0].message.tool_calls, undefined);
  });

  test(`allowed_tools suppresses other calls (${dialect})`, async (context) => {
    const bridge = await startBridge(context, {
      dialect,
      script: () => answer({ toolCalls: [READ, WRITE, { name: 'unknown', arguments: {} }] }),
    });
    const tool_choice = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'write' }] };
    const reply = await bridge.stream({ input: ask(), tools: TOOLS, tool_choice });
    // A call to an unknown tool is passed on: the client tells the model that the tool does not exist.
    assert.deepEqual(namesOf(doneItems(reply)), ['write', 'unknown']);
    assert.deepEqual(bridge.upstream.requests[0]?.body.tools.map((each: Loose) => each.function.name), ['write']);
  });

  test(`the fence around a JSON answer is removed, in both protocols (${dialect})`, async (context) => {
    const bridge = await startBridge(context, { dialect, script: () => answer({ text: '```json\n{"a": 1}\n```' }) });
    const reply = await bridge.stream({
      input: [...ask('Answer in JSON.')],
      text: { format: { type: 'json_object' } },
    });
    assert.equal(deltasOf(reply, 'response.output_text.delta'), '{"a": 1}');
    const chat = await bridge.chatJson({
      messages: [{ role: 'user', content: 'Answer in JSON.' }],
      response_format: { type: 'json_object' },
    });
    assert.equal(jsonOf(chat).choices[0].message.content, '{"a": 1}');
    const unformatted = await bridge.stream({ input: ask() });
    assert.equal(deltasOf(unformatted, 'response.output_text.delta'), '```json\n{"a": 1}\n```');
  });

  test(`encrypted_content is present only on request (${dialect})`, async (context) => {
    const bridge = await startBridge(context, { dialect, script: () => answer({ reasoning: 'Hm.', text: 'Yes.' }) });
    const include = ['reasoning.encrypted_content'];
    const first = jsonOf(await bridge.json({ input: ask(), include })).output;
    assert.match(first[0].encrypted_content, /^acb1\./);
    assert.deepEqual(first[0].content, [{ type: 'reasoning_text', text: 'Hm.' }]);
    // A client that sends back only the envelope loses nothing.
    const { id, encrypted_content } = first[0];
    await bridge.json({
      input: [...ask(), { type: 'reasoning', id, summary: [], encrypted_content }, first[1], ...ask('Why?')],
      include,
    });
    assert.equal(bridge.upstream.requests[1]?.body.messages[1].reasoning_content, 'Hm.');
    assert.equal(jsonOf(await bridge.json({ input: ask() })).output[0].encrypted_content, undefined);
    assert.equal(doneItems(await bridge.stream({ input: ask(), include }, CODEX))[0].encrypted_content, undefined);
  });
}

test('x-bridge-notes tells SDK clients what was dropped', async (context) => {
  const bridge = await startBridge(context, { script: () => answer({ text: 'Hi.' }) });
  const request = { input: ask(), tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] };
  for (const reply of [await bridge.json(request), await bridge.stream(request)])
    assert.match(String(reply.headers['x-bridge-notes']), /file_search/);
  assert.equal((await bridge.stream(request, CODEX)).headers['x-bridge-notes'], undefined);
  assert.equal((await bridge.json({ input: ask() })).headers['x-bridge-notes'], undefined);
});

const chatTool = (name: string): object => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
});
