/** Requests to a Responses endpoint: how a Chat request is translated for it under a dialect. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_DIALECT, type Dialect, type ThinkingControl } from '../../src/providers/dialect';
import { sealReasoning } from '../../src/tools/envelope';
import {
  toNativeDialect, toNativeRequest, toNativeSettings, withNativeSettings,
} from '../../src/translate/native-request';
import { dropCiphertext } from '../../src/translate/reshape-messages';
import { translateRequest } from '../../src/translate/request';
import type { NativeRequest } from '../../src/wire/native';
import { readResponsesRequest } from '../../src/wire/read-responses';

/** Translates like the bridge. */
function toNative(body: object, own: Partial<Dialect> = {}): NativeRequest & { readonly notes: readonly string[] } {
  const notes = new Set<string>();
  const request = readResponsesRequest({ input: 'Hi', ...body });
  const dialect = toNativeDialect({ ...DEFAULT_DIALECT, ...own });
  const { chat } = translateRequest(toNativeSettings(request, notes), {
    model: 'm', dialect, tools: 'auto', system: true, forwardReasoning: false, multipleCalls: true, webSearch: true,
  });
  return { ...toNativeRequest(withNativeSettings(chat, request, dialect)), notes: [...notes] };
}

const THINKING_CONTROLS: readonly (readonly [
  control: ThinkingControl, effort: string | undefined, sent: string | undefined,
])[] = [
  [{ kind: 'none' }, 'high', undefined],
  [{ kind: 'effort' }, 'xhigh', 'xhigh'],
  [{ kind: 'effort', levels: ['low', 'high'] }, 'xhigh', 'high'],
  [{ kind: 'enable_thinking', budgets: { low: 1 } }, 'low', 'low'],
  [{ kind: 'enable_thinking', levels: ['high', 'max'] }, 'none', 'none'],
  [{ kind: 'thinking', on: 'enabled', levels: ['low', 'high', 'max'] }, 'none', 'none'],
  [{ kind: 'thinking', on: 'enabled', levels: ['low', 'high', 'max'], fixed: true }, 'none', 'low'],
  [{ kind: 'thinking', on: 'enabled' }, 'medium', 'medium'],
  [{ kind: 'chat_template' }, 'low', 'low'],
  [{ kind: 'reasoning' }, 'low', 'low'],
  [{ kind: 'effort' }, undefined, undefined],
];

describe('reasoning settings', () => {
  for (const [thinking, effort, sent] of THINKING_CONTROLS) {
    it(`${effort} for ${JSON.stringify(thinking)}`, () => {
      assert.equal(toNative({ reasoning: { effort } }, { thinking }).reasoning?.['effort'], sent);
    });
  }

  it('a summary is requested from reasoning models as the client asks', () => {
    assert.deepEqual(toNative({ reasoning: { summary: 'auto' } }).reasoning, { summary: 'auto' });
    assert.equal(toNative({ reasoning: { summary: 'auto' } }, { thinking: { kind: 'none' } }).reasoning, undefined);
  });
});

describe('fields of providers', () => {
  it('do not reach a Responses endpoint', () => {
    const request = toNative(
      { tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }], user: 'u' },
      {
        toolStream: true,
        preserveThinking: true,
        reasoningSplit: true,
        webSearch: 'enable_search',
        maxTokensField: 'max_completion_tokens',
        alwaysMaxTokens: true,
        maxTokens: 100,
      },
    );
    assert.deepEqual(
      Object.keys(request).sort(),
      ['input', 'max_output_tokens', 'model', 'notes', 'store', 'stream', 'tools', 'tool_choice'].sort(),
    );
    assert.equal(request.max_output_tokens, 100);
  });

  it('a locked temperature is not sent', () => {
    assert.equal(toNative({ temperature: 0.2 }, { sampling: false }).temperature, undefined);
  });

  it('structured output is described in the instructions if the provider has no field for it', () => {
    const text = { format: { type: 'json_object' } };
    assert.deepEqual(toNative({ text }).text, text);
    const inPrompt = toNative({ text }, { responseFormat: 'prompt' });
    assert.equal(inPrompt.text, undefined);
    assert.match(inPrompt.instructions ?? '', /JSON object/);
  });
});

describe('content', () => {
  it('of every kind is sent', () => {
    const content = [
      { type: 'input_text', text: 'See' },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
      { type: 'input_image', image_url: 'https://a.test/a.png', detail: 'high' },
    ];
    const { input } = toNative({ input: [{ role: 'user', content }] }, { audio: true, files: true });
    assert.deepEqual(input, [{ type: 'message', role: 'user', content }]);
  });

  it('instructions become part of the user message if the provider has no field for them', () => {
    const request = readResponsesRequest({ input: 'Hi', instructions: 'Be brief.' });
    const dialect = toNativeDialect(DEFAULT_DIALECT);
    const { chat } = translateRequest(request, {
      model: 'm',
      dialect,
      tools: 'auto',
      system: false,
      forwardReasoning: true,
      multipleCalls: true,
      webSearch: false,
    });
    const { instructions, input } = toNativeRequest(chat);
    assert.equal(instructions, undefined);
    assert.deepEqual(input, [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Be brief.\n\nHi' }] },
    ]);
  });
});

describe('reasoning items', () => {
  const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'A' }] };
  const text = (value: string) => ({ content: [{ type: 'reasoning_text', text: value }] });
  const summary = (value: string) => ({ summary: [{ type: 'summary_text', text: value }] });
  const own = { type: 'reasoning', id: 'rs_up', ...summary('S'), encrypted_content: 'opaque' };
  const ROWS: readonly (readonly [name: string, items: readonly object[], sent: readonly object[]])[] = [
    [
      'raw text alone',
      [{ type: 'reasoning', id: 'rs_9', ...summary('T'), ...text('T') }],
      [{ type: 'reasoning', id: 'rs_1', summary: [], ...text('T') }],
    ],
    [
      'without an id',
      [{ type: 'reasoning', summary: [], ...text('T') }],
      [{ type: 'reasoning', id: 'rs_1', summary: [], ...text('T') }],
    ],
    [
      'an envelope of another provider leaves the summary',
      [{ type: 'reasoning', id: 'rs_9', ...summary('S'), encrypted_content: 'gAAA' }],
      [{ type: 'reasoning', id: 'rs_1', ...summary('S') }],
    ],
    [
      'only an envelope of another provider',
      [{ type: 'reasoning', id: 'rs_9', summary: [], encrypted_content: 'gAAA' }],
      [],
    ],
    [
      'a summary of another provider',
      [{ type: 'reasoning', id: 'rs_9', ...summary('S') }],
      [{ type: 'reasoning', id: 'rs_1', ...summary('S') }],
    ],
    [
      'our envelope around text',
      [
        {
          type: 'reasoning',
          id: 'rs_9',
          ...summary('T'),
          encrypted_content: sealReasoning({ text: 'T', details: undefined }),
        },
      ],
      [{ type: 'reasoning', id: 'rs_1', summary: [], ...text('T') }],
    ],
    [
      'our envelope around an item',
      [
        {
          type: 'reasoning',
          id: 'rs_9',
          ...summary('S'),
          ...text('S'),
          encrypted_content: sealReasoning({ text: 'S', details: [own] }),
        },
      ],
      [own],
    ],
    [
      'our envelope around blocks of a Chat provider',
      [
        {
          type: 'reasoning',
          id: 'rs_9',
          summary: [],
          encrypted_content: sealReasoning({ text: 'T', details: [{ type: 'reasoning.encrypted', data: 'A' }] }),
        },
      ],
      [{ type: 'reasoning', id: 'rs_1', summary: [], ...text('T') }],
    ],
    ['nothing known', [{ type: 'reasoning', id: 'rs_9', summary: [] }], []],
    [
      'several in one turn, in their order',
      [
        { type: 'reasoning', id: 'rs_1', summary: [], ...text('One') },
        {
          type: 'reasoning',
          id: 'rs_2',
          ...summary('S'),
          encrypted_content: sealReasoning({ text: 'S', details: [own] }),
        },
      ],
      [{ type: 'reasoning', id: 'rs_1', summary: [], ...text('One') }, own],
    ],
  ];
  for (const [name, items, sent] of ROWS) {
    it(name, () => {
      const { input } = toNative({ input: [{ role: 'user', content: 'Hi' }, ...items, said] });
      assert.deepEqual(input.slice(1, -1), sent);
    });
  }

  it('lose only their encrypted content', () => {
    const chat = {
      model: 'm',
      stream: true,
      messages: [
        {
          role: 'assistant' as const,
          content: '',
          reasoning_details: [
            own,
            { type: 'reasoning', id: 'x', summary: [], encrypted_content: 'y' },
            { type: 'reasoning.text', text: 'z' },
          ],
        },
      ],
    };
    assert.deepEqual(dropCiphertext(chat).messages, [
      {
        role: 'assistant',
        content: '',
        reasoning_details: [
          { type: 'reasoning', id: 'rs_up', ...summary('S') },
          { type: 'reasoning.text', text: 'z' },
        ],
      },
    ]);
    const bare = { ...chat, messages: [] };
    assert.equal(dropCiphertext(bare), bare);
  });
});

it('signed fields inside the function of a call are not sent', () => {
  const call = {
    id: 'a', type: 'function', function: { name: 'ls', arguments: '{}', thought_signature: 'c2ln' },
  } as const;
  const messages = [{ role: 'assistant', content: '', tool_calls: [call] }] as const;
  assert.deepEqual(toNativeRequest({ model: 'm', stream: true, messages }).input, [
    { type: 'function_call', call_id: 'a', name: 'ls', arguments: '{}' },
  ]);
});

it('every kind of tool is a function in the history, followed by its result, without other fields', () => {
  const echo = { type: 'function', name: 'echo', parameters: { type: 'object', properties: {} } };
  const { input, tools, ...rest } = toNative({
    input: [
      { type: 'message', role: 'user', content: 'Hi' },
      { type: 'message', id: 'msg_9', role: 'assistant', status: 'completed', phase: 'commentary', content: 'Look' },
      { type: 'function_call', id: 'fc_9', call_id: 'c1', name: 'echo', namespace: 'mcp__mini', arguments: '{}' },
      { type: 'custom_tool_call', id: 'ctc_9', call_id: 'c2', name: 'apply_patch', input: 'P' },
      { type: 'message', role: 'developer', content: 'HOOK' },
      { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'r1' }] },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'r2' },
      { type: 'tool_search_call', call_id: 'c3', execution: 'client', arguments: { query: 'z' } },
      { type: 'tool_search_output', call_id: 'c3', tools: [{ type: 'function', name: 'found' }] },
      { type: 'local_shell_call', call_id: 'c4', action: { type: 'exec', command: ['ls'] } },
      { type: 'local_shell_call_output', call_id: 'c4', output: 'r4' },
      { type: 'web_search_call', id: 'ws_9' },
    ],
    tools: [
      { type: 'namespace', name: 'mcp__mini', tools: [echo] },
      { type: 'custom', name: 'apply_patch' },
      { type: 'tool_search', execution: 'client' },
      { type: 'local_shell' },
      { type: 'image_generation' },
    ],
    store: true,
    client_metadata: { a: 1 },
    service_tier: 'auto',
    future_field: 1,
  });
  const call = (call_id: string, name: string, args: object) =>
    ({ type: 'function_call', call_id, name, arguments: JSON.stringify(args) });
  const result = (call_id: string, text: string) => ({ type: 'function_call_output', call_id, output: text });
  const message = (role: string, type: string, text: string) => ({ type: 'message', role, content: [{ type, text }] });
  assert.deepEqual(input, [
    message('user', 'input_text', 'Hi'),
    message('assistant', 'output_text', 'Look'),
    call('c1', 'mcp__mini__echo', {}),
    call('c2', 'apply_patch', { input: 'P' }),
    result('c1', 'r1'),
    result('c2', 'r2'),
    message('developer', 'input_text', 'HOOK'),
    call('c3', 'tool_search', { query: 'z' }),
    result('c3', 'These tools can be called now:\n- found'),
    call('c4', 'local_shell', { type: 'exec', command: ['ls'] }),
    result('c4', 'r4'),
  ]);
  const names = ['mcp__mini__echo', 'apply_patch', 'tool_search', 'local_shell', 'found'];
  assert.deepEqual(tools?.map(({ type, name }) => [type, name]), names.map((name) => ['function', name]));
  assert.deepEqual(Object.keys(rest).sort(), ['model', 'notes', 'store', 'stream', 'tool_choice']);
  assert.equal(rest.store, false);
});
