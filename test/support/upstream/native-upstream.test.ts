/** The scripted Responses endpoint: its streams follow the grammar, and it rejects what plain endpoints reject. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { validateNative } from '../strict/native-rules';
import { renderNativeAnswer } from './native-stream';
import { startNativeUpstream } from './native-upstream';
import { answer } from './steps';
import { assertGoodStream } from '../stream/stream-grammar';

describe('the streams of the native upstream follow the grammar', () => {
  for (const reasoning of ['content', 'summary', 'sealed'] as const) {
    for (const finish of ['stop', 'length'] as const) {
      it(`${reasoning}, ${finish}`, () => {
        const toolCalls =
          finish === 'length'
            ? []
            : [
                { name: 'a', arguments: { x: 1 } },
                { name: 'b', arguments: '{}' },
              ];
        const { events } = renderNativeAnswer(
          { reasoning: 'Hm 🌍.', text: 'Hello.', toolCalls, finish },
          { model: 'm', number: 1, reasoning },
        );
        assertGoodStream(events.join(''), { fullResponse: false, warnings: false });
      });
    }
  }
});

const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] };
const good = { model: 'm', input: [user], stream: true, store: false };
const fn = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false };
const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };

const ROWS: readonly (readonly [name: string, body: object, rejection: string | undefined])[] = [
  ['a plain request', good, undefined],
  ['an unknown field', { ...good, client_metadata: {} }, "Unknown parameter: 'client_metadata'."],
  ['a request to store the response', { ...good, store: true }, "Invalid type for 'store'."],
  [
    'a namespace',
    { ...good, tools: [{ type: 'namespace', name: 'n', tools: [fn] }] },
    "'type' of tool must be 'function'",
  ],
  ['a custom tool', { ...good, tools: [{ type: 'custom', name: 'apply_patch' }] }, "'type' of tool must be 'function'"],
  ['a hosted tool', { ...good, tools: [{ type: 'web_search' }] }, "'type' of tool must be 'function'"],
  [
    'a namespace on a tool',
    { ...good, tools: [{ ...fn, namespace: 'n' }] },
    "Unknown parameter: 'tools[0].namespace'.",
  ],
  [
    'a tool without strict',
    { ...good, tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }] },
    "Missing required parameter: 'tools[0].strict'.",
  ],
  ['an empty list of tools', { ...good, tools: [] }, "Invalid type for 'tools'."],
  [
    'a choice of an unknown tool',
    { ...good, tools: [fn], tool_choice: { type: 'function', name: 'g' } },
    "Tool choice not found in 'tools'.",
  ],
  [
    'a custom call in the history',
    { ...good, input: [user, { type: 'custom_tool_call', call_id: 'c', name: 'f', input: 'x' }] },
    "Cannot determine type of 'item'",
  ],
  [
    'an item with additional tools',
    { ...good, input: [{ type: 'additional_tools', tools: [] }, user] },
    "Cannot determine type of 'item'",
  ],
  ['an id on an item', { ...good, input: [{ ...user, id: 'msg_1' }] }, "Unknown parameter: 'input[0].id'."],
  [
    'a namespace on a call',
    { ...good, input: [user, { ...call, namespace: 'n' }] },
    "Unknown parameter: 'input[1].namespace'.",
  ],
  ['a call without its result', { ...good, input: [user, call] }, 'No tool output found for function call c.'],
  [
    'a result without its call',
    { ...good, input: [user, { type: 'function_call_output', call_id: 'c', output: 'x' }] },
    'No tool call found for function call output with call_id c.',
  ],
  [
    'encrypted reasoning of another provider',
    { ...good, input: [{ type: 'reasoning', id: 'r', summary: [], encrypted_content: 'x' }] },
    'Encrypted content is not supported.',
  ],
  [
    'reasoning without text',
    { ...good, input: [{ type: 'reasoning', id: 'r', summary: [] }] },
    "item['content'] is empty",
  ],
  [
    'input text from the assistant',
    { ...good, input: [{ ...user, role: 'assistant' }] },
    "'type' must be 'output_text'",
  ],
  [
    'an effort that the model does not accept',
    { ...good, reasoning: { effort: 'xhigh' } },
    'invalid reasoning value: "xhigh" (must be "low")',
  ],
];

describe('the native upstream', () => {
  for (const [name, body, rejection] of ROWS) {
    it(`${rejection === undefined ? 'accepts' : 'rejects'} ${name}`, () => {
      const headers = { authorization: 'Bearer k', 'content-type': 'application/json', 'accept-encoding': 'identity' };
      const subject = {
        route: 'POST /v1/responses',
        headers,
        apiKey: 'k',
        efforts: ['low'],
        issued: [],
        body: { ...body },
      };
      assert.equal(validateNative(subject)?.message, rejection);
    });
  }

  it('survives a client that disconnects while it sends its body', async (context) => {
    const upstream = await startNativeUpstream({ script: [] });
    context.after(() => upstream.close());
    const socket = connect(Number(new URL(upstream.url).port), '127.0.0.1').resume();
    socket.write('POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n{');
    await once(socket, 'data');
    socket.destroy();
    assert.equal((await fetch(`${upstream.url}/models`)).status, 404);
    upstream.assertClean();
  });

  it('reports an error of a gate, and breaks the connection off', async (context) => {
    const gate = (): Promise<void> => Promise.reject(new Error('no gate'));
    const upstream = await startNativeUpstream({ script: [answer({ text: 'x', gate })] });
    context.after(() => upstream.close());
    const headers = { authorization: 'Bearer k', 'content-type': 'application/json', 'accept-encoding': 'identity' };
    const response = await fetch(`${upstream.url}/responses`, { method: 'POST', headers, body: JSON.stringify(good) });
    await assert.rejects(response.text());
    assert.deepEqual(upstream.rejections, ['script: Error: no gate']);
    assert.throws(() => upstream.assertClean());
  });
});
