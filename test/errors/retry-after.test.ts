/** The wait that a provider asks for, in headers and in messages. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readRetryAfter, readWaitInText } from '../../src/errors/retry-after';

const NOW = Date.parse('2026-11-22T12:00:00Z');

const ROWS: readonly (readonly [
  retryAfter: string | undefined,
  retryAfterMs: string | undefined,
  expected: number | undefined,
])[] = [
  [undefined, undefined, undefined],
  ['3', undefined, 3_000],
  ['0', undefined, 0],
  ['1.5', undefined, 1_500],
  [' 7 ', undefined, 7_000],
  ['-5', undefined, 0],
  ['3600', undefined, 3_600_000],
  ['Sun, 22 Nov 2026 12:00:30 GMT', undefined, 30_000],
  ['Sun, 22 Nov 2026 11:00:00 GMT', undefined, 0],
  ['soon', undefined, undefined],
  ['', undefined, undefined],
  ['Infinity', undefined, undefined],
  ['3', '250', 250],
  [undefined, '250.5', 250.5],
  [undefined, '-1', 0],
  ['3', 'soon', 3_000],
  ['3', '', 3_000],
];

for (const [retryAfter, retryAfterMs, expected] of ROWS) {
  it(`Retry-After ${JSON.stringify(retryAfter)}, Retry-After-Ms ${JSON.stringify(retryAfterMs)}: ${expected}`, () => {
    assert.equal(readRetryAfter(retryAfter, retryAfterMs, NOW), expected);
  });
}

const TEXTS: readonly (readonly [message: string, expected: number | undefined])[] = [
  ['Please try again in 11.122s. Visit the docs.', 11_122],
  ['request reached organization max RPM: 3, please try again after 1 seconds', 1_000],
  ['Please retry after 33 seconds.', 33_000],
  ['Try again in 6ms.', 6],
  ['try again in 2 minutes', 120_000],
  ['try again in 1 min', 60_000],
  ['Please try again in 7m36.192s. Need more tokens?', 456_192],
  ['Please try again in 6m0s.', 360_000],
  ['try again in 1h12m5s', 4_325_000],
  ['try again in 2 hours, 1 minute and 3 seconds', 7_263_000],
  ['Try again in 1 day.', 86_400_000],
  ['Please retry in 39.387525667s.', 39_388],
  ['try again in 1 min 30 s', 90_000],
  ['try again in 3 s and 2 more times', 3_000],
  ['try again later', undefined],
  ['try again in 3 months', undefined],
  ['try again in 20', undefined],
];
for (const [message, expected] of TEXTS) {
  it(`reads "${message}" as ${expected}`, () => assert.equal(readWaitInText(message), expected));
}
