/** Keys and fallbacks for requests that are prepared twice: at Responses endpoints, for Chat clients, with pictures. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Config } from '../../src/config/options';
import { PROVIDERS } from '../../src/providers/catalog';
import type { Provider } from '../../src/providers/provider';
import { ask, CODEX, doneItems, finalResponse, startBridge, type Loose } from '../support/bridge/test-bridge';
import { KEYS, outOfQuota, startPlans, summariesOf } from '../support/bridge/plans';
import { answer, reply } from '../support/upstream/scripted-upstream';

const [FIRST, SECOND] = KEYS;
const UNTIL_THREE = '2026-11-28 15:00:00 UTC';
const CHAT = ['{"choices":[{"index":0,"delta":{"content":"Hi."},"finish_reason":"stop"}]}', '[DONE]']
  .map((data) => `data: ${data}\n\n`).join('');
const FAILURES = {
  402: { message: 'Usage limit reached.', code: 'quota' },
  404: { message: 'Not Found' },
} as const;

type ChooseStatus = (path: string, key: string, model: string) => keyof typeof FAILURES | 200;

/** Starts a host with both APIs. `seen` gets the path and the key of each request, such as `/responses first`. */
async function startHost(context: TestContext, chooseStatus: ChooseStatus) {
  const seen: string[] = [];
  const bodies: Loose[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body: Loose = JSON.parse(text);
    const path = request.url?.replace('/v1', '') ?? '';
    const key = /acme-(\w+)-key/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    seen.push(`${path} ${key}`);
    bodies.push(body);
    const status = chooseStatus(path, key, body.model);
    if (status === 200) return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(CHAT);
    response.writeHead(status, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify({ error: FAILURES[status] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen, bodies };
}

interface HostOptions { readonly url: string; readonly row?: Partial<Provider>; readonly settings?: Partial<Config> }

/** Starts a bridge for a provider of the catalog, whose base URL is `url`. */
const startAt = (context: TestContext, provider: string, { url, row, settings }: HostOptions) =>
  startBridge(context, {
    provider, model: provider === 'deepseek' ? 'deepseek-v4-pro' : 'qwen3.8-max',
    settings: {
      aiBaseUrl: url, aiApiKey: FIRST, apiKeys: [FIRST, SECOND],
      catalog: PROVIDERS.map((each) => (each.name === provider ? { ...each, baseUrls: [url], ...row } : each)),
      ...settings,
    },
  });

const THREAD = { ...CODEX, 'x-codex-turn-metadata': '{"turn_id":"t","thread_id":"one"}' };
const PICTURE = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };
const show = (...pictures: readonly object[]) => [
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look' }, ...pictures] },
];

test('a retry over Chat Completions keeps the key that the turn had switched to', async (context) => {
  const { url, seen } = await startHost(context, (path, key) =>
    key === 'first' ? 402 : path === '/responses' ? 404 : 200);
  const bridge = await startAt(context, 'aliyun-token-plan', { url });
  const texts = [await bridge.stream({ input: ask() }, THREAD), await bridge.stream({ input: ask() }, THREAD)]
    .map((each) => doneItems(each).at(-1)?.content[0].text);
  assert.deepEqual(texts, ['Hi.', 'Hi.']);
  assert.deepEqual(seen, [
    '/responses first', '/responses second', '/chat/completions second', '/chat/completions second',
  ]);
});

test('a retry over Chat Completions keeps the notice of a fallback', async (context) => {
  const { url } = await startHost(context, (path, _key, model) =>
    model === 'deepseek-v4-pro' ? 402 : path === '/responses' ? 404 : 200);
  const row = { fallback: ['deepseek/deepseek-flash'] };
  const bridge = await startAt(context, 'deepseek', { url, row, settings: { apiKeys: [FIRST] } });
  assert.match(summariesOf(await bridge.stream({ input: ask() }, THREAD)).join(), /out of quota; using deepseek-flash/);
  assert.deepEqual(summariesOf(await bridge.stream({ input: ask() }, THREAD)), [], 'the notice is sent once');
});

/** Settings with which the provider `eyes`, at the same host, describes pictures. */
const withVision = (url: string, row: Partial<Provider> = {}): Partial<Config> => {
  const deepseek = PROVIDERS.flatMap((each) => (each.name === 'deepseek' ? [{ ...each, baseUrls: [url] }] : []));
  const eyes = deepseek.map((each) => ({ ...each, name: 'eyes', dialect: { images: true } }));
  const catalog = [...deepseek.map((each) => ({ ...each, ...row })), ...eyes];
  return { apiKeys: [FIRST], visionModel: 'eyes/eyes-1', catalog, ...{ providerKeys: { eyes: [FIRST] } } };
};

for (const [where, fallback] of [['the model itself', []], ['a fallback', ['deepseek/deepseek-v4-flash']]] as const) {
  test(`a retry over Chat Completions keeps the descriptions of pictures, for ${where}`, async (context) => {
    const { url, seen, bodies } = await startHost(context, (path, _key, model) =>
      model === 'deepseek-v4-pro' && fallback.length > 0 ? 402 : path === '/responses' ? 404 : 200);
    const bridge = await startAt(context, 'deepseek', { url, settings: withVision(url, { fallback }) });
    assert.equal(finalResponse(await bridge.stream({ input: show(PICTURE) }, THREAD)).status, 'completed');
    assert.deepEqual(seen.slice(-2), ['/responses first', '/chat/completions first']);
    assert.match(JSON.stringify(bodies.at(-1)?.messages), /Picture, described by eyes\/eyes-1: Hi\./);
  });
}

for (const wire of ['auto', 'responses'] as const) {
  test(`the fields of a Chat client reach a fallback, --wire ${wire}`, async (context) => {
    const { url, seen, bodies } = await startHost(context, (_path, _key, model) =>
      model === 'deepseek-v4-pro' ? 402 : 200);
    const row = { fallback: ['deepseek/deepseek-flash'] };
    const bridge = await startAt(context, 'deepseek', { url, row, settings: { apiKeys: [FIRST], wire } });
    await bridge.chatJson({ messages: [{ role: 'user', content: 'Hi' }], stop: ['END'], seed: 7 });
    // The Responses API, which the user chose, has no such fields.
    if (wire === 'responses') return assert.ok(seen.every((each) => each.startsWith('/responses')), seen.join());
    assert.deepEqual(seen, ['/chat/completions first', '/chat/completions first']);
    return assert.deepEqual([bodies[1]?.model, bodies[1]?.stop, bodies[1]?.seed], ['deepseek-flash', ['END'], 7]);
  });
}

test('the fields of a Chat client are kept when a picture is described', async (context) => {
  const { url, seen, bodies } = await startHost(context, () => 200);
  const bridge = await startAt(context, 'deepseek', { url, settings: withVision(url) });
  const content = [{ type: 'text', text: 'Look' }, { type: 'image_url', image_url: { url: PICTURE.image_url } }];
  await bridge.chatJson({ messages: [{ role: 'user', content }], stop: ['END'], seed: 7 });
  assert.equal(seen.at(-1), '/chat/completions first');
  const { stop, seed, messages } = bodies.at(-1) ?? {};
  assert.deepEqual([stop, seed], [['END'], 7]);
  assert.match(JSON.stringify(messages), /described by/);
});

test('a title request with a picture goes to the fallback, not to the small model', async (context) => {
  const plans = await startPlans(context, {
    acme: { models: { 'acme-1': { input: ['text', 'image'], fallback: ['acme-2'] }, 'acme-2': {}, small: {
      input: ['text', 'image'], fallback: ['acme-2'],
    } }, vision_model: 'beta/beta-1' },
    beta: { models: { 'beta-1': { input: ['text', 'image'] } } },
    settings: { apiKeys: [FIRST], smallModel: 'small' },
    acmeScript: ({ body }: Loose) => (body.model === 'acme-2' ? answer({ text: 'Red.' }) : outOfQuota(UNTIL_THREE)),
  });
  const metadata = { turn_id: 't', thread_id: 'one', thread_source: 'thread_title' };
  const headers = { ...CODEX, 'x-codex-turn-metadata': JSON.stringify(metadata) };
  const stream = await plans.bridge.stream({ model: 'acme-1', input: show(PICTURE) }, headers);
  assert.equal(finalResponse(stream).status, 'completed');
  assert.deepEqual(plans.bridge.upstream.requests.map(({ body }) => body.model), ['small', 'acme-2']);
});

test('a note about a picture that could not be described is kept if another picture was described', async (context) => {
  const plans = await startPlans(context, {
    acme: { vision_model: 'beta/beta-1' }, beta: { models: { 'beta-1': { input: ['text', 'image'] } } },
    betaScript: ({ body }: Loose) => (JSON.stringify(body).includes('BBBB')
      ? reply({ status: 400, body: { error: { message: 'Bad.' } } }) : answer({ text: 'A red square.' })),
  });
  const other = { ...PICTURE, image_url: 'data:image/png;base64,BBBB' };
  const { headers } = await plans.bridge.json({ model: 'acme-1', input: show(PICTURE, other) });
  const notes = String(headers['x-bridge-notes']);
  assert.match(notes, /could not describe a picture with beta\/beta-1: upstream_rejected/);
  const sent = JSON.stringify(plans.bridge.upstream.requests[0]?.body);
  assert.match(sent, /described by beta\/beta-1: A red square\..*image left out/);
  const { headers: later } = await plans.bridge.json({ model: 'acme-1', input: show(PICTURE) });
  assert.equal(later['x-bridge-notes'], undefined, 'nothing was left out of a described picture');
});

test('a failure cached for one host does not apply to another with the same key and request', async (context) => {
  const busy = reply({ status: 503, body: { error: { message: 'Overloaded.' } } });
  const plans = await startPlans(context, {
    acme: { fallback: ['beta/acme-1'] }, beta: { models: { 'acme-1': {} } },
    settings: { apiKeys: [FIRST], ...{ providerKeys: { beta: [FIRST] } }, refusalCacheMs: 5_000, upstreamCalls: 4 },
    upstream: { apiKey: FIRST }, acmeScript: () => busy,
  });
  assert.equal(finalResponse(await plans.turn('one')).status, 'completed');
  assert.deepEqual([plans.acmeKeys().length, plans.betaKeys().length], [4, 1]);
});
