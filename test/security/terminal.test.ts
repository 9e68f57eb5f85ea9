/** Control characters from files, providers and clients reach no terminal: every command, and both log formats. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { ledgerFileOf } from '../../src/observe/usage-ledger';
import { logFileOf, stateFileOf } from '../../src/instance/bridge-record';
import { post } from '../support/bridge/test-server';
import { createHome, type Home } from '../support/cli/background';
import { startBuiltBridge } from '../support/cli/built-bridge';
import { BIN } from '../support/cli/launch-scene';

const LIMIT = { timeout: 120_000 } as const;

/** Sets the title, clears the screen, writes the clipboard, colors in C1, reverses the text, goes back, rings. */
const HOSTILE = 'a\u001b]0;owned\u0007\u001b[2J\u001b]52;c;b3duZWQ=\u0007\u009b31m\u202eb\u2066\u0008\rc\u007f';

/** No process has this id: a command that trusted the data would otherwise signal a process of the machine. */
const NO_PROCESS = 2_000_000_000;

/** What no output may contain; the program's own colors and line endings are removed first. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const OWN = /\u001b\[(?:1|2|22|31|32|33|36|39)m|\r?\n/g;

function assertHarmless(where: string, text: string): void {
  const found = CONTROL.exec(text.replace(OWN, '\n'));
  assert.equal(found, null, `${where}: ${JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 200)))}`);
}

/** Runs the built program with pipes, which may lead to a terminal. */
async function runProgram(home: Home, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: home.paths.home, env: { PATH: process.env['PATH'], ...home.env, ...env }, timeout: 60_000,
  });
  child.stdin.end();
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += String(bytes)));
  await once(child, 'close');
  return text;
}

async function listen(context: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A provider whose every text is hostile. */
const startProvider = (context: TestContext): Promise<number> => listen(context, (request, response) => {
  request.resume().on('end', () => {
    const json = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'GET') {
      const data = [{ id: HOSTILE, owned_by: HOSTILE, name: HOSTILE, description: HOSTILE, context_length: 1_000 }];
      return json(200, { object: 'list', data });
    }
    const status = [400, 401, 403, 404, 429, 500][count++ % 6] ?? 500;
    const error = { message: HOSTILE, type: HOSTILE, code: HOSTILE, param: HOSTILE };
    return json(status, { error, request_id: HOSTILE });
  });
});
let count = 0;

describe('data from a provider', () => {
  for (const format of ['text', 'json']) {
    test(`in a ${format} log, together with data from a client`, LIMIT, async (context) => {
      const upstream = await startProvider(context);
      const bridge = await startBuiltBridge(context, {
        upstream: `http://127.0.0.1:${upstream}/v1`,
        env: {
          LOG_LEVEL: 'debug', LOG_FORMAT: format, LOG_STREAM_RAW: '1', UPSTREAM_CALLS: '1', REFUSAL_CACHE_MS: '0',
          BRIDGE_STORE: 'store',
        },
      });
      const input = [{ role: HOSTILE, content: HOSTILE }, { type: HOSTILE }];
      for (const body of [
        { model: HOSTILE, input: HOSTILE }, { model: HOSTILE, input: HOSTILE, stream: true }, { [HOSTILE]: 1 },
        { input },
        { input: 'Hi', tools: [{ type: HOSTILE, name: HOSTILE }] }, { input: 'Hi', previous_response_id: HOSTILE },
        { input: 'Hi', reasoning: { effort: HOSTILE } }, { messages: [{ role: HOSTILE, content: HOSTILE }] }, HOSTILE,
      ]) {
        for (const path of ['/v1/responses', '/v1/chat/completions', `/v1/${encodeURIComponent(HOSTILE)}`])
          await post(bridge.port, body, { path });
      }
      // Characters that a client library would refuse to send.
      for (const line of [`GET /v1/x\u009b31m HTTP/1.1`, 'GET /health HTTP/1.1\r\nuser-agent: codex\u009b31m\u0085x']) {
        const socket = connect(bridge.port, '127.0.0.1').on('error', () => undefined);
        socket.write(Buffer.from(`${line}\r\nhost: x\u009by\r\norigin: http://\u009b31m\r\n\r\n`, 'latin1'));
        socket.end();
        await once(socket.resume(), 'close');
      }
      bridge.child.kill('SIGTERM');
      await bridge.ended;
      assert.match(bridge.output(), /owned/);
      assertHarmless('the log', bridge.output());
    });
  }

  test('in the output of commands', LIMIT, async (context) => {
    const upstream = await startProvider(context);
    const home = await createHome(context, { AI_API_BASE: `http://127.0.0.1:${upstream}/v1`, DISCOVER_MODELS: '1' });
    let seen = '';
    for (const args of [['models'], ['models', '--json'], ['doctor'], ['quota'], ['quota', '--json'], ['config']]) {
      const text = await runProgram(home, args);
      assertHarmless(args.join(' '), text);
      seen += text;
    }
    assert.match(seen, /owned/);
  });
});

test('data from another program on the port', LIMIT, async (context) => {
  const health = {
    name: 'aliyun-codex-bridge', version: HOSTILE, pid: NO_PROCESS, uptime: 1, upstream: HOSTILE, search: HOSTILE,
    launches: 1, openStreams: 1,
  };
  for (const name of ['aliyun-codex-bridge', HOSTILE]) {
    const port = await listen(context, (_request, response) => void response.end(JSON.stringify({ ...health, name })));
    const home = await createHome(context, { PORT: String(port) });
    for (const args of [['status'], ['status', '--json'], ['start'], ['stop'], ['serve'], ['doctor'], ['logs']])
      assertHarmless(args.join(' '), await runProgram(home, args));
  }
});

test('data in the files of the bridge and of Codex', LIMIT, async (context) => {
  const home = await createHome(context);
  const { state, codexHome, config } = home.paths;
  for (const folder of [state, codexHome, config]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const record = {
    name: 'aliyun-codex-bridge', pid: 4_000_000, port: home.port, host: HOSTILE, logFile: HOSTILE, version: HOSTILE,
    startedAt: HOSTILE, upstream: HOSTILE, drainTimeoutMs: 0,
  };
  writeFileSync(stateFileOf(state, home.port), JSON.stringify(record));
  const log = logFileOf(state, home.port);
  writeFileSync(log, `${HOSTILE}\n{"message":"${HOSTILE}"}\n`);
  const turn = { time: new Date().toISOString(), provider: HOSTILE, base: HOSTILE, model: HOSTILE, client: HOSTILE };
  const line = JSON.stringify({ ...turn, thread: HOSTILE, requests: 1, ms: 1, end: HOSTILE });
  writeFileSync(ledgerFileOf(state), `${line}\n`);
  const text = HOSTILE.replace(/[\u0000-\u001f\u007f"\\]/g, (character) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(join(codexHome, 'config.toml'), [
    `model = "${text}"`, `model_provider = "${text}"`, `profile = "${text}"`, `[model_providers."${text}"]`,
    `name = "${text}"`, `base_url = "${text}"`, `wire_api = "${text}"`, '',
  ].join('\n'));
  const [providers, broken] = ['providers.json', 'broken.json'].map((name) => join(home.paths.home, name)) as
    [string, string];
  const mine = { title: HOSTILE, base_url: 'http://127.0.0.1:9/v1', models: { [HOSTILE]: { name: `${HOSTILE} 2` } } };
  writeFileSync(providers, JSON.stringify({ providers: { mine } }));
  writeFileSync(broken, JSON.stringify({
    providers: { mine: { ...mine, models: { m: { efforts: [HOSTILE] } }, [HOSTILE]: 1 }, [HOSTILE]: HOSTILE },
  }));
  const variables = join(home.paths.home, 'variables');
  writeFileSync(variables, `AI_PROVIDER=${HOSTILE}\nLOG_LEVEL=${HOSTILE}\n${HOSTILE}\n`);
  let seen = '';
  for (const args of [
    ['status'], ['status', '--json'], ['logs', '--log-file', log], ['logs', '--log-file', log, '--json'], ['logs'],
    ['stop'], ['usage'], ['usage', '--json'], ['usage', '--by', 'thread'], ['setup', '--print'], ['setup'], ['doctor'],
    ['config', '--config-file', variables],
  ]) {
    const output = await runProgram(home, args);
    assertHarmless(args.join(' '), output);
    seen += output;
  }
  assert.match(seen, /owned/);
  for (const [args, shown] of [
    [['providers', '--providers', providers], /^mine /m],
    [['models', '--providers', providers, '--provider', 'mine'], /owned.* \(mine\)[^]*^.*owned.*owned.* 128k /m],
    [['config', '--providers', providers, '--provider', 'mine'], /^ *provider +mine\s.*owned/m],
    [['providers', '--providers', broken], /efforts\[0\]: .*owned[^]*unknown field[^]*invalid name .*owned/],
  ] as const) {
    const output = await runProgram(home, args);
    assertHarmless(args.join(' '), output);
    assert.match(output, shown);
  }
});

test('a broken config.toml, and a log that grows while it is followed', LIMIT, async (context) => {
  const home = await createHome(context);
  mkdirSync(home.paths.codexHome, { recursive: true });
  writeFileSync(join(home.paths.codexHome, 'config.toml'), `${HOSTILE}\nx = \u001b[2J\n`);
  for (const args of [['setup'], ['setup', '--print'], ['doctor']])
    assertHarmless(args.join(' '), await runProgram(home, args));
  mkdirSync(home.paths.state, { recursive: true, mode: 0o700 });
  const log = logFileOf(home.paths.state, home.port);
  writeFileSync(log, 'start\n');
  const child = spawn(process.execPath, [BIN, 'logs', '--follow'], { cwd: home.paths.home, env: { ...home.env } });
  context.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += String(bytes)));
  while (!text.includes('start')) await once(child.stdout, 'data');
  appendFileSync(log, `${HOSTILE} end\n`);
  while (!text.includes('end')) await once(child.stdout, 'data');
  assertHarmless('logs --follow', text);
});

test('arguments and variables', LIMIT, async (context) => {
  const home = await createHome(context);
  for (const args of [
    [HOSTILE], [`--${HOSTILE}`], ['help', HOSTILE], ['config', '--provider', HOSTILE], ['config', '--port', HOSTILE],
    ['config', '--model-map', HOSTILE], ['completions', HOSTILE], ['models', HOSTILE],
    ['--codex-bin', HOSTILE, 'codex'], ['config', '--default-model', HOSTILE], ['config', '--store', HOSTILE],
    ['start', '--state-dir', `/proc/${HOSTILE}`], ['serve', '--socket', `/proc/${HOSTILE}`],
    ['serve', '--log-file', `/proc/${HOSTILE}/x`],
  ]) {
    assertHarmless(JSON.stringify(args), await runProgram(home, args));
  }
  for (const name of ['AI_API_BASE', 'AI_API_KEY', 'AI_PROVIDER', 'PORT', 'HOST', 'MODEL_MAP', 'DEFAULT_MODEL']) {
    for (const command of ['config', 'doctor'])
      assertHarmless(name, await runProgram(home, [command], { [name]: HOSTILE }));
  }
});
