/** Several keys and fallback models: which one gets each call, for how long, and what the user sees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, deltasOf, doneItems, finalResponse, type Loose } from '../support/bridge/test-bridge';
import { BETA_KEY, deadKey, KEYS, outOfQuota, startPlans, summariesOf } from '../support/bridge/plans';
import { answer, raw, refuse, reply } from '../support/upstream/scripted-upstream';

process.env['TZ'] = 'UTC';

const [FIRST, SECOND, THIRD] = KEYS;
const HOUR = 3_600_000;
const UNTIL_THREE = '2026-11-28 15:00:00 UTC';
const FALLBACK = { acme: { fallback: ['beta/beta-1'] } };
const ONE_KEY = { settings: { apiKeys: [FIRST] } };
const NOTICE = 'acme-1 is out of quota until 15:00; using beta-1';

const done = () => answer({ text: 'Done.' });

test('after 402 and 401 the next key is used; later turns and threads start with a key that works', async (context) => {
  const { turn, acmeKeys, pass } = await startPlans(context, {
    acmeScript: [outOfQuota(UNTIL_THREE), deadKey(), done(), done(), done(), done(), done()],
  });
  const first = await turn('one');
  assert.equal(deltasOf(first, 'response.output_text.delta'), 'Done.');
  assert.deepEqual(summariesOf(first), []);
  assert.deepEqual(acmeKeys(), [FIRST, SECOND, THIRD]);
  await turn('one');
  await turn('two');
  assert.deepEqual(acmeKeys().slice(3), [THIRD, THIRD]);
  pass(3 * HOUR);
  await turn('three');
  await turn('one');
  assert.deepEqual(acmeKeys().slice(5), [FIRST, THIRD], 'a thread keeps its key, which has its prompt cache');
});

for (const [name, step] of [
  ['403', reply({ status: 403, body: { error: { message: 'This key is not active.' } } })],
  ['429 of a quota', reply({ status: 429, body: { error: { message: 'x', code: 'exceeded_current_quota' } } })],
  ['an error in a stream', raw({ chunks: ['data: {"error":{"message":"Incorrect API key"}}\n\n'], end: 'eof' })],
] as const) {
  test(`the next key is used after ${name}`, async (context) => {
    const { turn, acmeKeys } = await startPlans(context, { acmeScript: [step, done()] });
    assert.equal(finalResponse(await turn('one')).status, 'completed');
    assert.deepEqual(acmeKeys(), [FIRST, SECOND]);
  });
}

test('no other key is tried after a rejected request, a moderated prompt or a full context', async (context) => {
  for (const message of ['Bad field.', 'data_inspection_failed', 'maximum context length is 1 token']) {
    const step = reply({ status: 400, body: { error: { message } } });
    const { turn, acmeKeys, betaKeys } = await startPlans(context, { ...FALLBACK, acmeScript: () => step });
    assert.equal(finalResponse(await turn('one')).status, 'failed');
    assert.deepEqual([acmeKeys(), betaKeys()], [[FIRST], []], message);
  }
});

test('a fallback answers until the quota resets; each thread is told once, and no call is wasted', async (context) => {
  const plans = await startPlans(context, { ...FALLBACK, ...ONE_KEY, acmeScript: [outOfQuota(UNTIL_THREE), done()] });
  const { turn, bridge, acmeKeys, betaKeys, pass } = plans;
  const first = await turn('one');
  assert.deepEqual(summariesOf(first), [NOTICE]);
  assert.equal(deltasOf(first, 'response.output_text.delta'), 'Done.');
  assert.deepEqual(summariesOf(await turn('one')), []);
  assert.deepEqual(summariesOf(await turn('two')), [NOTICE]);
  assert.deepEqual([acmeKeys().length, betaKeys()], [1, [BETA_KEY, BETA_KEY, BETA_KEY]]);
  const lines = await bridge.turns(3);
  const logged = lines.map((line) => [line.substituted, line.sent_model, line.upstream_calls]);
  assert.deepEqual(logged, [[NOTICE, 'beta-1', 2], [NOTICE, 'beta-1', 1], [NOTICE, 'beta-1', 1]]);
  pass(3 * HOUR);
  assert.deepEqual(summariesOf(await turn('one')), []);
  assert.deepEqual([acmeKeys(), betaKeys().length], [[FIRST, FIRST], 3]);
  bridge.upstream.assertClean();
  plans.beta.assertClean();
});

test('the notice is an item that is never sent to a provider', async (context) => {
  const plans = await startPlans(context, { ...FALLBACK, ...ONE_KEY, acmeScript: () => outOfQuota(UNTIL_THREE) });
  const items = doneItems(await plans.turn('one'));
  assert.deepEqual(items.map(({ type }) => type), ['reasoning', 'message']);
  assert.equal(items[0].summary[0].text, NOTICE);
  await plans.turn('one', { input: [...ask(), ...items, ...ask('And now?')] });
  const { messages } = plans.beta.requests.at(-1)?.body;
  assert.deepEqual(messages, [
    { role: 'user', content: 'Hello' }, { role: 'assistant', content: 'Done.' }, { role: 'user', content: 'And now?' },
  ]);
});

test('clients other than Codex get the notice in x-bridge-notes', async (context) => {
  const { bridge } = await startPlans(context, { ...FALLBACK, ...ONE_KEY, acmeScript: () => outOfQuota(UNTIL_THREE) });
  const json = await bridge.json({ model: 'acme-1', input: ask() });
  const stream = await bridge.stream({ model: 'acme-1', input: ask() });
  const chat = await bridge.chatStream({ model: 'acme-1', messages: [{ role: 'user', content: 'Hi' }] });
  for (const { status, headers } of [json, stream, chat]) {
    assert.equal(status, 200);
    assert.match(String(headers['x-bridge-notes']), /acme-1 is out of quota until 15:00; using beta-1/);
  }
  assert.deepEqual(summariesOf(stream), []);
});

test('a fallback replaces a provider that stays down, after all retries, and a removed model', async (context) => {
  const error = { message: 'The model acme-1 does not exist', code: 'model_not_found' };
  const notFound = reply({ status: 404, body: { error } });
  for (const [step, calls, notice] of [
    [reply({ status: 503, body: { error: { message: 'Overloaded.' } } }), 2, 'acme-1 is overloaded; using beta-1'],
    [refuse(), 2, 'acme-1 cannot be reached; using beta-1'],
    [notFound, 1, 'acme-1 was not found; using beta-1'],
  ] as const) {
    const settings = { ...ONE_KEY.settings, upstreamCalls: 2 };
    const { turn, acmeKeys } = await startPlans(context, { ...FALLBACK, settings, acmeScript: () => step });
    assert.deepEqual(summariesOf(await turn('one')), [notice]);
    assert.equal(acmeKeys().length, calls);
  }
});

test('a fallback never repeats an answer that has begun', async (context) => {
  const cut = answer({ text: 'The first half', cutAfter: 2, end: 'cut' });
  const { turn, betaKeys } = await startPlans(context, { ...FALLBACK, ...ONE_KEY, acmeScript: () => cut });
  assert.equal(finalResponse(await turn('one')).status, 'failed');
  assert.deepEqual(betaKeys(), []);
});

test('after all keys, the fallbacks of the model, else of its provider, else --fallback', async (context) => {
  const quota = () => outOfQuota(UNTIL_THREE);
  const models = { 'acme-1': { fallback: ['acme-2', 'acme-1', 'beta/beta-1'] }, 'acme-2': {} };
  const plans = await startPlans(context, {
    acme: { models, fallback: ['beta/other'] }, settings: { fallback: ['beta/last'] }, acmeScript: quota,
  });
  assert.deepEqual(summariesOf(await plans.turn('one')), [NOTICE]);
  const sent = plans.bridge.upstream.requests.map(({ body }) => body.model);
  assert.deepEqual(sent, ['acme-1', 'acme-1', 'acme-1', 'acme-2', 'acme-2', 'acme-2']);
  assert.deepEqual(plans.beta.requests.map(({ body }) => body.model), ['beta-1']);
  const settings = { apiKeys: [FIRST], fallback: ['beta/last'] };
  const other = await startPlans(context, { settings, acmeScript: quota });
  await other.turn('one');
  assert.deepEqual(other.beta.requests.map(({ body }) => body.model), ['last']);
});

test('if everything fails, the error names all attempts, and the next turn makes one call', async (context) => {
  const plans = await startPlans(context, {
    ...FALLBACK, acmeScript: [outOfQuota(UNTIL_THREE), deadKey(), outOfQuota('2026-11-28 14:00:00 UTC'), done()],
    betaScript: () => deadKey(),
  });
  const { error } = finalResponse(await plans.turn('one'));
  assert.match(error.message, /resets at 2026-11-28 15:00/);
  assert.match(error.message, /Also tried: acme-1 with key 2 \(auth\), acme-1 with key 3 \(quota\), beta-1 \(auth\)\./);
  assert.deepEqual(plans.betaKeys().length, 1);
  const calls = plans.acmeKeys().length + plans.betaKeys().length;
  await plans.turn('one');
  assert.equal(plans.acmeKeys().length + plans.betaKeys().length, calls + 1);
});

test('the history is translated for the fallback: pictures, reasoning and call ids', async (context) => {
  const plans = await startPlans(context, {
    acme: { ...FALLBACK.acme, models: { 'acme-1': { input: ['text', 'image'] } } },
    beta: { dialect: { forms: ['nine-letter-call-ids'], reasoningReplay: 'none' } },
    ...ONE_KEY, acmeScript: () => outOfQuota(UNTIL_THREE),
  });
  const input = [
    { type: 'message', role: 'user', content: [
      { type: 'input_text', text: 'Look' }, { type: 'input_image', image_url: 'data:image/png;base64,AA==' },
    ] },
    { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'I think of acme.' }] },
    { type: 'function_call', call_id: 'call_acme_0001', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_acme_0001', output: 'seen' },
  ];
  const tools = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }];
  assert.equal(finalResponse(await plans.turn('one', { input, tools })).status, 'completed');
  const [first] = plans.bridge.upstream.requests;
  const [second] = plans.beta.requests;
  assert.ok(JSON.stringify(first?.body).includes('image_url'));
  const sent: Loose = second?.body;
  assert.ok(!/image_url|I think of acme/.test(JSON.stringify(sent)), JSON.stringify(sent));
  assert.match(sent.messages.find(({ role }: Loose) => role === 'tool').tool_call_id, /^\w{9}$/);
});

test('signed content is sent back only to the model that signed it', async (context) => {
  const details = (name: string) => [{ type: 'reasoning.encrypted', data: `SEALED-${name}`, index: 0 }];
  const signed = (name: string) => raw({
    chunks: [
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { reasoning_details: details(name) } }] })}\n\n`,
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Ok.' }, finish_reason: 'stop' }] })}\n\n`,
      'data: [DONE]\n\n',
    ],
    end: 'eof',
  });
  const dialect = { reasoningReplay: 'reasoning_details' };
  const plans = await startPlans(context, {
    acme: { ...FALLBACK.acme, dialect }, beta: { dialect }, ...ONE_KEY,
    acmeScript: [signed('acme'), outOfQuota(UNTIL_THREE), done()], betaScript: [signed('beta'), done()],
    upstream: { allowFields: ['reasoning_details'] },
  });
  const history: Loose[] = [...ask()];
  const runTurn = async (): Promise<void> => {
    history.push(...doneItems(await plans.turn('one', { input: history })), ...ask('More'));
  };
  await runTurn();
  await runTurn();
  await runTurn();
  plans.pass(3 * HOUR);
  await runTurn();
  const sent = (requests: readonly Loose[]) =>
    requests.map(({ body }) => JSON.stringify(body).match(/SEALED-\w+/g) ?? []);
  assert.deepEqual(sent(plans.beta.requests), [[], ['SEALED-beta']]);
  assert.deepEqual(sent(plans.bridge.upstream.requests), [[], ['SEALED-acme'], ['SEALED-acme']]);
});
