/** Reads requests leniently where clients differ, and ignores unknown fields. Errors: bridge/bad-requests.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readChatRequest } from '../../src/wire/read-chat-request';
import { readResponsesRequest } from '../../src/wire/read-responses';

const text = (value: string) => ({ type: 'text', text: value });
const userItem = (...content: readonly object[]) => ({ type: 'message', role: 'user', content });

describe('input', () => {
  const INPUTS: readonly (readonly [name: string, input: unknown, items: readonly object[]])[] = [
    ['a string', 'Hi', [userItem(text('Hi'))]],
    ['an empty string, as sent to LM Studio', '', []],
    ['an empty list', [], []],
    ['strings as items', ['Hi'], [userItem(text('Hi'))]],
    ['a message without a type', [{ role: 'user', content: 'Hi' }], [userItem(text('Hi'))]],
    ['a message without content', [{ role: 'user' }], [userItem()]],
    ['a future item', [{ type: 'telepathy', anything: [1] }], [{ type: 'unrecognized', kind: 'telepathy' }]],
    [
      'a type with the name of an Object.prototype member',
      [{ type: 'toString' }, { type: 'constructor' }],
      [
        { type: 'unrecognized', kind: 'toString' },
        { type: 'unrecognized', kind: 'constructor' },
      ],
    ],
    [
      'a future part',
      [{ role: 'user', content: [{ type: 'smell', data: 1 }] }],
      [userItem({ type: 'unrecognized', kind: 'smell', raw: { type: 'smell', data: 1 } })],
    ],
    [
      'a call without an id',
      [{ type: 'function_call', name: 'ls' }],
      [{ type: 'call', itemType: 'function_call', item: { type: 'function_call', name: 'ls' } }],
    ],
    [
      'the output of a shell call',
      [{ type: 'shell_call_output', call_id: 'a', output: [{ stdout: 'x' }] }],
      [{ type: 'call_output', callId: 'a', output: [text('[{"stdout":"x"}]')] }],
    ],
    [
      'an output that is an object',
      [{ type: 'function_call_output', call_id: 'a', output: { a: 1 } }],
      [{ type: 'call_output', callId: 'a', output: [text('{"a":1}')] }],
    ],
    [
      'reasoning without content',
      [
        {
          type: 'reasoning',
          summary: [
            { type: 'summary_text', text: 'a' },
            { type: 'summary_text', text: 'b' },
          ],
          content: null,
          encrypted_content: null,
        },
      ],
      [{ type: 'reasoning', summary: 'a\n\nb' }],
    ],
    [
      'reasoning in parts',
      [
        {
          type: 'reasoning',
          summary: [],
          content: [
            { type: 'reasoning_text', text: 'a' },
            { type: 'reasoning_text', text: 'b' },
          ],
        },
      ],
      [{ type: 'reasoning', summary: '', content: 'ab' }],
    ],
    [
      'every name of a compaction item',
      ['compaction', 'compaction_summary', 'context_compaction'].map((type) => ({ type, encrypted_content: 'x' })),
      Array(3).fill({ type: 'compaction', encryptedContent: 'x' }),
    ],
  ];
  for (const [name, input, items] of INPUTS)
    it(name, () => assert.deepEqual(readResponsesRequest({ input }).input, items));
});

describe('a Responses request', () => {
  it('treats null like an absent field', () => {
    const fields = [
      'model',
      'instructions',
      'stream',
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'max_output_tokens',
      'max_tool_calls',
      'reasoning',
      'text',
      'top_logprobs',
      'temperature',
      'top_p',
      'user',
      'previous_response_id',
      'store',
      'include',
      'metadata',
    ];
    const nulls = Object.fromEntries(fields.map((field) => [field, null]));
    assert.deepEqual(readResponsesRequest({ input: 'x', ...nulls }), readResponsesRequest({ input: 'x' }));
  });

  it('does not stream by default', () => assert.equal(readResponsesRequest({ input: 'x' }).stream, false));

  it('accepts a list of items as instructions', () => {
    assert.equal(
      readResponsesRequest({
        input: 'x',
        instructions: [
          { role: 'developer', content: 'A' },
          { role: 'developer', content: 'B' },
        ],
      }).instructions,
      'A\n\nB',
    );
    assert.equal(readResponsesRequest({ input: 'x', instructions: '' }).instructions, undefined);
  });

  it('reads a tool without a type as a function, and keeps other values for a note', () => {
    const { tools } = readResponsesRequest({ input: 'x', tools: [{ name: 'bare' }, 'list'] });
    assert.deepEqual(tools, [
      { kind: 'function', declaration: { name: 'bare' } },
      { kind: 'string', declaration: {} },
    ]);
  });

  it('echoes the fields that the client sent, with defaults for the rest', () => {
    const { echo } = readResponsesRequest({
      input: 'x',
      temperature: 0,
      metadata: { a: 'b' },
      store: false,
      tools: [{ type: 'future' }],
      foreign: 1,
    });
    const { temperature, metadata, store, tools, tool_choice, parallel_tool_calls, truncation, instructions } = echo;
    assert.deepEqual([temperature, metadata, store, tools], [0, { a: 'b' }, false, [{ type: 'future' }]]);
    assert.deepEqual([tool_choice, parallel_tool_calls, truncation, instructions], ['auto', true, 'disabled', null]);
    assert.equal('foreign' in echo || 'input' in echo, false);
  });
});

describe('a chat request', () => {
  const read = (messages: readonly object[], body: object = {}) => readChatRequest({ messages, ...body });

  it('becomes items', () => {
    const { request } = read([
      { role: 'system', content: 'S' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'U' },
          { type: 'image_url', image_url: { url: 'https://e/x', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'R',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'ls', arguments: '{}' } },
          { id: 'b', type: 'custom', custom: { name: 'note', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'T' },
      { role: 'function', name: 'old', content: 'F' },
    ]);
    assert.deepEqual(request.input, [
      { type: 'message', role: 'system', content: [text('S')] },
      userItem(text('U'), { type: 'image', url: 'https://e/x', detail: 'low' }),
      { type: 'reasoning', summary: '', content: 'R' },
      { type: 'call', itemType: 'function_call', item: { call_id: 'a', name: 'ls', arguments: '{}' } },
      { type: 'call', itemType: 'custom_tool_call', item: { call_id: 'b', name: 'note', input: 'x' } },
      { type: 'call_output', callId: 'a', output: [text('T')] },
      { type: 'call_output', label: 'old', output: [text('F')] },
    ]);
  });

  it('includes usage only if the client requests it', () => {
    assert.equal(read([]).includeUsage, false);
    assert.equal(read([], { stream_options: { include_usage: true } }).includeUsage, true);
    assert.equal(read([], { stream_options: null }).includeUsage, false);
  });

  it('reads legacy functions as tools', () => {
    assert.deepEqual(read([], { functions: [{ name: 'ls', parameters: {} }] }).request.tools, [
      { kind: 'function', declaration: { name: 'ls', parameters: {} } },
    ]);
  });
});
