/** Number, size and age of records are limited, and the least recently used is evicted first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger, type StoreLimits } from '../../src/state/ledger';

function create(limits: Partial<StoreLimits> = {}) {
  const dropped: string[] = [];
  const time = { now: 1_000 };
  const ledger = new Ledger({ records: 3, bytes: 100, ageMs: 50, ...limits }, () => time.now, (id) => dropped.push(id));
  return { ledger, dropped, time };
}

test('the least recently used record is evicted if there are too many', () => {
  const { ledger, dropped } = create();
  for (const id of ['a', 'b', 'c']) ledger.enter(id, 10, []);
  assert.ok(ledger.use('a'));
  ledger.enter('d', 10, []);
  assert.deepEqual([dropped, ledger.ids(), ledger.bytes], [['b'], ['c', 'a', 'd'], 30]);
  assert.equal(ledger.use('b'), false);
});

test('as many records as necessary are evicted, and a record that is too large is not entered', () => {
  const { ledger, dropped } = create();
  for (const id of ['a', 'b']) ledger.enter(id, 40, []);
  assert.equal(ledger.enter('c', 90, []), true);
  assert.deepEqual(dropped, ['a', 'b']);
  assert.equal(ledger.enter('d', 101, []), false);
  assert.deepEqual([ledger.ids(), ledger.bytes], [['c'], 90]);
});

test('age is measured from the last use, without a timer', () => {
  const { ledger, dropped, time } = create();
  ledger.enter('a', 10, ['i']);
  ledger.enter('b', 10, []);
  time.now += 40;
  ledger.use('a');
  time.now += 40;
  assert.equal(ledger.use('b'), false);
  assert.deepEqual(dropped, ['b']);
  time.now += 40;
  assert.equal(ledger.holderOf('i'), undefined);
  assert.deepEqual([ledger.count, ledger.bytes], [0, 0]);
});

test('entering an id again replaces the record, and an item belongs to its newest record', () => {
  const { ledger } = create();
  ledger.enter('a', 10, ['i', 'j']);
  ledger.enter('b', 10, ['j']);
  assert.deepEqual([ledger.holderOf('i'), ledger.holderOf('j')], ['a', 'b']);
  ledger.enter('a', 20, ['k']);
  assert.deepEqual(
    [ledger.holderOf('i'), ledger.holderOf('j'), ledger.holderOf('k'), ledger.bytes],
    [undefined, 'b', 'a', 30],
  );
  assert.equal(ledger.remove('b'), true);
  assert.equal(ledger.remove('b'), false);
  assert.equal(ledger.holderOf('j'), undefined);
});

test('an item that is also learned for an older record stays with the newer one', () => {
  const { ledger, time } = create();
  ledger.enter('old', 10, []);
  time.now += 1;
  ledger.enter('new', 10, ['i']);
  ledger.setItems('old', ['i', 'j']);
  ledger.setItems('gone', ['k']);
  assert.deepEqual([ledger.holderOf('i'), ledger.holderOf('j'), ledger.holderOf('k')], ['new', 'old', undefined]);
});
