/**
 * Checks that what a run prints, logs, writes to files and sends to clients contains no key, and no token except in the
 * record of a running bridge.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { AddressInfo } from 'node:net';
import { sendRequest, type Answer, type RequestOptions } from '../support/bridge/test-server';
import { createHome } from '../support/cli/background';
import { BUILT_KEY, startBuiltBridge } from '../support/cli/built-bridge';
import { createLaunchScene } from '../support/cli/launch-scene';

const LIMIT = { timeout: 120_000 } as const;

/** Every secret that the bridge gets, by its source; one has characters that JSON and URLs escape. */
const SECRETS = {
  AI_API_KEY: BUILT_KEY,
  BRIDGE_SEARCH_KEY: 'search-key-0123456789',
  BRIDGE_ACCESS_TOKEN: 'access-token-of-32-characters-0123456789',
  DEEPSEEK_API_KEY: 'other-provider+key/with=signs"0123',
  UPSTREAM_HEADER_VALUE: 'header-secret-0123456789',
} as const;

/** A secret that a client sends by mistake. */
const CLIENT_SECRET = 'client-secret-0123456789';

const encodingsOf = (secret: string): readonly string[] => [
  secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64'),
];

function assertNoSecrets(where: string, text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const encoded of encodingsOf(secret)) {
      const at = text.indexOf(encoded);
      assert.ok(at < 0, `${where} contains ${secret}: ${text.slice(Math.max(0, at - 150), at + 80)}`);
    }
  }
}

/** Lists every file below `folder`. */
const listFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

type Answerer = (key: string, response: ServerResponse) => void;

const sse = (response: ServerResponse, ...events: readonly object[]): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
};
const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const delta = (content: string): object => ({ choices: [{ index: 0, delta: { content } }] });

/** Responses of a provider that repeat the key of the request, by the requested model. */
const ECHOES: Readonly<Record<string, Answerer>> = {
  'the message of a 401': (key, response) =>
    json(response, 401, { error: { message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' } }),
  'the whole header in a 403': (key, response) =>
    json(response, 403, { error: { message: `Authorization: Bearer ${key} is not allowed`, type: key, code: key } }),
  'a code and an id': (key, response) =>
    json(response, 400, { code: key, message: 'No.', request_id: key, param: key }),
  'the header x-request-id': (key, response) =>
    json(response, 500, { error: { message: 'x' } }, { 'x-request-id': key }),
  'the id of an answer': (key, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': key });
    response.end(`data: ${JSON.stringify(delta('Hi.'))}\n\ndata: [DONE]\n\n`);
  },
  'the address of a redirect': (key, response) =>
    json(response, 302, {}, { location: `https://x.example/login?key=${encodeURIComponent(key)}&raw=${key}` }),
  'a page': (key, response) =>
    void response.writeHead(502, { 'content-type': 'text/html' }).end(`<html><title>502 ${key}</title></html>`),
  'plain text': (key, response) => void response.writeHead(400).end(`bad key ${key}`),
  'a list of fields': (key, response) => json(response, 422, { key: [`${key} is no key.`] }),
  pydantic: (key, response) =>
    json(response, 422, { detail: [{ loc: ['header', 'x'], msg: `invalid ${key}`, input: `Bearer ${key}` }] }),
  'an error inside a stream': (key, response) =>
    sse(response, delta('Hi'), { error: { message: `key ${key} has expired`, code: key, request_id: key } }),
  'an error at the start of a stream': (key, response) => sse(response, { error: { message: `no ${key}`, type: key } }),
  'an error that is JSON in JSON': (key, response) =>
    json(response, 500, { error: { message: JSON.stringify({ error: { message: `key "${key}"` } }) } }),
};

/** Starts a provider whose response to a request repeats the request's key, in the form that the model name chooses. */
async function startEchoes(context: TestContext): Promise<string> {
  const readText = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    return text;
  };
  const server = createServer((request, response) => void readText(request).then((text) => {
    const key = String(request.headers['authorization'] ?? request.headers['x-extra']).replace(/^Bearer /, '');
    const name = Object.keys(ECHOES).find((model) => text.includes(JSON.stringify(model))) ?? 'plain text';
    ECHOES[name]?.(key, response);
  }));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const CODEX = { originator: 'codex_exec' } as const;

/** Yields requests for every response that repeats the key, then rejected requests and requests to other routes. */
function* listRequests(): Generator<RequestOptions> {
  const token = { 'x-api-key': SECRETS.BRIDGE_ACCESS_TOKEN };
  for (const model of Object.keys(ECHOES)) {
    for (const stream of [true, false]) {
      for (const client of [{}, CODEX]) {
        const headers = { ...token, ...client, authorization: `Bearer ${CLIENT_SECRET}` };
        yield { headers, body: JSON.stringify({ model, input: 'Hi', stream, store: true }) };
        const messages = [{ role: 'user', content: 'Hi' }];
        yield { path: '/v1/chat/completions', headers, body: JSON.stringify({ model, messages, stream }) };
      }
    }
  }
  const body = '{"input":"Hi"}';
  yield { body, headers: { authorization: `Bearer ${CLIENT_SECRET}` } };
  yield { body, headers: { 'x-api-key': CLIENT_SECRET } };
  yield { body, headers: { ...token, origin: 'https://evil.example' } };
  yield { body: `{"input":`, headers: token };
  yield { path: `/v1/nothing?key=${CLIENT_SECRET}`, headers: token, body };
  yield { path: '/v1/responses/compact', headers: token, body: JSON.stringify({ input: 'Hi', model: 'plain text' }) };
  yield { path: '/v1/alpha/search', headers: token, body: '{"commands":{"search_query":[{"q":"x"}]}}' };
  for (const path of ['/health', '/v1/models', '/v1/responses/resp_1', `/v1/models?api_key=${CLIENT_SECRET}`]) {
    yield { method: 'GET', path, headers: token };
  }
}

describe('a bridge that logs everything, with a provider that repeats the key', () => {
  for (const format of ['text', 'json']) {
    for (const wire of ['chat', 'responses']) {
      test(`${format} log, ${wire} upstream`, LIMIT, async (context) => {
        const upstream = await startEchoes(context);
        const { UPSTREAM_HEADER_VALUE: header, ...env } = SECRETS;
        const bridge = await startBuiltBridge(context, {
          upstream,
          env: {
            ...env, LOG_LEVEL: 'debug', LOG_STREAM_RAW: '1', LOG_FORMAT: format, UPSTREAM_HEADER: `x-extra=${header}`,
            BRIDGE_STORE: 'store', BRIDGE_SEARCH: 'searxng', BRIDGE_SEARCH_URL: upstream, UPSTREAM_WIRE: wire,
            AI_PROVIDER: 'openai-compatible', UPSTREAM_CALLS: '2', RETRY_WAIT_MS: '0', REFUSAL_CACHE_MS: '0',
          },
        });
        const answers: Answer[] = [];
        for (const request of listRequests()) answers.push(await sendRequest(bridge.port, request));
        const statuses = new Set(answers.map(({ status }) => status));
        for (const status of [200, 400, 401, 403, 404, 502]) assert.ok(statuses.has(status), `no status ${status}`);
        bridge.child.kill('SIGTERM');
        await bridge.ended;
        const secrets = Object.values(SECRETS);
        for (const { headers, text } of answers) assertNoSecrets('a response', JSON.stringify(headers) + text, secrets);
        assertNoSecrets('the log', bridge.output(), [...secrets, CLIENT_SECRET]);
        assert.match(bridge.output(), /\[redacted\]/);
        const files = listFiles(bridge.home);
        assert.ok(files.length > 0, 'nothing was stored');
        for (const file of files) assertNoSecrets(file, readFileSync(file, 'utf8'), [...secrets, CLIENT_SECRET]);
      });
    }
  }
});

test('commands and the background bridge never print or store a key', LIMIT, async (context) => {
  const upstream = await startEchoes(context);
  const { UPSTREAM_HEADER_VALUE: header, ...env } = SECRETS;
  const home = await createHome(context, {
    ...env, AI_API_BASE: upstream, AI_PROVIDER: 'openai-compatible', UPSTREAM_HEADER: `x-extra=${header}`,
    LOG_LEVEL: 'debug',
  });
  let printed = '';
  const commands = [
    ['config'], ['config', '--json'], ['start'], ['status'], ['status', '--json'], ['models'], ['models', '--json'],
    ['doctor'], ['doctor', '--json'], ['providers'], ['setup', '--print'], ['start'],
    ['service', 'install', '--print'], ['logs'], ['logs', '--json'],
  ];
  for (const args of commands) {
    const { out, error } = await home.run(...args);
    printed += `${args.join(' ')}\n${out}${error}`;
  }
  const [record] = home.records();
  const token = { 'x-api-key': SECRETS.BRIDGE_ACCESS_TOKEN };
  for (const model of Object.keys(ECHOES)) {
    await sendRequest(home.port, { headers: token, body: JSON.stringify({ model, input: 'Hi', stream: true }) });
  }
  if (process.platform === 'linux') {
    const line = readFileSync(`/proc/${record?.pid}/cmdline`, 'utf8');
    assertNoSecrets('the command line of the bridge', line, Object.values(SECRETS));
  }
  for (const args of [['logs'], ['stop']]) printed += JSON.stringify(await home.run(...args));
  assertNoSecrets('the output of a command', printed, Object.values(SECRETS));
  const files = listFiles(home.env['HOME'] ?? '');
  assert.ok(files.some((file) => file.endsWith('.log')));
  for (const file of files) assertNoSecrets(file, readFileSync(file, 'utf8'), Object.values(SECRETS));
});

test('a launched Codex: no key in arguments, output or files; its token only where needed', LIMIT, async (context) => {
  const scene = await createLaunchScene(context, 0);
  const { BRIDGE_ACCESS_TOKEN: _own, UPSTREAM_HEADER_VALUE: _header, ...keys } = SECRETS;
  const launched = scene.launch(['codex', 'exec', 'x'], { ...keys, LOG_LEVEL: 'debug' });
  const { args, env } = await launched.seen;
  const token = env['BRIDGE_ACCESS_TOKEN'] ?? '';
  assert.match(token, /^[0-9a-f]{64}$/);
  const shown = { ...env, BRIDGE_ACCESS_TOKEN: '' };
  assertNoSecrets('the environment of Codex', JSON.stringify(shown), Object.values(keys));
  assertNoSecrets('the arguments of Codex', args.join(' '), [...Object.values(keys), token]);
  for (const file of listFiles(scene.state)) {
    assertNoSecrets(file, readFileSync(file, 'utf8'), Object.values(keys));
    if (/bridge-\d+\.json$/.test(file)) assert.equal(statSync(file).mode & 0o077, 0, `others can read ${file}`);
    else assertNoSecrets(file, readFileSync(file, 'utf8'), [token]);
  }
  launched.type('exit 0');
  const { error } = await launched.ended;
  assertNoSecrets('the output of the launcher', error, [...Object.values(keys), token]);
});
