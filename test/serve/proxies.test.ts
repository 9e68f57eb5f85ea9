/** The built bridge reaches its provider through proxies on every supported Node. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startBuiltBridge } from '../support/cli/built-bridge';
import { listNodes } from '../support/cli/node-versions';
import { getJson, postJson, postStream } from '../support/clients/sse-client';
import { ACME_TLS, startConnectProxy, type ProxyOptions } from '../support/upstream/connect-proxy';

const CHUNKS = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Through the tunnel.' } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
].map((chunk) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...chunk })}\n\n`);

/** Starts a provider with the name api.acme.test, which only the proxy can resolve. */
async function startProvider(context: TestContext) {
  const keys: (string | undefined)[] = [];
  const server = createServer({ cert: ACME_TLS.cert, key: ACME_TLS.key }, (request, response) => {
    keys.push(request.headers.authorization);
    request.resume().on('end', () => {
      if (request.method === 'GET') return void response.end(JSON.stringify({ data: [{ id: 'tunnel-model' }] }));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${CHUNKS.join('')}data: [DONE]\n\n`);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, keys };
}

interface Case extends Omit<ProxyOptions, 'port'> { readonly name: string; readonly login: string }

const CASES: readonly Case[] = [
  { name: 'a CONNECT proxy', login: '' },
  { name: 'a proxy with a password', login: 'me:p%40ss@', credentials: 'me:p@ss' },
];

const BODY = { model: 'm', input: 'Hi', store: false };

for (const { title, skip, path } of listNodes(18, 20, 24, 26)) {
  for (const { name, login, ...options } of CASES) {
    test(`${name} on ${title}`, { skip }, async (context) => {
      const provider = await startProvider(context);
      const proxy = await startConnectProxy(context, { port: provider.port, ...options });
      const env = {
        AI_API_KEY: 'sk-test-tunnel', AI_PROVIDER: 'openai-compatible', UPSTREAM_CA: ACME_TLS.certFile,
        HTTPS_PROXY: `http://${login}127.0.0.1:${proxy.port}`,
      };
      const bridge = await startBuiltBridge(context, {
        node: path, upstream: 'https://api.acme.test/v1', flags: ['--provider', 'openai-compatible'], env,
      });
      const url = `${bridge.url}/v1/responses`;
      const streamed = await postStream(url, { ...BODY, stream: true });
      assert.match(streamed.text, /Through the tunnel\./);
      assert.match(streamed.text, /response\.completed/);
      assert.equal((await postJson(url, BODY)).status, 200);
      assert.match((await getJson(`${bridge.url}/v1/models`)).text, /tunnel-model/);
      assert.deepEqual([...new Set(proxy.seen)], ['api.acme.test:443 200']);
      assert.deepEqual([...new Set(provider.keys)], ['Bearer sk-test-tunnel']);
    });
  }
}

test('a wrong proxy password causes one clear error, which does not contain the password', async (context) => {
  const provider = await startProvider(context);
  const proxy = await startConnectProxy(context, { port: provider.port, credentials: 'me:right' });
  const bridge = await startBuiltBridge(context, {
    upstream: 'https://api.acme.test/v1', flags: ['--provider', 'openai-compatible'],
    env: { HTTPS_PROXY: `http://me:wrong-secret@127.0.0.1:${proxy.port}` },
  });
  const { status, text } = await postJson(`${bridge.url}/v1/responses`, BODY);
  assert.equal(status, 403);
  assert.match(text, /rejected a connection to api\.acme\.test:443 with status 407\. Check the user name and password/);
  assert.ok(!`${text}${bridge.output()}`.includes('wrong-secret'));
  assert.deepEqual([proxy.seen, provider.keys], [['api.acme.test:443 407'], []]);
});
