/** The TCP upstream: an error in its script or in a gate fails the test that started it. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { head, startTcpUpstream, type TcpStep } from './tcp-upstream';

const REQUEST = 'POST /v1 HTTP/1.1\r\ncontent-length: 2\r\n\r\n';
const WRITES: TcpStep['writes'] = [head('200 OK', { 'content-length': 5 }), 'Hello'];
const broken = new Error('broken');

/** Sends one request and reads until the connection ends. `failure` is what the upstream's cleanup then throws. */
async function run(script: () => TcpStep, isComplete = true) {
  const cleanups: (() => unknown)[] = [];
  const upstream = await startTcpUpstream({ after: (cleanup) => void cleanups.push(cleanup as () => unknown) }, script);
  const { hostname, port } = new URL(upstream.url);
  const socket = connect(Number(port), hostname);
  if (isComplete) socket.write(`${REQUEST}{}`);
  else socket.end(REQUEST);
  let text = '';
  for await (const bytes of socket) text += String(bytes);
  let failure: unknown;
  try {
    for (const cleanup of cleanups) cleanup();
  } catch (error) {
    failure = error;
  }
  return { text, upstream, failure };
}

const throwAt = (position: number): TcpStep => ({
  writes: WRITES, end: 'hang', gate: async (index) => { if (index === position) throw broken; },
});

const ERRORS: Readonly<Record<string, readonly [script: () => TcpStep, text: string]>> = {
  'a script': [() => { throw broken; }, ''],
  'a gate before a write': [() => throwAt(1), WRITES[0] as string],
  'a gate before the end': [() => throwAt(2), WRITES.join('')],
};

for (const [name, [script, expected]] of Object.entries(ERRORS)) {
  test(`an error in ${name} closes the connection and fails the test`, { timeout: 60_000 }, async () => {
    const { text, failure } = await run(script);
    assert.equal(text, expected);
    assert.ok(failure instanceof assert.AssertionError);
    assert.match(failure.message, /^the script or a gate threw/);
    assert.deepEqual(failure.actual, [broken]);
  });
}

test('neither a complete answer nor a client that disconnects in its request is an error', async () => {
  const complete = await run(() => ({ writes: WRITES, end: 'close' }));
  assert.deepEqual([complete.text, complete.upstream.bodies, complete.failure], [WRITES.join(''), ['{}'], undefined]);
  const partial = await run(() => { throw broken; }, false);
  assert.deepEqual([partial.text, partial.upstream.calls, partial.failure], ['', 0, undefined]);
});

test('closed rejects for a request that was not received', async () => {
  const { upstream } = await run(() => ({ writes: [], end: 'close' }));
  await upstream.closed(0);
  await assert.rejects(upstream.closed(1), /^Error: Request 1 was not received/);
});
