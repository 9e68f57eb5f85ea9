/**
 * Tests the package like a user: packs it, installs it into an empty prefix without a network, and uses it. Not part of
 * `npm test`, because it rebuilds `dist`; run it with `npm run test:package`.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { getJson, postStream } from '../support/clients/sse-client';
import { assertGoodStream } from '../support/stream/stream-grammar';

const ROOT = join(__dirname, '..', '..');
const NAME = 'aliyun-codex-bridge';
const KEY = 'sk-test-package';
/** Time limits in milliseconds. Packing compiles the sources. */
const LIMITS = { pack: 180_000, install: 60_000, command: 20_000, start: 20_000, stop: 10_000 };

const run = promisify(execFile);

/** The state shared by the steps. */
class Trial {
  tarball = '';
  url = '';
  server: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly version: string,
    readonly upstream: Server,
  ) {}

  get prefix(): string {
    return join(this.folder, 'prefix');
  }

  get command(): string {
    return join(this.prefix, 'bin', NAME);
  }

  /** A clean environment: this Node first in the path, and an empty home. */
  get env(): NodeJS.ProcessEnv {
    const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    return { PATH: path, HOME: join(this.folder, 'home'), AI_API_KEY: KEY };
  }
}

async function pack(trial: Trial): Promise<void> {
  const command = ['pack', '--silent', '--pack-destination', trial.folder];
  await run('npm', command, { cwd: ROOT, timeout: LIMITS.pack });
  trial.tarball = join(trial.folder, `${NAME}-${trial.version}.tgz`);
}

async function install(trial: Trial): Promise<void> {
  const cache = join(trial.folder, 'cache');
  const quiet = ['--offline', '--no-audit', '--no-fund', '--cache', cache];
  const command = ['install', '--global', '--prefix', trial.prefix, ...quiet, trial.tarball];
  await run('npm', command, { cwd: trial.folder, env: trial.env, timeout: LIMITS.install });
}

async function showVersion(trial: Trial): Promise<void> {
  const { stdout } = await run(trial.command, ['--version'], { env: trial.env, timeout: LIMITS.command });
  assert.ok(stdout.includes(trial.version), `--version says ${JSON.stringify(stdout)}, expected ${trial.version}`);
}

async function showHelp(trial: Trial): Promise<void> {
  const { stdout } = await run(trial.command, ['--help'], { env: trial.env, timeout: LIMITS.command });
  assert.match(stdout, /Usage: aliyun-codex-bridge/);
  assert.match(stdout, /--port/);
}

async function serve(trial: Trial): Promise<void> {
  const { port } = trial.upstream.address() as AddressInfo;
  const flags = ['serve', '--port', '0', '--ai-base-url', `http://127.0.0.1:${port}/v1`];
  const server = spawn(trial.command, flags, { env: trial.env, stdio: ['ignore', 'pipe', 'inherit'] });
  trial.server = server;
  trial.url = await within(LIMITS.start, 'no start-up line', firstUrl(server));
}

async function askHealth(trial: Trial): Promise<void> {
  const { status, json } = await getJson(`${trial.url}/health`);
  assert.equal(status, 200);
  const { ok, version } = json as { ok: unknown; version: unknown };
  assert.deepEqual({ ok, version }, { ok: true, version: trial.version });
}

async function askModel(trial: Trial): Promise<void> {
  const { status, text, events } = await postStream(`${trial.url}/v1/responses`, {
    model: 'sample-model',
    input: 'Say hello.',
    stream: true,
  });
  assert.equal(status, 200, text);
  assertGoodStream(text, { fullResponse: true });
  const said = events.map(({ json }) => json as { type?: string; text?: string } | undefined);
  assert.equal(said.find((event) => event?.type === 'response.output_text.done')?.text, 'Hello from upstream.');
}

async function stop(trial: Trial): Promise<void> {
  assert.ok(trial.server);
  const ended = once(trial.server, 'exit');
  trial.server.kill('SIGTERM');
  const [code, signal] = await within(LIMITS.stop, 'SIGTERM does not end the server', ended);
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
}

/** The steps in order; each needs the previous ones. */
const STEPS: readonly (readonly [what: string, step: (trial: Trial) => Promise<void>])[] = [
  ['npm pack makes a tarball', pack],
  ['it installs into an empty prefix without a network', install],
  ['--version says the version of package.json', showVersion],
  ['--help says how to use it', showHelp],
  ['serve listens on a free port', serve],
  ['GET /health answers', askHealth],
  ['POST /v1/responses streams what the upstream says', askModel],
  ['SIGTERM ends it with exit code 0', stop],
];

/** A provider that answers one sentence to requests with the key. */
async function startUpstream(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    const welcome = request.headers.authorization === `Bearer ${KEY}` && request.url === '/v1/chat/completions';
    response.writeHead(welcome ? 200 : 401, { 'content-type': 'text/event-stream' });
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'sample-model' };
    const chunk = (choices: readonly unknown[], rest: object = {}): string =>
      `data: ${JSON.stringify({ ...head, choices, ...rest })}\n\n`;
    response.write(chunk([{ index: 0, delta: { role: 'assistant', content: 'Hello ' }, finish_reason: null }]));
    response.write(chunk([{ index: 0, delta: { content: 'from upstream.' }, finish_reason: null }]));
    response.write(chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]));
    response.write(chunk([], { usage: { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 } }));
    response.end('data: [DONE]\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Finds the base URL in the start-up line; rejects if the server exits without one. */
function firstUrl(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    server.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const url = /http:\/\/[^\s/]+/.exec(text)?.[0];
      if (url && text.includes('\n')) resolve(url);
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the server ended with exit code ${code}: ${text}`)));
  });
}

async function within<T>(limit: number, message: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${limit} ms`)), limit);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-tarball-'));
  await mkdir(join(folder, 'home'));
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const trial = new Trial(folder, version, await startUpstream());
  let passed = 0;
  try {
    for (const [what, step] of STEPS) {
      await step(trial);
      passed += 1;
      console.log(`ok ${passed} - ${what}`);
    }
  } catch (error) {
    console.log(`not ok ${passed + 1} - ${STEPS[passed]?.[0] ?? ''}`);
    console.error(error);
    process.exitCode = 1;
  } finally {
    trial.server?.kill('SIGKILL');
    trial.upstream.closeAllConnections();
    trial.upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`package: ${passed} passed, ${process.exitCode ? 1 : 0} failed`);
}

void main();
