/** The `codex` command with a fake Codex: arguments, input, exit codes, signals, and its bridge. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { getJson } from '../../src/instance/bridge-client';
import { BIN, createLaunchScene, type Launched } from '../support/cli/launch-scene';
import { untilFree } from '../support/cli/until-free';
import { findFreePort } from '../support/free-port';

const LIMIT = { timeout: 60_000 };

const BLOCKING = {
  ...LIMIT,
  skip: !existsSync('/proc/self/fdinfo/0') && 'there is no /proc/self/fdinfo',
};

async function setUp(context: TestContext) {
  const port = await findFreePort();
  const scene = await createLaunchScene(context, port);
  const health = async () => {
    const answer = await getJson({ host: '127.0.0.1', port, path: '/health', timeoutMs: 5_000 });
    return typeof answer === 'object' ? answer : undefined;
  };
  return { port, scene, health };
}

/** The port in Codex's arguments. */
async function printedPort({ seen }: Launched): Promise<number> {
  const { args } = await seen;
  return Number(/base_url="http:\/\/127\.0\.0\.1:(\d+)\/v1"/.exec(args.join(' '))?.[1]);
}

test(
  'Codex gets the arguments for the bridge, then its own, the folder and the input; its exit code is passed on',
  LIMIT,
  async (context) => {
    const { port, scene, health } = await setUp(context);
    const args = ['exec', '--json', 'say "hi" $HOME', '', 'two\nlines', '--port', '1', '--', '-x', '*'];
    const launched = scene.launch(['--drain-timeout-ms', '1000', 'codex', ...args]);
    const seen = await launched.seen;
    assert.equal(seen.args[0], '--no-daemon');
    const bridgeArgs = seen.args.slice(1, -args.length);
    assert.deepEqual(seen.args.slice(-args.length), args);
    assert.deepEqual(
      bridgeArgs.filter((_, index) => index % 2 === 0),
      bridgeArgs.filter((_, index) => index % 2 === 0).map(() => '-c'),
    );
    assert.deepEqual(
      bridgeArgs.filter((_, index) => index % 2 === 1),
      [
        'model_provider="aliyun"',
        `model_providers.aliyun={name="Aliyun Codex bridge",base_url="http://127.0.0.1:${port}/v1",` +
        `env_key="BRIDGE_ACCESS_TOKEN",wire_api="responses",model_catalog_url="http://127.0.0.1:${port}/v1/models",` +
        'http_headers={ x-bridge-launch = "1" }}',
        'model="scripted-model"',
      ],
    );
    assert.equal(seen.cwd, scene.home);
    assert.equal((await health())?.['launches'], 1);
    launched.type('something');
    assert.equal(await launched.nextLine(), 'read something');
    launched.type('exit 7');
    assert.deepEqual(await launched.ended, { code: 7, signal: null, error: '' });
    await scene.untilGone(port);
    assert.deepEqual(await scene.files(scene.codexHome), [], 'files of the user');
  },
);

test('web search is enabled if the bridge has a search service', LIMIT, async (context) => {
  const env = { BRIDGE_SEARCH: 'searxng', BRIDGE_SEARCH_URL: 'http://127.0.0.1:9' };
  const isSearch = (word: string): boolean => /web_search/.test(word);
  const { scene } = await setUp(context);
  const launched = scene.launch(['codex'], env);
  assert.equal((await launched.seen).args.filter(isSearch).length, 2);
  const second = scene.launch(['codex']);
  assert.equal((await second.seen).args.filter(isSearch).length, 2, 'the settings of the running bridge apply');
  for (const { type, ended } of [launched, second]) {
    type('exit 0');
    assert.equal((await ended).code, 0);
  }
});

test('a launch with --search prints a warning if the running bridge has no search service', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const first = scene.launch(['codex']);
  assert.deepEqual((await first.seen).args.filter((word) => /web_search/.test(word)), []);
  const second = scene.launch(['--search', 'searxng', '--search-url', 'http://127.0.0.1:9', 'codex']);
  assert.deepEqual((await second.seen).args.filter((word) => /web_search/.test(word)), []);
  for (const { type } of [first, second]) type('exit 0');
  assert.match((await second.ended).error, /No web search: it requires Codex 0\.169\.0 or later and a bridge started/);
});

test('an older Codex gets the catalog of the bridge as a file', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const env = { AI_PROVIDER: 'aliyun-coding', DEFAULT_MODEL: '', FAKE_VERSION: '0.146.0' };
  const launched = scene.launch(['codex'], env);
  const { args } = await launched.seen;
  assert.ok(args.includes('model="qwen3.7-plus"'));
  assert.ok(args.includes(`model_catalog_json="${join(scene.state, `models-${port}.json`)}"`));
  assert.ok(!args.some((word) => word.includes('model_catalog_url')));
  const { models } = JSON.parse(await readFile(join(scene.state, `models-${port}.json`), 'utf8')) as {
    models: { slug: string }[];
  };
  assert.ok(models.some(({ slug }) => slug === 'glm-4.7'));
  launched.child.stdin?.end();
  assert.equal((await launched.ended).code, 0);
});

test("the model of the user's config.toml is used if the bridge offers it", LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const choose = async (model: string): Promise<readonly string[]> => {
    await writeFile(join(scene.codexHome, 'config.toml'), `model = "${model}" # mine\n`);
    const launched = scene.launch(['codex'], { AI_PROVIDER: 'aliyun-coding', DEFAULT_MODEL: '' });
    const { args } = await launched.seen;
    launched.child.stdin?.end();
    await launched.ended;
    return args.filter((word) => word.startsWith('model='));
  };
  assert.deepEqual(await choose('glm-4.7'), ['model="glm-4.7"']);
  assert.deepEqual(await choose('gpt-6.1-sol'), ['model="qwen3.7-plus"']);
});

test('the model of a profile that Codex gets is used if the bridge offers it', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  await writeFile(join(scene.codexHome, 'config.toml'), 'model = "kimi-k2.5"\n[profiles.table]\nmodel = "glm-5"\n');
  await writeFile(join(scene.codexHome, 'file.config.toml'), 'model = "glm-4.7"\n');
  await writeFile(join(scene.codexHome, 'openai.config.toml'), 'model = "gpt-6.1-sol"\n');
  const choose = async (args: readonly string[], env = {}): Promise<readonly string[]> => {
    const launched = scene.launch(['codex', ...args], { AI_PROVIDER: 'aliyun-coding', DEFAULT_MODEL: '', ...env });
    const { args: given } = await launched.seen;
    launched.child.stdin?.end();
    await launched.ended;
    return given.filter((word) => word.startsWith('model='));
  };
  for (const args of [['--profile', 'file'], ['exec', '-p', 'file'], ['--profile=file'], ['-pfile']]) {
    assert.deepEqual(await choose(args), ['model="glm-4.7"'], args.join(' '));
  }
  assert.deepEqual(await choose(['-p', 'file'], { DEFAULT_MODEL: 'glm-5' }), ['model="glm-4.7"']);
  assert.deepEqual(await choose(['-p', 'table']), ['model="glm-5"']);
  for (const args of [['-p', 'openai'], ['-p', 'none'], ['exec', '--', '-p', 'file']]) {
    assert.deepEqual(await choose(args), ['model="kimi-k2.5"'], args.join(' '));
  }
});

test('a second launch uses the bridge of the first, which exits after the last launch', LIMIT, async (context) => {
  const { port, scene, health } = await setUp(context);
  const first = scene.launch(['codex']);
  await first.seen;
  const pid = (await health())?.['pid'];
  const second = scene.launch(['codex']);
  assert.equal(await printedPort(second), port);
  assert.equal((await health())?.['launches'], 2);
  first.type('exit 0');
  await first.ended;
  assert.equal((await health())?.['pid'], pid);
  second.type('exit 0');
  assert.equal((await second.ended).error, '');
  await scene.untilGone(port);
});

test('killing a launch also releases its bridge', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const launched = scene.launch(['codex']);
  const { pid } = await launched.seen;
  launched.child.kill('SIGKILL');
  await scene.untilGone(port);
  process.kill(pid, 'SIGKILL');
});

test('a bridge that ends while Codex runs is replaced at the same address', LIMIT, async (context) => {
  const { port, scene, health } = await setUp(context);
  const launched = scene.launch(['codex']);
  await launched.seen;
  const before = (await health())?.['pid'];
  assert.equal(typeof before, 'number');
  process.kill(Number(before), 'SIGKILL');
  let after: unknown;
  // Requests are refused until the new bridge listens; each fails at once, and the test has a time limit.
  while (after === undefined || after === before) after = (await health())?.['pid'];
  launched.type('exit 0');
  assert.equal((await launched.ended).code, 0);
  await scene.untilGone(port);
});

test('launched Codex sessions that lose their bridge all use the same new one', LIMIT, async (context) => {
  const { port, scene, health } = await setUp(context);
  const launched = [1, 2, 3].map(() => scene.launch(['codex']));
  for (const launch of launched) assert.equal(await printedPort(launch), port);
  for (let round = 0; round < 3; round += 1) {
    const before = (await health())?.['pid'];
    process.kill(Number(before), 'SIGKILL');
    let now: Awaited<ReturnType<typeof health>>;
    do now = await health(); while (now?.['pid'] === before || now?.['launches'] !== 3);
  }
  for (const launch of launched) launch.type('exit 0');
  for (const launch of launched) assert.equal((await launch.ended).code, 0);
  await scene.untilGone(port);
  assert.deepEqual((await scene.files(scene.state)).filter((name) => /\d\.(json|log)$/.test(name)),
    [`bridge-${port}.log`]);
});

test('if another program uses the port, the bridge takes a free one and reports it', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const stranger = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')).listen(
    port,
    '127.0.0.1',
  );
  await once(stranger, 'listening');
  context.after(() => stranger.close());
  const launched = scene.launch(['codex']);
  const otherPort = await printedPort(launched);
  assert.notEqual(otherPort, port);
  launched.type('exit 0');
  const { error } = await launched.ended;
  assert.match(
    error,
    new RegExp(`^aliyun-codex-bridge: Port ${port} is in use; using port \\d+ instead\\.\n$`),
  );
  await scene.untilGone(otherPort);
});

test('a running bridge for another provider is not used', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const first = scene.launch(['codex']);
  await first.seen;
  const second = scene.launch(['codex'], { AI_API_BASE: 'http://127.0.0.1:10/v1' });
  const otherPort = await printedPort(second);
  assert.notEqual(otherPort, port);
  second.type('exit 0');
  assert.match(
    (await second.ended).error,
    /sends requests to http:\/\/127\.0\.0\.1:9\/v1; started another one for http:\/\/127\.0\.0\.1:10\/v1 on port \d+\./,
  );
  await scene.untilGone(otherPort);
  first.type('exit 0');
  await first.ended;
});

for (const [signal, code] of [['SIGTERM', 9], ['SIGHUP', 9], ['SIGINT', 9]] as const) {
  test(`${signal} reaches Codex, which decides the exit code`, LIMIT, async (context) => {
    const { port, scene } = await setUp(context);
    const launched = scene.launch(['codex']);
    await launched.seen;
    launched.child.kill(signal);
    assert.equal(await launched.nextLine(), signal);
    assert.equal((await launched.ended).code, code);
    await scene.untilGone(port);
  });
}

test(
  'Codex’s pipes stay blocking: programs that expect it would otherwise lose input and output',
  BLOCKING,
  async (context) => {
    const { scene } = await setUp(context);
    const reporter = join(scene.home, 'reporter');
    // Checked after the launcher has registered its signal handlers, i.e. after all its work with files.
    const report = 'for n in 0 1 2; do grep ^flags: /proc/$$/fdinfo/$n; done; kill $!; exit 0';
    await writeFile(
      reporter,
      `#!/bin/sh\n[ "$1" = --version ] && exit\ntrap '${report}' HUP\necho $PPID\nsleep 30 & wait\n`,
    );
    await chmod(reporter, 0o755);
    // A shell creates pipes; `spawn` creates a pair of sockets.
    const args = ['-c', 'cat | "$@" 2>&1 | cat', 'sh', process.execPath, BIN, '--codex-bin', reporter, 'codex'];
    const child = spawn('/bin/sh', args, { env: scene.env, cwd: scene.home });
    context.after(() => child.kill('SIGKILL'));
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (text === '') process.kill(Number(piece), 'SIGHUP');
      text += piece;
      if (text.split('flags:').length === 4) child.stdin.end();
    });
    await once(child, 'close');
    const flags = [...text.matchAll(/^flags:\s*(\d+)$/gm)].map(
      ([, octal = '']) => Number.parseInt(octal, 8) & constants.O_NONBLOCK,
    );
    assert.deepEqual(flags, [0, 0, 0], text);
  },
);

test('if a signal ends Codex, the exit code is 128 plus the signal number', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const launched = scene.launch(['codex'], { FAKE_DIES: '1' });
  await launched.seen;
  launched.child.kill('SIGTERM');
  assert.equal((await launched.ended).code, 143);
});

test('without Codex, without a key, or with an old Codex, the error says what to do', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const none = await scene.launch(['codex'], { PATH: '/usr/bin:/bin' }).ended;
  assert.deepEqual(
    [none.code, none.error],
    [127, 'Cannot find codex on the PATH. Install it with: npm install -g @openai/codex\n'],
  );
  const other = await scene.launch(['--codex-bin', '/no/codex', 'codex']).ended;
  assert.deepEqual(
    [other.code, other.error.split('.')[0]],
    [127, 'Cannot run /no/codex as Codex: no such program'],
  );
  const keyless = await scene.launch(['codex'], { AI_API_KEY: '', AI_PROVIDER: 'deepseek', AI_API_BASE: '' }).ended;
  assert.equal(keyless.code, 1);
  assert.match(
    keyless.error,
    /^No API key for DeepSeek\. Run: export AI_API_KEY=…, or save it: aliyun-codex-bridge login --provider deepseek\n$/,
  );
  const own = await scene.launch(['codex'], { AI_API_KEY: '', AI_PROVIDER: '', AI_API_BASE: 'http://127.0.0.1:9/v1' })
    .ended;
  assert.equal(
    own.error,
    'No API key for http://127.0.0.1:9/v1. Set AI_API_KEY; any value works if the server needs no key.\n',
  );
  const old = await scene.launch(['codex'], { FAKE_VERSION: '0.80.0' }).ended;
  assert.equal(old.code, 1);
  assert.match(old.error, /^Codex 0\.80\.0 is too old: the bridge needs 0\.99\.0 or later\./);
  await scene.untilGone(port);
});

test('commands that use no model start no bridge and need no key', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const launched = scene.launch(['codex', 'mcp', 'list'], { AI_API_KEY: '' });
  assert.deepEqual((await launched.seen).args, ['mcp', 'list']);
  launched.type('exit 3');
  assert.equal((await launched.ended).code, 3);
  assert.deepEqual(await scene.files(scene.state), []);
});

test('with a proxy, Codex still reaches the bridge', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const launched = scene.launch(['codex'], { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'intra.example' });
  assert.equal((await launched.seen).env['NO_PROXY'], 'intra.example,127.0.0.1,localhost,::1');
  launched.type('exit 0');
  await launched.ended;
});

test('if requests bring their own key, Codex is configured to send it', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const launched = scene.launch(['codex'], { FORCE_ENV_AUTH: '0' });
  assert.ok((await launched.seen).args.some((word) => word.includes('env_key="AI_API_KEY"')));
  launched.type('exit 0');
  await launched.ended;
});

test('an invalid flag before "codex" is reported, and nothing is started', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const { code, error } = await scene.launch(['--prot', '1', 'codex']).ended;
  assert.equal(code, 2);
  assert.match(error, /Unknown flag --prot\./);
});

test('the environment of Codex contains no provider key', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const keys = { DEEPSEEK_API_KEY: 'sk-test-other', MY_COPY: ' sk-test-launch ', MY_OTHER: 'sk-test-mine' };
  for (const args of [['codex'], ['codex', 'mcp', 'list']]) {
    const launched = scene.launch(args, keys);
    const { env } = await launched.seen;
    assert.doesNotMatch(JSON.stringify(env), /sk-test-(launch|other)/);
    assert.equal(env['MY_OTHER'], 'sk-test-mine');
    launched.type('exit 0');
    await launched.ended;
  }
});

test('without a token, the variable that config.toml names is set, but not to the key', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const start = spawn(process.execPath, [BIN, 'start'], { env: { ...scene.env }, stdio: 'ignore' });
  assert.deepEqual(await once(start, 'exit'), [0, null]);
  for (const name of ['AI_API_KEY', 'NEVER_SET']) {
    const table = `[model_providers.mine]\nname = "b"\nbase_url = "http://127.0.0.1:${port}/v1"\nenv_key = "${name}"\n`;
    await writeFile(join(scene.codexHome, 'config.toml'), `model_provider = "mine"\n${table}`);
    const launched = scene.launch(['codex']);
    const { args, env } = await launched.seen;
    assert.match(args.join(' '), /model_providers\.mine=\{/);
    assert.doesNotMatch(args.join(' '), /env_key/);
    assert.equal(env[name], 'unused');
    launched.type('exit 0');
    await launched.ended;
  }
});

for (const [name, before, difference] of [
  ['without a key', { AI_API_KEY: '' }, 'It has no API key.'],
  ['with another key', { AI_API_KEY: 'sk-test-old' }, 'It uses a different API key.'],
] as const) {
  test(`an idle bridge ${name} is replaced, and one in use is kept, with a note`, LIMIT, async (context) => {
    const { port, scene, health } = await setUp(context);
    const start = spawn(process.execPath, [BIN, 'start'], { env: { ...scene.env, ...before }, stdio: 'ignore' });
    assert.deepEqual(await once(start, 'exit'), [0, null]);
    const old = (await health())?.['pid'];
    const first = scene.launch(['codex']);
    await first.seen;
    const now = (await health())?.['pid'];
    assert.notEqual(now, old);
    const second = scene.launch(['codex'], { AI_API_KEY: 'sk-test-third' });
    await second.seen;
    assert.equal((await health())?.['pid'], now);
    for (const launched of [first, second]) launched.type('exit 0');
    assert.equal(
      (await first.ended).error,
      `aliyun-codex-bridge: The bridge on port ${port} does not match this command. ${difference} ` +
      'It was not in use, and was replaced.\n',
    );
    assert.equal(
      (await second.ended).error,
      `aliyun-codex-bridge: The bridge on port ${port} does not match this command. It uses a different API key. ` +
      `To replace it, run: aliyun-codex-bridge restart --port ${port}\n`,
    );
    assert.equal((await health())?.['pid'], now, 'a bridge that replaced one of "start" keeps running');
  });
}

test('flags and variables that the running bridge does not apply are named', LIMIT, async (context) => {
  const { port, scene, health } = await setUp(context);
  const first = scene.launch(['--small-model', 'small', 'codex'], { LOG_LEVEL: 'debug' });
  await first.seen;
  const now = (await health())?.['pid'];
  const same = scene.launch(['--small-model', 'small', '--log-level', 'debug', 'codex']);
  await same.seen;
  const other = scene.launch(['--small-model', 'other', 'codex'], { LOG_LEVEL: 'warn' });
  await other.seen;
  assert.equal((await health())?.['pid'], now);
  for (const launched of [first, same, other]) launched.type('exit 0');
  assert.deepEqual([(await first.ended).error, (await same.ended).error], ['', '']);
  assert.equal(
    (await other.ended).error,
    `aliyun-codex-bridge: The bridge on port ${port} does not match this command. It does not apply ` +
    `your --small-model, LOG_LEVEL. To apply them, run this with the same flags: ` +
    `aliyun-codex-bridge restart --port ${port}\n`,
  );
});

test('a bridge without a key is not used if this launch has none either', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  const env = { ...scene.env, AI_API_KEY: '', AI_PROVIDER: 'deepseek', AI_API_BASE: '' };
  const start = spawn(process.execPath, [BIN, 'start'], { env, stdio: 'ignore' });
  assert.deepEqual(await once(start, 'exit'), [0, null]);
  const { code, error } = await scene.launch(['codex'], env).ended;
  assert.equal(code, 1);
  assert.match(error, /^No API key for DeepSeek\. Run: /);
});

test('a state folder that others can write to is not used', LIMIT, async (context) => {
  const { scene } = await setUp(context);
  await mkdir(scene.state, { mode: 0o777 });
  await chmod(scene.state, 0o777);
  const { code, error } = await scene.launch(['codex']).ended;
  assert.deepEqual([code, error], [
    1, `Other users can write to the state folder ${scene.state}. Run: chmod go-w ${scene.state}\n`,
  ]);
});

test('log and catalog in the state folder are never written through symbolic links', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  await mkdir(scene.state, { mode: 0o700 });
  const victim = join(scene.home, 'victim');
  await writeFile(victim, 'mine');
  await symlink(victim, join(scene.state, `models-${port}.json`));
  const launched = scene.launch(['codex']);
  await launched.seen;
  launched.type('exit 0');
  await launched.ended;
  await scene.untilGone(port);
  await rm(join(scene.state, `bridge-${port}.log`));
  await symlink(victim, join(scene.state, `bridge-${port}.log`));
  const second = scene.launch(['codex']);
  await second.seen;
  second.type('exit 0');
  assert.equal((await second.ended).code, 0);
  assert.equal(await readFile(victim, 'utf8'), 'mine');
});

test('a launched bridge requires a token, which only the environment of Codex contains', LIMIT, async (context) => {
  const { port, scene } = await setUp(context);
  const launched = scene.launch(['codex']);
  const { env, args } = await launched.seen;
  const token = env['BRIDGE_ACCESS_TOKEN'] ?? '';
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.ok(!args.join(' ').includes(token));
  const url = `http://127.0.0.1:${port}/v1/models`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, 200);
  const second = scene.launch(['codex']);
  assert.equal((await second.seen).env['BRIDGE_ACCESS_TOKEN'], token);
  for (const each of [launched, second]) each.type('exit 0');
  await Promise.all([launched.ended, second.ended]);
});

test('a program that takes the port of a killed bridge gets neither the token nor requests', LIMIT, async (context) => {
  const { port, scene, health } = await setUp(context);
  const first = scene.launch(['codex']);
  await first.seen;
  const real = await health();
  const pid = Number(real?.['pid']);
  first.child.kill('SIGKILL');
  process.kill(pid, 'SIGKILL');
  await untilFree(port);
  const receivedHeaders: string[] = [];
  const foreign = createHttpServer((request, response) => {
    receivedHeaders.push(JSON.stringify(request.headers));
    response.end(JSON.stringify({ ...real, proof: '0'.repeat(64) }));
  });
  await new Promise<void>((resolve) => foreign.listen(port, '127.0.0.1', resolve));
  context.after(() => foreign.close());
  const second = scene.launch(['codex']);
  assert.notEqual(await printedPort(second), port);
  second.type('exit 0');
  const warning = new RegExp(`The program on port ${port} does not have the access token; using`);
  assert.match((await second.ended).error, warning);
  assert.doesNotMatch(receivedHeaders.join(' '), /Bearer/);
});
