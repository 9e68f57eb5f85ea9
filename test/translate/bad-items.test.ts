/** A bad item, part or tool never fails a request: it is repaired or dropped, with a note. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toJsonText } from '../../src/base/json';
import type { ChatMessage } from '../../src/wire/chat';
import { translate, translateChat } from '../support/bridge/translations';

const LS = { type: 'function', name: 'ls' };
const user = (content: unknown) => ({ type: 'message', role: 'user', content });
const output = (call_id: string, text: unknown = 'done') => ({ type: 'function_call_output', call_id, output: text });

const CIPHERTEXT = `gAAAAABpX9kQ${'Zm9yZWlnbi1jaXBoZXJ0ZXh0_-'.repeat(6)}==`;

const SEALED = { type: 'encrypted_content', encrypted_content: CIPHERTEXT };

/** One line for each message and call: `user: Hi`, `call ls {}`, `result done`. */
function show(message: ChatMessage): readonly string[] {
  const text = typeof message.content === 'string' ? message.content : JSON.stringify(message.content);
  if (message.role === 'tool') return [`result ${text}`];
  if (message.role !== 'assistant') return [`${message.role}: ${text}`];
  const calls = (message.tool_calls ?? []).map((call) => `call ${call.function.name} ${call.function.arguments}`);
  return text === '' ? calls : [`assistant: ${text}`, ...calls];
}

type ItemRow = readonly [name: string, items: readonly unknown[], messages: readonly string[], note: RegExp];

const ITEMS: readonly ItemRow[] = [
  ['null', [null], [], /dropped an input item of type null/],
  ['a number', [7], [], /dropped an input item of type number/],
  ['an unknown item', [{ type: 'telepathy' }], [], /dropped an input item of type telepathy/],
  ['an unknown call', [{ type: 'telepathy_call', call_id: 'a' }], [], /item of type telepathy_call/],
  ['an item named like a member of every object', [{ type: 'constructor' }], [], /item of type constructor/],
  [
    'a call named like a member of every object',
    [{ type: 'hasOwnProperty_call' }],
    [],
    /item of type hasOwnProperty_call/,
  ],
  ['an item without a type', [{ id: 1 }], [], /item of type unknown/],
  ['a reference without an id', [{ type: 'item_reference' }], [], /dropped a reference to item/],
  [
    'a nameless call',
    [{ type: 'function_call', call_id: 'a', arguments: '{}' }, output('a')],
    ['call unknown_tool {}', 'result done'],
    /used the name "unknown_tool" for an earlier call without a name/,
  ],
  [
    'a nameless custom call',
    [{ type: 'custom_tool_call', call_id: 'a', name: '', input: 'x' }, output('a')],
    ['call unknown_tool {"input":"x"}', 'result done'],
    /without a name/,
  ],
  [
    'a call whose name is a number',
    [{ type: 'function_call', call_id: 'a', name: 7, arguments: null }, output('a')],
    ['call unknown_tool {}', 'result done'],
    /without a name/,
  ],
  [
    'an image by file id',
    [user([{ type: 'input_text', text: 'Look' }, { type: 'input_image', file_id: 'file-1' }])],
    ['user: Look\n[image left out: it has no URL]'],
    /left out image: it has no URL/,
  ],
  [
    'an image without a URL in a result',
    [{ ...LS, type: 'function_call', call_id: 'a' }, output('a', [{ type: 'input_image' }])],
    ['call ls {}', 'result [image left out: it has no URL]'],
    /left out image/,
  ],
  [
    'ciphertext in a message',
    [user([{ type: 'input_text', text: 'Do' }, SEALED])],
    ['user: Do\n[encrypted_content left out: another provider encrypted it]'],
    /left out encrypted_content/,
  ],
  [
    'ciphertext in an agent message',
    [{ type: 'agent_message', author: '/root', content: [SEALED] }],
    ['user: [Message from /root]\n\n[encrypted_content left out: another provider encrypted it]'],
    /left out encrypted_content/,
  ],
  [
    'sealed reasoning',
    [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: CIPHERTEXT }],
    [],
    /left out reasoning that another provider encrypted/,
  ],
  [
    'a sealed compaction',
    [{ type: 'compaction', encrypted_content: CIPHERTEXT }],
    [],
    /dropped a compaction item that this bridge did not write/,
  ],
];

describe('a bad item', () => {
  for (const [name, items, messages, note] of ITEMS) {
    it(`${name} does not fail the request`, () => {
      const { chat, notes } = translate({ input: [user('Hi'), ...items], tools: [LS] });
      assert.deepEqual(chat.messages.flatMap(show), ['user: Hi', ...messages]);
      assert.ok(notes.some((text) => note.test(text)), notes.join('\n'));
    });
  }

  it('a nameless call of a Chat client does not fail the request either', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', tool_calls: [{ id: 'a', function: {} }, null] },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
    ];
    const { chat, notes } = translateChat({ messages });
    const calls = ['call unknown_tool {}', 'call unknown_tool {}', 'result done', 'result aborted'];
    assert.deepEqual(chat.messages.flatMap(show), ['user: Hi', ...calls]);
    assert.ok(notes.some((text) => /without a name/.test(text)));
  });
});

type ToolRow = readonly [name: string, tool: unknown, note: RegExp];

const TOOLS: readonly ToolRow[] = [
  ['a string', 'ls', /dropped tool string/],
  ['null', null, /dropped tool object/],
  ['a function without a name', { type: 'function' }, /dropped a function tool: it has no name/],
  ['a function with an empty name', { type: 'function', name: '' }, /dropped a function tool/],
  ['a function of Chat without a name', { type: 'function', function: {} }, /dropped a function tool/],
  ['a custom tool without a name', { type: 'custom' }, /dropped a custom tool/],
  [
    'a member of a namespace without a name',
    { type: 'namespace', name: 'mcp__a', tools: [{ type: 'function' }] },
    /dropped a function tool in mcp__a/,
  ],
  ['an unknown kind', { type: 'telepathy' }, /dropped tool telepathy/],
  ['a kind named like a member of every object', { type: 'toString' }, /dropped tool toString/],
];

describe('a bad tool', () => {
  for (const [name, tool, note] of TOOLS) {
    const places: readonly (readonly [string, object])[] = [
      ['among the tools', { tools: [LS, tool] }],
      ['in additional tools', { input: [user('Hi'), { type: 'additional_tools', tools: [LS, tool] }] }],
      ['found by a search', { input: [user('Hi'), { type: 'tool_search_output', call_id: 'a', tools: [LS, tool] }] }],
    ];
    for (const [place, body] of places) {
      it(`${name} ${place} does not fail the request`, () => {
        const { chat, notes } = translate(body);
        assert.deepEqual(chat.tools?.map((offered) => offered.function.name), ['ls']);
        assert.ok(notes.some((text) => note.test(text)), notes.join('\n'));
      });
    }
  }
});

describe('repairs of what strict upstreams reject', () => {
  const HALF = 'cut \ud83d';
  const bytes = (body: object): string => toJsonText(translate(body).chat);
  const PLACES: readonly (readonly [place: string, body: object])[] = [
    ['a message (first half)', { input: [user(HALF)] }],
    ['a message (second half)', { input: [user('\ude00 low')] }],
    ['instructions', { instructions: HALF }],
    ['a result', { input: [user('Hi'), { ...LS, type: 'function_call', call_id: 'a' }, output('a', HALF)] }],
    ['arguments as text', { input: [{ ...LS, type: 'function_call', arguments: JSON.stringify({ a: HALF }) }] }],
    ['the input of a custom call', { input: [{ ...LS, type: 'custom_tool_call', input: HALF }] }],
    ['a tool', { tools: [{ ...LS, description: HALF }] }],
  ];
  for (const [place, body] of PLACES) {
    it(`half a surrogate pair in ${place} becomes U+FFFD`, () => {
      const text = bytes(body);
      assert.ok(!/\\u[dD][89a-fA-F]/.test(text), text);
      assert.ok(/\ufffd|\\ufffd/.test(text), text);
    });
  }

  it('whole pairs, raw or escaped, and text that only looks like an escape are unchanged', () => {
    const call = { ...LS, type: 'function_call', arguments: '{"a":"\\ud83d\\ude00","b":"\\\\ud83d"}' };
    const { chat } = translate({ input: [user('😀 \\ud83d'), call] });
    assert.equal(toJsonText(chat), JSON.stringify(chat));
    const message = chat.messages.find(({ role }) => role === 'assistant');
    assert.ok(message?.role === 'assistant');
    assert.equal(message.tool_calls?.[0]?.function.arguments, call.arguments);
  });

  for (const blank of ['', ' \n', [], [{ type: 'input_text', text: '\n' }], null]) {
    it(`the blank result ${JSON.stringify(blank)} is sent as "(no output)"`, () => {
      const { chat } = translate({ input: [{ ...LS, type: 'function_call', call_id: 'a' }, output('a', blank)] });
      assert.equal(chat.messages.at(-1)?.content, '(no output)');
    });
  }

  const DETAILS = { original: 'high', ultra: 'high', high: 'high', low: 'low', auto: 'auto' };
  for (const [given, sent] of Object.entries(DETAILS)) {
    it(`the detail ${given} of a picture is sent as ${sent}`, () => {
      const picture = { type: 'input_image', image_url: 'https://e/x', detail: given };
      const { chat } = translate({ input: [user([picture])] }, { dialect: { images: true } });
      assert.deepEqual(chat.messages.at(-1)?.content, [
        { type: 'image_url', image_url: { url: 'https://e/x', detail: sent } },
      ]);
    });
  }

  const NAMES: readonly (readonly [name: string, call: object])[] = [
    ['NUL bytes in its name', { name: 'ls\u0000\u0000' }],
    ['its own name as namespace', { name: 'ls', namespace: 'ls' }],
    ['NUL bytes in its name and its own name as namespace', { name: 'ls\u0000', namespace: 'ls' }],
  ];
  for (const [name, call] of NAMES) {
    it(`a call with ${name} has the name under which the tool is offered`, () => {
      const input = [user('Hi'), { type: 'function_call', call_id: 'a', ...call }];
      const { chat } = translate({ tools: [LS], input });
      assert.deepEqual(chat.messages.flatMap(show), ['user: Hi', 'call ls {}', 'result aborted']);
    });
  }

  it('a call of another namespace keeps its name', () => {
    const tools = [{ type: 'namespace', name: 'mcp__a', tools: [LS] }];
    const call = { type: 'function_call', call_id: 'a', name: 'ls', namespace: 'mcp__b' };
    assert.deepEqual(translate({ tools, input: [user('Hi'), call] }).chat.messages.flatMap(show), [
      'user: Hi', 'call mcp__b__ls {}', 'result aborted',
    ]);
  });
});

describe('messages and schemas that strict upstreams reject', () => {
  const BLANK = [user(' \n'), { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: ' ' }] }];
  it('blank messages are dropped', () => {
    const { chat } = translate({ input: [user('Hi'), ...BLANK, user('on')] });
    assert.deepEqual(chat.messages.flatMap(show), ['user: Hi', 'user: on']);
  });

  it('NUL bytes around arguments are removed', () => {
    const call = { ...LS, type: 'function_call', arguments: '\0{"a":1}\0\0' };
    assert.deepEqual(translate({ input: [user('Hi'), call] }).chat.messages.flatMap(show).slice(1), [
      'call ls {"a":1}', 'result aborted',
    ]);
  });

  it('ids that are numbers pair calls and results', () => {
    const call = { ...LS, type: 'function_call', call_id: 7 };
    const result = { type: 'function_call_output', call_id: 7, output: 'done' };
    assert.deepEqual(translate({ input: [user('Hi'), call, result] }).chat.messages.flatMap(show), [
      'user: Hi', 'call ls {}', 'result done',
    ]);
  });

  it('a tool with and without the plain namespace is one tool', () => {
    const tools = [{ type: 'namespace', name: 'functions', tools: [LS] }, LS, { type: 'function', name: 'cat' }];
    const input = [user('Hi'), { type: 'function_call', call_id: 'a', name: 'ls', namespace: 'functions' }];
    const { chat } = translate({ tools, input });
    assert.deepEqual(chat.tools?.map((tool) => tool.function.name), ['ls', 'cat']);
    assert.deepEqual(chat.messages.flatMap(show).slice(1), ['call ls {}', 'result aborted']);
  });

  const A = { a: { type: 'string' } };
  const SCHEMAS: readonly (readonly [given: unknown, sent: object])[] = [
    [null, { type: 'object', properties: {} }],
    [[], { type: 'object', properties: {} }],
    ['no JSON', { type: 'object', properties: {} }],
    [{ type: null }, { type: 'object', properties: {} }],
    [{ type: null, properties: A, required: null }, { type: 'object', properties: A }],
    [{ type: 'null', properties: A }, { type: 'object', properties: A }],
    [{ type: 'string' }, { type: 'object', properties: {} }],
    [{ type: 'object', properties: null }, { type: 'object', properties: {} }],
    [
      { type: 'object', properties: { a: { type: 'array', items: { type: null, enum: null, default: null } } } },
      { type: 'object', properties: { a: { type: 'array', items: { default: null } } } },
    ],
    [
      { properties: { a: { anyOf: [{ type: null }, A.a] } } },
      { type: 'object', properties: { a: { anyOf: [{}, A.a] } } },
    ],
    [
      { type: 'object', properties: { default: A.a, type: A.a }, examples: [{ type: null }] },
      { type: 'object', properties: { default: A.a, type: A.a }, examples: [{ type: null }] },
    ],
  ];
  for (const [parameters, sent] of SCHEMAS) {
    it(`the schema ${JSON.stringify(parameters)} is sent with an object root and without invalid nulls`, () => {
      const { chat } = translate({ tools: [{ ...LS, parameters }] });
      assert.deepEqual(chat.tools?.[0]?.function.parameters, sent);
    });
  }
});

describe('external names that match inherited object members', () => {
  for (const word of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    it(`${word} is treated like any unknown name`, () => {
      const body = {
        tools: [{ ...LS, parameters: { type: 'object', required: [word] } }, { type: word, name: 'x' }],
        reasoning: { effort: word },
        input: [user('Hi'), { type: word }, { type: `${word}_call` }, user([{ type: word }])],
      };
      const budgets = { low: 1 };
      const { chat } = translate(body, {
        dialect: { thinking: { kind: 'enable_thinking', budgets }, schema: ['required-must-exist'] },
      });
      assert.equal(chat.thinking_budget, undefined);
      assert.deepEqual(chat.tools?.map((tool) => tool.function.parameters['required']), [[]]);
    });
  }
});
