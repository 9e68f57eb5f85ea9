/** `vision_model`: pictures are described once for models that accept none; off unless it is set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalResponse, type Loose } from '../support/bridge/test-bridge';
import { outOfQuota, startPlans } from '../support/bridge/plans';
import { answer, reply } from '../support/upstream/scripted-upstream';

const picture = (data: string) => ({ type: 'input_image', image_url: `data:image/png;base64,${data}` });
const show = (...data: readonly string[]) => [
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look' }, ...data.map(picture)] },
];
const UNTIL_THREE = '2026-11-28 15:00:00 UTC';
const ACCEPTS_IMAGES = { models: { 'beta-1': { input: ['text', 'image'] } } };
const VISION = { acme: { vision_model: 'beta/beta-1' }, beta: ACCEPTS_IMAGES };
const DESCRIBED = '[Picture, described by beta/beta-1: A red square.]';
const describePicture = () => answer({ text: 'A red square.' });

test('each picture is described only once, even if tool results or other threads repeat it', async (context) => {
  const plans = await startPlans(context, { ...VISION, betaScript: describePicture });
  assert.equal(finalResponse(await plans.turn('one', { input: show('AAAA') })).status, 'completed');
  const input = [
    ...show('AAAA'),
    { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: [picture('AAAA'), picture('BBBB')] },
  ];
  const tools = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }];
  await plans.turn('two', { input, tools });
  await plans.turn('two', { input, tools });
  assert.equal(plans.beta.requests.length, 2, 'one call for each of the two pictures');
  const [description] = plans.beta.requests;
  assert.equal(description?.body.messages[0].content[1].image_url.url, 'data:image/png;base64,AAAA');
  const [first, second] = plans.bridge.upstream.requests.map(({ body }) => JSON.stringify(body.messages));
  assert.ok(first?.includes(DESCRIBED) && !first.includes('image_url'), first);
  assert.equal(second?.split(DESCRIBED).length, 4, second);
});

test('without vision_model, a marker replaces the picture, and no other model is called', async (context) => {
  const plans = await startPlans(context, { beta: ACCEPTS_IMAGES });
  await plans.turn('one', { input: show('AAAA') });
  assert.deepEqual(plans.betaKeys(), []);
  assert.match(JSON.stringify(plans.bridge.upstream.requests[0]?.body), /image left out/);
});

test('a model that accepts pictures gets the pictures', async (context) => {
  const models = { 'acme-1': { input: ['text', 'image'] } };
  const plans = await startPlans(context, { ...VISION, acme: { ...VISION.acme, models } });
  await plans.turn('one', { input: show('AAAA') });
  assert.deepEqual(plans.betaKeys(), []);
  assert.match(JSON.stringify(plans.bridge.upstream.requests[0]?.body), /image_url/);
});

test('a failed description costs one call, and the turn continues with a marker', async (context) => {
  const rejected = reply({ status: 400, body: { error: { message: 'Bad.' } } });
  for (const step of [outOfQuota(UNTIL_THREE), rejected]) {
    const plans = await startPlans(context, { ...VISION, betaScript: () => step });
    for (let turn = 0; turn < 3; turn += 1)
      assert.equal(finalResponse(await plans.turn('one', { input: show('AAAA') })).status, 'completed');
    assert.equal(plans.beta.requests.length, 1);
    assert.match(JSON.stringify(plans.bridge.upstream.requests[2]?.body), /image left out/);
  }
});

test('a fallback that accepts no pictures gets their descriptions', async (context) => {
  const plans = await startPlans(context, {
    acme: {
      models: {
        'acme-1': { input: ['text', 'image'], fallback: ['acme-2'] }, 'acme-2': { vision_model: 'beta/beta-1' },
      },
    },
    beta: ACCEPTS_IMAGES, settings: { apiKeys: ['sk-acme-first-key'] }, betaScript: describePicture,
    acmeScript: ({ body }: Loose) => (body.model === 'acme-1' ? outOfQuota(UNTIL_THREE) : answer({ text: 'Red.' })),
  });
  assert.equal(finalResponse(await plans.turn('one', { input: show('AAAA') })).status, 'completed');
  assert.ok(JSON.stringify(plans.bridge.upstream.requests[1]?.body).includes(DESCRIBED));
});
