/** SIGTERM with a load balancer: /health/ready fails at once, and running turns finish or end with a terminal event. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ask, CODEX, typesOf } from '../support/bridge/test-bridge';
import { connectTo } from '../support/bridge/test-server';
import { BUILT_KEY, startBuiltBridge } from '../support/cli/built-bridge';
import { listNodes } from '../support/cli/node-versions';
import { getJson, postStream } from '../support/clients/sse-client';
import { answer, createTurnstile, startScriptedUpstream } from '../support/upstream/scripted-upstream';

for (const [name, drainMs, last] of [
  ['a turn within the drain time completes', 60_000, 'response.completed'],
  ['a longer turn ends with a terminal event', 5_000, 'response.failed'],
] as const) {
  const skip = process.platform === 'win32';
  test(`after SIGTERM, the bridge is not ready, and ${name}`, { skip }, async (context) => {
    const gate = createTurnstile();
    const upstream = await startScriptedUpstream({
      dialect: 'dashscope', apiKey: BUILT_KEY, script: [answer({ text: 'One two three.', gate: gate.gate })],
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

const HEAD = 'host: localhost\r\ncontent-type: application/json\r\ncontent-length: 14';
const TURN = `POST /v1/responses HTTP/1.1\r\n${HEAD}\r\n\r\n{"input":"hi"}`;

for (const { title, skip: isMissing, path } of listNodes(18, 20, 24, 26)) {
  const skip = isMissing || process.platform === 'win32';
  test(`on ${title}, new turns on connections made before SIGTERM get 503`, { skip }, async (context) => {
    const gate = createTurnstile();
    const upstream = await startScriptedUpstream({
      dialect: 'dashscope', apiKey: BUILT_KEY, script: [answer({ text: 'One two three.', gate: gate.gate })],
    });
    context.after(() => upstream.close());
    const bridge = await startBuiltBridge(context, { upstream: upstream.url, node: path });
    const ready = async (): Promise<number> => (await getJson(`${bridge.url}/health/ready`)).status;
    const turn = { model: 'qwen3.7-plus', input: ask(), store: false, stream: true };
    const streaming = postStream(`${bridge.url}/v1/responses`, turn, CODEX);
    await upstream.nextRequest();
    const [unused, reused] = [await connectTo(context, bridge.port), await connectTo(context, bridge.port)];
    reused.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(reused, 'data');
    assert.equal(await ready(), 200);
    bridge.child.kill('SIGTERM');
    while ((await ready()) === 200) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const socket of [unused, reused]) {
      socket.write(TURN);
      assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 503 [^]*"bridge_shutting_down"/);
    }
    gate.open();
    assert.equal(typesOf(await streaming).at(-1), 'response.completed');
    assert.equal(await bridge.ended, 0);
  });
}
