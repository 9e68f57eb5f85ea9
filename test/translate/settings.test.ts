/** Settings of a request: format, thinking, sampling, limits, and what is never sent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dialect, ThinkingControl } from '../../src/providers/dialect';
import { moveFormatIntoMessages } from '../../src/translate/settings';
import { validate } from '../support/strict/rules';
import { translate, translateChat } from '../support/bridge/translations';

const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const FORMAT = { type: 'json_schema', name: 'answer', schema: SCHEMA, strict: true, description: 'The answer.' };

describe('text.format', () => {
  const words = 'Answer with one JSON object and nothing else: no prose, no code fence.';
  const inSchema = `${words} It must match this JSON Schema:\n${JSON.stringify(SCHEMA)}`;
  const LADDER: readonly (readonly [
    step: Dialect['responseFormat'],
    format: object,
    sent: unknown,
    instructions: string | undefined,
  ])[] = [
    [
      'json_schema',
      FORMAT,
      {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: SCHEMA, strict: true, description: 'The answer.' },
      },
      undefined,
    ],
    ['json_schema', { type: 'json_object' }, { type: 'json_object' }, undefined],
    ['json_object', FORMAT, { type: 'json_object' }, inSchema],
    ['json_object', { type: 'json_object' }, { type: 'json_object' }, words],
    ['prompt', FORMAT, undefined, inSchema],
    ['prompt', { type: 'json_object' }, undefined, words],
    ['json_schema', { type: 'text' }, undefined, undefined],
    ['prompt', { type: 'text' }, undefined, undefined],
    ['prompt', { type: 'grammar' }, undefined, undefined],
  ];
  for (const [responseFormat, format, sent, instructions] of LADDER) {
    it(`${JSON.stringify(format).slice(0, 40)} where the provider accepts ${responseFormat}`, () => {
      const { chat, notes } = translate(
        { instructions: 'Be brief.', text: { format } },
        { dialect: { responseFormat } },
      );
      assert.deepEqual(chat.response_format, sent);
      const [system] = chat.messages;
      assert.equal(system?.content, ['Be brief.', instructions].filter(Boolean).join('\n\n'));
      assert.equal(notes.length, instructions === undefined ? 0 : 1);
    });
  }

  it('a schema without a name gets one', () => {
    const { chat } = translate({ text: { format: { type: 'json_schema', schema: SCHEMA } } });
    assert.deepEqual(chat.response_format, { type: 'json_schema', json_schema: { name: 'output', schema: SCHEMA } });
  });

  it('moves into the first message that is not the model’s', () => {
    const said = { role: 'assistant', content: 'Hello.' } as const;
    const { response_format: _, messages } = moveFormatIntoMessages({
      model: 'm',
      messages: [said, { role: 'user', content: 'Hi.' }, { role: 'user', content: 'Bye.' }],
      stream: false,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: SCHEMA } },
    });
    assert.deepEqual(
      messages, [said, { role: 'user', content: `Hi.\n\n${inSchema}` }, { role: 'user', content: 'Bye.' }]);
  });

  it('response_format of a chat client is the same', () => {
    const { type, ...json_schema } = FORMAT;
    const sent = { type, json_schema };
    assert.deepEqual(
      translateChat({ messages: [{ role: 'user', content: 'x' }], response_format: sent }).chat.response_format,
      sent,
    );
  });
});

describe('thinking', () => {
  const BUDGETS = { low: 1_024, high: 8_192 };
  const CONTROLS: readonly (readonly [control: ThinkingControl, reasoning: object | undefined, sent: object])[] = [
    [{ kind: 'none' }, { effort: 'high' }, {}],
    [{ kind: 'effort' }, undefined, {}],
    [{ kind: 'effort' }, {}, {}],
    [{ kind: 'effort' }, { summary: 'auto' }, {}],
    [{ kind: 'effort' }, { effort: 'xhigh' }, { reasoning_effort: 'xhigh' }],
    [{ kind: 'effort' }, { effort: 'none' }, { reasoning_effort: 'none' }],
    [{ kind: 'effort', levels: ['low', 'high'] }, { effort: 'xhigh' }, { reasoning_effort: 'high' }],
    [{ kind: 'effort', levels: ['low', 'high'] }, { effort: 'none' }, { reasoning_effort: 'low' }],
    [{ kind: 'effort', levels: ['none', 'high'] }, { effort: 'none' }, { reasoning_effort: 'none' }],
    [{ kind: 'enable_thinking' }, undefined, { enable_thinking: true }],
    [{ kind: 'enable_thinking' }, { effort: 'low' }, { enable_thinking: true }],
    [{ kind: 'enable_thinking' }, { effort: 'minimal' }, { enable_thinking: false }],
    [{ kind: 'enable_thinking' }, { effort: 'none' }, { enable_thinking: false }],
    [
      { kind: 'enable_thinking', budgets: BUDGETS },
      { effort: 'high' },
      { enable_thinking: true, thinking_budget: 8_192 },
    ],
    [{ kind: 'enable_thinking', budgets: BUDGETS }, { effort: 'odd' }, { enable_thinking: true }],
    [{ kind: 'enable_thinking', budgets: BUDGETS }, undefined, { enable_thinking: true }],
    [
      { kind: 'enable_thinking', budgets: BUDGETS, levels: ['low', 'xhigh'] },
      { effort: 'high' },
      { enable_thinking: true, reasoning_effort: 'xhigh' },
    ],
    [{ kind: 'thinking', on: 'enabled' }, undefined, { thinking: { type: 'enabled' } }],
    [{ kind: 'thinking', on: 'enabled' }, { effort: 'none' }, { thinking: { type: 'disabled' } }],
    [{ kind: 'thinking', on: 'adaptive', fixed: true }, { effort: 'none' }, { thinking: { type: 'adaptive' } }],
    [
      { kind: 'thinking', on: 'enabled', extra: { clear_thinking: false }, levels: ['low', 'high', 'max'] },
      { effort: 'medium' },
      { thinking: { type: 'enabled', clear_thinking: false }, reasoning_effort: 'high' },
    ],
    [
      { kind: 'chat_template' },
      undefined,
      { chat_template_kwargs: { enable_thinking: true, preserve_thinking: true } },
    ],
    [
      { kind: 'chat_template' },
      { effort: 'none' },
      { chat_template_kwargs: { enable_thinking: false, preserve_thinking: true } },
    ],
    [{ kind: 'reasoning' }, undefined, {}],
    [{ kind: 'reasoning' }, { effort: 'low', summary: 'auto' }, { reasoning: { effort: 'low' } }],
  ];
  const FIELDS = [
    'reasoning_effort',
    'enable_thinking',
    'thinking_budget',
    'thinking',
    'chat_template_kwargs',
    'reasoning',
  ] as const;
  for (const [thinking, reasoning, sent] of CONTROLS) {
    it(`${JSON.stringify(reasoning)} as ${JSON.stringify(thinking)}`, () => {
      const { chat } = translate({ reasoning }, { dialect: { thinking } });
      assert.deepEqual(
        Object.fromEntries(FIELDS.flatMap((field) => (chat[field] === undefined ? [] : [[field, chat[field]]]))),
        sent,
      );
    });
  }

  it('FORWARD_REASONING sends the object in addition to the control', () => {
    const { chat } = translate(
      { reasoning: { effort: 'low', summary: 'auto', context: 'all_turns' } },
      { forwardReasoning: true },
    );
    assert.deepEqual(chat.reasoning, { effort: 'low', summary: 'auto' });
    assert.equal('reasoning' in translate({}, { forwardReasoning: true }).chat, false);
  });

  it('several answers are not streamed, and so requested without thinking', () => {
    const { chat } = translate(
      { n: 2, reasoning: { effort: 'high' } },
      { dialect: { thinking: { kind: 'enable_thinking' } } },
    );
    assert.deepEqual([chat.enable_thinking, chat.stream, chat.n], [false, false, 2]);
  });

  it('an effort changed during the conversation applies', () => {
    const update = (effort: string) => ({ type: 'configuration_update', reasoning: { effort } });
    const input = [update('high'), { role: 'user', content: 'Hi' }, update('low'), update('')];
    assert.equal(translate({ reasoning: { effort: 'medium' }, input }).chat.reasoning_effort, 'low');
  });

  it('effort of chat clients, in each spelling', () => {
    const effort = (body: object) =>
      translateChat({ messages: [{ role: 'user', content: 'x' }], ...body }).chat.reasoning_effort;
    assert.equal(effort({ reasoning_effort: 'low' }), 'low');
    assert.equal(effort({ reasoning: { effort: 'low' } }), 'low');
    assert.equal(effort({ enable_thinking: false }), 'none');
    assert.equal(effort({ enable_thinking: true }), undefined);
  });
});

describe('sampling and limits', () => {
  const SAMPLING = { temperature: 0.5, top_p: 0.9, top_k: 20, presence_penalty: 0.1, frequency_penalty: 0.2 };
  const REST = { stop: ['END'], seed: 7, logit_bias: { 50256: -100 } };

  it('is sent unchanged', () => {
    const { chat } = translate({ ...SAMPLING, ...REST, user: 'u', max_output_tokens: 100 });
    for (const [field, value] of Object.entries({ ...SAMPLING, ...REST, user: 'u', max_tokens: 100 })) {
      assert.deepEqual(Reflect.get(chat, field), value, field);
    }
  });

  it('is dropped if it is fixed', () => {
    const { chat } = translate({ ...SAMPLING, ...REST }, { dialect: { sampling: false } });
    for (const field of Object.keys(SAMPLING)) assert.equal(field in chat, false, field);
    for (const [field, value] of Object.entries(REST)) assert.deepEqual(Reflect.get(chat, field), value);
  });

  it('user and logit_bias only if they are accepted', () => {
    const { chat } = translate({ user: 'u', ...REST }, { dialect: { user: false, logitBias: false } });
    assert.equal('user' in chat || 'logit_bias' in chat, false);
  });

  it('the output limit has the field and the maximum of the dialect', () => {
    const limit = (asked: number | undefined, dialect: Partial<Dialect>) => {
      const { max_tokens, max_completion_tokens } = translate({ max_output_tokens: asked }, { dialect }).chat;
      return [max_tokens, max_completion_tokens];
    };
    assert.deepEqual(limit(undefined, { maxTokens: 10 }), [undefined, undefined]);
    assert.deepEqual(limit(100, {}), [100, undefined]);
    assert.deepEqual(limit(100, { maxTokens: 64 }), [64, undefined]);
    assert.deepEqual(limit(32, { maxTokens: 64 }), [32, undefined]);
    assert.deepEqual(limit(100, { maxTokensField: 'max_completion_tokens' }), [undefined, 100]);
    const chat = { messages: [{ role: 'user', content: 'x' }] };
    assert.equal(translateChat({ ...chat, max_completion_tokens: 5 }).chat.max_tokens, 5);
    assert.equal(
      translateChat({ ...chat, max_tokens: 5 }, { dialect: { maxTokensField: 'max_completion_tokens' } }).chat
        .max_completion_tokens,
      5,
    );
  });

  it('logprobs in each spelling', () => {
    const sent = (body: object) => {
      const { logprobs, top_logprobs } = translate(body).chat;
      return [logprobs, top_logprobs];
    };
    assert.deepEqual(sent({}), [undefined, undefined]);
    assert.deepEqual(sent({ top_logprobs: 3 }), [true, 3]);
    assert.deepEqual(sent({ top_logprobs: 0 }), [true, undefined]);
    assert.deepEqual(sent({ include: ['message.output_text.logprobs'] }), [true, undefined]);
    assert.deepEqual(sent({ include: ['reasoning.encrypted_content'] }), [undefined, undefined]);
    const chat = (body: object) => {
      const { logprobs, top_logprobs } = translateChat({ messages: [{ role: 'user', content: 'x' }], ...body }).chat;
      return [logprobs, top_logprobs];
    };
    assert.deepEqual(chat({ logprobs: true, top_logprobs: 2 }), [true, 2]);
    assert.deepEqual(chat({ logprobs: true }), [true, undefined]);
    assert.deepEqual(chat({ logprobs: false, top_logprobs: 2 }), [undefined, undefined]);
  });
});

describe('web search', () => {
  const tools = [{ type: 'web_search', external_web_access: true }];
  it('runs at the provider if it has one and the user allows it', () => {
    assert.equal(
      translate({ tools }, { webSearch: true, dialect: { webSearch: 'enable_search' } }).chat.enable_search,
      true,
    );
  });
  it('is dropped with a note otherwise', () => {
    for (const options of [{}, { webSearch: true }, { dialect: { webSearch: 'enable_search' } }] as const) {
      const { chat, notes } = translate({ tools }, options);
      assert.equal('enable_search' in chat || 'tools' in chat, false);
      assert.match(notes[0] ?? '', /dropped tool web_search/);
    }
  });
});

it('only fields of the whitelist are sent, whatever a client sends', () => {
  const foreign = {
    store: false,
    include: ['reasoning.encrypted_content'],
    metadata: { a: 'b' },
    service_tier: 'flex',
    prompt_cache_key: 'k',
    safety_identifier: 's',
    client_metadata: { a: 'b' },
    previous_response_id: 'resp_1',
    truncation: 'auto',
    background: false,
    text: { verbosity: 'low' },
    max_tool_calls: 3,
    stream_options: { include_obfuscation: false },
    conversation: 'c',
    prompt: { id: 'p' },
    future_field: 1,
    extra_body: { x: 1 },
  };
  const { chat } = translate(foreign);
  assert.deepEqual(Object.keys(chat).sort(), ['messages', 'model', 'stream', 'stream_options']);
  const chatBody = {
    messages: [{ role: 'user', content: 'x', name: 'joe', future: 1 }],
    ...foreign,
    stream_options: { include_usage: false },
  };
  assert.deepEqual(translateChat(chatBody).chat, {
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
    stream_options: { include_usage: true },
  });
});

it('the same request gives the same bytes, and a longer one starts with the same bytes', () => {
  const tools = [{ type: 'function', name: 'ls', parameters: { type: 'object', properties: { b: {}, a: {} } } }];
  const first = [{ role: 'user', content: 'Hi' }, { type: 'function_call', call_id: 'a', name: 'ls', arguments: '{}' }];
  const more = [
    ...first,
    { type: 'function_call_output', call_id: 'a', output: 'x' },
    { role: 'developer', content: 'Careful.' },
    { role: 'user', content: 'And?' },
  ];
  const whole = [...more, { role: 'assistant', content: 'A' }, { role: 'user', content: 'Last' }];
  const text = (input: readonly object[]) =>
    JSON.stringify(translate({ input, tools, instructions: 'A' }).chat.messages);
  assert.equal(text(more), text(more));
  assert.ok(text(whole).startsWith(text(more).slice(0, -1)));
});

it('strict upstreams accept the neutral request', () => {
  const { chat } = translate({
    instructions: 'A',
    tools: [{ type: 'function', name: 'ls' }],
    reasoning: { effort: 'low' },
    temperature: 1,
    text: { format: FORMAT },
  });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test-key' };
  const request = { method: 'POST', path: '/v1/chat/completions', headers, rawBody: JSON.stringify(chat) };
  assert.equal(validate(request, { dialect: 'openai', maxTokens: 65_536, allowFields: [] }), undefined);
});
