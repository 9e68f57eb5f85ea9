/**
 * UPSTREAM_WIRE=responses: turns through a provider's own Responses endpoint, with tools converted in both directions.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Config } from '../../src/config/options';
import { openReasoning } from '../../src/tools/envelope';
import { listCodexRequests } from '../support/fixtures';
import {
  startNativeUpstream, type NativeUpstream, type NativeUpstreamOptions,
} from '../support/upstream/native-upstream';
import { answer, raw, reply } from '../support/upstream/scripted-upstream';
import {
  ask,
  CODEX,
  deltasOf,
  doneItems,
  eventsOf,
  finalResponse,
  KEY,
  startBridge,
  tool,
  typesOf,
  type Loose,
  type TestBridge,
} from '../support/bridge/test-bridge';

interface NativeBridge {
  readonly bridge: TestBridge;
  readonly upstream: NativeUpstream;
}

interface Options extends Partial<NativeUpstreamOptions> {
  readonly settings?: Partial<Config>;
}

async function start(context: TestContext, { settings, script = [], ...rest }: Options): Promise<NativeBridge> {
  const upstream = await startNativeUpstream({ script, apiKey: KEY, ...rest });
  context.after(() => upstream.close());
  const bridge = await startBridge(context, {
    dialect: 'openai',
    settings: { wire: 'responses', aiBaseUrl: upstream.url, ...settings },
  });
  return { bridge, upstream };
}

const bodyOf = ({ upstream }: NativeBridge, index: number): Loose => upstream.requests[index]?.body;
const REASONING = 'First 想一想 🌍.\n\nThen  <look>.';
const output = (callId: string, text: Loose, type = 'function_call_output') => ({
  type,
  call_id: callId,
  output: text,
});

describe('requests to a Responses endpoint', () => {
  it('a request with every field is translated', async (context) => {
    const native = await start(context, { script: [answer({ text: 'Hi.' })] });
    const reply = await native.bridge.stream(
      {
        instructions: 'Be brief.',
        input: [
          { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Rules.' }] },
          ...ask(),
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes?' }] },
          { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'A new rule.' }] },
          {
            type: 'message',
            role: 'user',
            content: [
              { type: 'input_text', text: 'See:' },
              { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
            ],
          },
        ],
        tools: [tool('list', { strict: true }), tool('read')],
        tool_choice: 'auto',
        parallel_tool_calls: true,
        max_output_tokens: 500,
        temperature: 0.5,
        top_p: 0.9,
        reasoning: { effort: 'high', summary: 'auto' },
        include: ['reasoning.encrypted_content', 'file_search_call.results'],
        prompt_cache_key: 'thread-1',
        store: true,
        service_tier: 'flex',
        metadata: { a: 'b' },
        user: 'u',
        truncation: 'auto',
        client_metadata: { session: 'x' },
        text: {
          verbosity: 'low',
          format: { type: 'json_schema', name: 'out', schema: { type: 'object' }, strict: true },
        },
      },
      CODEX,
    );
    assert.equal(finalResponse(reply).status, 'completed');
    const parameters = { type: 'object', properties: { path: { type: 'string' } } };
    assert.deepEqual(bodyOf(native, 0), {
      model: native.bridge.model,
      instructions: 'Be brief.\n\nRules.',
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes?' }] },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'A new rule.' }] },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'See:' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
          ],
        },
      ],
      stream: true,
      store: false,
      tools: [
        { type: 'function', name: 'list', description: 'Does list.', parameters, strict: true },
        { type: 'function', name: 'read', description: 'Does read.', parameters, strict: false },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      max_output_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      text: { format: { type: 'json_schema', name: 'out', schema: { type: 'object' }, strict: true } },
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'thread-1',
    });
    const { headers } = native.upstream.requests[0] ?? {};
    assert.deepEqual(
      [headers?.authorization, headers?.accept, headers?.['user-agent']],
      [`Bearer ${KEY}`, 'text/event-stream', CODEX['user-agent']],
    );
    native.upstream.assertClean();
    assert.deepEqual(native.bridge.upstream.requests, [], 'nothing goes over Chat Completions');
  });

  it('a minimal request gets no optional fields', async (context) => {
    const native = await start(context, { script: [answer({ text: 'Hi.' })] });
    await native.bridge.json({ input: 'Hello' });
    assert.deepEqual(bodyOf(native, 0), {
      model: native.bridge.model,
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      stream: true,
      store: false,
    });
  });

  it('settings of Chat Completions are dropped with a note', async (context) => {
    const native = await start(context, { script: [answer({ text: 'Hi.' })] });
    const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hello' }];
    const { status } = await native.bridge.chatJson({
      messages,
      stop: 'x',
      seed: 1,
      n: 2,
      presence_penalty: 1,
      logit_bias: { 1: 1 },
      user: 'u',
      max_tokens: 9,
      logprobs: true,
      top_logprobs: 3,
    });
    assert.equal(status, 200);
    const { instructions, max_output_tokens, top_logprobs, include, ...rest } = bodyOf(native, 0);
    assert.deepEqual(
      [instructions, max_output_tokens, top_logprobs, include],
      ['Be brief.', 9, 3, ['message.output_text.logprobs']],
    );
    assert.deepEqual(Object.keys(rest), ['model', 'input', 'stream', 'store']);
    assert.ok(
      native.bridge.lines.some((line) =>
        line.includes('dropped stop, seed, presence_penalty, logit_bias, n: a Responses endpoint has no such field'),
      ),
      native.bridge.lines.join(''),
    );
  });

  it('images of a result follow in a user message, and a missing result is added as aborted', async (context) => {
    const native = await start(context, { script: [answer({ text: 'Seen.' })] });
    const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'view', arguments: '{}' });
    const image = [
      { type: 'input_text', text: 'Here:' },
      { type: 'input_image', image_url: 'https://images.test/a.png', detail: 'low' },
    ];
    await native.bridge.stream({ input: [...ask(), call('a'), call('b'), output('b', image)], tools: [tool('view')] });
    assert.deepEqual(bodyOf(native, 0).input.slice(1), [
      { type: 'function_call', call_id: 'a', name: 'view', arguments: '{}' },
      { type: 'function_call', call_id: 'b', name: 'view', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: 'aborted' },
      { type: 'function_call_output', call_id: 'b', output: 'Here:\n[image: see the next user message]' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: '[Content of the result of view]' },
          { type: 'input_image', image_url: 'https://images.test/a.png', detail: 'low' },
        ],
      },
    ]);
    native.upstream.assertClean();
  });

  it('a forced choice names the function; without tools, no choice is sent', async (context) => {
    const native = await start(context, { script: [answer({ text: 'A' }), answer({ text: 'B' })] });
    await native.bridge.stream({
      input: ask(),
      tools: [tool('list')],
      tool_choice: { type: 'function', name: 'list' },
    });
    await native.bridge.stream({ input: ask(), tool_choice: 'required' });
    assert.deepEqual(bodyOf(native, 0).tool_choice, { type: 'function', name: 'list' });
    assert.equal('tool_choice' in bodyOf(native, 1), false);
    native.upstream.assertClean();
  });
});

describe('requests of the real Codex', () => {
  const requests = listCodexRequests().filter(
    ({ url, body }) => url.endsWith('/responses') && body['max_output_tokens'] !== 1,
  );
  for (const { name, body } of requests) {
    it(`${name} is accepted`, async (context) => {
      const native = await start(context, { script: [answer({ text: 'Done.' })] });
      const reply = await native.bridge.stream({ ...body, model: native.bridge.model }, CODEX);
      assert.deepEqual(native.upstream.rejections, []);
      assert.equal(finalResponse(reply).status, 'completed');
    });
  }
});

describe('responses', () => {
  it('text, reasoning and usage reach the client', async (context) => {
    const usage = { prompt: 100, completion: 20, cached: 64, reasoning: 7 };
    const native = await start(context, {
      script: [answer({ reasoning: REASONING, text: 'Grüße 🌍', usage, writeSize: 7 })],
    });
    const reply = await native.bridge.stream({ input: ask() });
    assert.equal(deltasOf(reply, 'response.output_text.delta'), 'Grüße 🌍');
    assert.equal(deltasOf(reply, 'response.reasoning_summary_text.delta'), REASONING);
    assert.equal(deltasOf(reply, 'response.reasoning_text.delta'), REASONING);
    const { status, usage: counted } = finalResponse(reply);
    assert.equal(status, 'completed');
    assert.deepEqual(counted, {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 64, cache_write_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 7 },
      total_tokens: 120,
    });
  });

  it('a JSON answer has the same items from an endpoint that streams and one that does not', async (context) => {
    const step = answer({
      reasoning: 'Hm.',
      text: 'Read.',
      toolCalls: [{ id: 'call_a', name: 'list', arguments: { path: 'a' } }],
    });
    const native = await start(context, { script: [step] });
    const unstreamed = await start(context, { script: [step], asJson: true });
    const body = { input: ask(), tools: [tool('list')] };
    const [one, two] = [await native.bridge.json(body), await unstreamed.bridge.json(body)];
    const itemsOf = (response: Loose) => response.output.map(({ id: _id, ...item }: Loose) => item);
    assert.deepEqual(itemsOf(one.json), itemsOf(two.json));
    assert.deepEqual(
      (one.json as Loose).output.map(({ type }: Loose) => type),
      ['reasoning', 'message', 'function_call'],
    );
  });

  it('an output limit and a content filter make a response incomplete, without a partial call', async (context) => {
    const toolCalls = [{ name: 'list', arguments: '{"path":"a' }];
    const native = await start(context, {
      script: [
        answer({ text: 'Now:', toolCalls, finish: 'length' }),
        answer({ text: 'Half', finish: 'content_filter' }),
      ],
    });
    const reply = await native.bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX);
    assert.deepEqual(finalResponse(reply).incomplete_details, { reason: 'max_output_tokens' });
    assert.deepEqual(doneItems(reply).map(({ type }) => type), ['message']);
    assert.deepEqual(finalResponse(await native.bridge.stream({ input: ask() })).incomplete_details, {
      reason: 'content_filter',
    });
  });

  it('Chat Completions clients get chunks and completions', async (context) => {
    const step = answer({
      reasoning: 'Hm.',
      text: 'Read.',
      toolCalls: [{ id: 'call_a', name: 'list', arguments: { path: 'a' } }],
    });
    const native = await start(context, { script: [step, step, answer({ text: 'It is.' })] });
    const list = { type: 'function', function: { name: 'list', parameters: { type: 'object', properties: {} } } };
    const messages = [{ role: 'user', content: 'Hello' }];
    const chunks = eventsOf(
      await native.bridge.chatStream({ messages, tools: [list], stream_options: { include_usage: true } }),
    );
    assert.equal(chunks.flatMap(({ choices }) => choices[0]?.delta.content ?? []).join(''), 'Read.');
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'tool_calls');
    assert.equal(chunks.at(-1).usage.total_tokens, 30);
    const { json } = await native.bridge.chatJson({ messages, tools: [list] });
    const { message } = (json as Loose).choices[0];
    assert.deepEqual(message.tool_calls, [
      { id: 'call_a', type: 'function', function: { name: 'list', arguments: '{"path":"a"}' } },
    ]);
    const { status } = await native.bridge.chatJson({
      messages: [...messages, message, { role: 'tool', tool_call_id: 'call_a', content: 'a.txt' }],
      tools: [list],
    });
    assert.equal(status, 200);
    assert.deepEqual(
      bodyOf(native, 2)
        .input.slice(1)
        .map(({ type }: Loose) => type),
      ['reasoning', 'message', 'function_call', 'function_call_output'],
    );
    native.upstream.assertClean();
  });

  it('a compaction is an item whose summary the next request sends as text', async (context) => {
    const native = await start(context, { script: [answer({ text: 'A summary.' }), answer({ text: 'Go on.' })] });
    const reply = await native.bridge.stream({ input: [...ask(), { type: 'compaction_trigger' }] }, CODEX);
    const [item] = doneItems(reply);
    assert.equal(item.type, 'compaction');
    await native.bridge.stream({ input: [item, ...ask('Next')] }, CODEX);
    assert.match(bodyOf(native, 1).input[0].content[0].text, /A summary\.$/);
    native.upstream.assertClean();
  });
});

describe('tools', () => {
  const NAMESPACE = { type: 'namespace', name: 'mcp__mini', description: 'Echoes.', tools: [tool('echo')] };
  const PATCH_TOOL = {
    type: 'custom',
    name: 'apply_patch',
    description: 'Patches.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: x' },
  };
  const SEARCH = {
    type: 'tool_search',
    execution: 'client',
    parameters: { type: 'object', properties: { query: { type: 'string' } } },
  };
  const PATCH = '*** Begin Patch\n*** Add File: ä.txt\n+🌍\n*** End Patch';
  const tools = [tool('exec_command'), NAMESPACE, PATCH_TOOL, SEARCH, { type: 'web_search' }];

  it('of every kind are converted in both directions, also in the next round', async (context) => {
    const toolCalls = [
      { id: 'c1', name: 'exec_command', arguments: '{ "cmd": "ls é" }' },
      { id: 'c2', name: 'mcp__mini__echo', arguments: { text: 'hi' } },
      { id: 'c3', name: 'apply_patch', arguments: { input: PATCH } },
      { id: 'c4', name: 'tool_search', arguments: { query: 'mail' } },
    ];
    const native = await start(context, {
      script: [
        answer({ reasoning: REASONING, text: 'All.', toolCalls }),
        answer({ toolCalls: [{ id: 'c5', name: 'mail__send', arguments: {} }] }),
      ],
    });
    const items = doneItems(await native.bridge.stream({ input: ask(), tools }, CODEX));
    assert.deepEqual(items.slice(2).map(({ id: _id, status: _status, ...item }) => item), [
      { type: 'function_call', call_id: 'c1', name: 'exec_command', arguments: '{ "cmd": "ls é" }' },
      { type: 'function_call', call_id: 'c2', name: 'echo', namespace: 'mcp__mini', arguments: '{"text":"hi"}' },
      { type: 'custom_tool_call', call_id: 'c3', name: 'apply_patch', input: PATCH },
      { type: 'tool_search_call', call_id: 'c4', execution: 'client', arguments: { query: 'mail' } },
    ]);
    assert.deepEqual(bodyOf(native, 0).tools.map(({ type, name }: Loose) => `${type} ${name}`), [
      'function exec_command', 'function mcp__mini__echo', 'function apply_patch', 'function tool_search',
    ]);
    const found = { type: 'namespace', name: 'mail', tools: [tool('send')] };
    const results = [
      output('c4', undefined),
      output('c3', 'Done.', 'custom_tool_call_output'),
      output('c2', [{ type: 'input_text', text: 'hi' }]),
      output('c1', ''),
    ].map((item) =>
      item.call_id === 'c4'
        ? { type: 'tool_search_output', call_id: 'c4', execution: 'client', status: 'completed', tools: [found] }
        : item,
    );
    const next = await native.bridge.stream({ input: [...ask(), ...items, ...results], tools }, CODEX);
    native.upstream.assertClean();
    assert.deepEqual(doneItems(next).map(({ name, namespace }) => [name, namespace]), [['send', 'mail']]);
    const { input, tools: offered } = bodyOf(native, 1);
    assert.deepEqual(input.map(({ type, call_id }: Loose) => [type, call_id].filter(Boolean).join(' ')), [
      'message', 'reasoning', 'message', 'function_call c1', 'function_call c2', 'function_call c3', 'function_call c4',
      'function_call_output c1', 'function_call_output c2', 'function_call_output c3', 'function_call_output c4',
    ]);
    assert.deepEqual(input[5], {
      type: 'function_call',
      call_id: 'c3',
      name: 'apply_patch',
      arguments: JSON.stringify({ input: PATCH }),
    });
    assert.deepEqual(input[7], output('c1', '(no output)'));
    assert.match(input[10].output, /mail__send/);
    assert.equal(offered.at(-1).name, 'mail__send');
  });

  it('of an additional_tools item are added to the list', async (context) => {
    const native = await start(context, { script: [answer({ text: 'Hi.' })] });
    await native.bridge.stream(
      {
        input: [{ type: 'additional_tools', role: 'developer', tools: [NAMESPACE] }, ...ask()],
        parallel_tool_calls: false,
      },
      CODEX,
    );
    assert.deepEqual(bodyOf(native, 0).tools.map(({ name }: Loose) => name), ['mcp__mini__echo']);
    assert.equal(bodyOf(native, 0).parallel_tool_calls, false);
    native.upstream.assertClean();
  });

  it('are sent so that each request starts with the bytes of the previous one', async (context) => {
    const native = await start(context, {
      script: [
        answer({ reasoning: 'Hm.', toolCalls: [{ id: 'c1', name: 'exec_command', arguments: {} }] }),
        answer({ text: 'Done.' }),
      ],
    });
    const items = doneItems(await native.bridge.stream({ input: ask(), tools }, CODEX));
    await native.bridge.stream({ input: [...ask(), ...items, output('c1', 'ok')], tools }, CODEX);
    const [first, second] = native.upstream.requests.map(({ rawBody }) => rawBody);
    const head = first?.slice(0, first.indexOf('],"stream"')) ?? '';
    assert.ok(head.length > 0 && second?.startsWith(head));
  });
});

describe('reasoning is sent back', () => {
  const toolCalls = [{ id: 'c1', name: 'list', arguments: {} }];
  const runTwoRounds = async (context: TestContext, options: Options) => {
    const native = await start(context, {
      script: [answer({ reasoning: REASONING, toolCalls }), answer({ text: 'Done.' })],
      ...options,
    });
    const items = doneItems(await native.bridge.stream({ input: ask(), tools: [tool('list')] }, CODEX));
    await native.bridge.stream({ input: [...ask(), ...items, output('c1', 'ok')], tools: [tool('list')] }, CODEX);
    native.upstream.assertClean();
    return { native, items, sent: bodyOf(native, 1).input[1] };
  };

  it('as raw text, if it arrived as such', async (context) => {
    const { items, sent } = await runTwoRounds(context, {});
    assert.equal(items[0].encrypted_content, undefined);
    assert.deepEqual(sent, {
      type: 'reasoning',
      id: 'rs_1',
      summary: [],
      content: [{ type: 'reasoning_text', text: REASONING }],
    });
  });

  for (const reasoning of ['summary', 'sealed'] as const) {
    it(`unchanged, if it arrived as ${reasoning}`, async (context) => {
      const { items, sent } = await runTwoRounds(context, { reasoning });
      assert.equal(sent.id, 'rs_up_1_0');
      assert.match(sent.encrypted_content, /^sealed:/);
      assert.match(items[0].encrypted_content, /^acb1\./);
      assert.deepEqual(openReasoning(items[0].encrypted_content)?.details, [sent]);
    });
  }

  it('even if it was hidden from the client', async (context) => {
    const { items, sent } = await runTwoRounds(context, { settings: { suppressReasoningText: true } });
    assert.deepEqual(items[0].summary, []);
    assert.equal(sent.content[0].text, REASONING);
  });

  it('from a session that started without the bridge', async (context) => {
    const native = await start(context, {
      reasoning: 'summary',
      script: [answer({ reasoning: 'Hm.', text: 'A.' }), answer({ text: 'B.' })],
    });
    await native.bridge.stream({ input: ask() }, CODEX);
    const foreign = {
      type: 'reasoning',
      id: 'rs_up_1_0',
      summary: [{ type: 'summary_text', text: 'Hm.' }],
      content: null,
      encrypted_content: `sealed:${Buffer.from('Hm.').toString('base64')}`,
    };
    await native.bridge.stream(
      {
        input: [
          ...ask(),
          foreign,
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'A.' }] },
          ...ask('B?'),
        ],
      },
      CODEX,
    );
    native.upstream.assertClean();
  });

  it('as reasoning_content over Chat Completions, without its envelope', async (context) => {
    const { items } = await runTwoRounds(context, { reasoning: 'summary' });
    const bridge = await startBridge(context, { dialect: 'openai', script: [answer({ text: 'Done.' })] });
    await bridge.stream({ input: [...ask(), ...items, output('c1', 'ok')], tools: [tool('list')] }, CODEX);
    bridge.upstream.assertClean();
    assert.equal(bridge.upstream.requests[0]?.body.messages[1].reasoning_content, REASONING);
  });
});

describe('failures', () => {
  it('a rejection is a failed stream for Codex and the real status for other clients', async (context) => {
    const rejection = reply({
      status: 400,
      body: {
        error: {
          message: 'the request exceeds the available context size, try increasing it',
          type: 'exceed_context_size_error',
          code: 400,
        },
      },
    });
    const native = await start(context, { script: [rejection, rejection, rejection] });
    const codex = await native.bridge.stream({ input: ask() }, CODEX);
    assert.deepEqual([codex.status, finalResponse(codex).error.code], [200, 'context_length_exceeded']);
    const sdk = await native.bridge.json({ input: ask() });
    assert.deepEqual([sdk.status, (sdk.json as Loose).error.code], [400, 'context_length_exceeded']);
    assert.equal((await native.bridge.chatStream({ messages: [{ role: 'user', content: 'x' }] })).status, 400);
  });

  it('a rate limit ends the stream with the provider’s message', async (context) => {
    const step = reply({
      status: 429,
      headers: { 'retry-after': '90' },
      body: { error: { message: 'Rate limit reached.', code: 'rate_limit_exceeded' } },
    });
    const native = await start(context, { script: [step] });
    const { error } = finalResponse(await native.bridge.stream({ input: ask() }, CODEX));
    assert.match(error.message, /Rate limit reached/);
    native.upstream.assertClean();
  });

  it('a failure inside the stream ends it, with the provider’s message', async (context) => {
    const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
    const half = event('response.output_text.delta', {
      item_id: 'm',
      output_index: 0,
      content_index: 0,
      delta: 'Half',
    });
    const failed = event('response.failed', {
      response: {
        id: 'r',
        status: 'failed',
        error: { code: 'data_inspection_failed', message: 'Output data may contain inappropriate content.' },
      },
    });
    const native = await start(context, { script: [raw({ chunks: [half, failed], end: 'eof' })] });
    const reply = await native.bridge.stream({ input: ask() }, CODEX);
    assert.deepEqual(typesOf(reply).at(-1), 'response.failed');
    const { error } = finalResponse(reply);
    assert.equal(error.code, 'invalid_prompt');
    assert.match(error.message, / reported: Output data may contain inappropriate content\./);
  });

  for (const end of ['eof', 'cut', 'reset'] as const) {
    it(`a stream that ends early (${end}) is a failure`, async (context) => {
      const native = await start(context, { script: [answer({ text: 'A long answer.', cutAfter: 6, end })] });
      const reply = await native.bridge.stream({ input: ask() }, CODEX);
      assert.equal(finalResponse(reply).status, 'failed');
      assert.equal(finalResponse(reply).error.code, 'server_error');
    });
  }

  it('repairs learned from a rejection apply here too', async (context) => {
    const rejection = reply({
      status: 400,
      body: {
        error: {
          message: 'The tool_choice parameter does not support being set to required or object in thinking mode',
        },
      },
    });
    const native = await start(context, { script: [rejection, answer({ text: 'A.' }), answer({ text: 'B.' })] });
    const body = { input: ask(), tools: [tool('list')], tool_choice: 'required' };
    assert.equal(finalResponse(await native.bridge.stream(body, CODEX)).status, 'completed');
    await native.bridge.stream(body, CODEX);
    assert.deepEqual(native.upstream.requests.map(({ body: sent }) => sent.tool_choice), ['required', 'auto', 'auto']);
  });

  it('reasoning encrypted by another endpoint is sent without its ciphertext', async (context) => {
    const sealed = (text: string, seal: string) => ({
      type: 'reasoning',
      id: 'rs_x',
      summary: text === '' ? [] : [{ type: 'summary_text', text }],
      encrypted_content: seal,
    });
    const message = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'A.' }] };
    const native = await start(context, { script: [answer({ text: 'B.' }), answer({ text: 'C.' })] });
    const input = [...ask(), sealed('', 'gAAA'), sealed('Short.', 'gBBB'), message, ...ask('And?')];
    for (let round = 0; round < 2; round += 1)
      assert.equal(finalResponse(await native.bridge.stream({ input }, CODEX)).status, 'completed');
    assert.deepEqual(native.upstream.rejections, []);
    assert.deepEqual(bodyOf(native, 1).input.filter(({ type }: Loose) => type === 'reasoning'), [
      { type: 'reasoning', id: 'rs_2', summary: [{ type: 'summary_text', text: 'Short.' }] },
    ]);
  });

  for (const [field, message, isOmitted] of [
    ['include', "Unknown parameter: 'include'.", (body: Loose) => !('include' in body)],
    ['store', 'json: unknown field "store"', (body: Loose) => !('store' in body)],
    ['reasoning.summary', 'reasoning.summary is not supported', (body: Loose) => !('summary' in body.reasoning)],
    ['strict', "Unknown parameter: 'tools[0].strict'.", (body: Loose) => !('strict' in body.tools[0])],
    ['max_output_tokens', 'Unsupported parameter: max_output_tokens', (body: Loose) => !('max_output_tokens' in body)],
    ['instructions', 'instructions: Extra inputs are not permitted', (body: Loose) =>
      !('instructions' in body) && body.input[0].role === 'developer' && body.input[0].content[0].text === 'Rules.'],
    ['text.format', 'text.format is not supported', (body: Loose) =>
      !('text' in body) && JSON.stringify(body.instructions).includes('JSON Schema')],
  ] as const) {
    it(`${field} is omitted in the retry after its rejection, and from then on`, async (context) => {
      const rejection = reply({ status: 400, body: { error: { message, type: 'invalid_request_error' } } });
      const script = [rejection, answer({ text: 'A' }), answer({ text: 'B' })];
      const native = await start(context, { lenient: true, script });
      const body = {
        instructions: 'Rules.', input: ask(), tools: [tool('list')], include: ['reasoning.encrypted_content'],
        reasoning: { effort: 'high', summary: 'auto' }, max_output_tokens: 900,
        text: { format: { type: 'json_schema', name: 'o', schema: { type: 'object' } } },
      };
      await native.bridge.json(body);
      await native.bridge.json(body);
      assert.deepEqual(native.upstream.requests.map(({ body: sent }) => isOmitted(sent)), [false, true, true]);
    });
  }

  it('an effort that the model rejects is omitted in the retry', async (context) => {
    const native = await start(context, {
      script: [answer({ text: 'A.' })],
      efforts: ['low', 'medium', 'high', 'max', 'none'],
    });
    await native.bridge.stream({ input: ask(), reasoning: { effort: 'xhigh' } }, CODEX);
    assert.deepEqual(native.upstream.requests.map(({ body }) => body.reasoning), [{ effort: 'xhigh' }, undefined]);
  });

  it('an endpoint that answers with a Chat Completion is reported, with UPSTREAM_WIRE as the fix', async (context) => {
    const completion = {
      id: 'c',
      object: 'chat.completion',
      choices: [{ index: 0, message: { content: 'Hi.' }, finish_reason: 'stop' }],
    };
    const native = await start(context, { script: [0, 1].map(() => reply({ status: 200, body: completion })) });
    const { status, json } = await native.bridge.json({ input: ask() });
    assert.equal(status, 502);
    assert.match((json as Loose).error.message, /is not a Response. Check UPSTREAM_WIRE/);
  });
});

describe('the choice of the protocol', () => {
  it('is Chat Completions by default', async (context) => {
    const bridge = await startBridge(context, { dialect: 'openai', script: [answer({ text: 'Hi.' })] });
    await bridge.stream({ input: ask() });
    bridge.upstream.assertClean();
    assert.deepEqual(bridge.upstream.requests.map(({ path }) => path), ['/v1/chat/completions']);
  });

  it('is Chat Completions, with a note, for a provider without a Responses endpoint', async (context) => {
    const bridge = await startBridge(context, {
      dialect: 'dashscope',
      settings: { wire: 'responses' },
      script: [answer({ text: 'Hi.' })],
    });
    await bridge.stream({ input: ask() });
    bridge.upstream.assertClean();
    assert.ok(
      bridge.lines.some((line) =>
        line.includes(`sent to ${bridge.model} over Chat Completions, because it is not known to have a`),
      ),
    );
  });

  it('depends on the model: the path on the host, and the efforts that it supports', async (context) => {
    const upstream = await startNativeUpstream({
      apiKey: KEY,
      script: [answer({ text: 'A.' }), answer({ text: 'B.' })],
      efforts: ['none', 'low', 'high', 'max'],
    });
    context.after(() => upstream.close());
    const settings = { wire: 'responses', aiBaseUrl: upstream.url, provider: 'deepseek' } as const;
    const bridge = await startBridge(context, { dialect: 'openai', settings });
    for (const effort of ['none', 'xhigh']) {
      const reply = await bridge.stream({ model: 'deepseek-v4-pro', input: ask(), reasoning: { effort } }, CODEX);
      assert.equal(finalResponse(reply).status, 'completed');
    }
    upstream.assertClean();
    assert.deepEqual(upstream.requests.map(({ body }) => body.reasoning), [{ effort: 'none' }, { effort: 'high' }]);
  });
});
