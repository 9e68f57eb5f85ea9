/** Downloads outside turns: no connection outlives its download. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { it } from 'node:test';
import type { Connection } from '../../src/upstream/connect';
import { fetchJson } from '../../src/upstream/fetch-json';
import { ACME_TLS } from '../support/upstream/connect-proxy';

type Row = readonly [name: string, answer: RequestListener, error?: RegExp | undefined, connection?: Connection];

const JSON_ANSWER: RequestListener = (_incoming, response) => void response.end('{"a":1}');
const ROWS: readonly Row[] = [
  ['JSON', JSON_ANSWER],
  ['JSON over a connection with certificates', JSON_ANSWER, undefined, { ca: ACME_TLS.certFile }],
  ['an error status', (_incoming, response) => void response.writeHead(500).end('{}'), /answered 500/],
  ['a long body', (_incoming, response) => void response.end('x'.repeat(2_000)), /more than 1000 bytes/],
];

for (const [name, answer, error, connection] of ROWS) {
  it(`the connection is closed after ${name}`, { timeout: 10_000 }, async (context) => {
    const server = createServer({ keepAliveTimeout: 60_000 }, answer);
    context.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const closed = new Promise<void>((resolve) => {
      server.once('connection', (socket: Socket) => socket.once('close', () => resolve()));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models`;
    const download = fetchJson({ url, name: 'acme', headers: {}, timeoutMs: 5_000, maxBytes: 1_000, connection });
    if (error) await assert.rejects(download, error);
    else assert.deepEqual(await download, { a: 1 });
    await closed;
  });
}
