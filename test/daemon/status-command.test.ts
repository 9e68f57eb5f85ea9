/** `status`: text, JSON and exit codes for a running bridge, a stopped one, and another program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLaunch } from '../../src/instance/bridge-client';
import { run } from '../../src/cli/main';
import { readVersion } from '../../src/command/version';
import { createHome, kill, LIMIT, listen, pretend } from '../support/cli/background';
import { createFakeIo } from '../support/cli/fake-io';

const NAME = 'aliyun-codex-bridge';
const NOTHING = {
  pid: null, version: null, installed: readVersion(), uptime: null, upstream: null, openStreams: 0, launches: 0,
  background: false, logFile: null, others: [],
  today: {
    usage: {
      turns: 0, requests: 0, input: 0, cached: 0, output: 0, reasoning: 0, uncounted: 0, cost: {}, included: 0,
      unpriced: 0,
    },
    quota: null,
  },
};

test('without a bridge, exits with 3 and says how to start one', LIMIT, async (context) => {
  const home = await createHome(context);
  const url = `http://127.0.0.1:${home.port}/v1`;
  assert.deepEqual(await home.run('status'), {
    code: 3, out: `No bridge is running at ${url}. Start one: ${NAME} start --port ${home.port}\n`, error: '',
  });
  const { code, out } = await home.run('status', '--json');
  assert.equal(code, 3);
  assert.deepEqual(JSON.parse(out), { state: 'stopped', running: false, url, port: home.port, ...NOTHING });
});

test('shows a background bridge with its launches and its log, and the other bridges', LIMIT, async (context) => {
  const home = await createHome(context);
  await home.run('start');
  await home.run('start', '--port', '0', '--ai-base-url', 'http://127.0.0.1:8/v1');
  const [own, other] = home.records().slice().sort((one) => (one.port === home.port ? -1 : 1));
  assert.ok(own !== undefined && other !== undefined);
  const launch = await createLaunch(own);
  const { code, out, error } = await home.run('status');
  assert.deepEqual([code, error], [0, '']);
  assert.match(out, /^ {2}process {4}pid \d+, up (\d+ min )?\d+ s, in the background$/m);
  assert.equal(
    out.replace(/, up .* s, in/, ', up …, in'),
    `${NAME} ${readVersion()} is running at http://127.0.0.1:${home.port}/v1
  process    pid ${own.pid}, up …, in the background
  upstream   http://127.0.0.1:9/v1
  streaming  nothing
  launches   1 Codex session
  log        ${own.logFile}
  today      no requests

Other bridges in the background:
  http://127.0.0.1:${other.port}/v1  ${readVersion()}, pid ${other.pid}, upstream http://127.0.0.1:8/v1
`,
  );
  const { uptime, ...json } = JSON.parse((await home.run('status', '--json')).out) as { uptime: unknown };
  assert.equal(typeof uptime, 'number');
  const { uptime: _none, ...nothing } = NOTHING;
  assert.deepEqual(json, {
    ...nothing, state: 'running', running: true, url: `http://127.0.0.1:${home.port}/v1`, port: home.port, pid: own.pid,
    version: readVersion(), upstream: 'http://127.0.0.1:9/v1', launches: 1, background: true, logFile: own.logFile,
    others: [{
      url: `http://127.0.0.1:${other.port}/v1`, port: other.port, pid: other.pid, version: readVersion(),
      upstream: 'http://127.0.0.1:8/v1', logFile: other.logFile,
    }],
  });
  launch.close();
  await kill(other.pid);
  assert.deepEqual(
    (JSON.parse((await home.run('status', '--json')).out) as { others: unknown }).others,
    [],
    'a killed bridge is not listed',
  );
  assert.equal((await home.run('stop')).code, 0);
  assert.equal((await home.run('status')).code, 3);
});

test('says that a foreground bridge logs to its terminal', LIMIT, async (context) => {
  const home = await createHome(context);
  const io = createFakeIo();
  const served = run(['serve'], home.env, io);
  await io.firstOut;
  const { code, out } = await home.run('status');
  assert.equal(code, 0);
  assert.match(out, /^ {2}process {4}pid \d+, up [^,]*\n/m);
  assert.match(out, /^ {2}log {8}in the terminal that started it$/m);
  io.signal('SIGTERM');
  await served;
});

test('shows a bridge of another version, and one that reports only its name', LIMIT, async (context) => {
  const home = await createHome(context);
  const old = await pretend(context, {
    name: NAME,
    version: '0.0.1',
    pid: 42,
    uptime: 7_500,
    upstream: 'http://x/v1',
    openStreams: 2,
  });
  const { code, out } = await home.run('status', '--port', String(old));
  assert.equal(code, 0);
  assert.equal(out, `${NAME} 0.0.1 is running at http://127.0.0.1:${old}/v1
  process    pid 42, up 2 h 5 min
  upstream   http://x/v1
  streaming  2 answers
  launches   none
  log        in the terminal that started it
  version    ${readVersion()} is installed. Run: ${NAME} restart --port ${old}
  today      no requests
`);
  const bare = await pretend(context, { name: NAME });
  assert.match(
    (await home.run('status', '--port', String(bare))).out,
    /^aliyun-codex-bridge \(unknown version\) is running at [^]*pid unknown[^]*upstream +unknown/,
  );
});

test('another program on the port is not shown as a bridge', LIMIT, async (context) => {
  const home = await createHome(context);
  const port = await listen(context, (_request, response) => response.end('hello'));
  assert.deepEqual(await home.run('status', '--port', String(port)), {
    code: 3, out: `Port ${port} is in use by another program.\n`, error: '',
  });
  const { out } = await home.run('status', '--json', '--port', String(port));
  assert.equal((JSON.parse(out) as { state: unknown }).state, 'stranger');
});

test('errors are reported together', LIMIT, async (context) => {
  const home = await createHome(context);
  const { code, out, error } = await home.run('status', '--port', '0', '--follow');
  assert.deepEqual([code, out], [2, '']);
  assert.match(error, /^Invalid usage:\n/);
});
