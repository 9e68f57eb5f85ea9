/** Keep-alive events without an answer do not extend a request forever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeError } from '../../src/errors/bridge-error';
import { COMMENTS_LIMIT_MS, SilenceTimer } from '../../src/upstream/transport';

const COMMENT = Buffer.from(': keep-alive\n\n');
const DATA = Buffer.from('data: {}\n\n');

function createTimer(idleMs: number) {
  const clock = { now: 0 };
  const expired: BridgeError[] = [];
  const timer = new SilenceTimer(
    { connectMs: 0, firstByteMs: 0, idleMs },
    'host.example',
    (error) => expired.push(error),
    () => clock.now,
  );
  const at = (milliseconds: number, bytes: Uint8Array): void => {
    clock.now = milliseconds;
    timer.touch(bytes);
  };
  return { at, expired, timer };
}

test('a stream of comments alone times out', () => {
  const { at, expired, timer } = createTimer(60_000);
  at(0, COMMENT);
  at(COMMENTS_LIMIT_MS - 1, COMMENT);
  assert.deepEqual(expired, []);
  at(COMMENTS_LIMIT_MS, COMMENT);
  timer.stop();
  assert.deepEqual(
    expired.map(({ kind, message }) => [kind, message]),
    [['timeout', 'host.example sent only keep-alive comments for 15 minutes. Try again.']],
  );
});

test('data resets the limit, and 0 disables it', () => {
  const { at, expired, timer } = createTimer(60_000);
  at(0, COMMENT);
  at(COMMENTS_LIMIT_MS - 1, DATA);
  at(COMMENTS_LIMIT_MS, COMMENT);
  at(2 * COMMENTS_LIMIT_MS - 1, COMMENT);
  timer.stop();
  assert.deepEqual(expired, []);
  const unlimited = createTimer(0);
  unlimited.at(0, COMMENT);
  unlimited.at(COMMENTS_LIMIT_MS, COMMENT);
  assert.deepEqual(unlimited.expired, []);
});
