/** Connections through a proxy, with additional authorities or with a client certificate. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { chooseProxy, readProxies } from '../../src/config/proxies';
import { BridgeError } from '../../src/errors/bridge-error';
import type { Connection } from '../../src/upstream/connect';
import { createFetchTransport } from '../../src/upstream/transport';
import { ACME_TLS, ADDRESS_TLS, startConnectProxy } from '../support/upstream/connect-proxy';

const LIMITS = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };
const EVENT = 'data: {"a":1}\n\n';

interface HostOptions {
  readonly isSecure?: boolean;
  readonly requestsCertificate?: boolean;
  readonly tls?: typeof ACME_TLS;
}

/** Starts a host that answers with a stream, and records the common name in each client's certificate. */
async function startHost(context: TestContext, options: HostOptions = {}) {
  const { isSecure = true, requestsCertificate = false, tls: { cert, key } = ACME_TLS } = options;
  const clients: string[] = [];
  const answer: RequestListener = (request, response) => {
    clients.push(isSecure ? ((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? '') : '');
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(EVENT));
  };
  const server = isSecure
    ? createSecureServer({ cert, key, ca: cert, requestCert: requestsCertificate, rejectUnauthorized: false }, answer)
    : createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, clients };
}

/** Returns the text of the answer; by default, through a new transport. */
async function ask(url: string, connection?: Connection, transport = createFetchTransport(LIMITS)): Promise<string> {
  const { signal: abort } = new AbortController();
  const headers = { authorization: 'Bearer sk-test' };
  const answer = await transport({ url, headers, body: [Buffer.from('{}')], abort, ...(connection && { connection }) });
  return answer.text(1_000);
}

const HTTPS = 'https://api.acme.test/v1/chat/completions';
const ca = ACME_TLS.certFile;

test('https uses a tunnel, whose proxy sees only the name of the host', async (context) => {
  const host = await startHost(context);
  const proxy = await startConnectProxy(context, { port: host.port });
  const proxies = { https: `http://127.0.0.1:${proxy.port}`, no: '' };
  const transport = createFetchTransport(LIMITS);
  for (let turn = 0; turn < 6; turn += 1) assert.equal(await ask(HTTPS, { proxies, ca }, transport), EVENT);
  assert.deepEqual([[...new Set(proxy.seen)], host.clients.length], [['api.acme.test:443 200'], 6]);
  assert.ok(proxy.seen.length < 6, 'a tunnel is kept for later turns');
});

test('http goes through a tunnel too', async (context) => {
  const host = await startHost(context, { isSecure: false });
  const proxy = await startConnectProxy(context, { port: host.port, allowed: [443, 8080] });
  const url = 'http://api.acme.test:8080/v1';
  assert.equal(await ask(url, { proxies: { http: `127.0.0.1:${proxy.port}`, no: '' } }), EVENT);
  assert.deepEqual(proxy.seen, ['api.acme.test:8080 200']);
  const usual = await startConnectProxy(context, { port: host.port });
  await assert.rejects(ask(url, { proxies: { http: `127.0.0.1:${usual.port}`, no: '' } }), { kind: 'forbidden' });
  assert.deepEqual([...new Set(usual.seen)], ['api.acme.test:8080 403']);
});

test('a proxy may speak TLS itself, and its certificate is checked', async (context) => {
  const host = await startHost(context);
  const proxy = await startConnectProxy(context, { port: host.port, isSecure: true });
  const proxies = { https: `https://localhost:${proxy.port}`, no: '' };
  assert.equal(await ask(HTTPS, { proxies, ca }), EVENT);
  assert.deepEqual(proxy.seen, ['api.acme.test:443 200']);
  await assert.rejects(ask(HTTPS, { proxies }), /proxy .* self-signed TLS certificate/);
});

test('the certificate of a proxy must match its own name, and it gets no client certificate', async (context) => {
  const host = await startHost(context, { requestsCertificate: true });
  const mine = { ca, cert: ca, certKey: ACME_TLS.keyFile };
  for (const [name, tls] of [['127.0.0.1', ADDRESS_TLS], ['localhost', ACME_TLS]] as const) {
    const proxy = await startConnectProxy(context, { port: host.port, isSecure: true, tls });
    assert.equal(await ask(HTTPS, { proxy: `https://${name}:${proxy.port}`, ...mine }), EVENT);
    assert.deepEqual([proxy.seen, proxy.clients], [['api.acme.test:443 200'], ['']]);
  }
  assert.deepEqual(host.clients, ['api.acme.test', 'api.acme.test']);
  const other = await startConnectProxy(context, { port: host.port, isSecure: true });
  await assert.rejects(ask(HTTPS, { proxy: `https://127.0.0.1:${other.port}`, ca }), {
    kind: 'network', message: /^The proxy https:\/\/127\.0\.0\.1:\d+ has a TLS certificate for another host/,
  });
  assert.deepEqual(other.seen, []);
});

test('a host with an IP address is reached through a proxy, and its certificate is checked', async (context) => {
  const host = await startHost(context, { tls: ADDRESS_TLS });
  const wrong = await startHost(context);
  for (const isSecure of [false, true]) {
    const proxy = await startConnectProxy(context, { port: host.port, isSecure });
    const at = `${isSecure ? 'https' : 'http'}://localhost:${proxy.port}`;
    for (const name of ['127.0.0.1', '[::1]']) assert.equal(await ask(`https://${name}/v1`, { proxy: at, ca }), EVENT);
    await assert.rejects(ask('https://10.1.2.3/v1', { proxy: at, ca }), {
      kind: 'network', message: /^10\.1\.2\.3 has a TLS certificate for another host/,
    });
    assert.deepEqual(proxy.seen, ['127.0.0.1:443 200', '[::1]:443 200', '10.1.2.3:443 200']);
    const { port } = await startConnectProxy(context, { port: wrong.port });
    await assert.rejects(ask('https://127.0.0.1/v1', { proxy: `http://localhost:${port}`, ca }), /certificate/);
  }
  assert.deepEqual(wrong.clients, []);
});

test('name and password are sent to the proxy, decoded; its 407 is final', async (context) => {
  const host = await startHost(context);
  const proxy = await startConnectProxy(context, { port: host.port, credentials: 'me:p@ss %25' });
  const at = `127.0.0.1:${proxy.port}`;
  assert.equal(await ask(HTTPS, { proxy: `http://me:p%40ss%20%2525@${at}`, ca }), EVENT);
  await assert.rejects(ask(HTTPS, { proxy: `http://me:wrong-secret@${at}`, ca }), (error: unknown) => {
    assert.ok(error instanceof BridgeError);
    assert.equal(error.kind, 'forbidden');
    assert.equal(error.message,
      `The proxy http://${at} rejected a connection to api.acme.test:443 with status 407. ` +
      'Check the user name and password in its URL.');
    return true;
  });
  assert.deepEqual(proxy.seen, ['api.acme.test:443 200', 'api.acme.test:443 407']);
});

test('a rejection or an unsupported proxy is reported, and the host is never called directly', async (context) => {
  const host = await startHost(context);
  const CASES = [[403, 'forbidden', /status 403\. Check its rules, or exclude the host with NO_PROXY\./],
    [502, 'network', /status 502\.$/]] as const;
  for (const [status, kind, message] of CASES) {
    const proxy = await startConnectProxy(context, { port: host.port, status });
    await assert.rejects(ask(HTTPS, { proxy: `http://127.0.0.1:${proxy.port}`, ca }), { kind, message });
  }
  await assert.rejects(ask(HTTPS, { proxy: 'http://127.0.0.1:9' }), {
    kind: 'network', message: /^The proxy http:\/\/127\.0\.0\.1:9 refused the connection/,
  });
  const socks = { proxy: 'socks5://127.0.0.1:9' };
  await assert.rejects(ask(HTTPS, socks), { kind: 'forbidden', message: /Cannot use the proxy/ });
  assert.deepEqual(host.clients, []);
});

test('a certificate of an unknown authority is rejected; ca adds others, cert is sent to the host', async (context) => {
  const host = await startHost(context, { requestsCertificate: true });
  const url = `https://localhost:${host.port}/v1`;
  await assert.rejects(ask(url), { kind: 'network', message: /self-signed/ });
  assert.equal(await ask(url, { ca }), EVENT);
  assert.equal(await ask(url, { ca, cert: ca, certKey: ACME_TLS.keyFile }), EVENT);
  assert.deepEqual(host.clients, ['', 'api.acme.test']);
  const missing = { ca: '/no/such.pem' };
  await assert.rejects(ask(url, missing), { kind: 'forbidden', message: /^Cannot read the certificate file/ });
  await assert.rejects(ask(url, { ca: __filename }), { kind: 'forbidden', message: /expected PEM/ });
});

test('chooses the proxy of a URL', () => {
  const proxies = readProxies({ HTTPS_PROXY: 'http://s:1', http_proxy: 'http://p:1', ALL_PROXY: 'http://a:1' });
  assert.deepEqual(proxies, { http: 'http://p:1', https: 'http://s:1', no: '' });
  assert.deepEqual(readProxies({ all_proxy: 'http://a:1', no_proxy: 'x' }), {
    http: 'http://a:1', https: 'http://a:1', no: 'x',
  });
  assert.equal(readProxies({ HTTPS_PROXY: ' ', NO_PROXY: '*' }), undefined);
  const all = { http: 'http', https: 'https' };
  const choose = (url: string, no = '') => chooseProxy(new URL(url), { ...all, no });
  assert.deepEqual([choose('https://api.acme.test/v1'), choose('http://api.acme.test/v1')], ['https', 'http']);
  for (const url of ['http://localhost:8000/v1', 'http://127.0.0.1/v1', 'http://127.8.8.8/v1', 'http://[::1]:1/v1'])
    assert.equal(choose(url), undefined, url);
  for (const no of ['*', 'acme.test', '.acme.test', '*.acme.test', 'API.acme.test', 'x, api.acme.test:443'])
    assert.equal(choose('https://api.acme.test/v1', no), undefined, no);
  for (const no of ['', 'me.test', 'api.acme.test:80', 'example.com', '10.0.0.0/8'])
    assert.equal(choose('https://api.acme.test/v1', no), 'https', no);
  for (const no of ['10.1.2.3', '10.0.0.0/8', '10.1.2.3:8000'])
    assert.equal(choose('http://10.1.2.3:8000', no), undefined, no);
  assert.equal(choose('http://10.1.2.3:8000', '10.1.2.4/32'), 'http');
  assert.equal(choose('http://[fd00::1]:8000', '[fd00::1]:8000'), undefined);
});
