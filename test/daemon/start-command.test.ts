/** `start` and its parts: a bridge in a separate process, which reports when it listens. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { probePort, createLaunch } from '../../src/instance/bridge-client';
import { createChildEnvironment, startBridge, type StartedBridge } from '../../src/instance/start-bridge';
import { listRecords, readProcessStart, stateFileOf, removeLeftovers } from '../../src/instance/bridge-record';
import { waitForExit } from '../../src/instance/stop-bridge';
import { run } from '../../src/cli/main';
import { readVersion } from '../../src/command/version';
import { createHome, KEY, kill, LIMIT, listen, pretend, type Home } from '../support/cli/background';
import { createFakeIo } from '../support/cli/fake-io';

const NAME = 'aliyun-codex-bridge';
const ROOT = join(__dirname, '..', '..');

const start = (
  { env, paths }: Home,
  options: Partial<Parameters<typeof startBridge>[0]> = {},
): Promise<StartedBridge> =>
  startBridge({ flags: {}, env, paths, host: '127.0.0.1', port: 0, stopWhenUnused: false, ...options });

test(
  'start prints the address, the log and how to stop the bridge; a second start changes nothing',
  LIMIT,
  async (context) => {
    const home = await createHome(context);
    const { code, out, error } = await home.run('start');
    assert.deepEqual([code, error], [0, '']);
    const [record] = home.records();
    assert.ok(record !== undefined && home.records().length === 1);
    const logFile = join(home.paths.state, `bridge-${home.port}.log`);
    assert.equal(
      out,
      `${NAME} ${readVersion()} is running at http://127.0.0.1:${home.port}/v1 (pid ${record.pid}).
  upstream  http://127.0.0.1:9/v1
  API key   set from env AI_API_KEY
  log       ${logFile}
  stop      ${NAME} stop --port ${home.port}
`,
    );
    const { startedAt, keyId, processStart, optionIds, ...facts } = record;
    assert.equal(processStart, readProcessStart(record.pid));
    assert.ok(!Number.isNaN(Date.parse(startedAt)));
    assert.match(keyId ?? '', /^[0-9a-f]{16}$/);
    assert.match(optionIds?.['fallback'] ?? '', /^[0-9a-f]{8}$/);
    assert.deepEqual(facts, {
      name: NAME,
      pid: record.pid,
      port: home.port,
      host: '127.0.0.1',
      version: readVersion(),
      logFile,
      upstream: 'http://127.0.0.1:9/v1',
      drainTimeoutMs: 5_000,
      stopWhenUnused: false,
      token: undefined,
    });
    assert.match(readFileSync(logFile, 'utf8'), /the bridge is listening host=127\.0\.0\.1/);
    if (process.platform !== 'win32') {
      const modes = [home.paths.state, logFile, join(home.paths.state, `bridge-${home.port}.json`)].map(
        (path) => statSync(path).mode & 0o777,
      );
      assert.deepEqual(modes, [0o700, 0o600, 0o600]);
    }
    const again = await home.run(
      'start', '--ai-base-url', 'http://127.0.0.1:8/v1', '--small-model', 'small', '--wire', 'auto',
    );
    assert.deepEqual([again.code, again.error], [0, '']);
    assert.equal(
      again.out,
      `${NAME} ${readVersion()} is already running at http://127.0.0.1:${home.port}/v1 (pid ${record.pid}).
It sends requests to http://127.0.0.1:9/v1, not to http://127.0.0.1:8/v1.
It does not apply your --small-model.
To replace it, run this with the same flags: ${NAME} restart --port ${home.port}
`,
    );
    assert.equal((await home.run('stop')).code, 0);
    assert.deepEqual(home.records(), []);
  },
);

test(
  'flags reach the bridge as variables, so no key is in the process list; relative paths become absolute',
  LIMIT,
  async (context) => {
    const home = await createHome(context);
    const file = join(home.env['HOME'] ?? '', 'logs', 'own.log');
    const flags = [
      '--ai-base-url',
      'http://127.0.0.1:7/v1',
      '--ai-api-key',
      'sk-test-of-a-flag',
      '--log-file',
      relative(process.cwd(), file),
    ];
    const { code, out } = await home.run('start', ...flags);
    assert.equal(code, 0);
    const [record] = home.records();
    assert.ok(record);
    assert.deepEqual([record.logFile, record.upstream], [file, 'http://127.0.0.1:7/v1']);
    assert.match(out, /API key +set from flag --ai-api-key\n/);
    if (existsSync('/proc/self/cmdline')) {
      const [words, variables] = ['cmdline', 'environ'].map((name) =>
        readFileSync(`/proc/${record.pid}/${name}`, 'utf8'),
      );
      assert.ok(words?.endsWith('/bin/aliyun-codex-bridge.js\0serve\0'), words);
      assert.match(variables ?? '', /(^|\0)AI_API_KEY=sk-test-of-a-flag\0/);
    }
    assert.equal((await home.run('stop')).code, 0);
  },
);

test('in the child’s environment, flags override variables, paths are absolute, nothing refers to the parent', () => {
  const env = {
    PATH: '/bin',
    AI_API_KEY: 'sk-test-old',
    PORT: '1',
    BRIDGE_STORE: 'kept',
    NODE_CHANNEL_FD: '3',
    NODE_TEST_CONTEXT: 'child',
  };
  const child = createChildEnvironment({
    flags: { aiApiKey: 'sk-test-new', discoverModels: '0', configFile: 'my.env', port: '2' },
    env,
    loaded: { ...env, BRIDGE_STATE_DIR: 'state of the file', DEFAULT_MODEL: 'stays in the file' },
    resolvePath: (path) => `/here/${path}`,
    fixed: { PORT: '3' },
  });
  assert.deepEqual(child, {
    PATH: '/bin', AI_API_KEY: 'sk-test-new', PORT: '3', BRIDGE_STORE: '/here/kept', DISCOVER_MODELS: '0',
    BRIDGE_ENV_FILE: '/here/my.env', BRIDGE_STATE_DIR: '/here/state of the file',
  });
});

test('the variables of --config-file reach the bridge', LIMIT, async (context) => {
  const home = await createHome(context, { AI_API_BASE: '' });
  const file = join(home.env['HOME'] ?? '', 'bridge.env');
  writeFileSync(file, 'AI_API_BASE=http://127.0.0.1:6/v1\n');
  assert.equal((await home.run('start', '--config-file', file)).code, 0);
  assert.equal(home.records()[0]?.upstream, 'http://127.0.0.1:6/v1');
  assert.equal((await home.run('stop')).code, 0);
});

test('port 0 picks a free port and prints it', LIMIT, async (context) => {
  const home = await createHome(context);
  const { code, out } = await home.run('start', '--port', '0');
  assert.equal(code, 0);
  const [record] = home.records();
  assert.ok(record !== undefined && record.port > 0);
  assert.ok(out.includes(`is running at http://127.0.0.1:${record.port}/v1`));
  assert.equal((await home.run('stop', '--port', String(record.port))).code, 0);
});

test('of two concurrent starts, one starts the bridge, and the other finds it', LIMIT, async (context) => {
  const home = await createHome(context);
  const both = await Promise.all([home.run('start'), home.run('start')]);
  assert.deepEqual(both.map(({ code, error }) => [code, error]), [[0, ''], [0, '']]);
  assert.equal(home.records().length, 1);
  assert.equal(both.filter(({ out }) => out.includes(' is already running at ')).length, 1);
  assert.equal((await home.run('stop')).code, 0);
});

test('old files of unused ports are removed, except those of the default port', LIMIT, async (context) => {
  const home = await createHome(context);
  const { state } = home.paths;
  mkdirSync(state, { recursive: true });
  const leave = (name: string, time: string): void => {
    writeFileSync(join(state, name), '{}');
    utimesSync(join(state, name), new Date(time), new Date(time));
  };
  const now = Date.parse('2026-03-01T00:00:00Z');
  for (const name of [
    'bridge-5001.log',
    'bridge-5001.log.1',
    'models-5001.json',
    'bridge-31415.log',
    'models.json',
    'notes.log',
  ])
    leave(name, '2026-01-01');
  leave('bridge-5002.log', '2026-02-20');
  removeLeftovers(state, now);
  assert.deepEqual(readdirSync(state).sort(), ['bridge-31415.log', 'bridge-5002.log', 'models.json', 'notes.log']);
  removeLeftovers(join(state, 'missing'), now);
});

test('another program on the port is reported, with a fix', LIMIT, async (context) => {
  const home = await createHome(context);
  const port = await listen(context, (_request, response) => response.end('hello'));
  const { code, out, error } = await home.run('start', '--port', String(port));
  assert.deepEqual([code, out], [1, '']);
  assert.match(
    error,
    /^Port \d+ from flag --port is in use by another program\. Choose another with --port\.\n$/,
  );
  assert.deepEqual(home.records(), []);
});

test('a running bridge of another version is reported, not stopped', LIMIT, async (context) => {
  const home = await createHome(context);
  const port = await pretend(context, { name: NAME, version: '0.0.1', pid: 42 });
  const { code, out } = await home.run('start', '--port', String(port));
  assert.equal(code, 0);
  assert.equal(out, `${NAME} 0.0.1 is already running at http://127.0.0.1:${port}/v1 (pid 42).
The installed version is ${readVersion()}.
To replace it, run this with the same flags: ${NAME} restart --port ${port}
`);
});

test('a missing key is reported as in serve, and all errors are reported at once', LIMIT, async (context) => {
  const home = await createHome(context, { AI_API_KEY: '' });
  assert.match(
    (await home.run('start')).out,
    /\n {2}API key +none\. Set AI_API_KEY, then restart the bridge\n/,
  );
  assert.equal((await home.run('stop')).code, 0);
  const { code, error } = await home.run('start', '--wire', 'smoke', '--portt', '1', '--json');
  assert.equal(code, 2);
  assert.match(error, /^Invalid usage:\n/);
});

test('a bridge that cannot start says why', LIMIT, async (context) => {
  const home = await createHome(context);
  const wrong = await start(home, { flags: { wire: 'smoke' } });
  assert.ok(!wrong.ok);
  assert.match(
    wrong.problem,
    /^The bridge did not start: it exited with code 2\. Its output:\n {2}Invalid usage:\n[^]*expected auto, chat or responses\.$/,
  );
  const port = await listen(context, (_request, response) => response.end('hello'));
  const taken = await start(home, { port });
  assert.ok(!taken.ok);
  assert.match(
    taken.problem,
    /exited with code 1\. Its output:\n {2}Cannot listen on host 127\.0\.0\.1 from env HOST, port \d+ from env PORT: the port is in use\./,
  );
  assert.deepEqual(home.records(), []);
});

test('a state folder that cannot be created is reported, not thrown', LIMIT, async (context) => {
  const home = await createHome(context);
  const file = join(home.env['HOME'] ?? '', 'a file');
  writeFileSync(file, '');
  const { code, error } = await home.run('start', '--state-dir', join(file, 'state'));
  assert.equal(code, 1);
  assert.match(error, /^Cannot create the state folder .*(ENOTDIR|EEXIST|ENOENT)/);
  assert.match(error, /Choose another with --state-dir\.\n$/);
});

test('a bridge starts without its record, and warns that stop will not find it', LIMIT, async (context) => {
  const home = await createHome(context);
  const record = stateFileOf(home.paths.state, home.port);
  // A file cannot be renamed over a non-empty folder.
  mkdirSync(join(record, 'full'), { recursive: true });
  const { code, out, error } = await home.run('start');
  const pid = Number(/\(pid (\d+)\)/.exec(out)?.[1]);
  context.after(() => kill(pid));
  assert.equal(code, 0);
  assert.equal(
    error,
    `Cannot write the bridge's record in ${home.paths.state}, so "aliyun-codex-bridge stop" will not find ` +
    `the bridge. To stop it, end process ${pid}.\n`,
  );
  assert.deepEqual(readdirSync(home.paths.state).filter((name) => name.endsWith('.tmp')), []);
});

test(
  'an invalid home does not matter if the state folder is elsewhere; a relative state folder becomes absolute',
  LIMIT,
  async (context) => {
    const home = await createHome(context);
    const file = join(home.env['HOME'] ?? '', 'a file');
    writeFileSync(file, '');
    const state = join(home.env['HOME'] ?? '', 'elsewhere');
    const env = { ...home.env, HOME: file, BRIDGE_STATE_DIR: relative(process.cwd(), state) };
    for (const words of [['start'], ['stop']]) {
      const io = createFakeIo();
      assert.equal(await run(words, env, io), 0, io.written.error);
      for (const { pid } of listRecords(state)) context.after(() => kill(pid));
      assert.equal(listRecords(state).length, words[0] === 'start' ? 1 : 0);
    }
  },
);

test('a bridge that does not listen in time is killed', LIMIT, async (context) => {
  const home = await createHome(context);
  const outcome = await start(home, { limitMs: 1 });
  assert.ok(!outcome.ok);
  assert.match(outcome.problem, /^The bridge did not start: it did not listen within 1 ms and was killed\./);
  assert.deepEqual(home.records(), []);
});

test('the starting process exits and closes its pipes, while the bridge keeps running', LIMIT, async (context) => {
  const home = await createHome(context);
  const program = join(ROOT, 'bin', 'aliyun-codex-bridge.js');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, 'start'], { env: home.env });
  assert.match(stdout, / is running at /);
  assert.equal(stderr, '');
  const [record] = home.records();
  assert.ok(record);
  context.after(() => kill(record.pid));
  assert.equal((await probePort({ ...record, timeoutMs: 10_000 })).kind, 'bridge');
  assert.equal((await home.run('stop')).code, 0);
});

test('a bridge that stops when unused ends with its last launch, and removes its record', LIMIT, async (context) => {
  const home = await createHome(context);
  const started = await start(home, { stopWhenUnused: true });
  assert.ok(started.ok, JSON.stringify(started));
  context.after(() => kill(started.pid));
  const [first, second] = await Promise.all([createLaunch(started), createLaunch(started)]);
  first.close();
  await first.closed;
  assert.equal((await probePort({ ...started, timeoutMs: 10_000 })).kind, 'bridge');
  second.close();
  assert.ok(await waitForExit(started.pid, 30_000));
  assert.deepEqual(home.records(), []);
  assert.match(readFileSync(started.logFile, 'utf8'), / info {2}the bridge is stopping reason="no clients left"\n$/);
});

test('a bridge that stops when unused also ends when its launcher is killed', LIMIT, async (context) => {
  const home = await createHome(context);
  const started = await start(home, { stopWhenUnused: true });
  assert.ok(started.ok, JSON.stringify(started));
  context.after(() => kill(started.pid));
  const file = JSON.stringify(join(ROOT, 'dist', 'instance', 'bridge-client.js'));
  const script = `require(${file}).createLaunch({ host: '127.0.0.1', port: ${started.port} })
    .then(() => process.stdout.write('held'));`;
  const launcher = spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => launcher.kill('SIGKILL'));
  await once(launcher.stdout, 'data');
  launcher.kill('SIGKILL');
  assert.ok(await waitForExit(started.pid, 30_000));
});

test('the key never reaches the log', LIMIT, async (context) => {
  const home = await createHome(context, { LOG_LEVEL: 'debug' });
  assert.equal((await home.run('start')).code, 0);
  const [record] = home.records();
  assert.ok(record);
  assert.equal((await home.run('stop')).code, 0);
  assert.ok(!readFileSync(record.logFile, 'utf8').includes(KEY));
});
