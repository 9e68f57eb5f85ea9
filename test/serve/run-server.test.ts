/** The lifecycle of serve with a scripted server: start-up line, signals, a port in use. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { explainPermission, runServer } from '../../src/serve/run-server';
import { resolveConfig, type FlagTexts } from '../../src/config/resolve';
import { createLogger, type Logger } from '../../src/observe/log';
import type { BridgeServer } from '../../src/server/create-server';
import { createFakeIo } from '../support/cli/fake-io';

/** A server whose `close` the test resolves; `calls` records its calls. */
function createScriptedServer(
  listen: BridgeServer['listen'] = async () => ({ host: '127.0.0.1', port: 4321 }), openTurns = 0,
) {
  const calls: string[] = [];
  let closed: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const server: BridgeServer = {
    listen,
    serve: () => undefined,
    close: () => {
      calls.push('close');
      return new Promise((resolve, reject) => (closed = { resolve, reject }));
    },
    openTurns: () => openTurns,
    closeNow: () => void calls.push('closeNow'),
  };
  return { server, calls, endClose: () => closed?.resolve(), failClose: (error: Error) => closed?.reject(error) };
}

function start(server: BridgeServer, flags: FlagTexts = {}, log?: Logger) {
  const resolved = resolveConfig(flags, {});
  assert.ok(resolved.ok);
  const io = createFakeIo();
  return {
    io,
    code: runServer({ server, version: '9.8.7', config: resolved.config, origins: resolved.origins, io, log }),
  };
}

test('start-up prints exactly one line', async () => {
  const { server, endClose } = createScriptedServer();
  const { io, code } = start(server);
  assert.match(await io.firstOut, /^aliyun-codex-bridge 9\.8\.7 is listening on http:\/\/127\.0\.0\.1:4321\/v1; .*\n$/);
  assert.equal(io.written.error, '');
  io.signal('SIGTERM');
  endClose();
  assert.equal(await code, 0);
});

for (const [name, forcedCode] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  test(`${name} closes the server, and the exit code is 0 once it is closed`, async () => {
    const { server, calls, endClose } = createScriptedServer();
    const { io, code } = start(server);
    await io.firstOut;
    io.signal(name);
    assert.deepEqual(calls, ['close']);
    assert.match(io.written.error, /^Stopping…\n$/);
    endClose();
    assert.equal(await code, 0);
    assert.equal(io.handlers(), 0);
  });

  test(`a second signal, ${name}, ends everything at once with exit code ${forcedCode}`, async () => {
    const { server, calls } = createScriptedServer();
    const { io, code } = start(server);
    await io.firstOut;
    io.signal('SIGINT');
    io.signal(name);
    assert.deepEqual(calls, ['close', 'closeNow']);
    assert.equal(await code, forcedCode);
    assert.equal(io.handlers(), 0);
  });
}

test('a SIGHUP after another signal is ignored: a closing terminal may send two', async () => {
  const { server, calls, endClose } = createScriptedServer();
  const { io, code } = start(server);
  await io.firstOut;
  io.signal('SIGHUP');
  io.signal('SIGHUP');
  assert.deepEqual(calls, ['close']);
  endClose();
  assert.equal(await code, 0);
});

test('with running turns, the message says how long they have and how to stop now', async () => {
  const { server, endClose } = createScriptedServer(undefined, 2);
  const { io, code } = start(server, { drainTimeoutMs: '7000' });
  await io.firstOut;
  io.signal('SIGTERM');
  assert.equal(io.written.error, 'Stopping… waiting up to 7 s for 2 answers. Press Ctrl-C again to stop now.\n');
  endClose();
  assert.equal(await code, 0);
});

test('if standard error is a JSON log, the shutdown is a log line', async () => {
  const { server, endClose } = createScriptedServer();
  const lines: string[] = [];
  const { io, code } = start(
    server,
    {},
    createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
  );
  await io.firstOut;
  io.signal('SIGTERM');
  endClose();
  assert.equal(await code, 0);
  assert.equal(io.written.error, '');
  const [{ time: _time, ...line }] = lines.map((text) => JSON.parse(text));
  assert.deepEqual(line, {
    level: 'info',
    message: 'the bridge is stopping',
    reason: 'SIGTERM',
    turns: 0,
  });
});

test('an error while closing rejects, instead of hanging', async () => {
  const { server, failClose } = createScriptedServer();
  const { io, code } = start(server);
  await io.firstOut;
  io.signal('SIGINT');
  failClose(new Error('stuck'));
  await assert.rejects(code, /stuck/);
});

test('a port in use is reported with its owner and the origin of the option', async (context) => {
  const other = createServer((_request, response) =>
    response.end('{"name":"aliyun-codex-bridge","version":"1.2.3","pid":42}'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  context.after(() => new Promise((resolve) => other.close(resolve)));
  const address = other.address();
  assert.ok(address !== null && typeof address === 'object');
  const { server } = createScriptedServer(async () => {
    throw Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
  });
  const { io, code } = start(server, { port: String(address.port) });
  assert.equal(await code, 1);
  assert.equal(
    io.written.error,
    `Cannot listen on host 127.0.0.1, port ${address.port} from flag --port: the port is in use. `
    + 'aliyun-codex-bridge 1.2.3 is already running there (pid 42). Choose another port with --port or PORT.\n',
  );
  assert.equal(io.written.out, '');
});

test('any other error while listening is reported with the message of the system', async () => {
  const { server } = createScriptedServer(async () => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), { code: 'ENOTFOUND' });
  });
  const { io, code } = start(server, { host: 'nowhere', port: '1' });
  assert.equal(await code, 1);
  assert.equal(
    io.written.error,
    'Cannot listen on host nowhere from flag --host, port 1 from flag --port: getaddrinfo ENOTFOUND nowhere.\n',
  );
});

test('a port that the system reserves is reported with advice', async () => {
  const { server } = createScriptedServer(async () => {
    throw Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  });
  const { io, code } = start(server, { port: '80' });
  assert.equal(await code, 1);
  assert.match(
    io.written.error,
    /^Cannot listen on host 127\.0\.0\.1, port 80 from flag --port: permission denied for this port\..* Choose another port with --port or PORT\.\n$/,
  );
  assert.match(explainPermission('win32'), /netsh interface ipv4 show excludedportrange protocol=tcp/);
  assert.equal(explainPermission('linux'), 'permission denied for this port.');
});
