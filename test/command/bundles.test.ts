/** The bundles of the build and V8's code cache for them: which files are loaded, and which caches are rejected. */
import assert from 'node:assert/strict';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CODEX } from '../support/bridge/test-bridge';
import { buildPlain } from '../support/cli/plain-build';
import { postStream } from '../support/clients/sse-client';
import { answer, reply, startScriptedUpstream, type Step } from '../support/upstream/scripted-upstream';
import { writeBundles } from '../tools/bundle';

const KEY = 'sk-test-bundle';

let root = '';
let dist = '';

before(() => {
  root = mkdtempSync(join(tmpdir(), 'codex-bridge-bundles-'));
  dist = buildPlain(root);
  writeBundles(dist);
  writeFileSync(join(root, 'report-loads.cjs'), `
    const { Module } = require('node:module');
    const load = Module._extensions['.js'];
    Module._extensions['.js'] = (module, file) => (process.send?.(file), load(module, file));
  `);
});
after(() => rmSync(root, { recursive: true, force: true }));

const makeHome = (): string => mkdtempSync(join(root, 'home-'));
const cacheOf = (home: string): string => join(home, 'state', 'aliyun-codex-bridge', 'code-cache');
const environmentOf = (home: string, state = join(home, 'state')): NodeJS.ProcessEnv =>
  ({ PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: state, AI_API_KEY: KEY });

/** A bridge in a process of its own; `loaded` are the files that Node has loaded as modules. */
interface Bridge {
  readonly child: ChildProcess;
  readonly url: string;
  readonly loaded: string[];
  /** Returns the log so far. */
  readonly log: () => string;
}

async function startBridge(context: TestContext, env: NodeJS.ProcessEnv, upstream: string): Promise<Bridge> {
  const child = fork(join(root, 'bin', 'aliyun-codex-bridge.js'), ['--port', '0', '--ai-base-url', upstream], {
    env, execArgv: ['--require', join(root, 'report-loads.cjs')], stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  context.after(() => child.kill('SIGKILL'));
  const loaded: string[] = [];
  child.on('message', (file) => loaded.push(relative(root, String(file)).replaceAll('\\', '/')));
  let log = '';
  child.stderr?.on('data', (text) => (log += String(text)));
  assert.ok(child.stdout);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = /http:\/\/[\d.:]+/.exec(String(line))?.[0];
  assert.ok(url, String(line));
  return { child, url, loaded, log: () => log };
}

async function runTurn({ url }: Bridge): Promise<void> {
  const { text } = await postStream(`${url}/v1/responses`, { model: 'm', input: 'Hello.', stream: true }, CODEX);
  assert.match(text, /"type":"response\.completed"/);
}

async function startUpstream(context: TestContext): Promise<string> {
  const upstream = await startScriptedUpstream({
    dialect: 'dashscope', apiKey: KEY, script: () => answer({ text: 'Hello.' }),
  });
  context.after(() => upstream.close());
  return upstream.url;
}

/** Waits until the warm-up has saved both cache files, which is its last step. */
async function untilSaved(home: string): Promise<readonly string[]> {
  for (;;) {
    const files = existsSync(cacheOf(home)) ? readdirSync(cacheOf(home)).filter((name) => !name.endsWith('.tmp')) : [];
    if (files.length === 2) return files.sort();
    await sleep(20);
  }
}

/** Starts the program without a bridge. @returns the names of the opened bundles whose cache was not used */
function findUncached(home: string): string {
  const script = `
    require(${JSON.stringify(join(dist, 'cli', 'main.js'))});
    const { renderCodeCache } = require(${JSON.stringify(join(dist, 'command', 'bundles.js'))});
    console.log(renderCodeCache().map(({ path }) => require('node:path').basename(path).split('-')[0]).join());`;
  return execFileSync(process.execPath, ['-e', script], { env: environmentOf(home), encoding: 'utf8' }).trim();
}

test('a start, a turn and the warm-up load no plain file except the loader', async (context) => {
  const home = makeHome();
  const bridge = await startBridge(context, environmentOf(home), await startUpstream(context));
  await runTurn(bridge);
  const { version, arch } = process;
  assert.deepEqual(await untilSaved(home), [`start-${version}-${arch}`, `turn-${version}-${arch}`]);
  await runTurn(bridge);
  assert.deepEqual(bridge.loaded, [
    'bin/aliyun-codex-bridge.js', 'dist/cli/main.js', 'dist/command/bundles.js', 'dist/command/paths.js',
  ]);
});

test('saving a cache removes old ones of other versions of Node, and nothing else', async (context) => {
  const home = makeHome();
  mkdirSync(cacheOf(home), { recursive: true, mode: 0o700 });
  const old = ['start-v18.17.0-x64', 'turn-v18.17.0-x64', 'turn-v20.0.0-arm64.4711.tmp', 'turn-v20.0.0-x64.4711.2.tmp'];
  const others = ['notes.txt', 'start-v18.17.0-x64.bak', 'start'];
  for (const name of [...old, ...others, 'turn-v19.0.0-x64']) writeFileSync(join(cacheOf(home), name), name);
  const month = new Date(Date.now() - 31 * 24 * 60 * 60_000);
  for (const name of [...old, ...others]) utimesSync(join(cacheOf(home), name), month, month);
  await startBridge(context, environmentOf(home), 'http://127.0.0.1:9/v1');
  while (old.some((name) => existsSync(join(cacheOf(home), name)))) await sleep(20);
  const { version, arch } = process;
  const expected = [...others, 'turn-v19.0.0-x64', `start-${version}-${arch}`, `turn-${version}-${arch}`];
  assert.deepEqual(readdirSync(cacheOf(home)).sort(), expected.sort());
});

test('uses a saved cache unless it is damaged, incomplete, of another build or writable by others', async (context) => {
  const home = makeHome();
  assert.equal(findUncached(home), 'start');
  const { child } = await startBridge(context, environmentOf(home), 'http://127.0.0.1:9/v1');
  const [start = ''] = await untilSaved(home);
  child.kill('SIGKILL');
  const path = join(cacheOf(home), start);
  const intact = readFileSync(path);
  const replace = (content: Buffer): string => {
    writeFileSync(path, content);
    return findUncached(home);
  };
  assert.equal(findUncached(home), '');
  for (const at of [0, 63, 64, 200, Math.floor(intact.length / 2), intact.length - 1]) {
    const damaged = Buffer.from(intact);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assert.equal(replace(damaged), 'start', `byte ${at}`);
  }
  for (const length of [0, 10, 64, 65, 66, intact.length / 2, intact.length - 1, intact.length - 2]) {
    assert.equal(replace(intact.subarray(0, length)), 'start', `${length} bytes`);
  }
  assert.equal(replace(Buffer.concat([Buffer.from('0'.repeat(64)), intact.subarray(64)])), 'start');
  assert.equal(replace(intact), '');
  if (process.getuid === undefined) return;
  chmodSync(path, 0o622);
  assert.equal(findUncached(home), 'start');
});

test('bridges that start at the same time save one valid cache', async (context) => {
  const home = makeHome();
  const starts = [1, 2, 3].map(() => startBridge(context, environmentOf(home), 'http://127.0.0.1:9/v1'));
  const bridges = await Promise.all(starts);
  await untilSaved(home);
  assert.equal(findUncached(home), '');
  for (const { child } of bridges) {
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }
  assert.equal(findUncached(home), '');
});

test('without a folder for the cache, a bridge starts and answers', async (context) => {
  const home = makeHome();
  const file = join(home, 'file');
  writeFileSync(file, '');
  await runTurn(await startBridge(context, environmentOf(home, file), await startUpstream(context)));
  const open = makeHome();
  mkdirSync(join(open, 'state', 'aliyun-codex-bridge'), { recursive: true });
  chmodSync(join(open, 'state', 'aliyun-codex-bridge'), 0o777);
  await runTurn(await startBridge(context, environmentOf(open), await startUpstream(context)));
});

test('the main module also runs without the bin script', () => {
  const args = [join(dist, 'cli', 'main.js'), 'version'];
  assert.match(execFileSync(process.execPath, args, { env: environmentOf(makeHome()), encoding: 'utf8' }), /\d\.\d/);
});

test('a bundle that cannot be read is read again for the next request', async (context) => {
  const [bundle, hidden] = [join(dist, 'bundle', 'turn.js'), join(root, 'hidden.js')];
  renameSync(bundle, hidden);
  const bridge = await startBridge(context, environmentOf(makeHome()), await startUpstream(context));
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'm', input: 'Hello.' });
  const { status } = await fetch(`${bridge.url}/v1/responses`, { method: 'POST', headers, body });
  assert.equal(status, 500);
  renameSync(hidden, bundle);
  await runTurn(bridge);
});

test('a running bridge works without its files, which an update may have replaced', async (context) => {
  const failure = reply({ status: 503, body: { error: { message: 'Busy.' } } });
  const steps = [failure, answer({ text: 'Hello.' })];
  const script = (): Step => steps.shift() ?? answer({ text: 'Hello.' });
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: KEY, script });
  context.after(() => upstream.close());
  const home = makeHome();
  const bridge = await startBridge(context, environmentOf(home), upstream.url);
  await untilSaved(home);
  const moved = join(root, 'moved');
  renameSync(dist, moved);
  context.after(() => renameSync(moved, dist));
  // A retry after a failure, a stored response, and its next turn.
  await runTurn(bridge);
  const headers = { 'content-type': 'application/json' };
  let previous: string | undefined;
  for (const input of ['Hello.', 'Hello again.']) {
    const body = JSON.stringify({ model: 'm', input, store: true, previous_response_id: previous });
    const response = await fetch(`${bridge.url}/v1/responses`, { method: 'POST', headers, body });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    previous = /"id":"(resp_\w+)"/.exec(text)?.[1];
  }
  assert.equal((await fetch(`${bridge.url}/v1/responses/${previous}`)).status, 200);
  const invalid = await fetch(`${bridge.url}/v1/responses`, { method: 'POST', headers, body: '{"model": }' });
  assert.equal(invalid.status, 400);
  bridge.child.kill('SIGTERM');
  await once(bridge.child, 'close');
  assert.doesNotMatch(bridge.log(), /internal error|Cannot find/);
  const usage = readFileSync(join(home, 'state', 'aliyun-codex-bridge', 'usage.jsonl'), 'utf8');
  assert.equal(usage.trim().split('\n').length, 3, usage);
});

test('plain files share the modules of the bundles', () => {
  const script = `
    const loaded = [];
    process.send = (file) => loaded.push(file);
    require(${JSON.stringify(join(root, 'report-loads.cjs'))});
    require(${JSON.stringify(join(dist, 'cli', 'main.js'))});
    require(${JSON.stringify(join(dist, 'daemon', 'status-command.js'))});
    console.log(loaded.join('\\n'));`;
  const env = environmentOf(makeHome());
  const loaded = execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
  assert.match(loaded, /status-command\.js/);
  assert.match(readFileSync(join(dist, 'daemon', 'status-command.js'), 'utf8'), /"\.\.\/command\/command"/);
  assert.doesNotMatch(loaded, /\/command\/command\.js/);
});
