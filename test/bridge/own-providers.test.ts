/** What the rows of the user's providers file change: headers, body fields, dropped fields, secrets in errors. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readUserProviders } from '../../src/providers/user-providers';
import { ask, startBridge } from '../support/bridge/test-bridge';
import { reply } from '../support/upstream/scripted-upstream';

const SECRET = 'sk-test-header-secret';

async function startWith(context: TestContext, row: object, options: Parameters<typeof startBridge>[1] = {}) {
  const text = JSON.stringify({ providers: { acme: { base_url: 'https://a.example/v1', ...row } } });
  const read = readUserProviders(text, { path: 'providers.json', env: { SECRET } });
  assert.ok(read.ok, read.ok ? '' : read.errors.join());
  const settings = { ...options.settings, provider: 'acme', catalog: read.rows };
  return startBridge(context, { dialect: 'openai', allowFields: ['top_k', 'options'], ...options, settings });
}

const ROW = {
  headers: { 'x-team': '$SECRET', 'user-agent': 'acme/1' },
  body: { top_k: 20, temperature: 0.5 },
  drop: ['stream_options'],
  models: { small: { body: { top_k: 5 }, drop: ['temperature'], headers: { 'x-model': 'small' } } },
};

test('headers, body and drop of the provider apply to each request, then those of the model', async (context) => {
  const bridge = await startWith(context, ROW);
  await bridge.json({ model: 'scripted-model', input: ask() });
  await bridge.json({ model: 'small', input: ask(), temperature: 1 });
  const [first, second] = bridge.upstream.requests;
  assert.deepEqual([first?.headers['x-team'], first?.headers['user-agent']], [SECRET, 'acme/1']);
  assert.deepEqual([first?.body.top_k, first?.body.temperature, first?.body.stream_options], [20, 0.5, undefined]);
  assert.deepEqual([second?.headers['x-model'], second?.headers['x-team']], ['small', SECRET]);
  assert.deepEqual([second?.body.top_k, second?.body.temperature], [5, undefined]);
});

test('--upstream-header is sent only to the primary provider', async (context) => {
  const bridge = await startWith(context, {}, { settings: { upstreamHeader: { 'x-gate': SECRET } } });
  await bridge.json({ model: 'scripted-model', input: ask() });
  assert.equal(bridge.upstream.requests[0]?.headers['x-gate'], SECRET);
});

test('a header value quoted by the provider reaches neither the client nor the log', async (context) => {
  const body = { error: { message: `no team ${SECRET}` } };
  const bridge = await startWith(context, ROW, { script: [reply({ status: 400, body })] });
  const answer = await bridge.json({ model: 'scripted-model', input: ask() });
  assert.equal(answer.status, 400);
  assert.ok(!JSON.stringify(answer).includes(SECRET));
  assert.ok(!bridge.lines.join('').includes(SECRET));
});
