/** What each Responses endpoint of the catalog rejects in Codex's own requests, none of which is sent to it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Config } from '../../src/config/options';
import { PROVIDERS, prefersNative, resolveModel } from '../../src/providers/catalog';
import type { Provider } from '../../src/providers/provider';
import {
  toNativeDialect, toNativeRequest, toNativeSettings, withNativeSettings,
} from '../../src/translate/native-request';
import { translateRequest } from '../../src/translate/request';
import { readResponsesRequest } from '../../src/wire/read-responses';
import { ask, CODEX, doneItems, finalResponse, KEY, startBridge, type Loose } from '../support/bridge/test-bridge';
import { listCodexRequests } from '../support/fixtures';
import { NATIVE_BEHAVIOR } from '../support/strict/native-behavior';
import { validateNative, type NativeRejection } from '../support/strict/native-rules';
import { startNativeUpstream } from '../support/upstream/native-upstream';
import { answer } from '../support/upstream/scripted-upstream';

interface NativeTarget { readonly provider: Provider; readonly model: string }

/** The preferred models of each endpoint, or one model that its provider may serve. */
const TARGETS: readonly NativeTarget[] = PROVIDERS.filter(({ responses }) => responses).flatMap((provider) => {
  const { preferred = [provider.defaultModel ?? 'gpt-oss-120b'] } = provider.responses ?? {};
  return preferred.map((model) => ({ provider, model }));
});

const REQUESTS = listCodexRequests().filter(({ url }) => url.endsWith('/responses'));

function validate(body: object, { provider: { name } }: NativeTarget): NativeRejection | undefined {
  const behavior = NATIVE_BEHAVIOR[name];
  const headers = { authorization: 'Bearer k', 'content-type': 'application/json', 'accept-encoding': 'identity' };
  const route = `POST ${behavior?.path ?? '/v1/responses'}`;
  return validateNative({
    route, headers, body: { ...body }, apiKey: undefined, efforts: undefined, issued: [], behavior,
  });
}

/** Translates a request as the bridge does. */
function toNative(body: object, { provider, model }: NativeTarget): object {
  const { id, dialect: own, model: row } = resolveModel(provider, model, undefined);
  const dialect = { ...toNativeDialect(own), ...provider.responses?.dialect, ...row?.native };
  const request = readResponsesRequest(body);
  const { chat } = translateRequest(toNativeSettings(request, new Set<string>()), {
    model: id, dialect, tools: 'auto', system: true, forwardReasoning: false, multipleCalls: true, webSearch: false,
  });
  return toNativeRequest(withNativeSettings(chat, request, dialect));
}

it('every Responses endpoint has its own behavior', () => {
  const names = PROVIDERS.filter(({ responses }) => responses).map(({ name }) => name);
  assert.deepEqual(Object.keys(NATIVE_BEHAVIOR).sort(), names.sort());
});

describe('the requests of the real Codex', () => {
  for (const target of TARGETS) {
    it(`are accepted by ${target.provider.name}/${target.model} only after translation`, () => {
      assert.ok(REQUESTS.length > 40);
      for (const { name, body } of REQUESTS) {
        assert.ok(validate({ ...body, model: target.model }, target), `${name}, as Codex sends it`);
        assert.equal(validate(toNative(body, target), target)?.message, undefined, name);
      }
    });
  }
});

const user = (text: string): object => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
const developer = { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Hook.' }] };
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'c1', output: 'x' };
const CUSTOM = { tools: [{ type: 'custom', name: 'apply_patch' }] };
const NAMESPACE = { tools: [{ type: 'namespace', name: 'mcp__a', tools: [] }] };
const SEARCHED = { input: [user('Hi'), { type: 'tool_search_call', call_id: 'c1', arguments: {} }] };
const SPLIT = { input: [user('Hi'), call, developer, output] };
const AGENT = { input: [user('Hi'), { type: 'agent_message', author: 'a', recipient: 'b', content: [] }] };
const LATE = { input: [user('Hi'), developer] };

/** Messages that public reports quote. */
const MESSAGES: readonly (readonly [provider: string, model: string, body: object, message: RegExp])[] = [
  ['aliyun-token-plan', 'auto', { tool_choice: 'auto' }, /tool_choice is not supported/],
  ['aliyun-token-plan', 'auto', { parallel_tool_calls: true }, /parallel_tool_calls is not supported/],
  ['zai', 'glm-5.4', {}, /Unknown model/],
  ['kimi-code', 'kimi-for-coding', SEARCHED, /^Invalid request Error$/],
  ['moonshot', 'kimi-k3', SPLIT, /^Invalid request: an assistant message with 'tool_calls' must be followed.*: c1$/],
  ['moonshot', 'kimi-k3', { store: true }, /store/],
  ['moonshot', 'kimi-k3', { previous_response_id: 'resp_1' }, /previous_response_id/],
  ['minimax', 'MiniMax-M3', CUSTOM, /custom is ignored/],
  ['deepseek', 'deepseek-v4-pro', SPLIT, /^No tool output found for tool call c1$/],
  ['mimo', 'mimo-v2.6-pro', CUSTOM, /^tool type 'custom' is not supported by this gateway phase\.$/],
  ['ark', 'ark-code-latest', NAMESPACE, /^unknown tool type: namespace$/],
  ['ark', 'ark-code-latest', { external_web_access: true }, /^json: unknown field "external_web_access"$/],
  ['openrouter', 'm', NAMESPACE, /^Invalid Responses API request$/],
  ['ollama', 'm', NAMESPACE, /^Failed to parse tools: Unsupported tool type: /],
  ['sglang', 'm', AGENT, /^Unsupported Responses API input item type: 'agent_message'$/],
  ['lm-studio', 'm', NAMESPACE, /^Invalid$/],
  ['llama-cpp', 'm', NAMESPACE, /^'type' of tool must be 'function'$/],
  ['llama-cpp', 'm', LATE, /^System message must be at the beginning\.$/],
];

describe('an endpoint rejects with its own message', () => {
  for (const [name, model, body, message] of MESSAGES) {
    it(`${name}: ${message.source}`, () => {
      const provider = PROVIDERS.find((row) => row.name === name);
      assert.ok(provider);
      const request = { model, stream: true, store: false, input: [user('Hi')], ...body };
      assert.match(validate(request, { provider, model })?.message ?? 'accepted', message);
    });
  }
});

const TOOLS = [
  { type: 'function', name: 'exec_command', description: 'Runs.', parameters: { type: 'object', properties: {} } },
  { type: 'custom', name: 'apply_patch', description: 'Patches.', format: { type: 'grammar', syntax: 'lark' } },
  { type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters: { type: 'object' } },
  { type: 'web_search', external_web_access: true },
];
const FOUND = [{
  type: 'namespace', name: 'mcp__mini', description: 'Mini.',
  tools: [{ type: 'function', name: 'echo', parameters: { type: 'object', properties: {} } }],
}];
const PATCH = '*** Begin Patch\n*** Delete File: a.txt\n*** End Patch';

describe('a thread of Codex at every endpoint', () => {
  for (const target of TARGETS) {
    const { provider: { name }, model } = target;
    const wire = prefersNative(target.provider, model) ? 'auto' : 'responses';
    it(`${name}/${model}, --wire ${wire}`, (context) => playThread(context, target, wire));
  }
});

/** The catalog with a provider whose own host is that of `url`. */
const servedAt = (url: string, name: string): readonly Provider[] =>
  PROVIDERS.map((row) => (row.name === name ? { ...row, baseUrls: [url] } : row));

/**
 * Plays a thread with the history of another provider: a tool search, then parallel calls of the found tool and of
 * apply_patch, with the message of a hook between calls and results.
 */
async function playThread(context: TestContext, { provider, model }: NativeTarget, wire: 'auto' | 'responses') {
  const behavior = NATIVE_BEHAVIOR[provider.name];
  const upstream = await startNativeUpstream({
    apiKey: KEY,
    ...(behavior && { behavior }),
    script: [
      answer({ reasoning: 'Hm.', text: 'Looking.', toolCalls: [{ name: 'tool_search', arguments: { query: 'a' } }] }),
      answer({
        reasoning: 'Both.',
        toolCalls: [
          { name: 'mcp__mini__echo', arguments: { text: 'a' } },
          { name: 'apply_patch', arguments: { input: PATCH } },
        ],
      }),
      answer({ text: 'Done.' }),
    ],
  });
  context.after(() => upstream.close());
  const bridge = await startBridge(context, {
    dialect: 'openai', provider: provider.name, model,
    settings: { wire, aiBaseUrl: upstream.url, catalog: servedAt(upstream.url, provider.name) },
  });
  const input: Loose[] = [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Rules.' }] },
    ...ask(),
    { type: 'reasoning', id: 'rs_foreign', summary: [], encrypted_content: 'gAAAAAB-of-another-provider' },
    { type: 'message', id: 'msg_foreign', role: 'assistant', content: [{ type: 'output_text', text: 'Earlier.' }] },
    { ...developer, id: 'msg_dev' },
    ...ask('Go on.'),
  ];
  const next = async (): Promise<Loose[]> => {
    const body = { input, tools: TOOLS, tool_choice: 'auto', parallel_tool_calls: true, store: false,
      include: ['reasoning.encrypted_content'], reasoning: { effort: 'high', summary: 'auto' }, prompt_cache_key: 't' };
    const response = await bridge.stream(body, CODEX);
    assert.deepEqual(upstream.rejections, []);
    assert.equal(finalResponse(response).status, 'completed', JSON.stringify(finalResponse(response).error));
    const items = doneItems(response);
    input.push(...items);
    return items.filter(({ type }) => type.endsWith('_call'));
  };
  const [search] = await next();
  const { type, execution, arguments: query } = search ?? {};
  assert.deepEqual([type, execution, query], ['tool_search_call', 'client', { query: 'a' }]);
  input.push({ type: 'tool_search_output', call_id: search?.call_id, execution: 'client', tools: FOUND });
  const [echo, patch] = await next();
  assert.deepEqual([echo?.type, echo?.namespace, echo?.name], ['function_call', 'mcp__mini', 'echo']);
  assert.deepEqual([patch?.type, patch?.name, patch?.input], ['custom_tool_call', 'apply_patch', PATCH]);
  input.push(
    { type: 'function_call_output', call_id: echo?.call_id, output: [{ type: 'input_text', text: 'a' }] },
    developer,
    { type: 'custom_tool_call_output', call_id: patch?.call_id, output: 'Applied.' },
  );
  await next();
  upstream.assertClean();
  assert.deepEqual(bridge.upstream.requests, [], 'nothing goes over Chat Completions');
}

const CHAT = ['{"choices":[{"index":0,"delta":{"content":"Hi."},"finish_reason":"stop"}]}', '[DONE]']
  .map((data) => `data: ${data}\n\n`).join('');

/** A gateway that serves only Chat Completions; resolves to its base URL and the requested paths. */
async function startGateway(context: TestContext, status: number, message: string) {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    if (request.url !== '/v1/responses') return response.end(CHAT);
    return response.writeHead(status, { 'content-type': 'application/json' }).end(`{"error":{"message":"${message}"}}`);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, paths };
}

describe('a preferred model at a host without a Responses endpoint', () => {
  const ROWS: readonly (readonly [status: number, message: string])[] = [
    [404, 'Not Found'], [405, 'Method Not Allowed'], [501, 'Not Implemented'],
    [400, 'deepseek-v4-pro is not supported by the Responses API'],
  ];
  for (const [status, message] of ROWS) {
    it(`falls back to Chat Completions after a ${status}, and keeps using it`, async (context) => {
      const { url, paths } = await startGateway(context, status, message);
      const settings = { aiBaseUrl: url, catalog: servedAt(url, 'deepseek') };
      const bridge = await startBridge(context, { provider: 'deepseek', model: 'deepseek-v4-pro', settings });
      for (let round = 0; round < 2; round += 1) {
        const response = await bridge.stream({ input: ask() }, CODEX);
        assert.equal(doneItems(response).at(-1)?.content[0].text, 'Hi.');
      }
      assert.deepEqual(paths, ['/v1/responses', '/v1/chat/completions', '/v1/chat/completions']);
      assert.match(bridge.lines.join(''), /"repairs":\["Chat Completions instead of Responses"\]/);
    });
  }

  it('fails if the user chose the protocol', async (context) => {
    const { url, paths } = await startGateway(context, 404, 'Not Found');
    const settings = { aiBaseUrl: url, wire: 'responses' } as const;
    const bridge = await startBridge(context, { provider: 'deepseek', model: 'deepseek-v4-pro', settings });
    assert.equal(finalResponse(await bridge.stream({ input: ask() }, CODEX)).status, 'failed');
    assert.deepEqual(paths, ['/v1/responses']);
  });
});

describe('the protocol of a model', () => {
  const choose = async (
    context: TestContext, provider: string, model: string, settings: Partial<Config>, isChat = false,
  ): Promise<readonly (string | undefined)[]> => {
    const { url, paths } = await startGateway(context, 404, 'Not Found');
    const bridge = await startBridge(context, { provider, model, settings: { aiBaseUrl: url, ...settings } });
    if (isChat) await bridge.chatJson({ messages: [{ role: 'user', content: 'Hi' }] });
    else await bridge.stream({ input: ask() }, CODEX);
    return paths.slice(0, 1);
  };
  const CHAT_PATH = ['/v1/chat/completions'];

  it('is Chat Completions for models that are not known to work over Responses', async (context) => {
    for (const [provider, model] of [
      ['zai', 'glm-5.4'], ['aliyun-payg', 'qwen3.7-plus'], ['mimo', 'mimo-v2.6-pro'], ['kimi-code', 'kimi-for-coding'],
      ['minimax', 'MiniMax-M2.7'], ['deepseek', 'deepseek-v3'], ['ollama', 'qwen3:8b'], ['ark', 'ark-code-latest'],
    ] as const) assert.deepEqual(await choose(context, provider, model, {}), CHAT_PATH, model);
  });

  it('is Chat Completions for clients of that API, and if the user chooses it', async (context) => {
    assert.deepEqual(await choose(context, 'deepseek', 'deepseek-flash', {}, true), CHAT_PATH);
    assert.deepEqual(await choose(context, 'deepseek', 'deepseek-flash', { wire: 'chat' }), CHAT_PATH);
  });

  it('is Chat Completions at a host that is not the provider’s own', async (context) => {
    assert.deepEqual(await choose(context, 'deepseek', 'deepseek-flash', {}), CHAT_PATH);
  });

  it('follows the providers file, for a provider or a model', async (context) => {
    const rows = (provider: Partial<Provider>): readonly Provider[] =>
      PROVIDERS.map((row) => (row.name === 'deepseek' ? { ...row, ...provider } : row));
    const models = PROVIDERS.find(({ name }) => name === 'deepseek')?.models ?? [];
    assert.deepEqual(
      await choose(context, 'deepseek', 'deepseek-flash', { wire: 'responses', catalog: rows({ wire: 'chat' }) }),
      CHAT_PATH,
    );
    const own = rows({ wire: 'chat', models: models.map((row) => ({ ...row, wire: 'responses' as const })) });
    assert.deepEqual(await choose(context, 'deepseek', 'deepseek-flash', { catalog: own }), ['/v1/responses']);
  });
});
