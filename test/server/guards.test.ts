/** Requests that a web page could cause are rejected before any work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IncomingHttpHeaders } from 'node:http';
import { createHostPolicy, findRejection } from '../../src/server/guards';
import { ROUTES } from '../../src/server/handle-request';
import { readError, sendRequest, startServer } from '../support/bridge/test-server';

const PORT = 31_415;
const LOOPBACK =
  createHostPolicy({ host: '127.0.0.1' }, PORT, () => assert.fail('the name of the machine is not needed'));
const OPEN = createHostPolicy({ host: '0.0.0.0' }, PORT, () => 'Workbench');
const NAMED = createHostPolicy({ host: 'Bridge.Lan' }, PORT, () => 'workbench');
const LISTED = createHostPolicy({ host: '127.0.0.1', allowHost: ['Codex.Example', 'b'] }, PORT, () => assert.fail());

type Case = readonly [name: string, policy: typeof OPEN, headers: IncomingHttpHeaders, allowed: boolean];

const CASES: readonly Case[] = [
  ['no headers at all', LOOPBACK, {}, true],
  ['localhost', LOOPBACK, { host: 'localhost:31415' }, true],
  ['localhost in capitals', LOOPBACK, { host: 'LocalHost' }, true],
  ['localhost with a trailing dot', LOOPBACK, { host: 'localhost.:31415' }, true],
  ['127.0.0.1', LOOPBACK, { host: '127.0.0.1:31415' }, true],
  ['127.0.0.1 through a forwarded port', LOOPBACK, { host: '127.0.0.1:9000' }, true],
  ['another address of 127.0.0.0/8', LOOPBACK, { host: '127.9.8.7' }, true],
  ['::1', LOOPBACK, { host: '[::1]:31415' }, true],
  ['::1 in full', LOOPBACK, { host: '[0:0:0:0:0:0:0:1]' }, true],
  ['IPv4-mapped 127.0.0.1', LOOPBACK, { host: '[::ffff:127.0.0.1]:31415' }, true],
  ['IPv4-mapped 127.0.0.1 as browsers write it', LOOPBACK, { host: '[::ffff:7f00:1]:31415' }, true],
  ['an unknown name', LOOPBACK, { host: 'evil.example' }, false],
  ['an unknown name with the right port', LOOPBACK, { host: 'evil.example:31415' }, false],
  ['a name that begins like localhost', LOOPBACK, { host: 'localhost.evil.example' }, false],
  ['a name that begins like an address', LOOPBACK, { host: '127.0.0.1.evil.example' }, false],
  ['a name that ends like localhost', LOOPBACK, { host: 'evil-localhost' }, false],
  ['another address of the network', LOOPBACK, { host: '192.168.1.5:31415' }, false],
  ['0.0.0.0', LOOPBACK, { host: '0.0.0.0:31415' }, false],
  ['a mapped address of the network', LOOPBACK, { host: '[::ffff:192.168.1.5]' }, false],
  ['an empty host', LOOPBACK, { host: '' }, false],
  ['a host with a user name', LOOPBACK, { host: 'localhost@evil.example' }, false],
  ['two hosts', LOOPBACK, { host: 'localhost, evil.example' }, false],
  ['brackets around a name', LOOPBACK, { host: '[localhost]' }, false],
  ['an invalid port', LOOPBACK, { host: 'localhost:http' }, false],

  ['open: an IPv4 address', OPEN, { host: '192.168.1.5:31415' }, true],
  ['open: an IPv6 address', OPEN, { host: '[fe80::1]:31415' }, true],
  ['open: the name of the machine', OPEN, { host: 'workbench:31415' }, true],
  ['open: localhost', OPEN, { host: 'localhost:31415' }, true],
  ['open: an unknown name', OPEN, { host: 'evil.example:31415' }, false],
  ['open: a name that begins with the name of the machine', OPEN, { host: 'workbench.evil.example' }, false],
  ['named: the configured name', NAMED, { host: 'bridge.lan:31415' }, true],
  ['named: an address', NAMED, { host: '10.0.0.7:31415' }, true],
  ['named: an unknown name', NAMED, { host: 'evil.example' }, false],
  ['listed: a listed name', LISTED, { host: 'codex.example' }, true],
  ['listed: the other one', LISTED, { host: 'b:31415' }, true],
  ['listed: an unknown name', LISTED, { host: 'a.codex.example' }, false],
  ['listed: a page from another site', LISTED, { host: 'codex.example', origin: 'https://evil.example' }, false],

  ['a page from another port', LOOPBACK, { host: 'localhost:31415', origin: 'http://localhost:3000' }, false],
  ['a page from 127.0.0.1', LOOPBACK, { host: 'localhost:31415', origin: 'http://127.0.0.1:31415' }, true],
  ['a page from ::1 over https', LOOPBACK, { host: 'localhost:31415', origin: 'https://[::1]:8443' }, false],
  ['a page from another site', LOOPBACK, { host: 'localhost:31415', origin: 'https://evil.example' }, false],
  [
    'a page from another site with the right port',
    LOOPBACK,
    { host: 'localhost:31415', origin: 'http://evil.example:31415' },
    false,
  ],
  [
    'a page that begins like localhost',
    LOOPBACK,
    { host: 'localhost', origin: 'http://localhost.evil.example' },
    false,
  ],
  [
    'a page with localhost as the user name',
    LOOPBACK,
    { host: 'localhost', origin: 'http://localhost@evil.example' },
    false,
  ],
  ['the null origin', LOOPBACK, { host: 'localhost:31415', origin: 'null' }, false],
  ['an empty origin', LOOPBACK, { host: 'localhost:31415', origin: '' }, false],
  ['a browser extension', LOOPBACK, { host: 'localhost:31415', origin: 'chrome-extension://abcdefgh' }, false],
  ['two origins', LOOPBACK, { host: 'localhost', origin: 'http://localhost, http://evil.example' }, false],
  ['a page from the network', LOOPBACK, { host: 'localhost:31415', origin: 'http://192.168.1.5:31415' }, false],

  ['open: a page from the same address', OPEN, { host: '192.168.1.5:31415', origin: 'http://192.168.1.5:31415' }, true],
  ['open: a page from the same name', OPEN, { host: 'workbench:31415', origin: 'http://workbench:31415' }, true],
  ['open: a page from another address', OPEN, { host: '192.168.1.5:31415', origin: 'http://192.168.1.6:31415' }, false],
  ['open: a page from another port', OPEN, { host: '192.168.1.5:31415', origin: 'http://192.168.1.5:8080' }, false],
  ['open: a page from the default port', OPEN, { host: '192.168.1.5', origin: 'http://192.168.1.5' }, true],
  ['open: a page over https', OPEN, { host: '192.168.1.5', origin: 'https://192.168.1.5' }, false],
  ['named: a page from its own name', NAMED, { host: '10.0.0.7:31415', origin: 'http://bridge.lan:31415' }, true],
  ['named: a page from another port', NAMED, { host: '10.0.0.7:31415', origin: 'http://bridge.lan:80' }, false],

  ['a cross-site request', LOOPBACK, { host: 'localhost:31415', 'sec-fetch-site': 'cross-site' }, false],
  ['a cross-site request in capitals', LOOPBACK, { host: 'localhost', 'sec-fetch-site': 'Cross-Site' }, false],
  ['a same-origin request', LOOPBACK, { host: 'localhost', 'sec-fetch-site': 'same-origin' }, true],
  ['a same-site request', LOOPBACK, { host: 'localhost', 'sec-fetch-site': 'same-site' }, true],
  ['an address typed by the user', LOOPBACK, { host: 'localhost', 'sec-fetch-site': 'none' }, true],
];

for (const [name, policy, headers, allowed] of CASES) {
  test(`${allowed ? 'allows' : 'rejects'} ${name}`, () => {
    const rejection = findRejection(headers, policy);
    assert.equal(rejection?.kind, allowed ? undefined : 'forbidden', rejection?.message);
  });
}

test('the advice names no port on a Unix socket', () => {
  const policy = createHostPolicy({ host: '127.0.0.1' }, 0);
  assert.match(findRejection({ host: 'evil.example' }, policy)?.message ?? '', /Use the host localhost or the address/);
});

const REJECTED: readonly (readonly [name: string, headers: Record<string, string>])[] = [
  ['an unknown Host', { host: 'evil.example' }],
  ['an unknown Origin', { origin: 'https://evil.example' }],
  ['the Origin null', { origin: 'null' }],
  ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
];

for (const [name, headers] of REJECTED) {
  test(`answers 403 to ${name} on every route, without opening the bridge`, async (context) => {
    const { port, opened } = await startServer(context);
    const routes = ROUTES.flatMap(({ method, paths }) => paths.map((path) => ({ method, path })));
    for (const { method, path } of [...routes, { method: 'POST', path: '/nowhere' }]) {
      const answer = await sendRequest(port, { method, path, headers, ...(method === 'POST' && { body: '{}' }) });
      assert.equal(answer.status, 403, `${method} ${path}`);
      assert.equal(readError(answer)['code'], 'forbidden');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      assert.equal((await sendRequest(port, { method: 'HEAD', path, headers })).status, 403, `HEAD ${path}`);
    }
    assert.deepEqual(opened, []);
  });
}

test('answers 403 before the body has arrived', async (context) => {
  const { port } = await startServer(context);
  const headers = { origin: 'null', 'content-length': '100000', expect: '100-continue' };
  assert.equal((await sendRequest(port, { headers })).status, 403);
});
