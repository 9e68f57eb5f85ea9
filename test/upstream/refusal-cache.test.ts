/** The refusal cache: keyed by the exact request, its URL and its headers, and limited in time. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { RejectionCache } from '../../src/upstream/call-limits';

const NO = new BridgeError('auth', 'No.');
const URL_A = 'https://a.example/v1/chat/completions';
const sent = (text: string, change: object = {}) =>
  ({ url: URL_A, headers: { authorization: 'Bearer a' }, body: [Buffer.from(text)], ...change });
const request = sent('{"a":1}');

it('finds the same request, and no other', () => {
  const cache = new RejectionCache(5_000, () => 0);
  assert.equal(cache.find(request), undefined);
  cache.remember(request, NO);
  assert.equal(cache.find({ ...request, headers: { ...request.headers, 'user-agent': 'b' } }), NO);
  assert.equal(cache.find(sent('', { body: [Buffer.from('{"a"'), Buffer.from(':1}')] })), NO);
  for (const other of [
    { headers: { authorization: 'Bearer b' } }, { headers: {} }, { body: [Buffer.from('{"a":2}')] },
    { headers: { authorization: 'Bearer a', 'x-team': 'b' } },
    { url: 'https://b.example/v1/chat/completions' }, { url: 'https://a.example/v1/responses' },
    { url: 'http://a.example/v1/chat/completions' },
  ]) assert.equal(cache.find(sent('{"a":1}', other)), undefined, JSON.stringify(other));
});

it('forgets a rejection that is not repeated', () => {
  let now = 0;
  const cache = new RejectionCache(5_000, () => now);
  cache.remember(request, NO);
  now = 5_000;
  assert.equal(cache.find(request), undefined);
});

it('is extended while the request is repeated, to four times the duration at most', () => {
  let now = 0;
  const cache = new RejectionCache(5_000, () => now);
  cache.remember(request, NO);
  const hits: number[] = [];
  for (; now <= 30_000; now += 3_000) if (cache.find(request)) hits.push(now);
  assert.deepEqual(hits, [0, 3_000, 6_000, 9_000, 12_000, 15_000, 18_000]);
});

it('is disabled by 0, and keeps at most 32 rejections', () => {
  const off = new RejectionCache(0, () => 0);
  off.remember(request, NO);
  assert.equal(off.find(request), undefined);
  const cache = new RejectionCache(5_000, () => 0);
  for (let count = 0; count < 33; count += 1) cache.remember(sent(String(count)), NO);
  assert.equal(cache.find(sent('0')), undefined);
  assert.equal(cache.find(sent('1')), NO);
});
