/** The built bridge sends turns, model lists and searches directly, over HTTP/1.1, on every supported Node. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startBuiltBridge } from '../support/cli/built-bridge';
import { listNodes } from '../support/cli/node-versions';
import { getJson, postJson } from '../support/clients/sse-client';
import { ACME_TLS } from '../support/upstream/connect-proxy';

const COMPLETION = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }] };

const HIT = { title: 'A hit', url: 'https://example.com/a', content: 'Text.' };

/** Starts a provider and search service on localhost that prefers HTTP/2, as most do. */
async function startProvider(context: TestContext) {
  const seen: string[] = [];
  const { cert, key } = ACME_TLS;
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    seen.push(`${request.url.replace(/\?.*/, '')} over HTTP/${request.httpVersion}`);
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.method === 'POST') response.end(JSON.stringify(COMPLETION));
      else response.end(JSON.stringify({ data: [{ id: 'direct-model' }], results: [HIT] }));
    });
  });
  await once(server.listen(0, 'localhost'), 'listening');
  context.after(() => server.close());
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, seen };
}

for (const { title, skip, path } of listNodes(18, 20, 24, 26)) {
  // Node's own proxy support has no exception for localhost, but the bridge's has.
  for (const variables of [{}, { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:9' }]) {
    const names = Object.keys(variables).join(' and ') || 'no variables';
    test(`direct connections on ${title} with ${names}`, { skip }, async (context) => {
      const { url, seen } = await startProvider(context);
      const env = { NODE_EXTRA_CA_CERTS: ACME_TLS.certFile, ...variables };
      const flags = ['--provider', 'openai-compatible', '--search', 'searxng', '--search-url', `${url}/search`];
      const bridge = await startBuiltBridge(context, { node: path, upstream: `${url}/v1`, flags, env });
      const turn = await postJson(`${bridge.url}/v1/responses`, { model: 'm', input: 'Hi', store: false });
      assert.equal(turn.status, 200, turn.text);
      assert.match((await getJson(`${bridge.url}/v1/models`)).text, /direct-model/);
      const search = { id: 's', model: 'm', commands: { search_query: [{ q: 'x' }] } };
      assert.match((await postJson(`${bridge.url}/v1/alpha/search`, search)).text, /A hit/);
      assert.deepEqual(new Set(seen), new Set([
        '/v1/chat/completions over HTTP/1.1', '/v1/models over HTTP/1.1', '/search over HTTP/1.1',
      ]));
    });
  }
}
