/** A proxy between Codex and the bridge that records Codex's requests. */
import { createServer, request as forward, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** One request from Codex. */
export interface RecordedRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; `undefined` if there is none. */
  readonly body: unknown;
}

export interface Recorder {
  /** Base URL for Codex, ending in `/v1`. */
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  close(): void;
}

/** The answer to Codex's search tool; no search service is configured in the bridge. */
const SEARCH_RESULT = JSON.stringify({ output: 'turn0search0: Example, https://example.com/' });

/**
 * Starts the proxy on a free port.
 *
 * @param bridgeUrl the target of the requests; ends in `/v1`
 */
export async function startRecorder(bridgeUrl: string): Promise<Recorder> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const { method = '', url: path = '', headers } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    requests.push({ method, path, headers, body: bytes.length === 0 ? undefined : JSON.parse(bytes.toString()) });
    if (path.endsWith('/alpha/search')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(SEARCH_RESULT);
      return;
    }
    const outgoing = forward(new URL(path, bridgeUrl), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/v1`, requests, close };
}
