/** Reads answers leniently: usage in every format, reasoning in every field, errors in every format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChatUsage } from '../../src/wire/chat';
import { readChatChunk, readChatUsage } from '../../src/wire/read-chat';

/** Removes fields that are undefined. */
const compact = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('usage', () => {
  const usage = (prompt: number, completion: number, rest: Partial<ChatUsage> = {}) =>
    ({ prompt, completion, total: prompt + completion, cached: 0, reasoning: 0, ...rest });
  const SHAPES: readonly (readonly [name: string, value: unknown, expected: object | undefined])[] = [
    [
      'OpenAI',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      usage(10, 5, { cached: 4, reasoning: 2 }),
    ],
    [
      'DashScope',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4, cache_creation_input_tokens: 3 },
      },
      usage(10, 5, { cached: 4, cacheWrite: 3 }),
    ],
    [
      'cache writes in another field',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cache_write_tokens: 3 } },
      usage(10, 5, { cacheWrite: 3 }),
    ],
    [
      'DeepSeek',
      { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
      usage(10, 5, { cached: 4 }),
    ],
    ['Kimi', { prompt_tokens: 10, completion_tokens: 5, cached_tokens: 4 }, usage(10, 5, { cached: 4 })],
    [
      'the field names of the Responses API',
      {
        input_tokens: 10,
        output_tokens: 5,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens_details: { reasoning_tokens: 2 },
      },
      usage(10, 5, { cached: 4, reasoning: 2 }),
    ],
    ['only a prompt', { prompt_tokens: 10 }, usage(10, 0)],
    ['only a completion', { completion_tokens: 5 }, usage(0, 5)],
    [
      'details that are null',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: null, completion_tokens_details: null },
      usage(10, 5),
    ],
    [
      'empty details',
      { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: {}, completion_tokens_details: {} },
      usage(10, 5),
    ],
    [
      'more cached than prompt tokens',
      { prompt_tokens: 10, completion_tokens: 5, cached_tokens: 40 },
      usage(10, 5, { cached: 10 }),
    ],
    [
      'more reasoning than completion tokens',
      { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 50 } },
      usage(10, 5, { reasoning: 5 }),
    ],
    ['negative and fractional counts', { prompt_tokens: -1, completion_tokens: 5.9 }, usage(0, 5)],
    ['counts that are not numbers', { prompt_tokens: '10', completion_tokens: null }, undefined],
    ['only a total', { total_tokens: 10 }, undefined],
    ['null', null, undefined],
    ['an empty object', {}, undefined],
    ['a string', '10', undefined],
  ];
  for (const [name, value, expected] of SHAPES) {
    it(name, () => assert.deepEqual(expected && compact(readChatUsage(value)), expected));
    it(`${name}: undefined only if there is no count`, () =>
      assert.equal(readChatUsage(value) === undefined, expected === undefined));
  }

  it('is next to the choices, inside the first one, or alone', () => {
    const tokens = { prompt_tokens: 1, completion_tokens: 2 };
    for (const chunk of [
      { choices: [], usage: tokens },
      { choices: [{ delta: {}, usage: tokens }] },
      { usage: tokens },
    ]) {
      assert.deepEqual(compact(readChatChunk(chunk).usage), usage(1, 2));
    }
    assert.equal(readChatChunk({ choices: [], usage: null }).usage, undefined);
  });
});

describe('deltas', () => {
  const read = (delta: unknown, choice: object = {}) =>
    compact(readChatChunk({ choices: [{ delta, ...choice }] }).choices[0]);
  const SHAPES: readonly (readonly [name: string, delta: unknown, expected: object])[] = [
    ['text', { content: 'x' }, { text: 'x' }],
    ['empty text', { content: '' }, {}],
    ['null', { content: null, tool_calls: null, refusal: null, reasoning_content: null }, {}],
    ['no delta', undefined, {}],
    [
      'text in parts',
      { content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }, { type: 'image' }] },
      { text: 'ab' },
    ],
    ['a refusal', { refusal: 'No.' }, { refusal: 'No.' }],
    ['reasoning_content', { reasoning_content: 'hm' }, { reasoning: 'hm' }],
    ['reasoning', { reasoning: 'hm' }, { reasoning: 'hm' }],
    ['thinking', { thinking: 'hm' }, { reasoning: 'hm' }],
    ['thought', { thought: 'hm' }, { reasoning: 'hm' }],
    ['reasoning_text', { reasoning_text: 'hm' }, { reasoning: 'hm' }],
    ['reasoning in two fields is read once', { reasoning_content: 'hm', reasoning: 'hm' }, { reasoning: 'hm' }],
    [
      'reasoning in the first field that is not empty',
      { reasoning_content: '', reasoning: null, thinking: 'hm' },
      { reasoning: 'hm' },
    ],
    ['reasoning that is an object', { reasoning: { effort: 'low' } }, {}],
    [
      'reasoning details',
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'a' },
          { type: 'reasoning.encrypted', data: 'x' },
        ],
      },
      {
        reasoning: 'a',
        reasoningDetails: [
          { type: 'reasoning.text', text: 'a' },
          { type: 'reasoning.encrypted', data: 'x' },
        ],
      },
    ],
    [
      'a call',
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'ls', arguments: '{' } }] },
      { toolCalls: [{ index: 0, id: 'a', name: 'ls', arguments: '{' }] },
    ],
    [
      'the continuation of a call, from DashScope',
      { tool_calls: [{ index: 0, id: '', type: 'function', function: { arguments: '}' } }] },
      { toolCalls: [{ index: 0, arguments: '}' }] },
    ],
    [
      'fields that are null',
      { tool_calls: [{ index: 0, id: null, function: { name: null, arguments: null } }] },
      { toolCalls: [{ index: 0 }] },
    ],
    ['no index', { tool_calls: [{ id: 'a', function: { name: 'ls' } }] }, { toolCalls: [{ id: 'a', name: 'ls' }] }],
    [
      'arguments that are an object',
      { tool_calls: [{ function: { name: 'ls', arguments: { p: 1 } } }] },
      { toolCalls: [{ name: 'ls', arguments: '{"p":1}' }] },
    ],
    [
      'a legacy function_call',
      { function_call: { name: 'ls', arguments: '{}' } },
      { toolCalls: [{ index: 0, name: 'ls', arguments: '{}' }] },
    ],
    ['no calls', { tool_calls: [] }, {}],
    ['calls that are not objects', { tool_calls: ['x', null] }, {}],
  ];
  for (const [name, delta, expected] of SHAPES) it(name, () => assert.deepEqual(read(delta), expected));

  it('a message of a complete response is read the same way', () => {
    assert.deepEqual(
      compact(
        readChatChunk({ choices: [{ message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }] }).choices,
      ),
      [{ text: 'x', finishReason: 'stop' }],
    );
  });

  it('the text of a legacy completion is read as text', () =>
    assert.deepEqual(read(undefined, { text: 'x' }), { text: 'x' }));
  it('an empty finish_reason is ignored', () => assert.deepEqual(read({}, { finish_reason: '' }), {}));
  it('the index of a choice is read', () => assert.deepEqual(read({}, { index: 1 }), { index: 1 }));
  it('logprobs are read', () =>
    assert.deepEqual(read({}, { logprobs: { content: [{ token: 'x' }] } }), { logprobs: [{ token: 'x' }] }));
  it('choices that are not objects are skipped', () =>
    assert.deepEqual(readChatChunk({ choices: [null, 'x'] }).choices, []));
});

describe('errors', () => {
  const ERRORS: readonly unknown[] = [
    { error: { message: 'x' } },
    { error: 'x' },
    { error: { message: 'x' }, choices: [] },
    { object: 'error', message: 'x' },
    { type: 'error', error: { message: 'x' } },
    { code: 'Throttling', message: 'x', request_id: 'r' },
    { code: 400, message: 'x' },
    { base_resp: { status_code: 1002, status_msg: 'x' } },
    'x',
    7,
    null,
    ['x'],
    true,
  ];
  for (const value of ERRORS)
    it(`${JSON.stringify(value)} is an error`, () => assert.equal(readChatChunk(value).error, value));

  const FINE: readonly object[] = [
    { choices: [], error: null },
    { choices: [], error: '' },
    { choices: [{ delta: { content: 'x' } }], code: 200, message: 'ok' },
    { choices: [], base_resp: { status_code: 0, status_msg: '' } },
    { object: 'chat.completion.chunk', choices: [] },
    { message: 'x' },
    {},
  ];
  for (const value of FINE)
    it(`${JSON.stringify(value)} is not an error`, () => assert.equal(readChatChunk(value).error, undefined));
});
