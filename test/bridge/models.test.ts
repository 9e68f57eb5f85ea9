/**
 * GET /models: one body for both kinds of clients, with the provider's own list if discovery is on.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { discoverModels } from '../../src/bridge/models';
import { createLogger } from '../../src/observe/log';
import { findProvider } from '../../src/providers/catalog';
import { KEY, startBridge, type TestBridge } from '../support/bridge/test-bridge';

interface Body {
  readonly object: string;
  readonly data: readonly { readonly id: string; readonly object: string; readonly owned_by: string }[];
  readonly models: readonly { readonly slug: string; readonly context_window: number }[];
}

async function getModels(
  { url }: TestBridge,
  path = '/v1/models',
): Promise<{ readonly body: Body; readonly etag: string }> {
  const response = await fetch(`${url}${path}`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  return { body: (await response.json()) as Body, etag: response.headers.get('etag') ?? '' };
}

const idsOf = ({ data }: Body): readonly string[] => data.map(({ id }) => id);

test('one body has the OpenAI list and the Codex models, with the default model first', async (context) => {
  const bridge = await startBridge(context, { settings: { defaultModel: 'glm-4.7' } });
  const { body, etag } = await getModels(bridge);
  assert.equal(body.object, 'list');
  assert.deepEqual(body.data[0], { id: 'glm-4.7', object: 'model', created: 0, owned_by: 'aliyun-coding' });
  assert.deepEqual(body.models.map(({ slug }) => slug), idsOf(body));
  assert.ok(body.models.length > 5);
  assert.match(etag, /^"[0-9a-z]+"$/);
  assert.deepEqual(await getModels(bridge, '/models'), { body, etag });
  assert.equal((await fetch(`${bridge.url}/models`, { method: 'HEAD' })).headers.get('etag'), etag);
  assert.equal(bridge.upstream.requests.length, 0, 'no request to the provider');
});

test('the ETag changes with the body, and is the same in every process', async (context) => {
  const tags = [];
  for (const defaultModel of ['glm-4.7', 'kimi-k2.5', 'glm-4.7']) {
    tags.push((await getModels(await startBridge(context, { settings: { defaultModel } }))).etag);
  }
  assert.equal(tags[0], tags[2]);
  assert.notEqual(tags[0], tags[1]);
});

test('an unknown DEFAULT_MODEL is listed with conservative assumptions', async (context) => {
  const { body } = await getModels(
    await startBridge(context, { dialect: 'openai', settings: { defaultModel: 'scripted-model' } }),
  );
  assert.deepEqual(idsOf(body), ['scripted-model']);
  assert.equal(body.models[0]?.context_window, 128_000);
});

test('aliases of MODEL_MAP are listed with the facts of their models', async (context) => {
  const { body } = await getModels(
    await startBridge(context, { settings: { modelMap: { far: 'deepseek/deepseek-v4-pro' } } }),
  );
  const far = body.data.find(({ id }) => id === 'far');
  assert.equal(far?.owned_by, 'deepseek');
  assert.equal(body.models.find(({ slug }) => slug === 'far')?.context_window, 1_000_000);
});

test('without model rows and a default model, both lists are empty', async (context) => {
  const bridge = await startBridge(context, { dialect: 'openai', settings: { discoverModels: false } });
  assert.deepEqual((await getModels(bridge)).body, { object: 'list', data: [], models: [] });
});

test('an old Codex gets only the efforts that it knows; all other clients get the same body', async (context) => {
  const bridge = await startBridge(context, { settings: { provider: 'deepseek' } });
  const old = await getModels(bridge, '/v1/models?client_version=0.125.0');
  const all = await getModels(bridge);
  assert.doesNotMatch(JSON.stringify(old.body), /"effort":"max"/);
  assert.match(JSON.stringify(all.body), /"effort":"max"/);
  assert.notEqual(old.etag, all.etag);
  assert.deepEqual(await getModels(bridge, '/models?client_version=0.169.0'), all);
});

test("DISCOVER_MODELS merges the provider's own list, which is requested once and with the key", async (context) => {
  const bridge = await startBridge(context, {
    dialect: 'openai', models: ['one', 'scripted-model', 'text-embedding-3'], apiKey: KEY,
    settings: { discoverModels: true, defaultModel: 'scripted-model' },
  });
  assert.equal(bridge.upstream.requests.length, 0, 'not before it is needed');
  const [first, second] = await Promise.all([getModels(bridge), getModels(bridge)]);
  assert.deepEqual(idsOf(first.body), ['scripted-model', 'one']);
  assert.deepEqual(second, first);
  assert.deepEqual(bridge.upstream.requests.map(({ method, path }) => `${method} ${path}`), ['GET /v1/models']);
  bridge.upstream.assertClean();
});

test("the provider's list is requested again after five minutes", async (context) => {
  let now = 0;
  const bridge = await startBridge(context, {
    dialect: 'openai',
    models: ['one'],
    apiKey: KEY,
    runtime: { clock: () => now },
  });
  const requestsAt = async (time: number): Promise<number> => {
    now = time;
    assert.deepEqual(idsOf((await getModels(bridge)).body), ['one']);
    return bridge.upstream.requests.length;
  };
  assert.deepEqual([await requestsAt(0), await requestsAt(299_999), await requestsAt(300_000)], [1, 1, 2]);
});

test('the list of a provider without model rows is requested unless DISCOVER_MODELS is off', async (context) => {
  const options = { dialect: 'openai', models: ['one', 'two'], apiKey: KEY } as const;
  const byDefault = await startBridge(context, options);
  assert.deepEqual(idsOf((await getModels(byDefault)).body), ['one', 'two']);
  const off = await startBridge(context, { ...options, settings: { discoverModels: false } });
  assert.deepEqual(idsOf((await getModels(off)).body), []);
  assert.equal(off.upstream.requests.length, 0);
});

test('after a failure, the list is requested again after ten seconds', async (context) => {
  let now = 0;
  let isUp = false;
  const server = createServer(
    (_, response) => void (isUp ? response.end('{"data":[{"id":"m"}]}') : response.writeHead(503).end()),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const aiBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const settings = { aiBaseUrl, provider: 'openai-compatible' };
  const bridge = await startBridge(context, { dialect: 'openai', settings, runtime: { clock: () => now } });
  assert.deepEqual(idsOf((await getModels(bridge)).body), []);
  isUp = true;
  now = 9_999;
  assert.deepEqual(idsOf((await getModels(bridge)).body), []);
  now = 10_000;
  assert.deepEqual(idsOf((await getModels(bridge)).body), ['m']);
});

test('the context window of a loaded model overrides the one in the list', async (context) => {
  const answer = (loaded: string | undefined): RequestListener => ({ url }, response) => {
    if (url === '/v1/models') response.end('{"data":[{"id":"M","max_model_len":131072},{"id":"n"}]}');
    else if (url === '/api/ps' && loaded !== undefined) response.end(loaded);
    else response.writeHead(404).end();
  };
  const loaded = '{"models":[{"model":"m","context_length":4096}]}';
  const { found } = await discoverFrom(context, answer(loaded), 10_000, '/api/ps');
  assert.deepEqual(found, [{ id: 'M', contextWindow: 4096 }, { id: 'n' }]);
  const without = await discoverFrom(context, answer(undefined), 10_000, '/api/ps');
  assert.deepEqual(without.found, [{ id: 'M', contextWindow: 131_072 }, { id: 'n' }]);
  assert.equal(without.log, '');
});

test('a DEFAULT_MODEL that a local server does not list comes before the one that it lists', async (context) => {
  const bridge = await startBridge(context, {
    dialect: 'openai', models: ['file.gguf'], apiKey: KEY, provider: 'llama-cpp', model: 'mine',
    settings: { defaultModel: 'mine' },
  });
  const { body } = await getModels(bridge);
  assert.deepEqual(idsOf(body), ['mine', 'file.gguf']);
});

test('a provider without a list gets one request and one log line, and the catalog is unchanged', async (context) => {
  const bridge = await startBridge(context, { settings: { discoverModels: true }, runtime: { clock: () => 0 } });
  const { body } = await getModels(bridge);
  await getModels(bridge);
  assert.ok(idsOf(body).includes('qwen3.7-plus'));
  assert.equal(bridge.upstream.requests.length, 1);
  const notes = bridge.lines.filter((line) => line.includes('model catalog'));
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? '', /"level":"info"/);
  assert.match(notes[0] ?? '', /"reason":"Alibaba Cloud Coding Plan \(127\.0\.0\.1:\d+\) answered 404\."/);
});

/** Discovers the models of a provider that `listener` plays; resolves with them and the log. */
async function discoverFrom(
  context: TestContext, listener: RequestListener, timeoutMs = 10_000, loadedPath?: `/${string}`,
) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const aiBaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  let log = '';
  const logger = createLogger({ level: 'info', format: 'text', write: (line) => { log += line; } });
  const settings = { aiBaseUrl, aiApiKey: KEY, forceEnvAuth: true, userAgent: 'agent/1' };
  const row = { ...findProvider('aliyun-coding', aiBaseUrl), title: 'Acme' };
  const provider = loadedPath === undefined ? row : { ...row, loadedPath };
  return { found: await discoverModels(settings, provider, logger, timeoutMs), log };
}

test('the request has the key, the configured User-Agent, and accepts JSON', async (context) => {
  let seen: Readonly<Record<string, unknown>> = {};
  const { found, log } = await discoverFrom(context, (request, response) => {
    seen = { ...request.headers, url: request.url };
    response.end('{"data":[{"id":"m"}]}');
  });
  assert.deepEqual([found, log], [[{ id: 'm' }], '']);
  assert.deepEqual(
    [seen['url'], seen['authorization'], seen['user-agent'], seen['accept']],
    ['/v1/models', `Bearer ${KEY}`, 'agent/1', 'application/json'],
  );
});

const FAILURES: Readonly<
  Record<string, { readonly answer: RequestListener; readonly says: RegExp; readonly timeoutMs?: number }>
> = {
  'a hanging provider': { answer: () => undefined, says: /did not answer within 50 ms\./, timeoutMs: 50 },
  'a list that never ends': {
    answer: (_, response) => void response.write('{"data":['),
    says: /did not answer within 50 ms\./,
    timeoutMs: 50,
  },
  'a page': { answer: (_, response) => void response.end('<html>Sign in</html>'), says: /did not answer with JSON\./ },
  'JSON that is not a list': {
    answer: (_, response) => void response.end('{"ok":true}'),
    says: /something other than a list of models/,
  },
  'a redirect': {
    answer: (_, response) => void response.writeHead(302, { location: '/login' }).end(),
    says: /answered 302\./,
  },
  'a rejected key': { answer: (_, response) => void response.writeHead(401).end('no'), says: /answered 401\./ },
  'a broken connection': { answer: (request) => void request.socket.destroy(), says: /closed the connection/ },
  'a body that is too large': {
    answer: (_, response) => void response.end(Buffer.alloc(17 * 1024 * 1024, ' ')),
    says: /answered with more than 16777216 bytes\./,
  },
};

for (const [name, { answer, says, timeoutMs }] of Object.entries(FAILURES)) {
  test(`${name} leaves the catalog unchanged and is logged`, async (context) => {
    const { found, log } = await discoverFrom(context, answer, timeoutMs);
    assert.equal(found, undefined);
    // A long line continues on the next.
    const flat = log.replace(/\n\S+ \S+ info {6}/g, ' ');
    assert.match(flat, says);
    assert.match(flat, /^\S+ \S+ info {2}the model catalog is unchanged: /);
    assert.equal(flat.split('\n').length, 2, 'one line');
  });
}
