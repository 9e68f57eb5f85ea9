/** A thread whose model changes: what one model sealed is sent back to it, and never to another model or provider. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Config } from '../../src/config/options';
import { PROVIDERS } from '../../src/providers/catalog';
import {
  ask, CODEX, doneItems, finalResponse, KEY, startBridge, tool, type Loose,
} from '../support/bridge/test-bridge';
import { startNativeUpstream } from '../support/upstream/native-upstream';
import type { NativeReasoningForm } from '../support/upstream/native-stream';
import { startPlans } from '../support/bridge/plans';
import { answer, raw, reply } from '../support/upstream/scripted-upstream';

interface Setting {
  /** The model of each turn. */
  readonly models: readonly string[];
  /** The turns before which the bridge is restarted. */
  readonly restarts?: readonly number[];
  readonly reasoning?: NativeReasoningForm;
  readonly settings?: Partial<Config>;
}

const PRIMARY = 'aliyun-token-plan';
const OTHER = 'minimax';

/** Runs one turn with reasoning, text and a call per model; returns the reasoning that each request sent back. */
async function runTurns(context: TestContext, { models, restarts = [], reasoning = 'summary', settings }: Setting) {
  const thought = (number: number): string => `Thought ${number}.`;
  const start = async (prefix: string) => {
    const turns = [...models.keys()]
      .filter((turn) => (models[turn]?.startsWith(`${OTHER}/`) ? OTHER : PRIMARY) === prefix);
    const script = turns.map((turn) => answer({
      reasoning: thought(turn), text: `Said ${turn}.`, toolCalls: [{ id: `c${turn}`, name: 'list', arguments: {} }],
    }));
    const upstream = await startNativeUpstream({ apiKey: KEY, script, reasoning });
    context.after(() => upstream.close());
    return upstream;
  };
  const [primary, other] = [await start(PRIMARY), await start(OTHER)];
  const urls: Readonly<Record<string, string>> = { [PRIMARY]: primary.url, [OTHER]: other.url };
  const launch = () => startBridge(context, {
    dialect: 'openai', provider: PRIMARY, model: 'qwen3.8-max',
    settings: {
      aiBaseUrl: primary.url,
      ...{ providerKeys: { [OTHER]: [KEY] } },
      catalog: PROVIDERS.map((row) => ({ ...row, baseUrls: urls[row.name] ? [urls[row.name] ?? ''] : row.baseUrls })),
      ...settings,
    },
  });
  let bridge = await launch();
  const input: Loose[] = [...ask()];
  const sent: Loose[][] = [];
  for (const [turn, model] of models.entries()) {
    if (restarts.includes(turn)) {
      await bridge.close();
      bridge = await launch();
    }
    const include = ['reasoning.encrypted_content'];
    const response = await bridge.stream({ model, input, include, store: false, tools: [tool('list')] }, CODEX);
    assert.equal(finalResponse(response).status, 'completed', JSON.stringify(finalResponse(response).error));
    const upstream = model.startsWith(`${OTHER}/`) ? other : primary;
    const items: Loose[] = upstream.requests.at(-1)?.body.input;
    assert.doesNotMatch(JSON.stringify(items.filter(({ type }) => type !== 'reasoning')), /_up_/, 'ids of items');
    sent.push(items.filter(({ type }) => type === 'reasoning'));
    input.push(...doneItems(response), { type: 'function_call_output', call_id: `c${turn}`, output: 'ok' });
  }
  primary.assertClean();
  other.assertClean();
  assert.deepEqual(bridge.upstream.requests, [], 'nothing goes over Chat Completions');
  return sent.map((items) => items.map(describeItem));
}

/** `sealed` for the provider's own item, `text` for readable reasoning under an id of the bridge. */
function describeItem({ id, encrypted_content: seal, content, summary }: Loose): string {
  if (seal !== undefined) return 'sealed';
  assert.match(id, /^rs_\d+$/);
  assert.match(content?.[0]?.text ?? summary?.[0]?.text, /^Thought \d\.$/);
  return 'text';
}

const [MAX, PLUS, MINI] = ['qwen3.8-max', 'qwen3.6-plus', 'minimax/MiniMax-M3'];

const CHANGES: readonly (Setting & { readonly name: string; readonly sent: readonly (readonly string[])[] })[] = [
  { name: 'the same model throughout', models: [MAX, MAX, MAX], sent: [[], ['sealed'], ['sealed', 'sealed']] },
  { name: 'another model of the provider', models: [MAX, PLUS], sent: [[], ['text']] },
  { name: 'another provider', models: [MAX, MINI], sent: [[], ['text']] },
  {
    name: 'another model and back',
    models: [MAX, PLUS, MAX, MINI, MAX],
    sent: [[], ['text'], ['sealed', 'text'], ['text', 'text', 'text'], ['sealed', 'text', 'sealed', 'text']],
  },
  { name: 'a restart, then the same model', models: [MAX, MAX], restarts: [1], sent: [[], ['sealed']] },
  { name: 'a restart, then another model', models: [MAX, PLUS], restarts: [1], sent: [[], ['text']] },
  { name: 'a restart, another provider and back', models: [MAX, MINI, MAX], restarts: [1, 2],
    sent: [[], ['text'], ['sealed', 'text']] },
  { name: 'ciphertext alone', models: [MAX, PLUS, MINI, MAX], reasoning: 'sealed', sent: [[], [], [], ['sealed']] },
  { name: 'reasoning that is hidden from the user', models: [MAX, PLUS], settings: { suppressReasoningText: true },
    sent: [[], ['text']] },
  { name: 'a provider that is forced to use its Responses endpoint', models: [MAX, PLUS],
    settings: { wire: 'responses' }, sent: [[], ['text']] },
];

describe('sealed reasoning at Responses endpoints', () => {
  for (const { name, sent, ...setting } of CHANGES)
    it(name, async (context) => assert.deepEqual(await runTurns(context, setting), sent));
});

it('the same model name at another host is another model', async (context) => {
  const [first, second] = [
    await startNativeUpstream({
      apiKey: KEY, script: [answer({ reasoning: 'A.', text: 'B.' })], reasoning: 'sealed',
    }),
    await startNativeUpstream({ apiKey: KEY, script: [answer({ text: 'C.' })] }),
  ];
  const input: Loose[] = [...ask()];
  for (const upstream of [first, second]) {
    context.after(() => upstream.close());
    const bridge = await startBridge(context, {
      dialect: 'openai', settings: { wire: 'responses', aiBaseUrl: upstream.url },
    });
    input.push(...doneItems(await bridge.stream({ input }, CODEX)), ...ask('And?'));
    upstream.assertClean();
  }
});

/** OpenAI's messages about reasoning that it did not encrypt, and the items that are still sent. */
const STRICT: readonly (readonly [message: string, stillSent: readonly string[]])[] = [
  // CLIProxyAPI#5825, claude-code-router#1783, querymt#976.
  ["Invalid 'input[3].content': array too long. Expected an array with maximum length 0, but got an array with length "
    + '1 instead.', ['sealed']],
  // opencode#7724.
  ["Item with id 'rs_2' not found. Items are not persisted when `store` is set to false. Try again with `store` set to "
    + 'true, or remove this item from your input.', ['sealed']],
  ["Item 'rs_2' of type 'reasoning' was provided without its required following item.", []],
];

describe('an endpoint that rejects the readable reasoning of another model', () => {
  for (const [message, stillSent] of STRICT) {
    it(message, async (context) => {
      const error = { message, type: 'invalid_request_error', param: 'input', code: null };
      const rejection = reply({ status: 400, body: { error } });
      const answers = ['One.', 'Two.', 'Three.'].map((text) => answer({ text, reasoning: 'Hm.' }));
      const [first, ...later] = answers;
      const script = [...(first ? [first] : []), rejection, ...later];
      const upstream = await startNativeUpstream({ apiKey: KEY, script, reasoning: 'sealed' });
      context.after(() => upstream.close());
      const bridge = await startBridge(context, {
        dialect: 'openai', settings: { wire: 'responses', aiBaseUrl: upstream.url, upstreamCalls: 2 },
      });
      const input: Loose[] = [...ask()];
      for (const _turn of answers) {
        const response = await bridge.stream({ input }, CODEX);
        assert.equal(finalResponse(response).status, 'completed', JSON.stringify(finalResponse(response).error));
        const content = [{ type: 'reasoning_text', text: 'Thought 1.' }];
        const otherReasoning = { type: 'reasoning', summary: [], content };
        const otherMessage = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'So.' }] };
        input.push(...doneItems(response), ...ask('And?'), otherReasoning, otherMessage, ...ask('And then?'));
      }
      upstream.assertClean();
      const sent = upstream.requests.map(({ body }): readonly Loose[] => body.input)
        .map((items) => items.filter(({ type }) => type === 'reasoning').map(describeItem));
      assert.deepEqual(sent[1], ['sealed', 'text']);
      assert.deepEqual(sent.slice(2), stillSent.length === 0 ? [[], []] : [stillSent, ['sealed', 'sealed']]);
      assert.ok(upstream.requests.every(({ body }) => body.store === false), 'nothing may be stored there');
    });
  }
});

it('signed blocks are sent back only to the Chat model that signed them, also without fallbacks', async (context) => {
  const signed = (name: string) => raw({
    chunks: [
      { reasoning_details: [{ type: 'reasoning.encrypted', data: `SEALED-${name}`, index: 0 }] },
      { tool_calls: [{ index: 0, id: `call_${name}`, function: { name: 'list', arguments: '{}' } }] },
    ].map((delta) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`)
      .concat('data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n', 'data: [DONE]\n\n'),
    end: 'eof',
  });
  const dialect = { reasoningReplay: 'reasoning_details' };
  const { bridge, beta, turn } = await startPlans(context, {
    acme: { models: { 'acme-1': {}, 'acme-2': {} }, dialect }, beta: { dialect },
    acmeScript: ['1', '2', '3', '4'].map(signed), betaScript: [signed('b')],
    upstream: { allowFields: ['reasoning_details'] },
  });
  const input: Loose[] = [...ask()];
  for (const model of ['acme-1', 'acme-1', 'acme-2', 'beta/beta-1', 'acme-1']) {
    const response = await turn('one', { model, input, tools: [tool('list')] });
    assert.equal(finalResponse(response).status, 'completed', JSON.stringify(finalResponse(response).error));
    const items = doneItems(response);
    const { call_id } = items.find(({ type }) => type === 'function_call');
    input.push(...items, { type: 'function_call_output', call_id, output: 'ok' });
  }
  const sent = (requests: readonly Loose[]) =>
    requests.map(({ body }) => JSON.stringify(body).match(/SEALED-\w+/g) ?? []);
  assert.deepEqual(sent(bridge.upstream.requests), [[], ['SEALED-1'], [], ['SEALED-1', 'SEALED-2']]);
  assert.deepEqual(sent(beta.requests), [[]]);
});
