/** What reaches the provider: path, headers, key, streaming and model. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import { ask, CODEX, doneItems, finalResponse, KEY, startBridge, type Loose } from '../support/bridge/test-bridge';

const INBOUND = { authorization: 'Bearer sk-test-inbound-token' };
const hello = () => answer({ text: 'Hi.' });

describe('headers', () => {
  it('are only those that the provider needs', async (context) => {
    const bridge = await startBridge(context, { script: [hello()], apiKey: KEY });
    await bridge.stream(
      { input: ask() },
      { ...CODEX, ...INBOUND, 'x-secret': 'mine', cookie: 'a=b', 'x-codex-window-id': 'w:0' },
    );
    const [request] = bridge.upstream.requests;
    const { host, connection, 'content-length': length, ...headers } = request?.headers ?? {};
    assert.ok(host && connection);
    assert.equal(Number(length), Buffer.byteLength(request?.rawBody ?? ''));
    assert.deepEqual(headers, {
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
      'accept-language': '*',
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'sec-fetch-mode': 'cors',
      'user-agent': 'codex_exec/0.169.0',
    });
    assert.equal(request?.method, 'POST');
    assert.equal(request.path, '/v1/chat/completions');
    bridge.upstream.assertClean();
  });

  const AUTHORIZATIONS = [
    {
      name: 'the key of the environment overrides the inbound token',
      settings: {},
      inbound: INBOUND,
      sent: `Bearer ${KEY}`,
    },
    {
      name: 'the key of the environment is sent if the client sends no token',
      settings: {},
      inbound: {},
      sent: `Bearer ${KEY}`,
    },
    {
      name: 'the inbound token is forwarded with FORCE_ENV_AUTH=0',
      settings: { forceEnvAuth: false },
      inbound: INBOUND,
      sent: INBOUND.authorization,
    },
    {
      name: 'the key of the environment replaces a missing token with FORCE_ENV_AUTH=0',
      settings: { forceEnvAuth: false },
      inbound: {},
      sent: `Bearer ${KEY}`,
    },
    {
      name: 'no Authorization header is sent if the bridge has no key',
      settings: { aiApiKey: undefined },
      inbound: INBOUND,
      sent: undefined,
    },
  ];
  for (const { name, settings, inbound, sent } of AUTHORIZATIONS) {
    it(name, async (context) => {
      const upstream = sent === undefined
        ? { without: ['authorization', 'api-key'] } as const
        : { apiKey: sent.replace('Bearer ', '') };
      const bridge = await startBridge(context, { script: [hello()], settings, ...upstream });
      await bridge.stream({ input: ask() }, { ...CODEX, ...inbound });
      assert.equal(bridge.upstream.requests[0]?.headers.authorization, sent);
      bridge.upstream.assertClean();
      assert.doesNotMatch(bridge.lines.join(''), /sk-test/);
    });
  }

  it('the User-Agent is the client’s, unless the user has set one', async (context) => {
    for (const [settings, sent] of [[{}, 'my-agent/2'], [{ userAgent: 'set/1' }, 'set/1']] as const) {
      const bridge = await startBridge(context, { script: [hello()], settings });
      await bridge.json({ input: ask() }, { 'user-agent': 'my-agent/2' });
      assert.equal(bridge.upstream.requests[0]?.headers['user-agent'], sent);
    }
  });
});

describe('streaming', () => {
  it('is requested, with usage, whatever the client requests', async (context) => {
    const bridge = await startBridge(context, { script: [hello(), hello(), hello(), hello()] });
    await bridge.stream({ input: ask() });
    await bridge.json({ input: ask(), stream: false });
    await bridge.chatStream({ messages: [{ role: 'user', content: 'x' }], stream_options: { include_usage: false } });
    await bridge.chatJson({ messages: [{ role: 'user', content: 'x' }] });
    for (const { body } of bridge.upstream.requests) {
      assert.equal(body.stream, true);
      assert.deepEqual(body.stream_options, { include_usage: true });
    }
    bridge.upstream.assertClean();
  });

  for (const [dialect, model] of [
    ['dashscope', 'qwen3.7-plus'],
    ['dashscope', 'qwen3-coder-plus'],
    ['openai', 'scripted-model'],
  ] as const) {
    it(`is off for several choices, which become one message each (${dialect}, ${model})`, async (context) => {
      const options = { text: 'One of two.', usage: { prompt: 5, completion: 8 } };
      const bridge = await startBridge(context, {
        dialect,
        script: [answer(options), answer(options), answer(options)],
      });
      const reply = await bridge.stream({ model, input: ask(), n: 2 });
      assert.equal(finalResponse(reply).status, 'completed');
      assert.deepEqual(
        doneItems(reply).map(({ type, content }) => [type, content[0].text]),
        [
          ['message', 'One of two.'],
          ['message', 'One of two.'],
        ],
      );
      assert.equal(finalResponse(reply).usage.total_tokens, 13);
      const json = (await bridge.json({ model, input: ask(), n: 2 })).json as Loose;
      assert.equal(json.output.length, 2);
      const chat = (await bridge.chatJson({ model, messages: [{ role: 'user', content: 'x' }], n: 2 })).json as Loose;
      assert.deepEqual(
        chat.choices.map(({ index, message, finish_reason }: Loose) => [index, message.content, finish_reason]),
        [
          [0, 'One of two.', 'stop'],
          [1, 'One of two.', 'stop'],
        ],
      );
      for (const { body } of bridge.upstream.requests) {
        assert.equal(body.stream, false);
        assert.equal('stream_options' in body, false);
        assert.equal(body.n, 2);
      }
      bridge.upstream.assertClean();
    });
  }

  it('is requested for n: 1, and n is dropped', async (context) => {
    const bridge = await startBridge(context, { script: [hello()] });
    await bridge.json({ input: ask(), n: 1 });
    assert.equal(bridge.upstream.requests[0]?.body.stream, true);
    assert.equal('n' in (bridge.upstream.requests[0]?.body ?? {}), false);
  });
});

describe('the requested model', () => {
  const MODELS = [
    { requested: 'GLM-4.7', sent: 'glm-4.7' },
    { requested: 'minimax-m2.5', sent: 'MiniMax-M2.5' },
    { requested: 'glm-4.7', sent: 'glm-4.7' },
    { requested: 'my-own-model', sent: 'my-own-model' },
    { requested: 'maker/Some.Model:free', sent: 'maker/Some.Model:free' },
    { requested: 'gpt-5', sent: 'qwen3.7-plus' },
    { requested: 'gpt-6.1-terra', sent: 'qwen3.7-plus' },
    { requested: 'codex-mini-latest', sent: 'qwen3.7-plus' },
    { requested: undefined, sent: 'qwen3.7-plus' },
    { requested: 'gpt-5', preferred: 'GLM-5', sent: 'glm-5' },
    { requested: undefined, preferred: 'my-own-model', sent: 'my-own-model' },
    { requested: 'glm-4.7', preferred: 'glm-5', sent: 'glm-4.7' },
  ];
  for (const { requested, preferred, sent } of MODELS) {
    const suffix = preferred === undefined ? '' : ` with DEFAULT_MODEL ${preferred}`;
    it(`${requested ?? 'none'} is sent as ${sent}${suffix}`, async (context) => {
      const bridge = await startBridge(context, { script: [hello(), hello()], settings: { defaultModel: preferred } });
      const reply = await bridge.stream({ model: requested, input: ask() });
      assert.equal(bridge.upstream.requests[0]?.body.model, sent);
      // The client gets the name that it requested.
      assert.equal(finalResponse(reply).model, requested ?? sent);
      await bridge.chatJson({ model: requested, messages: [{ role: 'user', content: 'x' }] });
      assert.equal(bridge.upstream.requests[1]?.body.model, sent);
    });
  }
});
