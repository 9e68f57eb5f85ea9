/** The warm-up after the start: a practice turn runs the real code without the network. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { resolveConfig } from '../../src/config/resolve';
import { runPracticeTurn, warmUp } from '../../src/serve/warm-up';
import { PROVIDERS } from '../../src/providers/catalog';

function configOf(baseUrl: string) {
  const resolved = resolveConfig({}, { AI_API_BASE: baseUrl, AI_API_KEY: 'sk-test-practice' });
  assert.ok(resolved.ok);
  return resolved.config;
}

for (const { name, baseUrls } of PROVIDERS) {
  test(`a practice turn with the dialect of ${name} produces text, a tool call and response.completed`, async () => {
    const [head = '', body = ''] = (await runPracticeTurn(configOf(baseUrls[0] ?? ''))).split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(body, /"type":"response\.output_text\.delta".*"delta":"The files:"/);
    assert.match(body, /"type":"function_call".*"name":"exec_command".*\\"cmd\\":\\"ls\\"/);
    assert.match(body, /"type":"response\.completed"/);
  });
}

test('a practice turn uses Chat Completions, even if the user’s provider uses Responses', async () => {
  const native = { wire: 'responses', responses: { evidence: 'source' } } as const;
  const catalog = PROVIDERS.map((row) => ({ ...row, ...native }));
  const [{ baseUrls: [baseUrl] = [] } = {}] = catalog;
  assert.match(await runPracticeTurn({ ...configOf(baseUrl ?? ''), catalog }), /"type":"response\.completed"/);
});

test('a practice turn connects to nothing', async (context) => {
  const provider = createServer(() => assert.fail('the provider received a connection')).listen(0, '127.0.0.1');
  context.after(() => provider.close());
  await once(provider, 'listening');
  const address = provider.address();
  assert.ok(typeof address === 'object' && address !== null);
  assert.match(await runPracticeTurn(configOf(`http://127.0.0.1:${address.port}/v1`)), /response\.completed/);
});

test('the warm-up opens the bridge that answers requests', async () => {
  await new Promise<void>((resolve) => {
    const stop = warmUp({
      config: configOf('http://127.0.0.1:9/v1'), openTurns: () => 1,
      openBridge() {
        stop();
        resolve();
      },
    });
  });
});
