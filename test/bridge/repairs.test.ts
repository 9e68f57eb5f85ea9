/**
 * Repairs of rejected requests: the number of calls, what is remembered, and what the log and the client are told.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, reply } from '../support/upstream/scripted-upstream';
import type { QuirkName } from '../support/strict/quirks';
import { ask, CODEX, finalResponse, startBridge, tool, type Loose } from '../support/bridge/test-bridge';

const reject = (message: string, status = 400, more: object = {}) =>
  reply({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { message, type: 'invalid_request_error', ...more } }),
  });

const HISTORY = [
  ...ask('one'),
  { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Because.' }] },
  { type: 'function_call', call_id: 'call_PTLP8xhu3uwZk4l3', name: 'list', arguments: '{}' },
  { type: 'function_call_output', call_id: 'call_PTLP8xhu3uwZk4l3', output: 'a' },
  ...ask('two'),
];

describe('a repair', () => {
  it('costs one call, is remembered, and the log names the dialect field that avoids it', async (context) => {
    const script = [
      reject("property 'messages.1.assistant.reasoning_content' is unsupported"), answer({ text: 'A.' }),
      answer({ text: 'B.' }),
    ];
    const bridge = await startBridge(context, { script });
    for (const text of ['A.', 'B.']) {
      const reply = finalResponse(await bridge.stream({ input: HISTORY }, CODEX));
      assert.deepEqual([reply.status, reply.output[0].content[0].text], ['completed', text]);
    }
    const sent = bridge.upstream.requests.map(({ body }) => JSON.stringify(body).includes('reasoning_content'));
    assert.deepEqual(sent, [true, false, false]);
    const [first, second] = await bridge.turns(2);
    assert.deepEqual(first?.['repairs'], ["no reasoning_content in messages, dialect reasoningReplay: 'none'"]);
    assert.equal(second?.['repairs'], undefined);
  });

  it('is reported to an SDK client in x-bridge-notes', async (context) => {
    const bridge = await startBridge(context, { script: [reject('unknown field "seed"'), answer({ text: 'A.' })] });
    const reply = await bridge.json({ messages: [{ role: 'user', content: 'x' }], seed: 1 });
    assert.match(String(reply.headers['x-bridge-notes']), /sent again with "without seed"/);
  });

  it('gives a call and its result the same new id in every request', async (context) => {
    const message = 'Tool call id was call_PTLP8xhu3uwZk4l3 but must be a-z, A-Z, 0-9, with a length of 9.';
    const script = [reject(message), answer({ text: 'A.' }), answer({ text: 'B.' })];
    const bridge = await startBridge(context, { script });
    for (const more of [[], [{ type: 'message', role: 'assistant', content: 'A.' }, ...ask('three')]])
      await bridge.stream({ input: [...HISTORY, ...more] }, CODEX);
    const idsOf = ({ tool_calls: calls = [], tool_call_id: id }: Loose) =>
      [...calls.map((call: Loose) => call.id), ...(id ? [id] : [])];
    const ids = bridge.upstream.requests.slice(1).map(({ body }) => (body as Loose).messages.flatMap(idsOf));
    assert.match(ids[0]?.[0], /^[a-zA-Z0-9]{9}$/);
    assert.deepEqual(ids, [[ids[0][0], ids[0][0]], [ids[0][0], ids[0][0]]]);
  });

  it('also works for a rejection inside a stream with status 200', async (context) => {
    const event = `data: ${JSON.stringify({ error: { message: 'Unknown parameter: stream_options', code: 400 } })}\n\n`;
    const inStream = reply({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: event });
    const bridge = await startBridge(context, { script: [inStream, answer({ text: 'A.' })] });
    assert.equal(finalResponse(await bridge.stream({ input: ask() }, CODEX)).status, 'completed');
    assert.equal(bridge.upstream.requests.length, 2);
  });

  it('is not tried for an unknown rejection, and at most three are tried per turn', async (context) => {
    const unknown = await startBridge(context, { script: [reject('No such luck')] });
    assert.equal(finalResponse(await unknown.stream({ input: HISTORY }, CODEX)).status, 'failed');
    assert.equal(unknown.upstream.requests.length, 1);
    const names = ['stream_options', 'seed', 'top_p', 'temperature', 'user'];
    const script = names.map((name) => reject(`Unknown parameter: ${name}`));
    const endless = await startBridge(context, { script });
    const body = { input: ask(), seed: 1, top_p: 1, temperature: 1, user: 'u' };
    assert.equal(finalResponse(await endless.stream(body, CODEX)).status, 'failed');
    assert.equal(endless.upstream.requests.length, 4);
  });

  it('is reverted and not remembered if it does not help', async (context) => {
    const message = 'messages must alternate';
    const bridge = await startBridge(context, { script: [reject(message), reject(message), answer({ text: 'A.' })] });
    const input = [...ask('one'), ...ask('two')];
    assert.equal(finalResponse(await bridge.stream({ input }, CODEX)).status, 'failed');
    await bridge.stream({ input: [...input, ...ask('three')] }, CODEX);
    const counts = bridge.upstream.requests.map(({ body }) => (body as Loose).messages.length);
    assert.deepEqual(counts, [2, 1, 3]);
  });
});

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const PICTURE = [{ role: 'user', content: [{ type: 'input_image', image_url: PNG }] }];
const TIMER = {
  type: 'object', properties: { hours: { type: 'number' }, minutes: { type: 'number' } },
  anyOf: [{ required: ['hours'] }, { required: ['minutes'] }],
};

/** One host per quirk, and one with several; the strict upstream rejects with the messages of real hosts. */
describe('a host that rejects', () => {
  const HOSTS: readonly (readonly [quirks: readonly QuirkName[], calls: number, body: object])[] = [
    [['roles must alternate'], 2, { input: [...ask('one'), ...ask('two')] }],
    [['ids of nine letters'], 2, { input: HISTORY }],
    [['no pictures'], 2, { input: PICTURE }],
    [['no endpoint for pictures'], 2, { input: PICTURE }],
    [['tools for a history with calls'], 2, { input: HISTORY }],
    [['no reasoning in messages'], 2, { input: HISTORY }],
    [['extra inputs are forbidden'], 2, { input: HISTORY }],
    [['content or thinking'], 2, {
      input: [HISTORY[0], HISTORY[1], { type: 'message', role: 'assistant', content: 'So.' }, ...HISTORY.slice(2)],
    }],
    [['no user after tool'], 2, { input: HISTORY }],
    [['no system message'], 2, { instructions: 'Be brief.', input: ask() }],
    [['short descriptions'], 2, { input: ask(), tools: [{ ...tool('list'), description: 'd'.repeat(2_000) }] }],
    [['no required variants'], 2, { input: ask(), tools: [{ ...tool('timer'), parameters: TIMER }] }],
    [['max_completion_tokens'], 2, { input: ask(), max_output_tokens: 900 }],
    [['no stream_options'], 2, { input: ask() }],
    [['no reasoning in messages', 'ids of nine letters', 'roles must alternate'], 4, {
      input: [...HISTORY, ...ask('three')], tools: [tool('list')],
    }],
  ];
  for (const [quirks, calls, body] of HOSTS) {
    it(`${quirks.join(', ')}: needs ${calls} calls, and one for the next turn`, async (context) => {
      const script = [answer({ text: 'A.' }), answer({ text: 'B.' })];
      const bridge = await startBridge(context, { dialect: 'openai', quirks, script });
      for (const expected of [calls, calls + 1]) {
        const reply = finalResponse(await bridge.stream(body, CODEX));
        assert.equal(reply.status, 'completed', JSON.stringify(reply.error));
        assert.equal(bridge.upstream.requests.length, expected, bridge.upstream.rejections.join('\n'));
      }
    });
  }
});
