/** The built bridge has little in use while a provider never stops sending, and while clients send large bodies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MEMORY_LIMIT_MB, startBuiltBridge, type BuiltBridge } from '../support/cli/built-bridge';
import { open, post, sendRequest } from '../support/bridge/test-server';
import { takeSample } from '../support/long-tests';

const MB = 1024 * 1024;
const LIMIT = { timeout: 300_000 } as const;
const LIMITED = { memoryLimitMb: MEMORY_LIMIT_MB } as const;
/** Less than a provider sends: what the bridge does not keep to its own limit of 64 MB exceeds it. */
const FLOODED = { memoryLimitMb: 150 } as const;

type Act = (response: ServerResponse) => unknown;

/** A provider that answers every request in one way. */
async function startProvider(context: TestContext, act: Act): Promise<string> {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    request.resume().on('end', () => void act(response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** Writes no faster than the bridge reads, and ends when `total` bytes were written or the bridge has disconnected. */
async function pour(response: ServerResponse, head: string, piece: string, total: number, tail = ''): Promise<void> {
  response.write(head);
  const bytes = Buffer.from(piece.repeat(Math.max(1, Math.floor(MB / piece.length))));
  for (let sent = 0; sent < total && !response.destroyed; sent += bytes.length) {
    if (!response.write(bytes)) await untilWritable(response);
  }
  response.end(tail);
}

const untilWritable = (response: ServerResponse): Promise<void> => new Promise((resolve) => {
  const settle = (): void => {
    response.off('drain', settle).off('close', settle);
    resolve();
  };
  response.on('drain', settle).on('close', settle);
});

const SSE = { 'content-type': 'text/event-stream' } as const;
const JSON_TYPE = { 'content-type': 'application/json' } as const;
const chunk = (delta: string): string => `data: {"choices":[{"index":0,"delta":${delta}}]}\n\n`;
const STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const LONG = 'x'.repeat(64 * 1024);
const argument = (text: string): string => chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"${text}"}}]}`);
const PATCH =
  chunk('{"tool_calls":[{"index":0,"id":"c","function":{"name":"p","arguments":"{\\"input\\":\\""}}]}');
const CALL =
  chunk('{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\\"a\\":["}}]}');

const FLOODS: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
  'an endless line': (response) => pour(response.writeHead(200, SSE), 'data: ', LONG, 200 * MB),
  'one event of many lines': (response) => pour(response.writeHead(200, SSE), '', `data: ${LONG}\n`, 200 * MB),
  'one event of short lines': (response) => pour(response.writeHead(200, SSE), '', 'data:x\n', 200 * MB),
  'endless comments': (response) => pour(response.writeHead(200, SSE), ': ', LONG, 200 * MB, '\n\n'),
  text: (response) => pour(response.writeHead(200, SSE), '', chunk(`{"content":"${LONG}"}`), 200 * MB),
  reasoning: (response) => pour(response.writeHead(200, SSE), '', chunk(`{"reasoning_content":"${LONG}"}`), 200 * MB),
  'arguments of one call': (response) => pour(response.writeHead(200, SSE), CALL, argument(LONG), 200 * MB),
  'arguments of many numbers': (response) =>
    pour(response.writeHead(200, SSE), CALL, argument('1,'.repeat(8_192)), 200 * MB),
  'arguments of many strings': (response) =>
    pour(response.writeHead(200, SSE), CALL, argument('\\"\\",'.repeat(8_192)), 200 * MB),
  'a patch of escapes': (response) =>
    pour(response.writeHead(200, SSE), PATCH, argument('\\\\n'.repeat(16_384)), 200 * MB),
  'an unclosed tag': (response) =>
    pour(response.writeHead(200, SSE), chunk('{"content":"<tool_call>"}'), chunk(`{"content":"${LONG}"}`), 200 * MB),
  blanks: (response) => pour(response.writeHead(200, SSE), '', chunk(`{"content":"${' '.repeat(1_000)}"}`), 200 * MB),
  'a JSON answer': (response) =>
    pour(response.writeHead(200, JSON_TYPE), '{"choices":[{"message":{"content":"', LONG, 200 * MB, '"}}]}'),
  'an error page': (response) => pour(response.writeHead(502, { 'content-type': 'text/html' }), '', '<h1', 200 * MB),
  'an error in JSON': (response) =>
    pour(response.writeHead(400, JSON_TYPE), '{"error":{"message":"', LONG, 200 * MB),
};

async function assertHealthy(bridge: BuiltBridge): Promise<void> {
  assert.doesNotMatch(bridge.output(), /\n {4}at |Internal error|memory limit|heap out of memory/);
  assert.equal((await sendRequest(bridge.port, { method: 'GET', path: '/health' })).status, 200);
}

const CODEX = { originator: 'codex_exec' } as const;

describe('a provider that never stops sending', () => {
  for (const [name, flood] of takeSample(Object.entries(FLOODS), 5)) {
    for (const wire of ['chat', 'responses'] as const) {
      if (wire === 'responses' && !/line|comments|error|JSON/.test(name)) continue;
      test(`${name}, over ${wire}`, LIMIT, async (context) => {
        const upstream = await startProvider(context, flood);
        const env = { UPSTREAM_CALLS: '1', UPSTREAM_WIRE: wire, AI_PROVIDER: 'openai-compatible' };
        const bridge = await startBuiltBridge(context, { ...FLOODED, upstream, env });
        for (const [stream, headers] of [[true, CODEX], [false, {}]] as const) {
          const tools = [
            { type: 'function', name: 'f', parameters: { type: 'object' } }, { type: 'custom', name: 'p' },
          ];
          const { text } = await post(bridge.port, { model: 'm', input: 'Hi', stream, tools }, { headers });
          assert.match(text.slice(-4_000), /"message":"[^"]{20,}|"status":"(?:completed|failed|incomplete)"|\[DONE\]/);
        }
        await assertHealthy(bridge);
      });
    }
  }
});

/** Each body with the headers that it needs. */
const BODIES: Readonly<Record<string, () => { readonly body: Buffer; readonly headers?: Record<string, string> }>> = {
  '40 MB': () => ({ body: encode({ input: 'x'.repeat(40 * MB), stream: true }) }),
  '40 MB with a wrong field': () => ({ body: encode({ tools: 'x'.repeat(40 * MB) }) }),
  '20 MB of two-byte characters': () => ({ body: encode({ input: 'ж'.repeat(10 * MB) }) }),
  '60,000 messages': () => ({ body: encode({ input: MESSAGES }) }),
  '46 MB once inflated': () => ({
    body: gzipSync(encode({ input: 'x'.repeat(46 * MB) }), { level: 1 }),
    headers: { 'content-encoding': 'gzip' },
  }),
};

const encode = (body: object): Buffer => Buffer.from(JSON.stringify({ model: 'm', ...body }));

const MESSAGES = Array.from({ length: 60_000 }, (_, at) => ({ role: 'user', content: `${at} ${'x'.repeat(100)}` }));

test('twenty streams whose requests of 40 MB are stored', LIMIT, async (context) => {
  const upstream = await startProvider(context, (response) =>
    response.writeHead(200, SSE).write(chunk('{"content":"Hi"}')));
  const bridge = await startBuiltBridge(context, { ...LIMITED, upstream, env: { UPSTREAM_CALLS: '1' } });
  const body = encode({ input: 'x'.repeat(40 * MB), stream: true });
  const statuses = await Promise.all(Array.from({ length: 20 }, () => open(bridge.port, { body }).then((response) => {
    context.after(() => response.destroy());
    return response.resume().statusCode;
  }, (error: { readonly code?: string }) => error.code)));
  assert.ok(statuses.includes(200), String(statuses));
  await assertHealthy(bridge);
});

describe('twenty bodies at once, each of', () => {
  for (const [name, create] of takeSample(Object.entries(BODIES), 5)) {
    test(name, LIMIT, async (context) => {
      const upstream = await startProvider(context, (response) =>
        response.writeHead(200, SSE).end(`${chunk('{"content":"Hi"}')}${STOP}data: [DONE]\n\n`));
      const bridge = await startBuiltBridge(context, { ...LIMITED, upstream, env: { UPSTREAM_CALLS: '1' } });
      const { body, headers = {} } = create();
      const statuses = await Promise.all(Array.from({ length: 20 }, () =>
        sendRequest(bridge.port, { body, headers }).then(({ status, text }) => {
          if (status !== 200) assert.match(text, /"message":"[^"]{20,}/);
          return status;
        // A client that still sends after a rejection may find its connection closed.
        }, (error: { readonly code?: string }) => error.code)));
      for (const status of statuses)
        assert.ok([200, 400, 413, 502, 503, 'EPIPE', 'ECONNRESET'].includes(status ?? ''), String(statuses));
      assert.ok(statuses.includes(200) || statuses.includes(400), `none was handled: ${statuses}`);
      await assertHealthy(bridge);
    });
  }
});
