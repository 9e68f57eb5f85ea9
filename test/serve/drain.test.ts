/** SIGTERM with a load balancer: not ready at once, time for running turns, then a terminal event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, CODEX, typesOf } from '../support/bridge/test-bridge';
import { startBuiltBridge } from '../support/cli/built-bridge';
import { getJson, postStream } from '../support/clients/sse-client';
import { answer, createTurnstile, startScriptedUpstream } from '../support/upstream/scripted-upstream';

for (const [name, drainMs, last] of [
  ['a turn that ends in time is answered', 60_000, 'response.completed'],
  ['a turn that takes longer than the drain time ends with a terminal event', 5_000, 'response.failed'],
] as const) {
  test(`SIGTERM: not ready, and ${name}`, { skip: process.platform === 'win32' }, async (context) => {
    const gate = createTurnstile();
    const upstream = await startScriptedUpstream({
      dialect: 'dashscope', script: [answer({ text: 'One two three.', gate: gate.gate })],
    });
    context.after(() => upstream.close());
    const flags = ['--drain-timeout-ms', String(drainMs)];
    const bridge = await startBuiltBridge(context, { upstream: upstream.url, flags });
    const ready = async (): Promise<number> => (await getJson(`${bridge.url}/health/ready`)).status;
    assert.equal(await ready(), 200);
    const turn = { model: 'qwen3.7-plus', input: ask(), store: false, stream: true };
    const streaming = postStream(`${bridge.url}/v1/responses`, turn, CODEX);
    gate.admit(2);
    await upstream.nextRequest();
    bridge.child.kill('SIGTERM');
    while ((await ready()) === 200) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await ready(), 503);
    assert.equal((await getJson(`${bridge.url}/health/live`)).status, 200);
    if (last === 'response.completed') gate.open();
    const reply = await streaming;
    assert.equal(reply.ending, 'complete');
    assert.deepEqual(typesOf(reply).filter((type) => /completed|failed|incomplete/.test(type)), [last]);
    assert.equal(await bridge.ended, 0);
  });
}
