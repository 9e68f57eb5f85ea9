/** The routes for load balancers and monitors: /health/live, /health/ready and /metrics. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Turn } from '../../src/bridge/bridge';
import { BridgeError } from '../../src/errors/bridge-error';
import { ask, CODEX, startBridge } from '../support/bridge/test-bridge';
import { fakeTurn } from '../support/bridge/fake-bridge';
import { open, readAll, sendRequest, startServer } from '../support/bridge/test-server';
import { getJson } from '../support/clients/sse-client';
import { readMetrics } from '../support/clients/read-metrics';
import { answer, createTurnstile, reply } from '../support/upstream/scripted-upstream';

const STREAM = { body: '{"input":"hi","stream":true}' };
const get = (port: number, path: string, headers = {}) => sendRequest(port, { method: 'GET', path, headers });
const TOKEN = 'token-0123456789abcdef';

describe('GET /health/live and /health/ready', () => {
  it('need no token', async (context) => {
    const { port } = await startServer(context, { config: { accessToken: TOKEN } });
    for (const path of ['/health', '/health/live', '/health/ready']) assert.equal((await get(port, path)).status, 200);
    for (const path of ['/metrics', '/health/other']) assert.equal((await get(port, path)).status, 401);
    const { text, headers } = await get(port, '/health/ready');
    assert.deepEqual([JSON.parse(text), headers['cache-control']], [{ ready: true }, 'no-store']);
  });

  it('not ready during a drain: the port stays open for a load balancer, and new turns get 503', async (context) => {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => { finish = resolve; });
    async function* frames(): AsyncGenerator<string> {
      yield 'data: 1\n\n';
      await finished;
      yield 'data: 2\n\n';
    }
    const start = (): Turn => fakeTurn({ stream: true, frames });
    const { server, port } = await startServer(context, { start, config: { drainTimeoutMs: 60_000 } });
    assert.equal((await get(port, '/health/ready')).status, 200);
    const running = await open(port, STREAM);
    const closed = server.close();
    const ready = await get(port, '/health/ready');
    assert.deepEqual([ready.status, JSON.parse(ready.text).ready], [503, false]);
    assert.equal(ready.headers.connection, 'close');
    assert.equal((await get(port, '/health/live')).status, 200);
    const rejected = await sendRequest(port, { ...STREAM, headers: CODEX });
    assert.deepEqual([rejected.status, JSON.parse(rejected.text).error.code], [503, 'bridge_shutting_down']);
    finish();
    assert.equal(await readAll(running), 'data: 1\n\ndata: 2\n\n');
    await closed;
    await assert.rejects(get(port, '/health/ready'), { code: 'ECONNREFUSED' });
  });

  it('not ready while a required store is unavailable, and only then', async (context) => {
    const failure = new BridgeError('store_unavailable', 'The store at secret-host is unavailable.');
    const checkStore = () => Promise.reject(failure);
    const strict = await startServer(context, { checkStore, config: { storeRequired: true } });
    const { status, text } = await get(strict.port, '/health/ready');
    assert.deepEqual([status, JSON.parse(text)], [503, { ready: false, reason: 'The store cannot be reached.' }]);
    assert.equal((await get(strict.port, '/health/live')).status, 200);
    const lenient = await startServer(context, { checkStore });
    assert.equal((await get(lenient.port, '/health/ready')).status, 200);
  });
});

describe('GET /metrics', () => {
  it('requires the token, and rejects other hosts and origins', async (context) => {
    const { port } = await startServer(context, { config: { accessToken: TOKEN } });
    assert.equal((await get(port, '/metrics')).status, 401);
    assert.equal((await get(port, '/metrics', { authorization: `Bearer ${TOKEN}` })).status, 200);
    assert.equal((await get(port, '/metrics', { 'x-api-key': TOKEN })).status, 200);
    for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }]) {
      assert.equal((await get(port, '/metrics', { ...headers, authorization: `Bearer ${TOKEN}` })).status, 403);
    }
  });

  it('counts turns, errors, calls, retries and tokens, and measures times', async (context) => {
    const gate = createTurnstile();
    const failure = { error: { message: 'Overloaded.', type: 'server_error', code: null, param: null } };
    const usage = { prompt: 100, completion: 20 };
    const script = [
      reply({ status: 503, body: failure }), answer({ text: 'Yes.', usage }), answer({ text: 'Yes.', usage }),
      reply({ status: 401, body: { error: { ...failure.error, message: 'Bad key.' } } }),
      answer({ text: 'Slow.', gate: gate.gate }),
    ];
    const bridge = await startBridge(context, { script, settings: { upstreamCalls: 2 } });
    const read = async () => readMetrics((await getJson(`${bridge.url}/metrics`)).text);
    const before = await read();
    assert.equal(before.value('turns_total', { api: 'responses', outcome: 'answered' }), 0);
    await bridge.stream({ input: ask() }, CODEX);
    await bridge.chatJson({ messages: [{ role: 'user', content: 'x' }] });
    assert.equal((await bridge.json({ input: 'x' })).status, 401);
    assert.equal((await bridge.json({ input: 7 })).status, 400);
    const slow = bridge.stream({ input: ask(), store: false }, CODEX);
    await bridge.upstream.nextRequest();
    await bridge.turns(4);
    const now = await read();
    assert.equal(now.value('turns_total', { api: 'responses', outcome: 'answered' }), 1);
    assert.equal(now.value('turns_total', { api: 'chat', outcome: 'answered' }), 1);
    assert.equal(now.value('turns_total', { api: 'responses', outcome: 'failed' }), 2);
    assert.equal(now.value('turn_errors_total', { kind: 'invalid_request' }), 1);
    assert.equal(now.sum('turn_errors_total'), 2);
    assert.equal(now.value('upstream_calls_total'), 4);
    assert.equal(now.value('upstream_retries_total', { kind: 'overload' }), 1);
    assert.equal(now.value('tokens_total', { kind: 'input' }), 200);
    assert.equal(now.value('tokens_total', { kind: 'output' }), 40);
    assert.deepEqual([now.value('open_streams'), now.value('open_turns'), now.value('queue_length')], [1, 1, 0]);
    assert.equal(now.value('turn_duration_seconds_count'), 4);
    assert.equal(now.value('time_to_first_token_seconds_count'), 2);
    assert.equal(now.value('added_latency_seconds_count'), 3);
    assert.equal(now.value('added_latency_seconds_bucket', { le: '+Inf' }), 3);
    const added = now.value('added_latency_seconds_sum');
    assert.ok(added > 0 && added < now.value('turn_duration_seconds_sum') + 1, String(added));
    assert.ok(now.value('process_resident_memory_bytes', {}) > 1_000_000);
    assert.equal(now.value('build_info', { version: '1.2.3' }), 1);
    gate.open();
    await slow;
    await bridge.turns(5);
    const last = await read();
    assert.deepEqual([last.value('open_streams'), last.value('turn_duration_seconds_count')], [0, 5]);
    const labels = [...last.text.matchAll(/\{([^}]*)\}/g)].map(([, inner]) => inner);
    assert.ok(!labels.some((label) => label?.includes('qwen')), 'no label has values from clients');
  });

  it('counts nothing before the first scrape', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'Yes.' })] });
    await bridge.json({ input: 'x', store: false });
    const { value } = readMetrics((await getJson(`${bridge.url}/metrics`)).text);
    assert.equal(value('turn_duration_seconds_count'), 0);
    assert.ok(value('event_loop_delay_max_seconds') >= 0);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  const reason = promtool ? '' : ' (skipped: promtool, of the Debian package prometheus, is not installed)';
  it(`causes no complaints from promtool${reason}`, { skip: !promtool }, async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'Yes.' })] });
    await getJson(`${bridge.url}/metrics`);
    await bridge.json({ input: 'x' });
    const { text: input } = await getJson(`${bridge.url}/metrics`);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });
});
