/** If a client disconnects, its upstream request is aborted, in every phase; a shutdown notifies clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { answer, createTurnstile, raw, silence } from '../support/upstream/scripted-upstream';
import { ask, CODEX, finalResponse, startBridge } from '../support/bridge/test-bridge';

const CHAT = { messages: [{ role: 'user', content: 'Hello' }] };

describe('the client disconnects', () => {
  it('before the provider answers', async (context) => {
    const bridge = await startBridge(context, { script: [silence()] });
    const leaving = new AbortController();
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: leaving.signal });
    const request = await bridge.upstream.nextRequest();
    leaving.abort();
    assert.equal((await reply).ending, 'aborted');
    await request.aborted;
  });

  it('before the provider’s first byte', async (context) => {
    const bridge = await startBridge(context, { script: [raw({ chunks: [], end: 'hang' })] });
    const leaving = new AbortController();
    // The headers and response.created arrive at once; the client disconnects at the first byte.
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: leaving.signal, onChunk: () => leaving.abort() });
    const request = await bridge.upstream.nextRequest();
    assert.equal((await reply).ending, 'aborted');
    await request.aborted;
  });

  it('in the middle of the text, and no more of it is read', async (context) => {
    const turnstile = createTurnstile();
    const bridge = await startBridge(context, {
      script: [answer({ text: 'x'.repeat(400), pieces: 1, gate: turnstile.gate })],
    });
    const leaving = new AbortController();
    const onChunk = (_chunk: Buffer, soFar: string): void => {
      if (soFar.includes('response.output_text.delta')) leaving.abort();
      else turnstile.admit();
    };
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: leaving.signal, onChunk });
    const request = await bridge.upstream.nextRequest();
    turnstile.admit(2);
    assert.equal((await reply).ending, 'aborted');
    await request.aborted;
  });

  it('while it waits for a JSON answer', async (context) => {
    const bridge = await startBridge(context, { script: [raw({ chunks: [], end: 'hang' }), silence()] });
    for (const path of ['/v1/responses', '/v1/chat/completions']) {
      const leaving = new AbortController();
      const request = bridge.upstream.nextRequest();
      const body = JSON.stringify({ model: bridge.model, ...CHAT, stream: false });
      const reply = fetch(`${bridge.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: leaving.signal,
      });
      const { aborted } = await request;
      leaving.abort();
      await assert.rejects(reply);
      await aborted;
    }
  });

  it('the abort happens before any later write of the provider', async (context) => {
    const turnstile = createTurnstile();
    const order: string[] = [];
    const bridge = await startBridge(context, {
      script: [answer({ text: 'abcdefgh', pieces: 1, gate: turnstile.gate })],
    });
    const leaving = new AbortController();
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: leaving.signal, onChunk: () => leaving.abort() });
    leaving.signal.addEventListener('abort', () => order.push('left'));
    const request = await bridge.upstream.nextRequest();
    void request.aborted.then(() => order.push('aborted'));
    await reply;
    await request.aborted;
    // The gate is closed until here, so only the disconnection can have ended the request.
    turnstile.open();
    assert.deepEqual(order, ['left', 'aborted']);
  });

  it('another client is not affected', async (context) => {
    const turnstile = createTurnstile();
    const script = [answer({ text: 'Still here.', gate: turnstile.gate }), raw({ chunks: [], end: 'hang' })];
    const bridge = await startBridge(context, { script });
    const staying = bridge.stream({ input: ask() }, CODEX);
    await bridge.upstream.nextRequest();
    const leaving = new AbortController();
    const left = bridge.stream({ input: ask() }, CODEX, { signal: leaving.signal, onChunk: () => leaving.abort() });
    const second = await bridge.upstream.nextRequest();
    await left;
    await second.aborted;
    turnstile.open();
    assert.equal(finalResponse(await staying).status, 'completed');
  });

  it('logs one line, which is not a warning', async (context) => {
    const bridge = await startBridge(context, { script: [silence()], logLevel: 'info' });
    const leaving = new AbortController();
    const reply = bridge.stream({ input: ask() }, {}, { signal: leaving.signal });
    const request = await bridge.upstream.nextRequest();
    leaving.abort();
    await assert.rejects(reply);
    await request.aborted;
    const turns = await bridge.turns(1);
    assert.deepEqual(turns.map(({ level, finish, stage }) => [level, finish, stage]), [['info', 'aborted', 'waiting']]);
    assert.equal(bridge.lines.length, 1);
  });
});

describe('a shutdown', () => {
  it('ends a running stream with response.failed, and its upstream request', async (context) => {
    const bridge = await startBridge(context, { script: [raw({ chunks: [': ping\n\n'], end: 'hang' })] });
    const begun = new EventTarget();
    const reply = bridge.stream({ input: ask() }, CODEX, { onChunk: () => begun.dispatchEvent(new Event('begun')) });
    await once(begun, 'begun');
    const request = await bridge.upstream.nextRequest();
    await bridge.close();
    const stream = await reply;
    assert.equal(finalResponse(stream).status, 'failed');
    assert.match(finalResponse(stream).error.message, /shutting down/);
    assert.equal(stream.events.at(-1)?.data, '[DONE]');
    await request.aborted;
  });
});
