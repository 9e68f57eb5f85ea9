/** While an answer streams, the memory of its request is released: the parsed text and the bytes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { setImmediate as nextLoop } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createBridge } from '../../src/bridge/create-bridge';
import { resolveConfig } from '../../src/config/resolve';
import { createLogger } from '../../src/observe/log';

const MB = 1024 * 1024;
/** More than the history caches hold. */
const TEXT = 24 * MB;

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Memory in use, in MB, after garbage collection. */
async function usedMb(): Promise<number> {
  assert.ok(typeof collectGarbage === 'function');
  for (let round = 0; round < 5; round += 1) {
    await nextLoop();
    collectGarbage();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MB;
}

const CHUNK = { choices: [{ index: 0, delta: { content: 'Hello.' } }] };

for (const [kind, client] of [['responses', 'codex'], ['responses', 'generic'], ['chat', 'generic']] as const) {
  it(`releases a request of 24 MB (${kind}, ${client} client)`, { timeout: 60_000 }, async (context) => {
    const upstream = createServer((request, response) => {
      request.resume().on('end', () => response.write(`data: ${JSON.stringify(CHUNK)}\n\n`));
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    context.after(() => {
      upstream.close();
      upstream.closeAllConnections();
    });
    const { port } = upstream.address() as AddressInfo;
    const log = createLogger({ level: 'error', format: 'json', write: () => undefined, secrets: [] });
    const resolved = resolveConfig({}, { AI_API_BASE: `http://127.0.0.1:${port}/v1`, AI_API_KEY: 'k' });
    assert.ok(resolved.ok);
    const bridge = createBridge(resolved.config, log);
    const abort = new AbortController();
    const start = async (): ReturnType<typeof bridge.start> => {
      const messages = [{ role: 'user', content: Buffer.alloc(TEXT, 'x').toString('latin1') }];
      const body = { model: 'glm-4.7', stream: true, store: false };
      const field = kind === 'chat' ? { messages } : { input: messages };
      return bridge.start(kind, { ...body, ...field }, { client, abort: abort.signal });
    };
    await usedMb();
    const before = await usedMb();
    const frames = (await start()).frames()[Symbol.asyncIterator]();
    let received = '';
    while (!received.includes('Hello.')) received += String((await frames.next()).value);
    const during = await usedMb();
    assert.ok(during < before + 12, `${before.toFixed(0)} MB before, ${during.toFixed(0)} MB during the stream`);
    abort.abort();
    await frames.next();
    await frames.return?.();
  });
}
