/** `doctor`: the connection to the provider: proxy variables, certificates, DNS, TCP and TLS. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createServer as createSecureServer } from 'node:tls';
import { tryConnection } from '../../src/doctor/checks/network';
import type { Finding } from '../../src/doctor/check';
import { findProxy } from '../../src/config/proxies';
import { isProxyBypassed } from '../../src/doctor/proxy';
import { createDoctorScene, findPrinted, type Printed } from '../support/cli/doctor-scene';
import { PROJECT_ROOT } from '../house/source-tree';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';

const TLS = join(PROJECT_ROOT, 'test', 'fixtures', 'tls');
const CERTIFICATE = join(TLS, 'test-only-certificate.pem');

function assertFinding(finding: Finding, level: Finding['level'], seen: RegExp, fix?: RegExp): void {
  assert.equal(finding.level, level, finding.seen);
  assert.match(finding.seen, seen);
  if (fix === undefined) assert.equal(finding.fix, undefined);
  else assert.match(finding.fix ?? '', fix);
}

async function listen(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

async function listenSecure(context: TestContext): Promise<number> {
  const [key, cert] = await Promise.all([readFile(join(TLS, 'test-only-key.pem')), readFile(CERTIFICATE)]);
  // It responds: with a server that only disconnects after the handshake, doctor's turn can take more than 30 s.
  const server = createSecureServer({ key, cert }, (socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(NOT_FOUND));
  });
  server.on('tlsClientError', () => undefined);
  return listen(context, server);
}

test('finds the variable that names the proxy', () => {
  assert.deepEqual(findProxy({ HTTP_PROXY: ' ', http_proxy: 'http://p:1' }, 'http'), {
    variable: 'http_proxy',
    value: 'http://p:1',
  });
  assert.deepEqual(findProxy({ ALL_PROXY: 'http://p:1' }, 'https')?.variable, 'ALL_PROXY');
  assert.equal(findProxy({ HTTP_PROXY: 'http://p:1' }, 'https'), undefined);
});

test('NO_PROXY excludes the same hosts as in Codex 0.169 (measured)', () => {
  const isBypassed = (entries: string, host = '127.0.0.1') => isProxyBypassed({ NO_PROXY: entries }, host);
  for (const entries of ['127.0.0.1', '127.0.0.0/8', 'example.com, 127.0.0.1', '0.0.0.0/0'])
    assert.equal(isBypassed(entries), true, entries);
  for (const entries of ['', '*', '127.', 'localhost', '127.0.0.1:31415', '10.0.0.0/8', '127.0.0.1/99'])
    assert.equal(isBypassed(entries), false, entries);
  for (const entries of ['localhost', '*']) assert.equal(isBypassed(entries, 'localhost'), true, entries);
  assert.equal(isBypassed('127.0.0.1', 'localhost'), false);
  assert.equal(isBypassed('.example.com', 'api.example.com'), true);
  assert.equal(isProxyBypassed({ NO_PROXY: 'x', no_proxy: '127.0.0.1' }, '127.0.0.1'), false);
  assert.equal(isProxyBypassed({ no_proxy: '127.0.0.1' }, '127.0.0.1'), true);
});

test('proxy: HTTPS_PROXY does not apply to an http base URL', async (context) => {
  const scene = await createDoctorScene(context);
  const env = { AI_API_BASE: 'http://models.example/v1', HTTPS_PROXY: 'http://p:1' };
  const { level, seen } = await scene.check('proxy', env);
  assert.deepEqual([level, seen], ['ok', 'HTTPS_PROXY is set, but it is for https, and the base URL is http']);
});

test('proxy: none, unused, used, and blocking Codex', async (context) => {
  const scene = await createDoctorScene(context);
  const remote = { AI_API_BASE: 'https://example.com/v1' };
  const look = (env: Readonly<Record<string, string>>) => scene.check('proxy', { ...remote, ...env });
  assertFinding(await look({}), 'ok', /^none$/);
  const https = { HTTPS_PROXY: 'http://proxy:1' };
  assertFinding(await look(https), 'ok', /^the bridge reaches the provider through the proxy in HTTPS_PROXY$/);
  const excepted = await look({ ...https, NO_PROXY: '.com' });
  assertFinding(excepted, 'ok', /^HTTPS_PROXY is set, but not used for the provider$/);
  assertFinding(await look({ ...https, AI_API_BASE: 'http://127.0.0.1:9/v1' }), 'ok', /is for https/);
  const http = { HTTP_PROXY: 'http://proxy:1' };
  assertFinding(
    await look(http),
    'warning',
    /^Codex uses HTTP_PROXY for the bridge too/,
    /Add 127\.0\.0\.1 to NO_PROXY/,
  );
  assertFinding(await look({ ...http, NO_PROXY: '127.0.0.1' }), 'ok', /not for 127\.0\.0\.1$/);
  assertFinding(await look({ ALL_PROXY: 'http://proxy:1' }), 'warning', /^Codex uses ALL_PROXY/, /Add 127/);
});

test('tls-settings: default, disabled, an additional file, an invalid file', async (context) => {
  const scene = await createDoctorScene(context);
  assertFinding(await scene.check('tls-settings'), 'ok', /^those of Node\.js$/);
  assertFinding(
    await scene.check('tls-settings', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    'warning',
    /anyone on the network path/,
    /NODE_EXTRA_CA_CERTS/,
  );
  const look = (file: string) => scene.check('tls-settings', { NODE_EXTRA_CA_CERTS: file });
  assertFinding(await look(CERTIFICATE), 'ok', /, and 1 from /);
  assertFinding(await look(join(scene.home, 'none.pem')), 'warning', /cannot be read$/, /PEM/);
  const empty = join(scene.home, 'empty.pem');
  await writeFile(empty, 'certificate?');
  assertFinding(await look(empty), 'warning', /contains no certificate$/, /PEM/);
});

test('dns: an IP address, resolved, unknown host, no DNS server, left to the proxy', async (context) => {
  const scene = await createDoctorScene(context);
  const remote = { AI_API_BASE: 'https://api.example.com/v1' };
  const failing = (code: string) => ({ lookup: () => Promise.reject(Object.assign(new Error('x'), { code })) });
  assertFinding(await scene.check('dns'), 'ok', /^127\.0\.0\.1 is an IP address$/);
  const found = { lookup: async () => ['192.0.2.1', '192.0.2.2', '2001:db8::1'] };
  assertFinding(
    await scene.check('dns', remote, found),
    'ok',
    /^api\.example\.com resolves to 192\.0\.2\.1, 192\.0\.2\.2, and 1 more$/,
  );
  assertFinding(
    await scene.check('dns', remote, failing('ENOTFOUND')),
    'failure',
    /cannot be resolved \(ENOTFOUND\)$/,
    /typos/,
  );
  assertFinding(
    await scene.check('dns', remote, failing('EAI_AGAIN')),
    'failure',
    /\(EAI_AGAIN\)$/,
    /No DNS server responds/,
  );
  assertFinding(await scene.check('dns', remote, failing('EOTHER')), 'failure', /\(EOTHER\)$/, /Check the network/);
  const proxied = { ...remote, HTTPS_PROXY: 'http://proxy:1' };
  assertFinding(
    await scene.check('dns', proxied, failing('ENOTFOUND')),
    'ok',
    /^through the proxy in HTTPS_PROXY$/,
  );
  assertFinding(
    await scene.check('connection', proxied),
    'ok',
    /^through the proxy in HTTPS_PROXY$/,
  );
});

test('connection: plain, refused, and TLS with an untrusted certificate', async (context) => {
  const scene = await createDoctorScene(context);
  const plain = await listen(
    context,
    createPlainServer((socket) => socket.on('error', () => undefined).end('not TLS')),
  );
  const look = (url: string) => scene.check('connection', { AI_API_BASE: url });
  assertFinding(await look(`http://127.0.0.1:${plain}/v1`), 'ok', /^127\.0\.0\.1:\d+ accepts connections, \d+ ms$/);
  assertFinding(
    await look(`http://127.0.0.1:${scene.port}/v1`),
    'failure',
    /refused the connection \(ECONNREFUSED\)\.$/,
    /Start the server/,
  );
  assertFinding(await look(`https://127.0.0.1:${plain}/v1`), 'failure', /./, /does not use TLS|is reachable/);
  const secure = await listenSecure(context);
  assertFinding(
    await look(`https://localhost:${secure}/v1`),
    'failure',
    /self-signed TLS certificate/,
    /NODE_EXTRA_CA_CERTS=\/path/,
  );
});

test('a connection that hangs times out', async (context) => {
  const port = await listen(context, createPlainServer((socket) => void socket.on('error', () => undefined)));
  const connection = await tryConnection(new URL(`https://127.0.0.1:${port}/`), 50);
  assert.deepEqual([connection.ok, connection.ok || connection.code], [false, 'ETIMEDOUT']);
});

test('a certificate trusted through NODE_EXTRA_CA_CERTS is fine, and one for another name is not', async (context) => {
  const scene = await createDoctorScene(context);
  const port = await listenSecure(context);
  const look = async (host: string) =>
    findPrinted(
      await runProgram({ ...scene.env, AI_API_BASE: `https://${host}:${port}/v1`, NODE_EXTRA_CA_CERTS: CERTIFICATE }),
      'connection',
    );
  const good = await look('localhost');
  assert.equal(good.level, 'ok', good.seen);
  assert.match(good.seen, /^TLSv1\.\d in \d+ ms; certificate from Test only, valid until .*GMT$/);
  const other = await look('127.0.0.1');
  assert.equal(other.level, 'failure');
  assert.match(other.fix ?? '', /Another server answers as 127\.0\.0\.1/);
});

/** Runs the command in a separate process, because Node.js reads NODE_EXTRA_CA_CERTS at start-up. */
function runProgram(env: Readonly<Record<string, string>>): Promise<Printed> {
  const words = [...LOAD_TYPESCRIPT, join(PROJECT_ROOT, 'src', 'cli', 'main.ts'), 'doctor', '--json'];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      words,
      { env: { ...env }, timeout: 30_000, cwd: PROJECT_ROOT },
      (error, stdout, stderr) => {
        if (stdout === '') reject(new Error(`${String(error)}\n${stderr}`));
        else resolve(JSON.parse(stdout) as Printed);
      },
    );
  });
}
