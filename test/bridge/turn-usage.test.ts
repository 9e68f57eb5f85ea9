/** Requests and tokens count for the model that received them, also after a fallback and with pictures. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createUsageLedger } from '../../src/observe/usage-ledger';
import { readLedger } from '../../src/usage/read-ledger';
import { BETA_KEY, deadKey, KEYS, outOfQuota, startPlans, type PlanOptions } from '../support/bridge/plans';
import type { Loose } from '../support/bridge/test-bridge';
import { answer, raw, reply } from '../support/upstream/scripted-upstream';

const UNTIL_THREE = '2026-11-28 15:00:00 UTC';
const ONE_KEY = { apiKeys: [KEYS[0]] };
const FALLBACK = { acme: { fallback: ['beta/beta-1'] }, settings: ONE_KEY };
const VISION = {
  acme: { vision_model: 'beta/beta-1' },
  beta: { models: { 'beta-1': { input: ['text', 'image'] } } },
  settings: ONE_KEY,
};

const spend = (prompt: number, completion: number) => answer({ text: 'Done.', usage: { prompt, completion } });
const busy = () => reply({ status: 503, body: { error: { message: 'Overloaded.' } } });

const show = (...data: readonly string[]) => ({
  input: [{
    type: 'message', role: 'user',
    content: data.map((base64) => ({ type: 'input_image', image_url: `data:image/png;base64,${base64}` })),
  }],
});

/** Starts the bridge of `options` with a usage ledger. */
async function startWithLedger(context: TestContext, options: PlanOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-turn-usage-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'usage.jsonl');
  const ledger = createUsageLedger({ path, maxBytes: 1e6, prepare: () => undefined, warn: assert.fail });
  const plans = await startPlans(context, { ...options, keepUsage: (facts) => ledger.add(facts) });
  return {
    ...plans,
    /** Resolves with model, requests, input, output and end of each ledger line, once `count` turns are complete. */
    async lines(count = 1) {
      await plans.bridge.turns(count);
      ledger.close();
      return readLedger(path, 0).map(({ provider, model, requests, input, output, end }) =>
        [`${provider}/${model}`, requests, input, output, end]);
    },
  };
}

test('a fallback and the model that it replaced each have their own requests and tokens', async (context) => {
  const plans = await startWithLedger(context, {
    ...FALLBACK, acmeScript: () => outOfQuota(UNTIL_THREE), betaScript: () => spend(50, 7),
  });
  await plans.turn('one');
  assert.deepEqual(await plans.lines(), [
    ['acme/acme-1', 1, undefined, undefined, 'replaced'], ['beta/beta-1', 1, 50, 7, 'stop'],
  ]);
  await plans.turn('one');
  assert.deepEqual((await plans.lines(2)).slice(2), [['beta/beta-1', 1, 50, 7, 'stop']], 'acme is cooling down');
});

test('retries and other keys count for their model, and each model of a chain has a line', async (context) => {
  const models = { 'acme-1': { fallback: ['acme-2', 'beta/beta-1'] }, 'acme-2': {} };
  const byModel = { 'acme-1': () => outOfQuota(UNTIL_THREE), 'acme-2': busy };
  const plans = await startWithLedger(context, {
    acme: { models }, settings: { apiKeys: KEYS, upstreamCalls: 2 },
    acmeScript: ({ body }: Loose) => byModel[body.model as keyof typeof byModel](),
    betaScript: [busy(), spend(50, 7)],
  });
  await plans.turn('one');
  assert.deepEqual(plans.betaKeys(), [BETA_KEY, BETA_KEY]);
  assert.deepEqual(await plans.lines(), [
    ['acme/acme-1', 3, undefined, undefined, 'replaced'],
    ['acme/acme-2', 2, undefined, undefined, 'replaced'],
    ['beta/beta-1', 2, 50, 7, 'stop'],
  ]);
});

test('tokens of a failed answer are not counted for its fallback', async (context) => {
  const chunks = [
    { choices: [], usage: { prompt_tokens: 90, completion_tokens: 1, total_tokens: 91 } },
    { error: { message: `Usage limit reached. It resets at ${UNTIL_THREE}.`, code: 'quota' } },
  ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  for (const [betaStep, expected] of [
    [spend(50, 7), ['beta/beta-1', 1, 50, 7, 'stop']],
    [deadKey(), ['beta/beta-1', 1, undefined, undefined, 'quota']],
  ] as const) {
    const plans = await startWithLedger(context, {
      ...FALLBACK, acmeScript: () => raw({ chunks, end: 'eof' }), betaScript: () => betaStep,
    });
    await plans.turn('one');
    assert.deepEqual(await plans.lines(), [['acme/acme-1', 1, 90, 1, 'replaced'], expected]);
  }
});

test('pictures count for the model that describes them, with its retries and tokens', async (context) => {
  const plans = await startWithLedger(context, {
    ...VISION, settings: { ...ONE_KEY, upstreamCalls: 2 }, acmeScript: () => spend(50, 7),
    betaScript: [busy(), spend(800, 30), spend(900, 40)],
  });
  const fetchMetrics = async () => (await fetch(`${plans.bridge.url}/metrics`)).text();
  await fetchMetrics();
  await plans.turn('one', show('AAAA', 'BBBB'));
  assert.deepEqual(await plans.lines(), [
    ['beta/beta-1', 3, 1_700, 70, 'pictures'], ['acme/acme-1', 1, 50, 7, 'stop'],
  ]);
  const [line] = await plans.bridge.turns(1);
  assert.deepEqual([line?.upstream_calls, line?.sent_model, line?.input_tokens], [4, 'acme-1', 50]);
  const metrics = await fetchMetrics();
  assert.match(metrics, /upstream_calls_total 4\n/);
  assert.match(metrics, /tokens_total\{kind="input"\} 1750\n/);
});

test('a failed description counts one request, and a cached failure none', async (context) => {
  const rejected = reply({ status: 400, body: { error: { message: 'Bad.' } } });
  const plans = await startWithLedger(context, {
    ...VISION, acmeScript: () => spend(50, 7), betaScript: () => rejected,
  });
  await plans.turn('one', show('AAAA'));
  await plans.turn('one', show('AAAA'));
  assert.deepEqual(await plans.lines(2), [
    ['beta/beta-1', 1, undefined, undefined, 'pictures'],
    ['acme/acme-1', 1, 50, 7, 'stop'], ['acme/acme-1', 1, 50, 7, 'stop'],
  ]);
});

test('a fallback that describes pictures and answers has a line for each', async (context) => {
  const plans = await startWithLedger(context, {
    ...VISION, acme: { ...VISION.acme, fallback: ['beta/beta-1'] },
    acmeScript: () => outOfQuota(UNTIL_THREE), betaScript: [spend(800, 30), spend(50, 7)],
  });
  await plans.turn('one', show('AAAA'));
  assert.deepEqual(await plans.lines(), [
    ['acme/acme-1', 1, undefined, undefined, 'replaced'],
    ['beta/beta-1', 1, 800, 30, 'pictures'],
    ['beta/beta-1', 1, 50, 7, 'stop'],
  ]);
});
