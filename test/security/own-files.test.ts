/** The bridge's own files: no symbolic link is followed, no foreign folder is used, no foreign process is stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { logFileOf, readProcessStart, stateFileOf, writeRecord } from '../../src/instance/bridge-record';
import { stopBridge } from '../../src/instance/stop-bridge';
import { createLogFile } from '../../src/observe/log-file';
import { proveToken } from '../../src/server/guards';
import { post } from '../support/bridge/test-server';
import { createHome, FORGED } from '../support/cli/background';
import { createLaunchScene } from '../support/cli/launch-scene';
import { findFreePort } from '../support/free-port';

const LIMIT = { timeout: 180_000 } as const;
const isWindows = process.platform === 'win32';
const WITH_LINKS = { ...LIMIT, skip: isWindows && 'symbolic links need a privilege' };
const AS_ROOT = { ...LIMIT, skip: process.getuid?.() !== 0 && 'only root can give a folder to another user' };

const VICTIM = 'a file of the user\n';

describe('a symbolic link in the state folder is not followed', () => {
  const names = (port: number) =>
    [`bridge-${port}.log`, `bridge-${port}.json`, 'usage.jsonl'];
  for (const at of [0, 1, 2]) {
    test(names(31415)[at] ?? '', WITH_LINKS, async (context) => {
      const home = await createHome(context);
      const victim = join(home.paths.home, 'victim');
      writeFileSync(victim, VICTIM);
      mkdirSync(home.paths.state, { recursive: true, mode: 0o700 });
      const link = join(home.paths.state, names(home.port)[at] ?? '');
      symlinkSync(victim, link);
      assert.equal((await home.run('start')).code, 0);
      await post(home.port, { model: 'm', input: 'Hi' });
      assert.equal((await home.run('stop')).code, 0);
      assert.equal(readFileSync(victim, 'utf8'), VICTIM);
      assert.ok(!existsSync(link) || !lstatSync(link).isSymbolicLink());
    });
  }

  test('the catalog of a launched Codex', WITH_LINKS, async (context) => {
    const port = await findFreePort();
    const scene = await createLaunchScene(context, port);
    const victim = join(scene.home, 'victim');
    writeFileSync(victim, VICTIM);
    mkdirSync(scene.state, { mode: 0o700 });
    symlinkSync(victim, join(scene.state, `models-${port}.json`));
    // An older Codex reads the catalog from a file.
    const launched = scene.launch(['codex'], { FAKE_VERSION: '0.146.0' });
    await launched.seen;
    launched.type('exit 0');
    await launched.ended;
    assert.equal(readFileSync(victim, 'utf8'), VICTIM);
    assert.match(readFileSync(join(scene.state, `models-${port}.json`), 'utf8'), /scripted-model/);
  });

  test('a log that becomes a link while the bridge runs', WITH_LINKS, async (context) => {
    const home = await createHome(context);
    const victim = join(home.paths.home, 'victim');
    writeFileSync(victim, VICTIM);
    await home.run('start');
    const path = logFileOf(home.paths.state, home.port);
    rmSync(path);
    symlinkSync(victim, path);
    await post(home.port, { model: 'm', input: 'Hi' });
    await home.run('stop');
    assert.equal(readFileSync(victim, 'utf8'), VICTIM);
    assert.match(readFileSync(path, 'utf8'), / turn /);
  });

  test('the bridge’s log is not written if it belongs to another user', AS_ROOT, async (context) => {
    const home = await createHome(context);
    const path = join(home.paths.home, 'foreign.log');
    writeFileSync(path, VICTIM);
    chownSync(path, 65_534, 65_534);
    const log = createLogFile(path, 1_000, { isOwn: true });
    assert.match(log.open() ?? '', /another user/);
    log.write('a line\n');
    log.close();
    assert.equal(readFileSync(path, 'utf8'), VICTIM);
  });
});

describe('a state folder that others control is not used', () => {
  for (const mode of [0o777, 0o770, 0o722]) {
    test(`mode ${mode.toString(8)}`, WITH_LINKS, async (context) => {
      const home = await createHome(context);
      mkdirSync(home.paths.state, { recursive: true });
      chmodSync(home.paths.state, mode);
      const { code, error } = await home.run('start');
      assert.equal(code, 1);
      assert.match(error, /Other users can write to the state folder .* chmod go-w/);
    });
  }

  test('another owner', AS_ROOT, async (context) => {
    const home = await createHome(context);
    mkdirSync(home.paths.state, { recursive: true, mode: 0o700 });
    chownSync(home.paths.state, 65_534, 65_534);
    const { code, error } = await home.run('start');
    assert.equal(code, 1);
    assert.match(error, /belongs to another user.*--state-dir/);
    assert.equal(statSync(home.paths.state).uid, 65_534);
  });
});

describe('stop signals only the bridge of the record', () => {
  /** A process that a signal would end, in place of a bridge that has ended. */
  const startBystander = async (cleanup: (action: () => void) => void): Promise<number> => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)']);
    cleanup(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child.pid ?? assert.fail();
  };
  const TOKEN = 'x'.repeat(32);

  /** Starts a server that answers like a bridge with this pid, with the proof of `token` if given. @returns its port */
  const pretend = async (cleanup: (action: () => void) => void, pid: number, token?: string): Promise<number> => {
    const server = createServer((request, response) => {
      const challenge = new URL(request.url ?? '', 'http://x').searchParams.get('challenge') ?? '';
      const { port } = server.address() as AddressInfo;
      const proof = token === undefined ? undefined : proveToken(token, challenge, port);
      const isHealth = request.url?.startsWith('/health') === true;
      response.writeHead(isHealth ? 200 : 404).end(JSON.stringify({ name: 'aliyun-codex-bridge', pid, proof }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanup(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  };
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test('not a process with another start time', LIMIT, async (context) => {
    const pid = await startBystander(context.after.bind(context));
    const port = await pretend(context.after.bind(context), pid);
    const facts = { host: '127.0.0.1', port, pid, token: undefined, limitMs: 2_000 };
    assert.equal(await stopBridge({ ...facts, processStart: 'another start' }), 'another process');
    assert.ok(isAlive(pid));
  });

  for (const [name, known, outcome] of [
    ['without the proof of the token', undefined, 'another process'],
    ['with the proof of another token', 'y'.repeat(32), 'another process'],
    ['with the proof of the token', TOKEN, 'ended'],
  ] as const) {
    test(`if start times are unknown, a process ${name}: ${outcome}`, LIMIT, async (context) => {
      const pid = await startBystander(context.after.bind(context));
      const port = await pretend(context.after.bind(context), pid, known);
      const facts = { host: '127.0.0.1', port, pid, processStart: undefined, token: TOKEN, limitMs: 5_000 };
      assert.equal(await stopBridge(facts), outcome);
      assert.equal(isAlive(pid), outcome !== 'ended');
    });
  }

  test('the command reports that nothing was stopped', LIMIT, async (context) => {
    const home = await createHome(context);
    const pid = await startBystander(context.after.bind(context));
    const port = await pretend(context.after.bind(context), pid);
    writeRecord(stateFileOf(home.paths.state, port), {
      name: 'aliyun-codex-bridge', pid, processStart: 'another start', port, host: '127.0.0.1', version: FORGED,
      startedAt: '2026-01-01T00:00:00.000Z', logFile: 'x', upstream: 'x', drainTimeoutMs: 0, keyId: undefined,
      token: undefined, stopWhenUnused: false,
    });
    const { code, error } = await home.run('stop', '--port', String(port));
    const expected = `Process ${pid} is not the bridge that the record names; nothing was stopped.\n`;
    assert.deepEqual([code, error], [1, expected]);
    assert.ok(isAlive(pid));
  });

  const WITH_PS = { ...LIMIT, skip: (isWindows || !existsSync('/bin/ps')) && 'there is no ps' };

  test('reads the start time of a process as ps of macOS and the BSDs prints it', WITH_PS, async (context) => {
    const pid = await startBystander(context.after.bind(context));
    for (const platform of ['darwin', 'freebsd', 'openbsd'] as const) {
      const start = readProcessStart(pid, platform);
      assert.match(start ?? '', /^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}$/);
      assert.equal(readProcessStart(pid, platform), start);
      assert.equal(readProcessStart(4_000_000, platform), undefined);
    }
    assert.equal(readProcessStart(pid, 'win32'), undefined);
  });
});

describe('access tokens of launches', () => {
  test('with the client\'s own key, the token goes into x-api-key', LIMIT, async (context) => {
    for (const own of [undefined, 'token-of-the-user-0123456789-012345']) {
      const scene = await createLaunchScene(context, await findFreePort());
      const given = own === undefined ? {} : { BRIDGE_ACCESS_TOKEN: own };
      const launched = scene.launch(['codex'], { FORCE_ENV_AUTH: '0', ...given });
      const { args, env } = await launched.seen;
      const table = args.find((word) => word.includes('base_url')) ?? '';
      assert.match(table, /env_key="AI_API_KEY"/);
      assert.match(table, /env_http_headers=\{ x-api-key = "BRIDGE_ACCESS_TOKEN" \}/);
      const token = env['BRIDGE_ACCESS_TOKEN'] ?? '';
      assert.ok(own === undefined ? /^[0-9a-f]{64}$/.test(token) : token === own);
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(table)?.[1]);
      const body = { model: 'm', input: 'Hi' };
      const key = { authorization: `Bearer ${env['AI_API_KEY']}` };
      assert.equal((await post(port, body, { headers: key })).status, 401);
      assert.notEqual((await post(port, body, { headers: { ...key, 'x-api-key': token } })).status, 401);
      launched.type('exit 0');
      await launched.ended;
    }
  });

  test('start does not offer the bridge of a launch to other clients', LIMIT, async (context) => {
    const port = await findFreePort();
    const scene = await createLaunchScene(context, port);
    const launched = scene.launch(['codex']);
    await launched.seen;
    const { code, error } = await scene.launch(['start']).ended;
    assert.equal(code, 1);
    assert.match(error, /^Port \d+ is in use by a bridge that "aliyun-codex-bridge codex" started; .*--port\.\n$/);
    launched.type('exit 0');
    await launched.ended;
  });
});
