/** Counts and durations in messages. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderCount, renderDuration } from '../../src/base/quantities';

test('a count uses the singular or plural of its noun', () => {
  const texts = [0, 1, 2].map((count) => renderCount(count, 'answer'));
  assert.deepEqual(texts, ['0 answers', '1 answer', '2 answers']);
  assert.equal(renderCount(2, 'retry', 'retries'), '2 retries');
});

test('a duration uses a suitable unit, and its two largest units from one minute on', () => {
  const cases: readonly (readonly [milliseconds: number, text: string])[] = [
    [0, '0 s'],
    [0.4, '1 ms'],
    [45, '45 ms'],
    [500, '0.5 s'],
    [840, '0.84 s'],
    [9_200, '9.2 s'],
    [15_000, '15 s'],
    [59_940, '59.9 s'],
    [60_000, '1 min'],
    [61_999, '1 min 1 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [3_661_000, '1 h 1 min'],
    [86_399_000, '23 h 59 min'],
    [86_400_000, '1 day'],
    [200_000_000, '2 days 7 h'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(renderDuration(milliseconds), text);
});
