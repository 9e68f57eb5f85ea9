/** Launches: how they are counted, that a drain ends them, and when a bridge is unused. */
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

test('a launch is answered at once, and is counted while it stays open', LIMIT, async (context) => {
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

test('pipelined launches are all counted, and end with their connection', LIMIT, async (context) => {
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

test('createLaunch rejects without a bridge that supports launches', LIMIT, async (context) => {
  const { server, port } = await startServer(context);
  await server.close();
  await assert.rejects(createLaunch({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' });
  const otherServer = await listen(context, (_request, response) => response.writeHead(404).end('no'));
  await assert.rejects(createLaunch({ host: '127.0.0.1', port: otherServer }), /is too old for launches/);
  const guarded = await listen(context, (_request, response) => response.writeHead(401).end('no'));
  await assert.rejects(createLaunch({ host: '127.0.0.1', port: guarded }), /rejects launches with status 401/);
  const closing = await listen(context, (request) => request.socket.destroy());
  await assert.rejects(createLaunch({ host: '127.0.0.1', port: closing }));
});

test(
  'the server reports the beginning and end of each launch and turn, with the request of the turn',
  LIMIT,
  async (context) => {
    const uses: string[] = [];
    const report = (use: string): (() => void) => {
      uses.push(`${use} begins`);
      return () => void uses.push(`${use} ends`);
    };
    const watch: IdleShutdown = {
      launch: () => report('launch'),
      turn: (request) =>
        report(request?.headers[LAUNCH_HEADER] === '1' ? 'turn of a launch' : 'turn of another client'),
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
      'turn of another client begins',
      'turn of another client ends',
      'turn of a launch begins',
      'turn of a launch ends',
      'turn of another client begins',
      'turn of another client ends',
      'launch begins',
      'launch ends',
    ]);
  },
);

const SECOND = 1_000;
const MINUTE = 60_000;

/** Creates a watch whose clock moves only by `pass`. */
function createManualWatch() {
  let now = 1_000_000;
  let unusedCalls = 0;
  let timer: { readonly due: number; readonly action: () => void } | undefined;
  const watch = createIdleShutdown({
    onUnused: () => void (unusedCalls += 1),
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
    unusedCalls: () => unusedCalls,
    hasTimer: () => timer !== undefined,
    launch: () => watch.launch(),
    ownTurn: () => watch.turn(request({ [LAUNCH_HEADER]: '1' })),
    otherTurn: () => watch.turn(request({})),
    detachedTurn: () => watch.turn(undefined),
    end: () => watch.end(),
  };
}

test('without a launch, the bridge is unused after a minute', LIMIT, () => {
  const { pass, unusedCalls, hasTimer } = createManualWatch();
  pass(MINUTE - 1);
  assert.equal(unusedCalls(), 0);
  pass(1);
  assert.equal(unusedCalls(), 1);
  assert.ok(!hasTimer());
});

test('the bridge is unused at once when the last launch ends', LIMIT, () => {
  const { pass, unusedCalls, launch, hasTimer } = createManualWatch();
  pass(SECOND);
  const [first, second] = [launch(), launch()];
  assert.ok(!hasTimer(), 'no timer runs while there are launches');
  pass(10 * MINUTE);
  first();
  assert.equal(unusedCalls(), 0);
  second();
  assert.equal(unusedCalls(), 1);
});

test('running turns keep the bridge in use: those of a launch, and those without a client', LIMIT, () => {
  for (const kind of ['ownTurn', 'detachedTurn'] as const) {
    const timed = createManualWatch();
    const launched = timed.launch();
    const turn = timed[kind]();
    launched();
    timed.pass(60 * MINUTE);
    assert.equal(timed.unusedCalls(), 0);
    turn();
    assert.equal(timed.unusedCalls(), 1, kind);
  }
});

test('another client keeps the bridge in use until ten minutes after its last turn', LIMIT, () => {
  const { pass, unusedCalls, launch, otherTurn } = createManualWatch();
  const launched = launch();
  otherTurn()();
  launched();
  pass(9 * MINUTE);
  const turn = otherTurn();
  pass(15 * MINUTE);
  turn();
  pass(10 * MINUTE - 1);
  assert.equal(unusedCalls(), 0);
  pass(1);
  assert.equal(unusedCalls(), 1);
});

test('turns of a launch do not extend the wait for other clients', LIMIT, () => {
  const { pass, unusedCalls, launch, ownTurn, otherTurn } = createManualWatch();
  otherTurn()();
  pass(9 * MINUTE);
  const launched = launch();
  ownTurn()();
  launched();
  pass(MINUTE - 1);
  assert.equal(unusedCalls(), 0);
  pass(1);
  assert.equal(unusedCalls(), 1);
});

test('in the first minute, the end of a turn does not make the bridge unused', LIMIT, () => {
  for (const kind of ['ownTurn', 'detachedTurn'] as const) {
    const timed = createManualWatch();
    timed[kind]()();
    timed.pass(MINUTE - 1);
    assert.equal(timed.unusedCalls(), 0, kind);
    timed.pass(1);
    assert.equal(timed.unusedCalls(), 1, kind);
  }
});

test('the wait for other clients begins with the end of their last turn, not of the last launch', LIMIT, () => {
  const { pass, unusedCalls, launch, otherTurn } = createManualWatch();
  otherTurn()();
  const launched = launch();
  pass(11 * MINUTE);
  launched();
  assert.equal(unusedCalls(), 1);
});

test('a watch that was ended reports nothing', LIMIT, () => {
  const { pass, unusedCalls, launch, end, hasTimer } = createManualWatch();
  end();
  assert.ok(!hasTimer());
  launch()();
  pass(60 * MINUTE);
  assert.equal(unusedCalls(), 0);
});
