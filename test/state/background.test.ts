/** Background responses: polled, streamed again from any event, cancelled, and ended by a shutdown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, createTurnstile, reply } from '../support/upstream/scripted-upstream';
import { getJson, parseSse, postJson, postStream, type JsonReply } from '../support/clients/sse-client';
import { assertGoodStream } from '../support/stream/stream-grammar';
import { ask, CODEX, eventsOf, startBridge, type Loose, type TestBridge } from '../support/bridge/test-bridge';

const body = ({ json }: JsonReply): Loose => json;
const path = (bridge: TestBridge, id: string): string => `${bridge.url}/v1/responses/${id}`;
const follow = async (
  bridge: TestBridge,
  id: string,
  query = '',
): Promise<{ text: string; events: readonly Loose[] }> => {
  const { text } = await getJson(`${path(bridge, id)}?stream=true${query}`);
  return { text, events: parseSse(text).flatMap(({ json }) => (json === undefined ? [] : [json])) };
};

describe('background: true', () => {
  it('answers immediately, and is polled until it is complete', async (context) => {
    const gate = createTurnstile();
    const bridge = await startBridge(context, { script: [answer({ text: 'Slow but sure.', gate: gate.gate })] });
    const queued = body(await bridge.json({ input: ask(), background: true, metadata: { a: 'b' } }));
    assert.deepEqual(
      [queued.status, queued.background, queued.metadata, queued.output],
      ['queued', true, { a: 'b' }, []],
    );
    assert.equal(body(await getJson(path(bridge, queued.id))).status, 'queued');
    gate.open();
    const { events, text } = await follow(bridge, queued.id);
    assertGoodStream(text, { fullResponse: true, warnings: false });
    const done = body(await getJson(path(bridge, queued.id)));
    assert.equal(done.status, 'completed');
    assert.equal(done.output[0].content[0].text, 'Slow but sure.');
    assert.deepEqual(events.at(-1).response, done);
    bridge.upstream.assertClean();
  });

  it('streams, continues without its client, and streams again from any event', async (context) => {
    const gate = createTurnstile();
    const bridge = await startBridge(context, { script: [answer({ text: 'One two three four.', gate: gate.gate })] });
    const client = new AbortController();
    gate.admit(3);
    const partial = await postStream(
      `${bridge.url}/v1/responses`,
      { model: bridge.model, input: ask(), background: true, stream: true },
      {},
      {
        signal: client.signal,
        onChunk: (_chunk, soFar) => {
          if (soFar.includes('output_text.delta')) client.abort();
        },
      },
    );
    assert.equal(partial.ending, 'aborted');
    const { id } = eventsOf(partial)[0].response;
    assert.equal(body(await getJson(path(bridge, id))).status, 'in_progress');
    const last = eventsOf(partial).at(-1).sequence_number;
    const rest = follow(bridge, id, `&starting_after=${last}`);
    gate.open();
    const { events } = await rest;
    const all = await follow(bridge, id);
    assertGoodStream(all.text, { fullResponse: true, warnings: false });
    assert.deepEqual(events, all.events.slice(last + 1));
    assert.deepEqual(eventsOf(partial), all.events.slice(0, last + 1));
    assert.equal(all.events.at(-1).response.status, 'completed');
    assert.deepEqual((await follow(bridge, id, `&starting_after=${all.events.length}`)).events, []);
  });

  it('can be continued when it is complete', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'One.' }), answer({ text: 'Two.' })] });
    const { id } = body(await bridge.json({ input: 'Say one.', background: true }));
    await follow(bridge, id);
    await bridge.json({ input: 'Say two.', previous_response_id: id });
    assert.deepEqual(
      bridge.upstream.requests[1]?.body.messages.map(({ content }: Loose) => content),
      ['Say one.', 'One.', 'Say two.'],
    );
  });

  it('fails if the provider rejects the request', async (context) => {
    const error = { message: 'No such thing.', type: 'invalid_request_error', param: null, code: null };
    const bridge = await startBridge(context, { script: () => reply({ status: 400, body: { error } }) });
    const { id } = body(await bridge.json({ input: 'x', background: true }));
    await follow(bridge, id);
    const failed = body(await getJson(path(bridge, id)));
    assert.equal(failed.status, 'failed');
    assert.match(failed.error.message, /No such thing/);
  });

  it('immediately rejects requests that are invalid or must not be stored', async (context) => {
    const bridge = await startBridge(context);
    for (const [request, param] of [[{ input: 7 }, 'input'], [{ input: 'x', store: false }, 'background']] as const) {
      const rejected = await bridge.json({ ...request, background: true });
      assert.deepEqual([rejected.status, body(rejected).error.param], [400, param]);
    }
    // Codex gets the error in its stream.
    assert.equal((await bridge.stream({ input: ask(), background: true, store: false }, CODEX)).status, 200);
    assert.deepEqual(bridge.upstream.requests, []);
  });
});

describe('POST /v1/responses/{id}/cancel', () => {
  it('cancels the response and the request to the provider', async (context) => {
    const gate = createTurnstile();
    const bridge = await startBridge(context, { script: [answer({ text: 'Never finished.', gate: gate.gate })] });
    const { id } = body(await bridge.json({ input: 'x', background: true }));
    const request = await bridge.upstream.nextRequest();
    const cancelled = await postJson(`${path(bridge, id)}/cancel`, {});
    assert.deepEqual([cancelled.status, body(cancelled).status, body(cancelled).error], [200, 'cancelled', null]);
    await request.aborted;
    assert.equal(body(await getJson(path(bridge, id))).status, 'cancelled');
    assert.equal(body(await postJson(`${path(bridge, id)}/cancel`, {})).status, 'cancelled');
    const { events } = await follow(bridge, id);
    assert.match(events.at(-1).response.error.message, /cancelled/);
  });

  it('does not change a complete response, and rejects one that does not run in the background', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'One.' }), answer({ text: 'Two.' })] });
    const { id } = body(await bridge.json({ input: 'x', background: true }));
    await follow(bridge, id);
    assert.equal(body(await postJson(`${path(bridge, id)}/cancel`, {})).status, 'completed');
    const other = body(await bridge.json({ input: 'x' }));
    const rejected = await postJson(`${path(bridge, other.id)}/cancel`, {});
    assert.equal(rejected.status, 400);
    assert.match(body(rejected).error.message, /background: true/);
    assert.equal((await postJson(`${path(bridge, 'resp_none')}/cancel`, {})).status, 404);
  });
});

describe('GET /v1/responses/{id}?stream=true', () => {
  it('rejects a response that is not in the background, an unknown id and an invalid number', async (context) => {
    const bridge = await startBridge(context, { script: [answer({ text: 'One.' }), answer({ text: 'Two.' })] });
    const { id } = body(await bridge.json({ input: 'x' }));
    const inBackground = body(await bridge.json({ input: 'x', background: true }));
    await follow(bridge, inBackground.id);
    for (const [url, status, param] of [
      [`${path(bridge, id)}?stream=true`, 400, 'stream'],
      [`${path(bridge, 'resp_none')}?stream=true`, 404, null],
      [`${path(bridge, inBackground.id)}?stream=true&starting_after=x`, 400, 'starting_after'],
    ] as const) {
      const rejected = await getJson(url);
      assert.deepEqual([rejected.status, body(rejected).error.param], [status, param]);
    }
  });
});

describe('a background response', () => {
  it('can be deleted while it is in progress', async (context) => {
    const gate = createTurnstile();
    const bridge = await startBridge(context, { script: [answer({ text: 'Never finished.', gate: gate.gate })] });
    const { id } = body(await bridge.json({ input: 'x', background: true }));
    const request = await bridge.upstream.nextRequest();
    assert.equal(body(await getJson(path(bridge, id), {}, 'DELETE')).deleted, true);
    await request.aborted;
    assert.equal((await getJson(path(bridge, id))).status, 404);
  });

  it('is ended by a shutdown, which waits for it', async (context) => {
    const gate = createTurnstile();
    const bridge = await startBridge(context, { script: [answer({ text: 'Never finished.', gate: gate.gate })] });
    await bridge.json({ input: 'x', background: true });
    const request = await bridge.upstream.nextRequest();
    await Promise.all([bridge.close(), request.aborted]);
  });
});
