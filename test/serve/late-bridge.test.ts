/** The late bridge builds the real one once, on first use, and forwards every call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bridge, Caller } from '../../src/bridge/bridge';
import { createLateBridge } from '../../src/serve/serve-command';
import { BridgeError } from '../../src/errors/bridge-error';

function createScriptedBridge() {
  const calls: string[] = [];
  const refuse = (name: string) => async (): Promise<never> => {
    calls.push(name);
    throw new BridgeError('internal', name);
  };
  const bridge: Bridge = {
    start: (kind) => refuse(kind)(),
    failedFrames: (error) => `data: ${error.message}\n\n`,
    kept: () => {
      throw new BridgeError('internal', 'kept');
    },
    checkStore: refuse('store'),
    models: async (version) => ({ body: { data: [version ?? ''] }, etag: '"1"' }),
    search: refuse('search'),
    close: () => void calls.push('close'),
  };
  let built = 0;
  const late = createLateBridge(() => {
    built += 1;
    return bridge;
  });
  return { calls, late, built: () => built };
}

const caller: Caller = { client: 'codex', abort: new AbortController().signal };

test('nothing is built before the first call, and one bridge serves all calls', async () => {
  const { calls, late, built } = createScriptedBridge();
  late.close();
  assert.equal(built(), 0);
  assert.deepEqual(await late.models('0.169.0'), { body: { data: ['0.169.0'] }, etag: '"1"' });
  await assert.rejects(late.start('responses', {}, caller), /responses/);
  await assert.rejects(late.start('chat', {}, caller), /chat/);
  await assert.rejects(late.search({}, caller.abort), /search/);
  await assert.rejects(late.checkStore(), /store/);
  assert.equal(late.failedFrames(new BridgeError('internal', 'broken'), {}), 'data: broken\n\n');
  assert.throws(() => late.kept(), /kept/);
  late.close();
  assert.deepEqual(calls, ['responses', 'chat', 'search', 'store', 'close']);
  assert.equal(built(), 1);
});

test('warming up builds it before the first call', async () => {
  const { late, built } = createScriptedBridge();
  late.warmUp();
  await late.models();
  assert.equal(built(), 1);
});
