/** The refusal cache: keyed by the exact request and API key, and limited in time. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { RejectionCache } from '../../src/upstream/call-limits';

const NO = new BridgeError('auth', 'No.');
const body = [Buffer.from('{"a":1}')];

it('finds the same request with the same API key', () => {
  const cache = new RejectionCache(5_000, () => 0);
  assert.equal(cache.find(body, 'a'), undefined);
  cache.remember(body, 'a', NO);
  assert.equal(cache.find([Buffer.from('{"a"'), Buffer.from(':1}')], 'a'), NO);
  assert.equal(cache.find(body, 'b'), undefined);
  assert.equal(cache.find([Buffer.from('{"a":2}')], 'a'), undefined);
});

it('forgets it unless it is repeated', () => {
  let now = 0;
  const cache = new RejectionCache(5_000, () => now);
  cache.remember(body, 'a', NO);
  now = 5_000;
  assert.equal(cache.find(body, 'a'), undefined);
});

it('is extended while the request is repeated, to four times the duration at most', () => {
  let now = 0;
  const cache = new RejectionCache(5_000, () => now);
  cache.remember(body, 'a', NO);
  const heard: number[] = [];
  for (; now <= 30_000; now += 3_000) if (cache.find(body, 'a')) heard.push(now);
  assert.deepEqual(heard, [0, 3_000, 6_000, 9_000, 12_000, 15_000, 18_000]);
});

it('is off at 0, and keeps 32 refusals', () => {
  const off = new RejectionCache(0, () => 0);
  off.remember(body, 'a', NO);
  assert.equal(off.find(body, 'a'), undefined);
  const cache = new RejectionCache(5_000, () => 0);
  for (let count = 0; count < 33; count += 1) cache.remember([Buffer.from(String(count))], 'a', NO);
  assert.equal(cache.find([Buffer.from('0')], 'a'), undefined);
  assert.equal(cache.find([Buffer.from('1')], 'a'), NO);
});
