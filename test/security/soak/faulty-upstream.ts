/** Simulates a provider that randomly answers, fails, disconnects, sends nonsense or stays silent; it can restart. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../fuzz/random';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}\n\n';

/** Behaviors with their weights: about two in three requests get a complete answer. */
const BEHAVIORS: readonly (readonly [weight: number, act: (response: ServerResponse, random: Random) => unknown])[] = [
  [60, async (response, random) => {
    await stream(response, random);
    response.end(`${chunk({}, 'stop')}${USAGE}data: [DONE]\n\n`);
  }],
  [8, async (response, random) => {
    await stream(response, random);
    const call = { index: 0, id: 'call_1', function: { name: 'exec_command', arguments: '{"cmd":"ls"}' } };
    response.end(`${chunk({ tool_calls: [call] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
  }],
  [8, async (response, random) => {
    await stream(response, random);
    response.destroy();
  }],
  [5, async (response, random) => {
    await stream(response, random);
    response.end('data: {"error":{"message":"The server is overloaded.","code":"server_error"}}\n\n');
  }],
  [4, (response) => fail(response, 429, '{"error":{"message":"Rate limit reached.","code":"rate_limit"}}')],
  [4, (response) => fail(response, 500, '{"error":{"message":"Internal server error."}}')],
  [3, (response) => fail(response, 502, '<html><title>502 Bad Gateway</title></html>')],
  [3, (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: }{\n\n\0\xff: x')],
  [3, (response) => response.destroy()],
  // Silent until the bridge gives up.
  [2, () => undefined],
];

const TOTAL = BEHAVIORS.reduce((sum, [weight]) => sum + weight, 0);

async function stream(response: ServerResponse, random: Random): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let left = 1 + random.below(30); left > 0 && !response.destroyed; left -= 1) {
    response.write(chunk(random.chance(0.3) ? { reasoning_content: 'Hm. ' } : { content: 'Hello, world. ' }));
    if (random.chance(0.5)) await pause(random.below(30));
  }
}

function fail(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html' }).end(body);
}

export interface FaultyUpstream {
  readonly url: string;
  /** The number of requests so far. */
  readonly requests: number;
  /** Ends every connection, and listens again on the same port a moment later. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a faulty upstream on a free loopback port. */
export async function startFaultyUpstream(random: Random): Promise<FaultyUpstream> {
  let requests = 0;
  const create = (): Server => createServer((request, response) => {
    response.on('error', () => undefined);
    request.resume().on('end', () => {
      requests += 1;
      let at = random.below(TOTAL);
      const found = BEHAVIORS.find(([weight]) => (at -= weight) < 0);
      void found?.[1](response, random);
    });
  });
  let server = create();
  const listen = (port: number): Promise<void> => new Promise((done) => server.listen(port, '127.0.0.1', done));
  const stop = (): Promise<unknown> => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get requests() {
      return requests;
    },
    async restart() {
      await stop();
      await pause(300);
      server = create();
      await listen(port);
    },
    close: async () => void (await stop()),
  };
}
