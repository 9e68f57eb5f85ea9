/** Limits of requests at the same time: configured or learned, fair over threads, bounded, and left early. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { InFlight, type Passage } from '../../src/upstream/in-flight';
import { answer, createTurnstile, reply } from '../support/upstream/scripted-upstream';
import { ask, finalResponse } from '../support/bridge/test-bridge';
import { createCrowd, KEYS, startPlans } from '../support/bridge/plans';

const passage = (thread: string, limit?: number): Passage => ({ provider: 'acme', limit, thread });
const never = () => new AbortController().signal;

/** Enters in the order of `threads`; returns the order of admission as the requests leave one by one. */
async function admit(limit: number, threads: readonly string[]): Promise<readonly string[]> {
  const inFlight = new InFlight(() => 0, new Map());
  const order: string[] = [];
  const entered = threads.map((thread) => {
    const wait = inFlight.enter(passage(thread, limit), never());
    return wait ? wait.then(() => order.push(thread)) : order.push(thread);
  });
  for (let left = 0; left < threads.length; left += 1) {
    inFlight.leave(passage('', limit));
    await new Promise(setImmediate);
  }
  await Promise.all(entered);
  return order;
}

test('threads take turns, and each keeps its own order', async () => {
  const many = ['a1', 'a1', 'a1', 'a1', 'b1', 'c1', 'b1'];
  assert.deepEqual(await admit(1, many), ['a1', 'a1', 'b1', 'c1', 'a1', 'b1', 'a1']);
  assert.deepEqual(await admit(7, many), many);
});

test('an aborted request leaves the queue, and the others keep their places', async () => {
  const inFlight = new InFlight(() => 0, new Map());
  const abort = new AbortController();
  inFlight.enter(passage('a', 1), never());
  const second = inFlight.enter(passage('b', 1), abort.signal);
  const third = inFlight.enter(passage('c', 1), never());
  abort.abort(new BridgeError('shutting_down', 'Stopping.'));
  await assert.rejects(Promise.resolve(second), { kind: 'shutting_down' });
  inFlight.leave(passage('a', 1));
  await third;
  inFlight.leave(passage('c', 1));
  assert.equal(inFlight.isFull(passage('d', 1)), false);
});

test('the queue is bounded', () => {
  const inFlight = new InFlight(() => 0, new Map());
  for (let count = 0; count < 257; count += 1) void inFlight.enter(passage(`t${count}`, 1), never());
  assert.throws(() => inFlight.enter(passage('one more', 1), never()), { kind: 'busy' });
});

test('the limit is learned from a rejection, and rises with time', () => {
  let now = 0;
  const inFlight = new InFlight(() => now, new Map());
  const refusal = (said: string) => new BridgeError('rate_limit', said, { providerText: said });
  for (let count = 0; count < 3; count += 1) inFlight.enter(passage('a'), never());
  inFlight.learn(passage('a'), refusal('Requests rate limit exceeded.'));
  assert.equal(inFlight.isFull(passage('a')), false);
  inFlight.leave(passage('a'));
  inFlight.learn(passage('a'), refusal('concurrency allocated quota exceeded'));
  assert.equal(inFlight.isFull(passage('a')), true);
  now += 600_000;
  assert.equal(inFlight.isFull(passage('a')), false);
  inFlight.learn(passage('a'), refusal('max organization concurrency: 1, try later'));
  inFlight.leave(passage('a'));
  assert.equal(inFlight.isFull(passage('a')), true);
});

const THREADS = Array.from({ length: 16 }, (_, index) => `thread-${index}`);

test('sixteen threads under a limit of two: no call is rejected, and all are answered', async (context) => {
  const crowd = createCrowd(0);
  const plans = await startPlans(context, { acme: { max_concurrency: 2 }, acmeScript: () => crowd.enter() });
  const answers = await Promise.all(THREADS.map((thread) => plans.turn(thread)));
  assert.deepEqual(answers.map((each) => finalResponse(each).status), THREADS.map(() => 'completed'));
  assert.deepEqual([plans.acmeKeys().length, crowd.most()], [16, 2]);
});

test('sixteen threads under an unknown limit of two: it is learned once, for all later calls', async (context) => {
  const crowd = createCrowd(14);
  const plans = await startPlans(context, {
    acmeScript: () => crowd.enter(),
    settings: { upstreamCalls: 2, apiKeys: [KEYS[0]] },
    runtime: { sleep: crowd.sleep },
  });
  const play = () => Promise.all(THREADS.map((thread) => plans.turn(thread)));
  for (const each of await play()) assert.equal(finalResponse(each).status, 'completed');
  assert.equal(plans.acmeKeys().length, 16 + 14);
  for (const each of await play()) assert.equal(finalResponse(each).status, 'completed');
  assert.deepEqual([plans.acmeKeys().length, crowd.most()], [16 + 14 + 16, 2]);
});

test('a client that waits for its status gets its stream once a learned limit makes it wait', async (context) => {
  const { gate, open } = createTurnstile();
  const plans = await startPlans(context, {
    settings: { keepAliveMs: 5, upstreamCalls: 2, apiKeys: [KEYS[0]] },
    acmeScript: (_request, index) => index === 1
      ? reply({ status: 429, body: { error: { message: 'max organization concurrency: 1' } } })
      : answer({ text: 'Done.', ...(index === 0 && { gate }) }),
  });
  const first = plans.turn('one');
  await plans.bridge.upstream.nextRequest();
  let kept = 0;
  const other = plans.bridge.stream({ model: 'acme-1', input: ask() }, {}, {
    onChunk: (_chunk, soFar) => {
      kept = soFar.split(': keep-alive').length - 1;
      if (kept > 1) open();
    },
  });
  for (const each of await Promise.all([first, other])) assert.equal(finalResponse(each).status, 'completed');
  assert.ok(kept > 1);
  assert.equal(plans.acmeKeys().length, 3);
});

test('a full queue is a fault of the bridge: nothing is retried, cached or sent elsewhere', async (context) => {
  const { gate, open } = createTurnstile();
  const plans = await startPlans(context, {
    acme: { max_concurrency: 1, fallback: ['beta/beta-1'] }, settings: { keepAliveMs: 60_000, upstreamCalls: 4 },
    acmeScript: (_request, index) => answer({ text: 'Done.', ...(index === 0 && { gate }) }),
  });
  const many = Array.from({ length: 258 }, (_, index) => plans.turn(`thread-${index}`));
  const { error } = finalResponse(await Promise.race(many));
  assert.match(error.message, /^256 requests already wait for acme, which limits concurrent requests\./);
  assert.doesNotMatch(error.message, /Tried/);
  open();
  const states = (await Promise.all(many)).map((each) => finalResponse(each).status);
  assert.deepEqual([states.filter((state) => state === 'completed').length, plans.betaKeys().length], [257, 0]);
  assert.equal(finalResponse(await plans.turn('later')).status, 'completed');
  assert.deepEqual([plans.acmeKeys().length, plans.betaKeys().length], [258, 0]);
});

test('a request that waits keeps its client alive, also one that waits for its status', async (context) => {
  const { gate, open } = createTurnstile();
  const plans = await startPlans(context, {
    acme: { max_concurrency: 1 }, settings: { keepAliveMs: 5 },
    acmeScript: (_request, index) => answer({ text: 'Done.', ...(index === 0 && { gate }) }),
  });
  const first = plans.turn('one');
  await plans.bridge.upstream.nextRequest();
  const heard = new AbortController();
  const [codex, other] = [
    plans.turn('two'),
    plans.bridge.stream({ model: 'acme-1', input: ask() }, {}, {
      onChunk: (_chunk, soFar) => (/: keep-alive/.test(soFar) ? heard.abort() : undefined),
    }),
  ];
  if (!heard.signal.aborted) await once(heard.signal, 'abort');
  assert.equal(plans.acmeKeys().length, 1);
  open();
  for (const each of await Promise.all([first, codex, other])) assert.equal(finalResponse(each).status, 'completed');
});
