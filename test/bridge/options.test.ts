/** What each option changes in upstream requests and for the client. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import {
  ask,
  CODEX,
  deltasOf,
  doneItems,
  eventsOf,
  finalResponse,
  startBridge,
  tool,
  typesOf,
  type Loose,
} from '../support/bridge/test-bridge';

const REASONING = 'Secret thought — “π” 🤔\n';
const ROUND = [
  ...ask(),
  { type: 'function_call', call_id: 'call_a', name: 'list', arguments: '{"path":"a"}' },
  { type: 'function_call_output', call_id: 'call_a', output: 'a.txt' },
  ...ask('And now?'),
];

describe('ALLOW_TOOLS', () => {
  for (const allowTools of ['auto', '1'] as const) {
    it(`${allowTools}: tools and their history are sent as tools`, async (context) => {
      const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' })], settings: { allowTools } });
      await bridge.stream({ input: ROUND, tools: [tool('list')] });
      bridge.upstream.assertClean();
      const { body } = bridge.upstream.requests[0] ?? {};
      assert.deepEqual(body.tools.map((each: Loose) => each.function.name), ['list']);
      assert.deepEqual(body.messages.map((message: Loose) => message.role), ['user', 'assistant', 'tool', 'user']);
    });

    it(`${allowTools}: a request without tools gets none`, async (context) => {
      const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' })], settings: { allowTools } });
      await bridge.stream({ input: ask(), tools: [], tool_choice: 'auto', parallel_tool_calls: true });
      bridge.upstream.assertClean();
      const fields = Object.keys(bridge.upstream.requests[0]?.body);
      assert.deepEqual(fields.filter((field) => /tool/.test(field)), []);
    });
  }

  it('0: sends no tools, and their history as text', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' })], settings: { allowTools: '0' } });
    await bridge.stream({ input: ROUND, tools: [tool('list')], tool_choice: 'required' });
    bridge.upstream.assertClean();
    const { body } = bridge.upstream.requests[0] ?? {};
    assert.equal('tools' in body || 'tool_choice' in body, false);
    assert.deepEqual(body.messages, [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: '[Called list with {"path":"a"}]' },
      { role: 'user', content: '[Result of list]\na.txt' },
      { role: 'user', content: 'And now?' },
    ]);
  });
});

describe('ALLOW_SYSTEM', () => {
  const body = {
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'In French.' },
      ...ask(),
      { role: 'developer', content: 'Now in German.' },
      ...ask('Again'),
    ],
  };

  it('on: sends one leading system message', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' })] });
    await bridge.stream(body);
    assert.deepEqual(bridge.upstream.requests[0]?.body.messages, [
      { role: 'system', content: 'Be brief.\n\nIn French.' },
      { role: 'user', content: 'Hello' },
      { role: 'user', content: '<developer>\nNow in German.\n</developer>' },
      { role: 'user', content: 'Again' },
    ]);
  });

  it('off: puts the same text at the beginning of the first user message', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' })], settings: { allowSystem: false } });
    await bridge.stream(body);
    assert.deepEqual(bridge.upstream.requests[0]?.body.messages, [
      { role: 'user', content: 'Be brief.\n\nIn French.\n\nHello' },
      { role: 'user', content: '<developer>\nNow in German.\n</developer>' },
      { role: 'user', content: 'Again' },
    ]);
    bridge.upstream.assertClean();
  });
});

describe('reasoning', () => {
  it('SUPPRESS_REASONING_TEXT hides reasoning, but the next round still includes it', async (context) => {
    const toolCalls = [{ id: 'call_a', name: 'list', arguments: {} }];
    const script = [answer({ reasoning: REASONING, toolCalls }), answer({ text: 'Done.' })];
    const bridge = await startBridge(context, { script, settings: { suppressReasoningText: true } });
    const first = await bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
    assert.doesNotMatch(first.text, /Secret|thought|reasoning_text|summary_text/);
    const [reasoning, call] = doneItems(first);
    assert.deepEqual(Object.keys(reasoning).sort(), ['encrypted_content', 'id', 'status', 'summary', 'type']);
    assert.deepEqual(reasoning.summary, []);
    const output = { type: 'function_call_output', call_id: 'call_a', output: 'a.txt' };
    await bridge.stream(
      { input: [...ask(), { ...reasoning, content: null }, call, output], tools: [tool('list')] },
      CODEX,
    );
    assert.equal(bridge.upstream.requests[1]?.body.messages[1].reasoning_content, REASONING);
    bridge.upstream.assertClean();
  });

  it('SUPPRESS_REASONING_TEXT also applies to Chat Completions clients and JSON answers', async (context) => {
    const step = () => answer({ reasoning: REASONING, text: 'Done.' });
    const bridge = await startBridge(context, {
      script: [step(), step(), step()],
      settings: { suppressReasoningText: true },
    });
    const chat = { messages: [{ role: 'user', content: 'x' }] };
    const texts = [
      (await bridge.chatStream(chat)).text,
      (await bridge.chatJson(chat)).text,
      (await bridge.json({ input: ask() })).text,
    ];
    for (const text of texts) assert.doesNotMatch(text, /Secret|thought/);
  });

  const OUTPUTS = [
    { reasoningOutput: 'both', text: REASONING, summary: REASONING, sealed: false },
    { reasoningOutput: 'text', text: REASONING, summary: '', sealed: false },
    { reasoningOutput: 'summary', text: '', summary: REASONING, sealed: true },
  ] as const;
  for (const { reasoningOutput, text, summary, sealed } of OUTPUTS) {
    it(`REASONING_OUTPUT ${reasoningOutput} sends reasoning to the client in that form`, async (context) => {
      const script = [
        answer({ reasoning: REASONING, toolCalls: [{ id: 'call_a', name: 'list', arguments: {} }] }),
        answer({ text: 'Done.' }),
      ];
      const bridge = await startBridge(context, { script, settings: { reasoningOutput } });
      const reply = await bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
      assert.equal(deltasOf(reply, 'response.reasoning_text.delta'), text);
      assert.equal(deltasOf(reply, 'response.reasoning_summary_text.delta'), summary);
      const [item, call] = doneItems(reply);
      assert.equal((item.content ?? []).map((part: Loose) => part.text).join(''), text);
      assert.equal(item.summary.map((part: Loose) => part.text).join(''), summary);
      assert.equal('encrypted_content' in item, sealed);
      await bridge.stream(
        {
          input: [...ask(), item, call, { type: 'function_call_output', call_id: 'call_a', output: 'x' }],
          tools: [tool('list')],
        },
        CODEX,
      );
      assert.equal(bridge.upstream.requests[1]?.body.messages[1].reasoning_content, REASONING);
    });
  }

  it('the nested reasoning object is sent only with FORWARD_REASONING', async (context) => {
    for (const forwardReasoning of [false, true]) {
      const bridge = await startBridge(context, {
        dialect: 'openai',
        script: [answer({ text: 'Hi.' })],
        settings: { forwardReasoning },
        allowFields: ['reasoning'],
      });
      await bridge.stream({ input: ask(), reasoning: { effort: 'high', summary: 'auto' } });
      const { body } = bridge.upstream.requests[0] ?? {};
      assert.deepEqual(body.reasoning, forwardReasoning ? { effort: 'high', summary: 'auto' } : undefined);
      assert.equal(body.reasoning_effort, 'high');
    }
  });

  const EFFORTS = [[undefined, true], ['high', true], ['low', true], ['minimal', false], ['none', false]] as const;
  for (const [effort, thinks] of EFFORTS) {
    it(`effort ${effort ?? 'unset'} turns thinking ${thinks ? 'on' : 'off'} for the Coding Plan`, async (context) => {
      const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' })] });
      await bridge.stream({ input: ask(), ...(effort && { reasoning: { effort } }) });
      assert.equal(bridge.upstream.requests[0]?.body.enable_thinking, thinks);
      bridge.upstream.assertClean();
    });
  }
});

describe('ALLOW_MULTI_TOOL_CALLS=0', () => {
  it('keeps the first call of an answer', async (context) => {
    const toolCalls = [
      { id: 'call_a', name: 'list', arguments: { path: 'a' } },
      { id: 'call_b', name: 'list', arguments: { path: 'b' } },
    ];
    const bridge = await startBridge(context, {
      script: [answer({ toolCalls }), answer({ toolCalls })],
      settings: { allowMultiToolCalls: false },
    });
    const reply = await bridge.stream({ input: ask(), tools: [tool('list')], parallel_tool_calls: true });
    assert.deepEqual(
      doneItems(reply).map(({ call_id, arguments: text }) => [call_id, text]),
      [['call_a', '{"path":"a"}']],
    );
    assert.equal(finalResponse(reply).status, 'completed');
    const chat = (
      await bridge.chatJson({
        messages: [{ role: 'user', content: 'x' }],
        tools: [{ type: 'function', function: { name: 'list' } }],
      })
    ).json as Loose;
    assert.deepEqual(chat.choices[0].message.tool_calls.map((call: Loose) => call.id), ['call_a']);
  });

  it('keeps the calls of the history', async (context) => {
    const calls = ['call_a', 'call_b'].map((call_id) => ({
      type: 'function_call',
      call_id,
      name: 'list',
      arguments: '{}',
    }));
    const outputs = ['call_a', 'call_b'].map((call_id) => ({ type: 'function_call_output', call_id, output: 'x' }));
    const bridge = await startBridge(context, {
      script: [answer({ text: 'Hi.' })],
      settings: { allowMultiToolCalls: false },
    });
    await bridge.stream({ input: [...ask(), ...calls, ...outputs], tools: [tool('list')] });
    assert.equal(bridge.upstream.requests[0]?.body.messages[1].tool_calls.length, 2);
    bridge.upstream.assertClean();
  });
});

describe('TOOL_MARKUP', () => {
  const text = '<tool_call>{"name":"list","arguments":{"path":"a"}}</tool_call>';

  it('on: a call that the model wrote as text becomes a call', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text })] });
    const reply = await bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
    assert.deepEqual(
      doneItems(reply).map(({ type, name, arguments: args }) => [type, name, JSON.parse(args)]),
      [['function_call', 'list', { path: 'a' }]],
    );
  });

  it('off: such a call stays text', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text })], settings: { toolMarkup: false } });
    const reply = await bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
    assert.equal(deltasOf(reply, 'response.output_text.delta'), text);
  });
});

it('a tool choice that the model rejects while thinking is sent as auto', async (context) => {
  const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' }), answer({ text: 'Hi.' })] });
  for (const tool_choice of ['required', { type: 'function', name: 'list' }]) {
    await bridge.stream({ input: ask(), tools: [tool('list')], tool_choice });
  }
  for (const { body } of bridge.upstream.requests) assert.equal(body.tool_choice, 'auto');
  bridge.upstream.assertClean();
  assert.match(bridge.lines.join(''), /tool_choice/);
});

it('the request fields are repeated to SDK clients, but not to Codex', async (context) => {
  const bridge = await startBridge(context, { script: [answer({ text: 'Hi.' }), answer({ text: 'Hi.' })] });
  const body = { input: ask(), tools: [tool('list', { description: 'x'.repeat(10_000) })], metadata: { a: 'b' } };
  const codex = await bridge.stream(body, CODEX);
  assert.ok(codex.bytes.length < 8_000, `${codex.bytes.length} bytes`);
  const sdk = await bridge.stream(body);
  for (const event of eventsOf(sdk).filter(({ response }) => response)) {
    assert.deepEqual(event.response.metadata, { a: 'b' });
    assert.deepEqual(event.response.tools, body.tools);
    assert.equal('input' in event.response, false);
  }
  assert.deepEqual(typesOf(codex), typesOf(sdk));
});
