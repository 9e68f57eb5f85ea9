/** Launches: their count, that no drain waits for them, and when a bridge is unused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createLaunch } from '../../src/instance/bridge-client';
import { createLogger } from '../../src/observe/log';
import { createBridgeServer } from '../../src/server/create-server';
import { createIdleShutdown, LAUNCH_HEADER, type IdleShutdown } from '../../src/server/idle-shutdown';
import { listen } from '../support/cli/background';
import { createFakeBridge } from '../support/bridge/fake-bridge';
import { open, post, readAll, sendRequest, startServer } from '../support/bridge/test-server';

const LIMIT = { timeout: 20_000 } as const;

const GET_LAUNCHES = { method: 'GET', path: '/launches' } as const;

async function countLaunches(port: number): Promise<unknown> {
  const { text } = await sendRequest(port, { method: 'GET', path: '/health' });
  return (JSON.parse(text) as { launches: unknown }).launches;
}

test('a launch is answered at once, stays open, and is counted while it is', LIMIT, async (context) => {
  const { port } = await startServer(context);
  assert.equal(await countLaunches(port), 0);
  const first = await open(port, GET_LAUNCHES);
  assert.equal(first.statusCode, 200);
  assert.equal(first.headers['content-type'], 'text/event-stream; charset=utf-8');
  const [comment] = (await once(first, 'data')) as [Buffer];
  assert.match(String(comment), /^: .*\n\n$/);
  const second = await createLaunch({ host: '0.0.0.0', port });
  assert.equal(await countLaunches(port), 2);
  first.destroy();
  second.close();
  await second.closed;
  while ((await countLaunches(port)) !== 0);
});

test('a launch that waits after another one on its connection ends with the connection', LIMIT, async (context) => {
  const { port } = await startServer(context);
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  context.after(() => socket.destroy());
  socket.write('GET /launches HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(3));
  await once(socket, 'data');
  while ((await countLaunches(port)) !== 3);
  socket.destroy();
  while ((await countLaunches(port)) !== 0);
});

test('a drain does not wait for launches, and ends them', LIMIT, async (context) => {
  const { server, port } = await startServer(context, { config: { drainTimeoutMs: 86_400_000 } });
  const launch = await createLaunch({ host: '127.0.0.1', port });
  await server.close();
  await launch.closed;
});

test('a launch needs a bridge that supports launches', LIMIT, async (context) => {
  const { server, port } = await startServer(context);
  await server.close();
  await assert.rejects(createLaunch({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' });
  const stranger = await listen(context, (_request, response) => response.writeHead(404).end('no'));
  await assert.rejects(createLaunch({ host: '127.0.0.1', port: stranger }), /is too old for launches/);
  const mute = await listen(context, (request) => request.socket.destroy());
  await assert.rejects(createLaunch({ host: '127.0.0.1', port: mute }));
});

test(
  'the server reports each launch and turn, with its request, and their ends',
  LIMIT,
  async (context) => {
    const uses: string[] = [];
    const tell = (use: string): (() => void) => {
      uses.push(`${use} begins`);
      return () => void uses.push(`${use} ends`);
    };
    const watch: IdleShutdown = {
      launch: () => tell('launch'),
      turn: (request) => tell(`turn of ${String(request?.headers[LAUNCH_HEADER] ?? 'another')}`),
    };
    const config = {
      host: '127.0.0.1',
      port: 0,
      bodyLimitMb: 1,
      bodyMaxDepth: 256,
      bodyMaxValues: 250_000,
      bodiesInFlightMb: 64,
      drainTimeoutMs: 0,
      keepAliveMs: 0,
      clientStallTimeoutMs: 60_000,
      aiBaseUrl: 'http://upstream.test/v1',
      allowHost: [],
    };
    const log = createLogger({ level: 'error', format: 'text', write: () => undefined });
    const server = createBridgeServer({ config, version: '1.2.3', log, bridge: () => createFakeBridge(), watch });
    context.after(() => server.closeNow());
    const { port } = await server.listen();
    await post(port, { input: 'hi' });
    await post(port, { input: 'hi' }, { headers: { [LAUNCH_HEADER]: '1' } });
    await readAll(await open(port, { body: '{"input":"hi","stream":true}' }));
    await sendRequest(port, { method: 'GET', path: '/models' });
    const launch = await createLaunch({ host: '127.0.0.1', port });
    await server.close();
    await launch.closed;
    assert.deepEqual(uses, [
      'turn of another begins',
      'turn of another ends',
      'turn of 1 begins',
      'turn of 1 ends',
      'turn of another begins',
      'turn of another ends',
      'launch begins',
      'launch ends',
    ]);
  },
);

const SECOND = 1_000;
const MINUTE = 60_000;

/** A watch with a manual clock. */
function createTimedWatch() {
  let now = 1_000_000;
  let ends = 0;
  let timer: { readonly due: number; readonly action: () => void } | undefined;
  const watch = createIdleShutdown({
    onUnused: () => void (ends += 1),
    clock: () => now,
    setTimer(action, milliseconds) {
      assert.equal(timer, undefined, 'one timer at a time');
      const own = { due: now + milliseconds, action };
      timer = own;
      return () => {
        if (timer === own) timer = undefined;
      };
    },
  });
  const pass = (milliseconds: number): void => {
    const until = now + milliseconds;
    while (timer !== undefined && timer.due <= until) {
      const { due, action } = timer;
      timer = undefined;
      now = due;
      action();
    }
    now = until;
  };
  const request = (headers: Record<string, string>): IncomingMessage => ({ headers }) as unknown as IncomingMessage;
  return {
    pass,
    ends: () => ends,
    hasTimer: () => timer !== undefined,
    launch: () => watch.launch(),
    ownTurn: () => watch.turn(request({ [LAUNCH_HEADER]: '1' })),
    otherTurn: () => watch.turn(request({})),
    detachedTurn: () => watch.turn(undefined),
    end: () => watch.end(),
  };
}

test('without a launch, the bridge is unused after a minute', LIMIT, () => {
  const { pass, ends, hasTimer } = createTimedWatch();
  pass(MINUTE - 1);
  assert.equal(ends(), 0);
  pass(1);
  assert.equal(ends(), 1);
  assert.ok(!hasTimer());
});

test('it is unused at once when the last launch ends', LIMIT, () => {
  const { pass, ends, launch, hasTimer } = createTimedWatch();
  pass(SECOND);
  const [first, second] = [launch(), launch()];
  assert.ok(!hasTimer(), 'no timer runs in the meantime');
  pass(10 * MINUTE);
  first();
  assert.equal(ends(), 0);
  second();
  assert.equal(ends(), 1);
});

test('running turns keep it in use, of a launch and without a client', LIMIT, () => {
  for (const kind of ['ownTurn', 'detachedTurn'] as const) {
    const timed = createTimedWatch();
    const launched = timed.launch();
    const turn = timed[kind]();
    launched();
    timed.pass(60 * MINUTE);
    assert.equal(timed.ends(), 0);
    turn();
    assert.equal(timed.ends(), 1, kind);
  }
});

test('another client keeps it in use until ten minutes after its last turn', LIMIT, () => {
  const { pass, ends, launch, otherTurn } = createTimedWatch();
  const launched = launch();
  otherTurn()();
  launched();
  pass(9 * MINUTE);
  const turn = otherTurn();
  pass(15 * MINUTE);
  turn();
  pass(10 * MINUTE - 1);
  assert.equal(ends(), 0);
  pass(1);
  assert.equal(ends(), 1);
});

test('turns of a launch do not prolong the wait for others', LIMIT, () => {
  const { pass, ends, launch, ownTurn, otherTurn } = createTimedWatch();
  otherTurn()();
  pass(9 * MINUTE);
  const launched = launch();
  ownTurn()();
  launched();
  pass(MINUTE - 1);
  assert.equal(ends(), 0);
  pass(1);
  assert.equal(ends(), 1);
});

test('in the first minute, a turn of another client does not replace the expected launch', LIMIT, () => {
  const { pass, ends, launch, otherTurn } = createTimedWatch();
  otherTurn()();
  const launched = launch();
  pass(11 * MINUTE);
  launched();
  assert.equal(ends(), 1);
});

test('an ended watch reports nothing', LIMIT, () => {
  const { pass, ends, launch, end, hasTimer } = createTimedWatch();
  end();
  assert.ok(!hasTimer());
  launch()();
  pass(60 * MINUTE);
  assert.equal(ends(), 0);
});
