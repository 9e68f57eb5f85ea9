/** Limits on concurrent requests, configured or learned: a fair, bounded queue that an aborted request leaves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { InFlight, type CountedRequest } from '../../src/upstream/in-flight';
import { answer, createTurnstile, reply, type CapturedRequest } from '../support/upstream/scripted-upstream';
import { ask, finalResponse } from '../support/bridge/test-bridge';
import { createBusyProvider, KEYS, startPlans } from '../support/bridge/plans';

const requestOf = (thread: string, limit?: number): CountedRequest => ({ provider: 'acme', limit, thread });
const never = () => new AbortController().signal;

/** Enters one request per thread, in order; returns the order of admission as the requests leave one by one. */
async function admit(limit: number, threads: readonly string[]): Promise<readonly string[]> {
  const inFlight = new InFlight(() => 0, new Map());
  const order: string[] = [];
  const entered = threads.map((thread) => {
    const wait = inFlight.enter(requestOf(thread, limit), never());
    return wait ? wait.then(() => order.push(thread)) : order.push(thread);
  });
  for (let departures = 0; departures < threads.length; departures += 1) {
    inFlight.leave(requestOf('', limit));
    await new Promise(setImmediate);
  }
  await Promise.all(entered);
  return order;
}

test('waiting threads take turns, and each keeps its own order', async () => {
  const threads = ['a1', 'a1', 'a1', 'a1', 'b1', 'c1', 'b1'];
  assert.deepEqual(await admit(1, threads), ['a1', 'a1', 'b1', 'c1', 'a1', 'b1', 'a1']);
  assert.deepEqual(await admit(7, threads), threads);
});

test('an aborted request leaves the queue, and the others keep their order', async () => {
  const inFlight = new InFlight(() => 0, new Map());
  const abort = new AbortController();
  inFlight.enter(requestOf('a', 1), never());
  const second = inFlight.enter(requestOf('b', 1), abort.signal);
  const order: string[] = [];
  const others = ['c', 'd'].map((thread) =>
    Promise.resolve(inFlight.enter(requestOf(thread, 1), never())).then(() => order.push(thread)));
  abort.abort(new BridgeError('shutting_down', 'Stopping.'));
  await assert.rejects(Promise.resolve(second), { kind: 'shutting_down' });
  for (const [index, thread] of ['a', 'c'].entries()) {
    inFlight.leave(requestOf(thread, 1));
    await others[index];
    assert.deepEqual(order, ['c', 'd'].slice(0, index + 1));
  }
  inFlight.leave(requestOf('d', 1));
  assert.equal(inFlight.isFull(requestOf('e', 1)), false);
});

test('the queue holds at most 256 requests', () => {
  const inFlight = new InFlight(() => 0, new Map());
  for (let count = 0; count < 257; count += 1) void inFlight.enter(requestOf(`t${count}`, 1), never());
  assert.throws(() => inFlight.enter(requestOf('one more', 1), never()), { kind: 'busy' });
});

test('a limit is learned only from a rejection about concurrency, and rises with time', () => {
  let now = 0;
  const inFlight = new InFlight(() => now, new Map());
  const rejection = (text: string) => new BridgeError('rate_limit', text, { providerText: text });
  for (let count = 0; count < 3; count += 1) inFlight.enter(requestOf('a'), never());
  inFlight.learn(requestOf('a'), rejection('Requests rate limit exceeded.'));
  assert.equal(inFlight.isFull(requestOf('a')), false);
  inFlight.leave(requestOf('a'));
  inFlight.learn(requestOf('a'), rejection('concurrency allocated quota exceeded'));
  assert.equal(inFlight.isFull(requestOf('a')), true);
  now += 600_000;
  assert.equal(inFlight.isFull(requestOf('a')), false);
  inFlight.learn(requestOf('a'), rejection('max organization concurrency: 1, try later'));
  inFlight.leave(requestOf('a'));
  assert.equal(inFlight.isFull(requestOf('a')), true);
});

const THREADS = Array.from({ length: 16 }, (_, index) => `thread-${index}`);

test('sixteen threads under a limit of two: no call is rejected, and all are answered', async (context) => {
  const busy = createBusyProvider(0);
  const acmeScript = (request: CapturedRequest) => busy.request(request);
  const plans = await startPlans(context, { acme: { max_concurrency: 2 }, acmeScript });
  const answers = await Promise.all(THREADS.map((thread) => plans.turn(thread)));
  assert.deepEqual(answers.map((each) => finalResponse(each).status), THREADS.map(() => 'completed'));
  assert.deepEqual([plans.acmeKeys().length, busy.mostOpen()], [16, 2]);
});

test('sixteen threads under an unknown limit of two: it is learned once, for all later calls', async (context) => {
  const busy = createBusyProvider(14);
  const plans = await startPlans(context, {
    acmeScript: (request) => busy.request(request),
    settings: { upstreamCalls: 2, apiKeys: [KEYS[0]] },
    runtime: { sleep: busy.sleep },
  });
  const runAll = () => Promise.all(THREADS.map((thread) => plans.turn(thread)));
  for (const each of await runAll()) assert.equal(finalResponse(each).status, 'completed');
  assert.equal(plans.acmeKeys().length, 16 + 14);
  for (const each of await runAll()) assert.equal(finalResponse(each).status, 'completed');
  assert.deepEqual([plans.acmeKeys().length, busy.mostOpen()], [16 + 14 + 16, 2]);
});

test('an SDK client gets its stream with keep-alives once a learned limit queues its request', async (context) => {
  const { gate, open } = createTurnstile();
  const plans = await startPlans(context, {
    settings: { keepAliveMs: 5, upstreamCalls: 2, apiKeys: [KEYS[0]] },
    acmeScript: (_request, index) => index === 1
      ? reply({ status: 429, body: { error: { message: 'max organization concurrency: 1' } } })
      : answer({ text: 'Done.', ...(index === 0 && { gate }) }),
  });
  const first = plans.turn('one');
  await plans.bridge.upstream.nextRequest();
  let keepAlives = 0;
  const sdk = plans.bridge.stream({ model: 'acme-1', input: ask() }, {}, {
    onChunk: (_chunk, soFar) => {
      keepAlives = soFar.split(': keep-alive').length - 1;
      if (keepAlives > 1) open();
    },
  });
  for (const each of await Promise.all([first, sdk])) assert.equal(finalResponse(each).status, 'completed');
  assert.ok(keepAlives > 1);
  assert.equal(plans.acmeKeys().length, 3);
});

test('a full queue is an error of the bridge: nothing is retried, cached or sent to a fallback', async (context) => {
  const { gate, open } = createTurnstile();
  const plans = await startPlans(context, {
    acme: { max_concurrency: 1, fallback: ['beta/beta-1'] }, settings: { keepAliveMs: 60_000, upstreamCalls: 4 },
    acmeScript: (_request, index) => answer({ text: 'Done.', ...(index === 0 && { gate }) }),
  });
  const many = Array.from({ length: 258 }, (_, index) => plans.turn(`thread-${index}`));
  const { error } = finalResponse(await Promise.race(many));
  assert.match(error.message, /^256 requests are already waiting for acme, which limits concurrent requests\./);
  assert.doesNotMatch(error.message, /Tried/);
  open();
  const states = (await Promise.all(many)).map((each) => finalResponse(each).status);
  assert.deepEqual([states.filter((state) => state === 'completed').length, plans.betaKeys().length], [257, 0]);
  assert.equal(finalResponse(await plans.turn('later')).status, 'completed');
  assert.deepEqual([plans.acmeKeys().length, plans.betaKeys().length], [258, 0]);
});

test('an SDK client gets keep-alives while its request is queued', async (context) => {
  const { gate, open } = createTurnstile();
  const plans = await startPlans(context, {
    acme: { max_concurrency: 1 }, settings: { keepAliveMs: 5 },
    acmeScript: (_request, index) => answer({ text: 'Done.', ...(index === 0 && { gate }) }),
  });
  const first = plans.turn('one');
  await plans.bridge.upstream.nextRequest();
  const gotKeepAlive = new AbortController();
  const [codex, sdk] = [
    plans.turn('two'),
    plans.bridge.stream({ model: 'acme-1', input: ask() }, {}, {
      onChunk: (_chunk, soFar) => (/: keep-alive/.test(soFar) ? gotKeepAlive.abort() : undefined),
    }),
  ];
  if (!gotKeepAlive.signal.aborted) await once(gotKeepAlive.signal, 'abort');
  assert.equal(plans.acmeKeys().length, 1);
  open();
  for (const each of await Promise.all([first, codex, sdk])) assert.equal(finalResponse(each).status, 'completed');
});
