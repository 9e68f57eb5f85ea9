/** POST /alpha/search over HTTP: Codex's own web search. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { KEY, startBridge } from '../support/bridge/test-bridge';
import { postJson } from '../support/clients/sse-client';

const QUERY = {
  id: 'thread-1',
  model: 'glm-4.7',
  commands: { search_query: [{ q: 'bridges' }] },
  max_output_tokens: 1000,
};

/** The answer to the query; the reference is captured. */
const RESULT = /^\{"output":"Results for \\"bridges\\":\\n\\n\[(turn\d+search0)\] Bridges\\n.*\/b\\nOf steel\."\}$/;

/** A search service that finds one page and records the keys it receives. */
async function startService(context: TestContext) {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    request.resume().on('end', () => {
      const results = [{ title: 'Bridges', url: 'https://example.com/b', content: 'Of steel.' }];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/search`, keys };
}

for (const path of ['/v1/alpha/search', '/alpha/search']) {
  test(`${path} returns the results as one text`, async (context) => {
    const service = await startService(context);
    const settings = { search: 'tavily', searchUrl: service.url, searchKey: 'sk-test-search' } as const;
    const { url } = await startBridge(context, { settings });
    const { status, json } = await postJson(`${url}${path}`, QUERY);
    assert.equal(status, 200);
    assert.match(JSON.stringify(json), RESULT);
    assert.deepEqual(service.keys, ['Bearer sk-test-search']);
  });
}

test('a change of settings applies to the next search, and references stay valid', async (context) => {
  const [first, second] = [await startService(context), await startService(context)];
  const bridge = await startBridge(context, {
    settings: { search: 'tavily', searchUrl: first.url, searchKey: 'sk-test-first' },
  });
  const search = (commands: object) => postJson(`${bridge.url}/v1/alpha/search`, { ...QUERY, commands });
  const [, reference] = RESULT.exec(JSON.stringify((await search(QUERY.commands)).json)) ?? [];
  bridge.change({ searchUrl: second.url, searchKey: 'sk-test-second' });
  await search(QUERY.commands);
  assert.deepEqual([first.keys, second.keys], [['Bearer sk-test-first'], ['Bearer sk-test-second']]);
  const { json } = await search({ find: [{ ref_id: reference, pattern: 'x' }] });
  assert.doesNotMatch(JSON.stringify(json), /Unknown reference/);
  bridge.change({ search: undefined });
  assert.equal((await search(QUERY.commands)).status, 404);
});

test("the provider's key is not sent to the search service", async (context) => {
  const service = await startService(context);
  const { url } = await startBridge(context, { settings: { search: 'tavily', searchUrl: service.url } });
  await postJson(`${url}/v1/alpha/search`, QUERY);
  assert.deepEqual(service.keys, [undefined]);
  assert.ok(!JSON.stringify(service.keys).includes(KEY));
});

test('without a search service, the model is told how to configure one', async (context) => {
  const { url } = await startBridge(context, {});
  const { status, json } = await postJson(`${url}/v1/alpha/search`, QUERY);
  assert.equal(status, 404);
  assert.match(JSON.stringify(json), /No web search is configured\. Start the bridge with --search NAME/);
});

test('a body that is not a search is rejected with 400', async (context) => {
  const { url } = await startBridge(context, { settings: { search: 'tavily', searchKey: 'sk-test-search' } });
  for (const body of [{}, { commands: {} }, { commands: 'x' }, []]) {
    assert.equal((await postJson(`${url}/v1/alpha/search`, body)).status, 400, JSON.stringify(body));
  }
});

test('a page on this machine cannot be opened', async (context) => {
  const service = await startService(context);
  const { url } = await startBridge(context, { settings: { search: 'tavily', searchUrl: service.url } });
  const commands = { open: [{ ref_id: service.url }, { ref_id: `${url}/health` }] };
  const { status, json } = await postJson(`${url}/v1/alpha/search`, { ...QUERY, commands });
  assert.equal(status, 200);
  assert.match(
    JSON.stringify(json),
    /127\.0\.0\.1 is not on the public internet.*127\.0\.0\.1 is not on the public internet/s,
  );
  assert.deepEqual(service.keys, []);
});
