/** When an exhausted quota resets: times in messages, and the rules of plans. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findReset } from '../../src/errors/quota-reset';

const at = (time: string): number => Date.parse(time);
const NOW = at('2026-11-22T12:00:00Z');

const MESSAGES: readonly (readonly [message: string, at: string | undefined])[] = [
  ['resets at 2026-11-22T15:00:00Z (2056)', '2026-11-22T15:00:00Z'],
  ['It will reset at 2026-11-29 23:59:59 +0800 CST.', '2026-11-29T15:59:59Z'],
  ['back on 2026-11-22 10:00:00-05:30 sharp', '2026-11-22T15:30:00Z'],
  ['back on 2026-11-22 14:00 UTC', '2026-11-22T14:00:00Z'],
  ['back on 2026-11-22T14:00:00.123Z', '2026-11-22T14:00:00Z'],
  ['Your limit will reset at 2026-11-22 22:30:00', undefined],
  ['back on 2026-13-45 22:30:00Z', undefined],
  ['no time at all', undefined],
];
for (const [message, expected] of MESSAGES) {
  it(`"${message}" contains ${expected ?? 'no time'}`, () => {
    assert.equal(findReset(undefined, message, NOW)?.at, expected === undefined ? undefined : at(expected));
  });
}

it('a time without a zone is read in the plan’s time zone', () => {
  const reset = findReset('beijing-time', '您的限额将在 2026-11-22 22:30:00 重置。', NOW);
  assert.equal(reset?.at, at('2026-11-22T14:30:00Z'));
  assert.equal(reset.sentence, 'The quota resets: 2026-11-22 14:30 UTC, in 2 h 30 min.');
  assert.equal(findReset('beijing-time', 'no time', NOW), undefined);
});

it('a time in the past is reported without a wait', () => {
  assert.deepEqual(findReset(undefined, 'at 2026-11-22T11:00:00Z', NOW), {
    sentence: 'The quota resets: 2026-11-22 11:00 UTC.',
  });
});

const MONDAYS: readonly (readonly [now: string, monday: string, wait: string])[] = [
  // The last minute of Sunday in China, then the first of Monday.
  ['2026-11-22T15:59:00Z', '2026-11-22T16:00:00Z', 'in 1 min.'],
  ['2026-11-22T16:00:00Z', '2026-11-29T16:00:00Z', 'in 7 days.'],
  ['2026-11-25T09:30:30Z', '2026-11-29T16:00:00Z', 'in 4 days 6 h.'],
  ['2026-12-31T23:00:00Z', '2027-01-03T16:00:00Z', 'in 2 days 17 h.'],
];
for (const [now, monday, wait] of MONDAYS) {
  it(`after ${now}, the weekly quota resets at ${monday}`, () => {
    const reset = findReset('monday', '', at(now));
    assert.equal(reset?.at, at(monday));
    assert.ok(reset.sentence.endsWith(wait), reset.sentence);
  });
}

it('without a clock, there is no wait and no date for the Monday', () => {
  assert.deepEqual(findReset('monday', '', undefined), {
    sentence: 'The weekly quota resets on Monday at 00:00 (UTC+8).',
  });
  assert.deepEqual(findReset(undefined, 'at 2026-11-22T15:00:00Z', undefined), {
    sentence: 'The quota resets: 2026-11-22 15:00 UTC.',
  });
});

it('a rolling window and a day of the month have no exact time', () => {
  for (const rule of ['rolling', 'subscription-day'] as const) assert.equal(findReset(rule, '', NOW)?.at, undefined);
});
