/** Invalid requests: status 400, with the path of the field, the expected value and the value found. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CODEX, finalResponse, startBridge, tool, type Loose } from '../support/bridge/test-bridge';

type Row = readonly [name: string, body: object | string, param: string | null, message: RegExp];

const RESPONSES: readonly Row[] = [
  ['no input', { stream: false }, 'input', /expected a string or a list of items, got nothing/],
  ['a number as input', { input: 7 }, 'input', /got 7\.$/],
  ['an object as input', { input: { role: 'user' } }, 'input', /got \{"role":"user"\}/],
  [
    'a message without a role',
    { input: [{ type: 'message', content: 'x' }] },
    'input[0].role',
    /expected "user", "assistant", "system", "developer"/,
  ],
  ['a message of an unknown role', { input: [{ role: 'critic', content: 'x' }] }, 'input[0].role', /got "critic"/],
  [
    'a number as content',
    { input: [{ role: 'user', content: 5 }] },
    'input[0].content',
    /expected a string or a list of content parts, got 5/,
  ],
  [
    'a number as a content part',
    { input: [{ role: 'user', content: ['x', 5] }] },
    'input[0].content[1]',
    /expected a content part/,
  ],
  ['a number as the list of tools', { input: 'x', tools: 7 }, 'tools', /expected a list of tools, got 7/],
  [
    'a number as the list of tools in a namespace',
    { input: 'x', tools: [{ type: 'namespace', name: 'n', tools: 7 }] },
    'tools[].tools',
    /expected a list of tools, got 7/,
  ],
  [
    'a number as the tool choice',
    { input: 'x', tool_choice: 7 },
    'tool_choice',
    /expected "auto", "none", "required" or an object/,
  ],
  ['an unknown string as the tool choice', { input: 'x', tool_choice: 'maybe' }, 'tool_choice', /got "maybe"/],
  [
    'a tool choice that names a missing tool',
    { input: 'x', tools: [tool('list')], tool_choice: { type: 'function', name: 'other' } },
    'tool_choice',
    /Cannot force the tool "other"/,
  ],
  [
    'a tool choice that names a hosted tool',
    { input: 'x', tool_choice: { type: 'file_search' } },
    'tool_choice',
    /Cannot force the tool "file_search"/,
  ],
  ['a string as stream', { input: 'x', stream: 'yes' }, 'stream', /expected true or false, got "yes"/],
  ['a string as temperature', { input: 'x', temperature: 'hot' }, 'temperature', /expected a number, got "hot"/],
  ['a string as top_p', { input: 'x', top_p: '0.9' }, 'top_p', /expected a number/],
  ['zero tokens', { input: 'x', max_output_tokens: 0 }, 'max_output_tokens', /expected a positive integer, got 0/],
  ['half a token', { input: 'x', max_output_tokens: 1.5 }, 'max_output_tokens', /positive integer/],
  [
    'a string as parallel_tool_calls',
    { input: 'x', parallel_tool_calls: 'no' },
    'parallel_tool_calls',
    /true or false/,
  ],
  ['a string as top_logprobs', { input: 'x', top_logprobs: 'all' }, 'top_logprobs', /a number/],
  ['a number as model', { model: 7, input: 'x' }, 'model', /a non-empty string, got 7/],
  ['an empty model', { model: '', input: 'x' }, 'model', /got ""/],
  ['a number as instructions', { input: 'x', instructions: 5 }, 'instructions', /a string or a list of items, got 5/],
  [
    'a format without a schema',
    { input: 'x', text: { format: { type: 'json_schema', name: 'x' } } },
    'text.format.schema',
    /JSON Schema object/,
  ],
  ['a list as the body', '[]', null, /the body to be a JSON object/],
  ['a string as the body', '"x"', null, /the body to be a JSON object/],
  ['a body that is not JSON', '{"input": }', null, /unexpected "}" at line 1, column 11/],
  ['a truncated body', '{"input":[', null, /unexpected end at line 1/],
  ['an empty body', '', null, /it is empty/],
];

const CHAT: readonly Row[] = [
  ['no messages', { stream: false }, 'messages', /expected a list of messages, got nothing/],
  ['a string as messages', { messages: 'x' }, 'messages', /got "x"/],
  ['a string as message', { messages: ['x'] }, 'messages[0]', /expected a message object/],
  [
    'a message without a role',
    { messages: [{ content: 'x' }] },
    'messages[0].role',
    /expected "system", "developer", "user", "assistant" or "tool"/,
  ],
  ['a number as content', { messages: [{ role: 'user', content: 5 }] }, 'messages[0].content', /content parts, got 5/],
  [
    'a format without a schema',
    {
      messages: [{ role: 'user', content: 'x' }],
      response_format: { type: 'json_schema', json_schema: { name: 'x' } },
    },
    'response_format.json_schema.schema',
    /JSON Schema/,
  ],
  ['a string as stream', { messages: [], stream: 'yes' }, 'stream', /true or false/],
  ['a string as temperature', { messages: [], temperature: 'hot' }, 'temperature', /a number/],
  [
    'a tool choice that names a missing tool',
    { messages: [{ role: 'user', content: 'x' }], tool_choice: { type: 'function', function: { name: 'other' } } },
    'tool_choice',
    /"other"/,
  ],
];

describe('a Responses request', () => {
  for (const [name, body, param, message] of RESPONSES) {
    it(`with ${name} is rejected with the field and the reason`, async (context) => {
      const bridge = await startBridge(context);
      const reply = await bridge.json(body);
      assert.equal(reply.status, 400);
      const { error } = reply.json as Loose;
      assert.deepEqual([error.type, error.code, error.param], ['invalid_request_error', 'invalid_request', param]);
      assert.match(error.message, message);
      assert.deepEqual(bridge.upstream.requests, []);
    });
  }

  it('from Codex fails inside its stream, with a code that stops retries', async (context) => {
    const bridge = await startBridge(context);
    const reply = await bridge.stream({ input: [{ role: 'critic', content: 'x' }] }, CODEX);
    const { error } = finalResponse(reply);
    assert.equal(error.code, 'invalid_prompt');
    assert.match(error.message, /^Cannot read input\[0\]\.role: expected .*, got "critic"\.$/);
    assert.deepEqual(bridge.upstream.requests, []);
  });
});

describe('a Chat Completions request', () => {
  for (const [name, body, param, message] of CHAT) {
    it(`with ${name} is rejected with the field and the reason`, async (context) => {
      const bridge = await startBridge(context);
      const reply = await bridge.chatJson(body);
      assert.equal(reply.status, 400);
      const { error } = reply.json as Loose;
      assert.deepEqual([error.type, error.param], ['invalid_request_error', param]);
      assert.match(error.message, message);
      assert.deepEqual(bridge.upstream.requests, []);
    });
  }
});

it('a long value is not quoted in full', async (context) => {
  const bridge = await startBridge(context);
  const { error } = (await bridge.json({ input: { secret: 'x'.repeat(500) } })).json as Loose;
  assert.ok(error.message.length < 200);
  assert.ok(error.message.endsWith('….'));
});
