/** Routes, methods and upgrades: requests that are answered without a turn. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ROUTES } from '../../src/server/handle-request';
import { connectTo, post, readAll, readError, sendRequest, startServer } from '../support/bridge/test-server';

test('GET /health reports the bridge and its upstream', async (context) => {
  const { port } = await startServer(context);
  const answer = await sendRequest(port, { method: 'GET', path: '/health?probe=1' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  const { uptime, ...health } = JSON.parse(answer.text) as Record<string, unknown>;
  assert.ok(Number.isInteger(uptime));
  assert.deepEqual(health, {
    ok: true,
    name: 'aliyun-codex-bridge',
    version: '1.2.3',
    pid: process.pid,
    upstream: 'http://upstream.test/v1',
    search: null,
    launches: 0,
    openStreams: 0,
  });
});

test('GET /models returns the body and ETag of the bridge', async (context) => {
  const { port } = await startServer(context);
  for (const path of ['/models', '/v1/models', '/v1/models?client_version=0.169.0']) {
    const answer = await sendRequest(port, { method: 'GET', path });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.etag, '"m1"');
    assert.deepEqual(JSON.parse(answer.text), { object: 'list', data: [], models: [] });
  }
});

test('HEAD is answered on every path, without a body', async (context) => {
  const { port, bridge } = await startServer(context);
  for (const path of ROUTES.flatMap((route) => route.paths)) {
    const answer = await sendRequest(port, { method: 'HEAD', path });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.text, '');
  }
  assert.equal((await sendRequest(port, { method: 'HEAD', path: '/models' })).headers.etag, '"m1"');
  const probe = await sendRequest(port, { method: 'HEAD', path: '/v1/responses' });
  assert.equal(probe.headers['content-length'], undefined, 'GET has another length');
  assert.equal(bridge.calls.length, 0);
});

test('HEAD needs a token where GET needs one, and nowhere else', async (context) => {
  const { port } = await startServer(context, { config: { accessToken: 'token-0123456789abcdef' } });
  const withGet = new Set(ROUTES.filter(({ method }) => method === 'GET').flatMap(({ paths }) => paths));
  const free = ['/', '/health', '/health/live', '/health/ready'];
  for (const path of ROUTES.flatMap(({ paths }) => paths).filter((each) => !each.includes('{id}'))) {
    const { status } = await sendRequest(port, { method: 'HEAD', path });
    assert.equal(status, withGet.has(path) && !free.includes(path) ? 401 : 200, path);
  }
  for (const path of free) assert.equal((await sendRequest(port, { method: 'GET', path })).status, 200, path);
});

test('an unknown path gets 404, with the three most likely routes', async (context) => {
  const { port } = await startServer(context);
  for (const path of [
    '/v2/responses',
    '/v1/responses/',
    '/v1/responses//input_items',
    '/v1/responses/a/b',
    '/v1/responses/a/b/cancel',
    '/v1',
    '/health/x',
    '//responses',
  ]) {
    const answer = await sendRequest(port, { method: 'GET', path });
    assert.equal(answer.status, 404, path);
    const { message, code } = readError(answer);
    assert.equal(code, 'not_found');
    assert.match(String(message), /^Nothing is served at "[^"]*"\. Try \S+ \S+, \S+ \S+ or \S+ \S+\.$/);
  }
  const suggest = async (path: string): Promise<unknown> =>
    readError(await sendRequest(port, { method: 'POST', path, body: '{}' }))['message'];
  assert.equal(
    await suggest('/v1/responces'),
    'Nothing is served at "/v1/responces". Try POST /v1/responses, POST /v1/chat/completions or GET /v1/models.',
  );
  assert.equal(
    await suggest('/v1/chat/completion'),
    'Nothing is served at "/v1/chat/completion". Try POST /v1/chat/completions, POST /v1/responses or GET /v1/models.',
  );
});

test('GET / is a static page that runs no script and loads nothing, and needs no access token', async (context) => {
  const { port } = await startServer(context, { config: { accessToken: 'token-0123456789abcdef' } });
  const answer = await sendRequest(port, { method: 'GET', path: '/' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(
    answer.headers['content-security-policy'],
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  assert.match(answer.text, /^<!doctype html>\n<html lang="en">[^]*aliyun-codex-bridge 1\.2\.3[^]*<\/html>\n$/);
  assert.match(answer.text, /<pre>aliyun-codex-bridge codex<\/pre>[^]*<code>\/v1<\/code>/);
  assert.doesNotMatch(answer.text, /<script|<style|<link|<img|<form| style=| on\w+=|upstream\.test/i);
  assert.equal((await sendRequest(port, { method: 'GET', path: '/models' })).status, 401);
  const evil = await sendRequest(port, { method: 'GET', path: '/', headers: { host: 'evil.example' } });
  assert.equal(evil.status, 403);
});

const WRONG_METHODS = [
  ['GET', '/v1/responses', 'POST, HEAD'],
  ['DELETE', '/chat/completions', 'POST, HEAD'],
  ['OPTIONS', '/v1/responses', 'POST, HEAD'],
  ['OPTIONS', '/health', 'GET, HEAD'],
  ['POST', '/health', 'GET, HEAD'],
  ['POST', '/v1/models', 'GET, HEAD'],
  ['GET', '/v1/responses/compact', 'POST, HEAD'],
  ['DELETE', '/v1/responses/input_tokens', 'POST, HEAD'],
  ['POST', '/v1/responses/resp_1', 'GET, DELETE, HEAD'],
  ['GET', '/responses/resp_1/cancel', 'POST, HEAD'],
  ['DELETE', '/v1/conversations/conv_1/items', 'GET, POST, HEAD'],
] as const;

for (const [method, path, allow] of WRONG_METHODS) {
  test(`${method} ${path} gets 405`, async (context) => {
    const { port } = await startServer(context);
    const answer = await sendRequest(port, { method, path, ...(method === 'POST' ? { body: '{}' } : {}) });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.allow, allow);
    assert.equal(readError(answer)['code'], 'method_not_allowed');
    assert.ok(!Object.keys(answer.headers).some((name) => name.startsWith('access-control-')));
  });
}

for (const path of ['/v1/responses', '/nowhere']) {
  test(`a WebSocket upgrade of ${path} gets 426, and the connection is closed`, async (context) => {
    const { port, bridge } = await startServer(context);
    const socket = await connectTo(context, port);
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        'openai-beta: responses_websockets=2026-02-06\r\n\r\n',
    );
    const text = await readAll(socket);
    assert.match(text, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
    assert.match(text, /connection: close/i);
    assert.equal(bridge.calls.length, 0);
  });
}

test('an h2c upgrade is ignored and its request answered', async (context) => {
  const { port, bridge } = await startServer(context);
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAAAAIAAAAB' };
  const answer = await post(port, { input: 'hi' }, { headers });
  assert.equal(answer.status, 200);
  assert.deepEqual(bridge.calls[0]?.body, { input: 'hi' });
});

test('a connection can be reused for further requests', async (context) => {
  const { port } = await startServer(context);
  const socket = await connectTo(context, port);
  const get = 'GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n';
  for (let count = 0; count < 3; count += 1) {
    socket.write(get);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
    assert.match(answer.toString(), /connection: keep-alive/i);
  }
});

test('a handler that throws causes a 500 and a log line with its stack, and the server continues', async (context) => {
  const crash = (): never => {
    throw new TypeError('models are broken');
  };
  const { port, logged } = await startServer(context, { models: crash });
  const answer = await sendRequest(port, { method: 'GET', path: '/models' });
  assert.equal(answer.status, 500);
  assert.equal(readError(answer)['code'], 'internal_error');
  assert.equal(logged[0]?.['level'], 'error');
  assert.match(String(logged[0]?.['stack']), /TypeError: models are broken\n\s+at /);
  assert.equal((await sendRequest(port, { method: 'GET', path: '/health' })).status, 200);
});

test('the query string never reaches the log', async (context) => {
  const { port, logged } = await startServer(context);
  await sendRequest(port, { method: 'GET', path: '/nowhere?password=hunter2' });
  assert.equal(logged[0]?.['path'], '/nowhere');
  assert.ok(!JSON.stringify(logged).includes('hunter2'));
});
