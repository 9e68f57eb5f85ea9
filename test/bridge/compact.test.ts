/** POST /responses/compact, for Codex up to 0.125 and SDK clients: its output becomes the next request's input. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, reply } from '../support/upstream/scripted-upstream';
import { postJson } from '../support/clients/sse-client';
import { ask, DIALECTS, finalResponse, startBridge, tool, type Loose } from '../support/bridge/test-bridge';

const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';

/** A turn with a call, as an SDK client stores it, and an image, which must survive the compaction. */
const HISTORY = [
  { type: 'message', role: 'developer', content: 'Be brief.' },
  {
    type: 'message', role: 'user',
    content: [{ type: 'input_text', text: 'What is „that“?' }, { type: 'input_image', image_url: IMAGE }],
  },
  { type: 'function_call', call_id: 'call_a', name: 'list', arguments: '{}' },
  { type: 'function_call_output', call_id: 'call_a', output: 'a.txt' },
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'A red square.' }] },
  { type: 'message', role: 'user', content: 'And now?' },
];

for (const dialect of DIALECTS) {
  describe(`POST /responses/compact at a ${dialect} upstream`, () => {
    for (const path of ['/responses/compact', '/v1/responses/compact']) {
      it(`${path} returns an object whose output continues the conversation`, async (context) => {
        const script = [
          answer({ reasoning: 'Hm.', text: 'It was a „red square“.', usage: { prompt: 90, completion: 5 } }),
          answer({ text: 'Still red.' }),
        ];
        const bridge = await startBridge(context, { dialect, script });
        const { status, json } = await postJson(bridge.url + path, {
          model: bridge.model, instructions: 'Answer in English.', input: HISTORY, tools: [tool('list')],
        });
        assert.equal(status, 200);
        const { id, created_at, object, output, usage } = json as Loose;
        assert.match(id, /^resp_/);
        assert.ok(Number.isInteger(created_at));
        assert.equal(object, 'response.compaction');
        assert.deepEqual([usage.input_tokens, usage.output_tokens, usage.total_tokens], [90, 5, 95]);
        assert.deepEqual(output.map(({ type, role }: Loose) => [type, role]), [
          ['message', 'user'], ['message', 'user'], ['compaction', undefined],
        ]);
        assert.ok(!JSON.stringify(json).includes('red square'), 'the summary is sealed');

        const next = await bridge.stream({ input: [...output, ...ask('Which color?')], tools: [tool('list')] });
        assert.equal(finalResponse(next).status, 'completed');
        const [compaction, continued] = bridge.upstream.requests.map(({ body }) => body);
        assert.equal(compaction.messages[0].content, 'Answer in English.\n\nBe brief.');
        assert.equal(compaction.tool_choice, 'none');
        assert.match(compaction.messages.at(-1).content, /summary/);
        const [first, second, summary, question] = continued.messages;
        assert.deepEqual(
          first.content.map((part: Loose) => part.text ?? part.image_url.url),
          ['What is „that“?', IMAGE],
        );
        assert.equal(second.content, 'And now?');
        assert.match(summary.content, /It was a „red square“\.$/);
        assert.equal(question.content, 'Which color?');
        bridge.upstream.assertClean();
      });
    }
  });
}

describe('a compaction that fails', () => {
  it('has the HTTP status of the provider’s failure', async (context) => {
    const error = { message: 'No such thing.', type: 'invalid_request_error', param: null, code: null };
    const rejection = reply({ status: 400, body: { error } });
    const bridge = await startBridge(context, { script: () => rejection });
    const { status, json } = await postJson(`${bridge.url}/v1/responses/compact`, {
      model: bridge.model,
      input: HISTORY,
    });
    assert.equal(status, 400);
    assert.match((json as Loose).error.message, /No such thing\./);
  });

  it('is an error if the model writes no summary', async (context) => {
    const bridge = await startBridge(context, {
      script: () => answer({ toolCalls: [{ name: 'list', arguments: {} }] }),
    });
    const body = { model: bridge.model, input: HISTORY, tools: [tool('list')] };
    const { status, json } = await postJson(`${bridge.url}/v1/responses/compact`, body);
    assert.ok(status >= 500, String(status));
    assert.equal(typeof (json as Loose).error.message, 'string');
  });

  it('is a client error if the request is invalid', async (context) => {
    const bridge = await startBridge(context, { script: [] });
    const { status, json } = await postJson(`${bridge.url}/v1/responses/compact`, { model: bridge.model, input: 5 });
    assert.equal(status, 400);
    assert.equal((json as Loose).error.param, 'input');
    assert.deepEqual(bridge.upstream.requests, []);
  });
});
