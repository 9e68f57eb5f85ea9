/** What the headers of an error tell SDK clients: how long to wait, whether to ask again, whose request it was. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BridgeError, type ErrorDetails } from '../../src/errors/bridge-error';
import type { ErrorKind } from '../../src/errors/error-table';
import { describeError } from '../../src/server/write-json';

const ROWS: readonly (readonly [kind: ErrorKind, details: ErrorDetails, headers: object])[] = [
  ['rate_limit', { retryAfterMs: 1_200 }, { 'retry-after': '2' }],
  ['rate_limit', {}, {}],
  // The bridge has asked four times: an SDK that asks twice more would make it twelve.
  ['rate_limit', { final: true }, { 'x-should-retry': 'false' }],
  ['rate_limit', { final: true, retryAfterMs: 30_000 }, { 'retry-after': '30' }],
  ['upstream_error', { final: true }, { 'x-should-retry': 'false' }],
  ['network', { final: true }, { 'x-should-retry': 'false' }],
  ['shutting_down', {}, {}],
  // A client that obeyed the wait would sleep for days.
  ['quota', { final: true, retryAfterMs: 86_400_000 }, { 'x-should-retry': 'false', 'retry-after': '86400' }],
  ['auth', { final: true }, {}],
  ['auth', { requestId: 'req-1' }, { 'x-request-id': 'req-1' }],
  ['auth', { requestId: 'no header\r\n' }, {}],
];

for (const [kind, details, headers] of ROWS) {
  it(`${kind} ${JSON.stringify(details)}`, () =>
    assert.deepEqual(describeError(new BridgeError(kind, 'No.', details)), headers));
}
