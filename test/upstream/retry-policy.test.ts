/** How long to wait before a retry, and how many retries there are. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError, type ErrorDetails } from '../../src/errors/bridge-error';
import type { ErrorKind } from '../../src/errors/error-table';
import { allowedCalls, computeWait } from '../../src/upstream/call-limits';

const LIMITS = { calls: 4, longestWaitMs: 20_000 };
const wait = (details: ErrorDetails, failed = 1, random = 0.5): number | undefined =>
  computeWait(new BridgeError('rate_limit', 'Slow.', details), failed, LIMITS, random);

it('waits double, with a jitter of 25%', () => {
  assert.deepEqual([1, 2, 3].map((failed) => wait({}, failed)), [500, 1_000, 2_000]);
  assert.deepEqual([0, 1].map((random) => wait({}, 1, random)), [375, 625]);
});

it('a limit with a known end is not retried before it, and no wait exceeds what the user allows', () => {
  assert.deepEqual([0, 1].map((random) => wait({ pauseMs: 5_000 }, 1, random)), [5_000, 6_250]);
  assert.equal(wait({ pauseMs: 1 }, 3), 2_000);
  assert.equal(wait({ pauseMs: 60_000 }), 20_000);
});

it('the wait that a provider names is used, or reported to the user if it is too long', () => {
  assert.equal(wait({ retryAfterMs: 7_000, pauseMs: 15_000 }), 7_000);
  assert.equal(wait({ retryAfterMs: 20_001 }), undefined);
});

const CALLS: readonly (readonly [kind: ErrorKind, calls: number])[] = [
  ['rate_limit', 4],
  ['overload', 4],
  ['upstream_error', 4],
  ['network', 4],
  ['timeout', 2],
  ['bad_answer', 2],
  ['empty_answer', 2],
  ['cut_stream', 6],
  ['auth', 1],
  ['quota', 1],
  ['context_overflow', 1],
  ['upstream_rejected', 1],
  ['internal', 1],
];
for (const [kind, calls] of CALLS) {
  it(`${kind}: ${calls} calls for one turn, or 1 if the user sets 1`, () => {
    assert.equal(allowedCalls(kind, LIMITS), calls);
    assert.equal(allowedCalls(kind, { ...LIMITS, calls: 1 }), kind === 'cut_stream' ? 6 : 1);
  });
}
