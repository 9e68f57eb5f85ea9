/** A client that disconnects aborts its upstream request, in every phase; a shutdown notifies clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { answer, createTurnstile, raw, silence } from '../support/upstream/scripted-upstream';
import { ask, CODEX, finalResponse, startBridge } from '../support/bridge/test-bridge';

const CHAT = { messages: [{ role: 'user', content: 'Hello' }] };

describe('a client disconnects', () => {
  it('before the provider answers', async (context) => {
    const bridge = await startBridge(context, { script: [silence()] });
    const abort = new AbortController();
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: abort.signal });
    const request = await bridge.upstream.nextRequest();
    abort.abort();
    assert.equal((await reply).ending, 'aborted');
    await request.aborted;
  });

  it('before the provider’s first byte', async (context) => {
    const bridge = await startBridge(context, { script: [raw({ chunks: [], end: 'hang' })] });
    const abort = new AbortController();
    // The headers and response.created arrive at once; the client disconnects at the first byte.
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: abort.signal, onChunk: () => abort.abort() });
    const request = await bridge.upstream.nextRequest();
    assert.equal((await reply).ending, 'aborted');
    await request.aborted;
  });

  it('in the middle of the text, and the bridge stops reading it', async (context) => {
    const turnstile = createTurnstile();
    const bridge = await startBridge(context, {
      script: [answer({ text: 'x'.repeat(400), pieces: 1, gate: turnstile.gate })],
    });
    const abort = new AbortController();
    const onChunk = (_chunk: Buffer, soFar: string): void => {
      if (soFar.includes('response.output_text.delta')) abort.abort();
      else turnstile.admit();
    };
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: abort.signal, onChunk });
    const request = await bridge.upstream.nextRequest();
    turnstile.admit(2);
    assert.equal((await reply).ending, 'aborted');
    await request.aborted;
  });

  it('while it waits for a JSON answer', async (context) => {
    const bridge = await startBridge(context, { script: [raw({ chunks: [], end: 'hang' }), silence()] });
    for (const path of ['/v1/responses', '/v1/chat/completions']) {
      const abort = new AbortController();
      const request = bridge.upstream.nextRequest();
      const body = JSON.stringify({ model: bridge.model, ...CHAT, stream: false });
      const reply = fetch(`${bridge.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: abort.signal,
      });
      const { aborted } = await request;
      abort.abort();
      await assert.rejects(reply);
      await aborted;
    }
  });

  it('and the request is aborted before the provider’s next write', async (context) => {
    const turnstile = createTurnstile();
    const order: string[] = [];
    const bridge = await startBridge(context, {
      script: [answer({ text: 'abcdefgh', pieces: 1, gate: turnstile.gate })],
    });
    const abort = new AbortController();
    const reply = bridge.stream({ input: ask() }, CODEX, { signal: abort.signal, onChunk: () => abort.abort() });
    abort.signal.addEventListener('abort', () => order.push('disconnected'));
    const request = await bridge.upstream.nextRequest();
    void request.aborted.then(() => order.push('aborted'));
    await reply;
    await request.aborted;
    // The gate was closed until here, so only the abort can have ended the request.
    turnstile.open();
    assert.deepEqual(order, ['disconnected', 'aborted']);
  });

  it('without affecting another client', async (context) => {
    const turnstile = createTurnstile();
    const script = [answer({ text: 'Still here.', gate: turnstile.gate }), raw({ chunks: [], end: 'hang' })];
    const bridge = await startBridge(context, { script });
    const connected = bridge.stream({ input: ask() }, CODEX);
    await bridge.upstream.nextRequest();
    const abort = new AbortController();
    const aborted = bridge.stream({ input: ask() }, CODEX, { signal: abort.signal, onChunk: () => abort.abort() });
    const second = await bridge.upstream.nextRequest();
    await aborted;
    await second.aborted;
    turnstile.open();
    assert.equal(finalResponse(await connected).status, 'completed');
  });

  it('which logs one line, at level info', async (context) => {
    const bridge = await startBridge(context, { script: [silence()], logLevel: 'info' });
    const abort = new AbortController();
    const reply = bridge.stream({ input: ask() }, {}, { signal: abort.signal });
    const request = await bridge.upstream.nextRequest();
    abort.abort();
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
    const stream = new EventTarget();
    const reply = bridge.stream({ input: ask() }, CODEX, { onChunk: () => stream.dispatchEvent(new Event('chunk')) });
    await once(stream, 'chunk');
    const request = await bridge.upstream.nextRequest();
    await bridge.close();
    const ended = await reply;
    assert.equal(finalResponse(ended).status, 'failed');
    assert.match(finalResponse(ended).error.message, /shutting down/);
    assert.equal(ended.events.at(-1)?.data, '[DONE]');
    await request.aborted;
  });
});
