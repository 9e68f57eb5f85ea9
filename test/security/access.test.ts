/** Access to the bridge: origins, content types, access tokens, proofs of tokens, sockets. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { proveToken } from '../../src/server/guards';
import type { ServerConfig } from '../../src/server/http-exchange';
import { startBuiltBridge } from '../support/cli/built-bridge';
import { post, readError, sendRequest, startServer, type RequestOptions } from '../support/bridge/test-server';

const TOKEN = 'token-of-32-characters-0123456789';
const LIMIT = { timeout: 30_000 } as const;
const OTHER = 'another-token-0123456789';

const folderOf = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-bridge-access-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

describe('origins', () => {
  const CASES: readonly (readonly [name: string, origin: (port: number) => string, status: number])[] = [
    ['the bridge itself', (port) => `http://127.0.0.1:${port}`, 200],
    ['the bridge under another name', (port) => `http://localhost:${port}`, 200],
    ['a development server of this machine', () => 'http://localhost:3000', 403],
    ['another port of 127.0.0.1', () => 'http://127.0.0.1:8080', 403],
    ['localhost without a port', () => 'http://localhost', 403],
    ['localhost over https', () => 'https://localhost', 403],
    ['IPv6 on another port', () => 'http://[::1]:5173', 403],
    ['a foreign page with our port', (port) => `http://evil.example:${port}`, 403],
    ['null', () => 'null', 403],
    ['a listed origin', () => 'https://app.example', 200],
    ['a listed origin on another port', () => 'https://app.example:8443', 403],
    ['a listed origin over http', () => 'http://app.example', 403],
    ['a name that ends like a listed one', () => 'https://evil-app.example', 403],
  ];
  for (const [name, origin, status] of CASES) {
    test(`${name}: ${status}`, async (context) => {
      const { port, bridge } = await startServer(context, { config: { allowOrigin: ['https://app.example'] } });
      const answer = await post(port, { input: 'hi' }, { headers: { origin: origin(port) } });
      assert.equal(answer.status, status, answer.text);
      assert.equal(bridge.calls.length, status === 200 ? 1 : 0);
      const isListed = name === 'a listed origin';
      assert.equal(answer.headers['access-control-allow-origin'], isListed ? 'https://app.example' : undefined);
    });
  }

  test('responses vary by origin if origins are listed, also without an Origin', async (context) => {
    const { port } = await startServer(context, { config: { allowOrigin: ['https://app.example'] } });
    for (const headers of [{}, { origin: 'https://app.example' }]) {
      assert.equal((await sendRequest(port, { method: 'GET', path: '/v1/models', headers })).headers.vary, 'Origin');
    }
    const other = await startServer(context);
    assert.equal((await sendRequest(other.port, { method: 'GET', path: '/v1/models' })).headers.vary, undefined);
  });

  test('only a listed origin gets a preflight response, also with Sec-Fetch-Site', async (context) => {
    const { port } = await startServer(context, { config: { allowOrigin: ['https://app.example'] } });
    const preflight = (origin: string): RequestOptions => ({
      method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'sec-fetch-site': 'cross-site' },
    });
    const listed = await sendRequest(port, preflight('https://app.example'));
    assert.equal(listed.status, 204);
    assert.match(String(listed.headers['access-control-allow-headers']), /content-type/);
    assert.equal(listed.headers['content-length'], undefined, 'RFC 9110, section 8.6');
    assert.equal((await sendRequest(port, preflight('https://evil.example'))).status, 403);
  });
});

describe('content types', () => {
  const TYPES: readonly (readonly [type: string | undefined, status: number])[] = [
    ['application/json', 200], ['application/json; charset=utf-8', 200], ['application/vnd.x+json', 200],
    [undefined, 415], ['', 415], ['text/plain', 415], ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415], ['text/plain;application/json', 415], ['application/jsonx', 415],
  ];
  for (const path of ['/v1/responses', '/v1/chat/completions', '/v1/responses/input_tokens', '/v1/conversations']) {
    for (const [type, status] of TYPES) {
      test(`POST ${path} with ${type ?? 'no content-type'}: ${status}`, async (context) => {
        const { port } = await startServer(context);
        const outgoing = request({ host: '127.0.0.1', port, method: 'POST', path });
        if (type !== undefined) outgoing.setHeader('content-type', type);
        outgoing.end('{"input":"hi"}');
        const found = await new Promise((resolve) => outgoing.on('response', (incoming) => {
          incoming.resume();
          resolve(incoming.statusCode);
        }));
        assert.equal(found, status);
      });
    }
  }
});

describe('access tokens', () => {
  const WITH_TOKEN: Partial<ServerConfig> = { accessToken: `${TOKEN},anna=${OTHER}` };
  const HEADERS: readonly (readonly [name: string, headers: Record<string, string>, status: number])[] = [
    ['no token', {}, 401],
    ['a bearer token', { authorization: `Bearer ${TOKEN}` }, 200],
    ['a bearer token in lower case', { authorization: `bearer ${TOKEN}` }, 200],
    ['x-api-key', { 'x-api-key': TOKEN }, 200],
    ['a named token', { 'x-api-key': OTHER }, 200],
    ['a named token with its name', { 'x-api-key': `anna=${OTHER}` }, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['the beginning of a token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 401],
    ['a token and more', { authorization: `Bearer ${TOKEN}x` }, 401],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 401],
    ['an empty bearer', { authorization: 'Bearer ' }, 401],
    ['both tokens in one header', { 'x-api-key': `${TOKEN},${OTHER}` }, 401],
    ['a provider key and the token', { authorization: 'Bearer sk-test-123456', 'x-api-key': TOKEN }, 200],
  ];
  for (const [name, headers, status] of HEADERS) {
    test(`${name}: ${status}`, async (context) => {
      const { port, bridge, logged } = await startServer(context, { config: WITH_TOKEN });
      for (const path of ['/v1/responses', '/v1/chat/completions', '/v1/conversations']) {
        const answer = await post(port, { input: 'hi' }, { path, headers });
        assert.equal(answer.status, status, answer.text);
        if (status === 401) assert.equal(readError(answer)['code'], 'invalid_access_token');
      }
      for (const path of ['/v1/models', '/launches/x', '/v1/responses/resp_1']) {
        const found = (await sendRequest(port, { method: 'GET', path, headers })).status;
        assert.equal(found === 401, status === 401, path);
      }
      if (status === 401) assert.equal(bridge.calls.length, 0);
      const text = JSON.stringify(logged);
      assert.ok(!text.includes(TOKEN) && !text.includes(OTHER));
    });
  }

  test('the token of the bridge is not forwarded, but a provider key sent with it is', async (context) => {
    const { port, bridge } = await startServer(context, { config: WITH_TOKEN });
    await post(port, { input: 'hi' }, { headers: { authorization: `Bearer ${TOKEN}` } });
    await post(port, { input: 'hi' }, { headers: { authorization: 'Bearer sk-test-123456', 'x-api-key': TOKEN } });
    const forwarded = bridge.calls.map(({ caller }) => caller.authorization);
    assert.deepEqual(forwarded, [undefined, 'Bearer sk-test-123456']);
  });

  test('health and HEAD of POST routes need no token, and the log line of a turn names the holder', async (context) => {
    const { port, logged } = await startServer(context, { config: WITH_TOKEN });
    assert.equal((await sendRequest(port, { method: 'GET', path: '/health' })).status, 200);
    assert.equal((await sendRequest(port, { method: 'HEAD', path: '/v1/responses' })).status, 200);
    for (const path of ['/v1/models', '/metrics', '/turns', '/v1/responses/resp_1'])
      assert.equal((await sendRequest(port, { method: 'HEAD', path })).status, 401, path);
    await post(port, { input: 'hi' }, { headers: { 'x-api-key': OTHER } });
    assert.deepEqual(logged.filter(({ message }) => message === 'turn').map(({ token }) => token), ['anna']);
  });

  test('a changed token file is read again; an invalid one keeps the previous tokens', async (context) => {
    const accessTokenFile = join(folderOf(context), 'tokens');
    writeFileSync(accessTokenFile, `# the team\nanna=${TOKEN}\n\n`);
    const { port } = await startServer(context, { config: { accessTokenFile } });
    const statusOf = async (token: string): Promise<number> =>
      (await post(port, { input: 'hi' }, { headers: { 'x-api-key': token } })).status;
    assert.deepEqual([await statusOf(TOKEN), await statusOf(OTHER)], [200, 401]);
    writeFileSync(accessTokenFile, `ben=${OTHER}\n`);
    assert.deepEqual([await statusOf(TOKEN), await statusOf(OTHER)], [401, 200]);
    writeFileSync(accessTokenFile, 'short\n');
    assert.equal(await statusOf(OTHER), 200);
    rmSync(accessTokenFile);
    assert.equal(await statusOf(OTHER), 200);
  });
});

describe('the proof of a token', () => {
  const healthOf = async (port: number, challenge: string): Promise<Record<string, unknown>> =>
    JSON.parse((await sendRequest(port, { method: 'GET', path: `/health?challenge=${challenge}` })).text);

  test('depends on the challenge and the port, and is not the token', async (context) => {
    const { port } = await startServer(context, { config: { accessToken: TOKEN } });
    const { proof } = await healthOf(port, 'nonce-1');
    assert.equal(proof, proveToken(TOKEN, 'nonce-1', port));
    assert.notEqual(proof, proveToken(TOKEN, 'nonce-2', port));
    assert.notEqual(proof, proveToken(TOKEN, 'nonce-1', port + 1));
    assert.ok(!String(proof).includes(TOKEN));
  });

  for (const [name, config] of [
    ['no token', {}], ['a token that is too short', { accessToken: OTHER }],
    ['several', { accessToken: `${TOKEN},b=${OTHER}` }],
  ] as const) {
    test(`is not given with ${name}`, async (context) => {
      const { port } = await startServer(context, { config });
      assert.equal((await healthOf(port, 'nonce-1'))['proof'], undefined);
    });
  }
});

describe('listening', () => {
  test('on a non-loopback address requires a token', LIMIT, async (context) => {
    const expected = /exited with 2: Cannot listen on 0\.0\.0\.0 without an access token.*--insecure-no-token/s;
    await assert.rejects(startBuiltBridge(context, { flags: ['--host', '0.0.0.0'] }), expected);
  });

  test('on a non-loopback address works with a token, and warns if there is none', LIMIT, async (context) => {
    await startBuiltBridge(context, { flags: ['--host', '0.0.0.0'], env: { BRIDGE_ACCESS_TOKEN: TOKEN } });
    const open = await startBuiltBridge(context, { flags: ['--host', '0.0.0.0', '--insecure-no-token'] });
    assert.match(open.output(), /no access token: anyone who can reach it can use your key/);
  });

  test('a token that is too short and a missing file are rejected', LIMIT, async (context) => {
    const start = (options: object): Promise<unknown> => startBuiltBridge(context, options);
    await assert.rejects(start({ env: { BRIDGE_ACCESS_TOKEN: 'short' } }), /exited with 2: .*at least 16/s);
    await assert.rejects(start({ flags: ['--access-token-file', '/nowhere/x'] }), /--access-token-file/);
  });

  test('a socket is accessible only to its owner, and a stale one is replaced', LIMIT, async (context) => {
    const path = join(folderOf(context), 'bridge.sock');
    for (const round of [1, 2]) {
      const bridge = await startBuiltBridge(context, { flags: ['--socket', path], ready: /is listening on \S+\.sock/ });
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const status = await new Promise((resolve, reject) => {
        request({ socketPath: path, path: '/health', headers: { host: 'localhost' } }, (incoming) => {
          incoming.resume();
          resolve(incoming.statusCode);
        }).on('error', reject).end();
      });
      assert.equal(status, 200);
      bridge.child.kill('SIGKILL');
      await bridge.ended;
      assert.ok(existsSync(path), `round ${round}`);
    }
    writeFileSync(`${path}.txt`, 'mine');
    const taken = startBuiltBridge(context, { flags: ['--socket', `${path}.txt`] });
    await assert.rejects(taken, /exited with 1: .*--socket/s);
  });
});
