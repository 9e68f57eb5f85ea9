/** The four POST paths: the body decides the protocol; the path only if the body does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import { postJson, postStream } from '../support/clients/sse-client';
import {
  ask, assertResponsesStream, eventsOf, finalResponse, startBridge, type Loose,
} from '../support/bridge/test-bridge';

const PATHS = ['/responses', '/v1/responses', '/chat/completions', '/v1/chat/completions'];
const MESSAGES = [{ role: 'user', content: 'Hello' }];

for (const path of PATHS) {
  describe(`POST ${path}`, () => {
    it('answers `input` as a Response', async (context) => {
      const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' }), answer({ text: 'Hi.' })] });
      const body = { model: bridge.model, input: ask() };
      const streamed = await postStream(bridge.url + path, { ...body, stream: true });
      assertResponsesStream(streamed, {});
      assert.equal(finalResponse(streamed).output[0].content[0].text, 'Hi.');
      const unstreamed = (await postJson(bridge.url + path, body)).json as Loose;
      assert.equal(unstreamed.object, 'response');
      assert.equal(unstreamed.output[0].content[0].text, 'Hi.');
      bridge.upstream.assertClean();
    });

    it('answers `messages` as a Chat Completion', async (context) => {
      const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' }), answer({ text: 'Hi.' })] });
      const body = { model: bridge.model, messages: MESSAGES };
      const streamed = await postStream(bridge.url + path, { ...body, stream: true });
      assert.equal(streamed.events.at(-1)?.data, '[DONE]');
      for (const chunk of eventsOf(streamed)) assert.equal(chunk.object, 'chat.completion.chunk');
      const unstreamed = (await postJson(bridge.url + path, body)).json as Loose;
      assert.equal(unstreamed.object, 'chat.completion');
      assert.equal(unstreamed.choices[0].message.content, 'Hi.');
      bridge.upstream.assertClean();
    });
  });
}

it('equivalent Responses and Chat Completions bodies give the same upstream request', async (context) => {
  const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' }), answer({ text: 'Hi.' })] });
  const shared = {
    temperature: 0.5,
    top_p: 0.9,
    stop: ['END'],
    seed: 7,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
  };
  await bridge.json({
    ...shared, instructions: 'Be brief.', input: ask(), max_output_tokens: 100, reasoning: { effort: 'none' },
    tools: [{ type: 'function', name: 'list', parameters: { type: 'object', properties: {} } }], tool_choice: 'auto',
  });
  await bridge.chatJson({
    ...shared,
    messages: [{ role: 'developer', content: 'Be brief.' }, ...MESSAGES],
    max_tokens: 100,
    reasoning_effort: 'none',
    tools: [{ type: 'function', function: { name: 'list', parameters: { type: 'object', properties: {} } } }],
  });
  const [responses, chat] = bridge.upstream.requests;
  assert.deepEqual(chat?.body, responses?.body);
  assert.deepEqual(responses?.body, {
    model: 'qwen3.7-plus',
    messages: [{ role: 'system', content: 'Be brief.' }, ...MESSAGES],
    stream: true,
    stream_options: { include_usage: true },
    tools: [{ type: 'function', function: { name: 'list', parameters: { type: 'object', properties: {} } } }],
    tool_choice: 'auto',
    ...shared,
    max_tokens: 100,
    enable_thinking: false,
    preserve_thinking: true,
  });
});
