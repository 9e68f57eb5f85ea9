/** Fetching a page for the model: rejected addresses, redirects, content. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test, type TestContext } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { fetchPage, PageError } from '../../src/search/fetch-page';

const abort = new AbortController().signal;

/** A web server on loopback, and a fetch that may connect to it. */
async function serve(context: TestContext, listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const base = `http://127.0.0.1:${port}`;
  const open = (url: string, mayConnect = (to: string): boolean => to === '127.0.0.1') =>
    fetchPage(url, { abort, mayConnect });
  return { base, port, open };
}

const refused = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PageError);
  assert.match(error.message, message);
  return true;
};

test('addresses that are not public web addresses are rejected before anything is sent', async () => {
  const cases: readonly (readonly [url: string, message: RegExp])[] = [
    ['file:///etc/passwd', /Only http and https/],
    ['ftp://example.com/', /Only http and https/],
    ['data:text/html,hi', /Only http and https/],
    ['not an address', /is not a web address/],
    ['http://user:password@example.com/', /credentials/],
    ['http://user@1.1.1.1/', /credentials/],
    ...[
      'localhost',
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '017700000001',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
      '10.0.0.1',
      '169.254.169.254',
      '192.168.0.1',
      '100.64.0.1',
      '[64:ff9b::7f00:1]',
      '[fe80::1]',
      '[fd00::1]',
      '[2002:7f00:1::]',
    ].map((host) => [`http://${host}:9/`, /not on the public internet/] as const),
  ];
  for (const [url, message] of cases) await assert.rejects(fetchPage(url, { abort }), refused(message), url);
});

test('a page is decoded by its charset and type', async (context) => {
  const pages: Readonly<Record<string, readonly [type: string, body: Buffer, text: string]>> = {
    '/utf8': ['text/html; charset=utf-8', Buffer.from('<p>é 漢</p>'), '<p>é 漢</p>'],
    '/latin1': ['text/plain; charset=ISO-8859-1', Buffer.from([0xe9]), 'é'],
    '/gbk': [
      'text/html',
      Buffer.concat([Buffer.from('<meta charset="gbk">'), Buffer.from([0xba, 0xba])]),
      '<meta charset="gbk">汉',
    ],
    '/json': ['application/json', Buffer.from('{"a":1}'), '{"a":1}'],
    '/feed': ['application/atom+xml', Buffer.from('<feed/>'), '<feed/>'],
    '/strange': ['text/plain; charset=nonsense', Buffer.from('ok'), 'ok'],
  };
  const { base, open } = await serve(context, ({ url = '' }, response) => {
    const [type, body] = pages[url] ?? ['text/plain', Buffer.alloc(0)];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  for (const [path, [type, , text]] of Object.entries(pages)) {
    const page = await open(base + path);
    assert.deepEqual([page.type, page.text, page.url], [type.split(';')[0], text, base + path], path);
  }
});

test('compressed pages are decompressed, but not a decompression bomb', async (context) => {
  const packed: Readonly<Record<string, Buffer>> = {
    gzip: gzipSync('text'),
    deflate: deflateSync('text'),
    br: brotliCompressSync('text'),
    bomb: gzipSync(Buffer.alloc(64 * 1024 * 1024)),
    zstd: Buffer.from('text'),
  };
  const { base, open } = await serve(context, ({ url = '' }, response) => {
    const name = url.slice(1);
    const encoding = name === 'bomb' ? 'gzip' : name;
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(packed[name]);
  });
  for (const name of ['gzip', 'deflate', 'br']) assert.equal((await open(`${base}/${name}`)).text, 'text', name);
  await assert.rejects(open(`${base}/bomb`), refused(/cannot be opened/));
  await assert.rejects(open(`${base}/zstd`), refused(/compressed with zstd/));
});

test('pages that are not text, too large or unsuccessful are rejected', async (context) => {
  const { base, open } = await serve(context, ({ url }, response) => {
    if (url === '/image') response.writeHead(200, { 'content-type': 'image/png' }).end('x');
    else if (url === '/large')
      response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(2 * 1024 * 1024 + 1));
    else response.writeHead(404, { 'content-type': 'text/html' }).end('no');
  });
  await assert.rejects(open(`${base}/image`), refused(/is image\/png; only text and HTML/));
  await assert.rejects(open(`${base}/large`), refused(/larger than 2 MB/));
  await assert.rejects(open(`${base}/missing`), refused(/answered with status 404/));
});

test('redirects are followed and checked again at every hop', async (context) => {
  const reached: string[] = [];
  const { base, port, open } = await serve(context, ({ url = '' }, response) => {
    reached.push(url);
    const targets: Readonly<Record<string, string>> = {
      '/relative': '/end',
      '/private': `http://127.0.0.2:${port}/secret`,
      '/name': `http://localhost:${port}/secret`,
      '/file': 'file:///etc/passwd',
      '/credentials': `http://a:b@127.0.0.1:${port}/secret`,
      '/loop': '/loop',
    };
    const location = targets[url];
    if (location === undefined) response.writeHead(200, { 'content-type': 'text/plain' }).end('end');
    else response.writeHead(302, { location }).end();
  });
  assert.deepEqual(await open(`${base}/relative`), { url: `${base}/end`, type: 'text/plain', text: 'end' });
  await assert.rejects(open(`${base}/private`), refused(/not on the public internet/));
  await assert.rejects(
    open(`${base}/name`, (to) => to === '127.0.0.1' && !reached.includes('/name')),
    refused(/not on the public internet/),
  );
  await assert.rejects(open(`${base}/file`), refused(/Only http and https/));
  await assert.rejects(open(`${base}/credentials`), refused(/credentials/));
  await assert.rejects(open(`${base}/loop`), refused(/redirects more than 5 times/));
  assert.ok(!reached.includes('/secret'));
});

test('the request has no cookie, no credential and no referer', async (context) => {
  let headers: object = {};
  const { base, open } = await serve(context, (request, response) => {
    headers = request.headers;
    response.writeHead(200, { 'content-type': 'text/plain', 'set-cookie': 'a=b' }).end('x');
  });
  await open(base);
  await open(base);
  assert.deepEqual(Object.keys(headers).sort(), ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
});

test('an abort ends the fetch', async (context) => {
  const controller = new AbortController();
  const { base } = await serve(context, () => controller.abort());
  await assert.rejects(
    fetchPage(base, { abort: controller.signal, mayConnect: () => true }),
    refused(/cannot be opened/),
  );
});
