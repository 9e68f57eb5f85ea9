/** POST /alpha/search without HTTP: commands in, text for the model out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isRecord, parseJson } from '../../src/base/json';
import { SEARCH_BACKENDS } from '../../src/providers/search-backends';
import { SEARCH_NAMES, type SearchName } from '../../src/providers/search-names';
import { createAnswerSearch } from '../../src/search/answer-search';

const abort = new AbortController().signal;
const KEY = 'sk-test-search-key';
const SEARCH_REQUEST = join(__dirname, '..', 'fixtures', 'codex-search', 'search-request.json');

interface ServiceRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type Reply = (
  request: ServiceRequest,
  base: string,
) => { readonly status?: number; readonly type?: string; readonly body: string | object };

/** A search service and the pages it finds, on one loopback port. */
async function startService(context: TestContext, reply: Reply) {
  const requests: ServiceRequest[] = [];
  let base = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const entry = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', base),
        headers: request.headers,
        body: parseJson(Buffer.concat(chunks).toString('utf8')),
      };
      requests.push(entry);
      const { status = 200, type = 'application/json', body } = reply(entry, base);
      response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return { base, requests };
}

function createSearch(name: SearchName, url: string, now = Date.UTC(2026, 10, 28, 12, 0, 0)) {
  const answer = createAnswerSearch({
    findTarget: () => ({
      backend: SEARCH_BACKENDS[name],
      access: { url, key: KEY },
      findModel: async (asked) => asked ?? 'model-default',
    }),
    clock: () => now,
    mayConnect: (to) => to === '127.0.0.1',
  });
  return async (commands: object, more: object = {}): Promise<string> => {
    const result = await answer({ id: 'thread-1', model: 'model-1', commands, ...more }, abort);
    assert.ok('output' in result && typeof result.output === 'string');
    return result.output;
  };
}

const RESULT = { title: 'A title', url: 'https://example.com/a', content: 'An excerpt', published_date: '2026-11-01' };

test('the real request of Codex becomes one query with recency and domains', async (context) => {
  const { base, requests } = await startService(context, () => ({ body: { results: [RESULT] } }));
  const request = parseJson(readFileSync(SEARCH_REQUEST, 'utf8'));
  assert.ok(isRecord(request) && isRecord(request['body']));
  const search = createSearch('tavily', `${base}/search`);
  const output = await search(
    isRecord(request['body']['commands']) ? request['body']['commands'] : {},
    request['body'],
  );
  assert.deepEqual(requests[0]?.body, {
    query: 'weather berlin',
    max_results: 4,
    include_domains: ['example.com'],
    time_range: 'week',
  });
  assert.equal(requests[0]?.headers['authorization'], `Bearer ${KEY}`);
  assert.equal(
    output,
    'Results for "weather berlin":\n\n[turn867201search0] A title\nhttps://example.com/a · 2026-11-01\nAn excerpt',
  );
});

/** Requests and responses of each service, from its documentation (cited in the rows). */
const SERVICES: Readonly<Partial<Record<SearchName, { readonly request: object; readonly answer: object }>>> = {
  tavily: {
    request: { query: 'q', max_results: 8, include_domains: ['a.com', 'b.org'], time_range: 'month' },
    answer: { results: [RESULT] },
  },
  brave: {
    request: { q: 'q (site:a.com OR site:b.org)', count: '8', text_decorations: 'false', freshness: 'pm' },
    answer: {
      web: { results: [{ title: 'A title', url: RESULT.url, description: 'An excerpt', page_age: '2026-11-01' }] },
    },
  },
  bocha: {
    request: { query: 'q', count: 8, summary: true, freshness: 'oneMonth', include: 'a.com|b.org' },
    answer: {
      data: {
        webPages: { value: [{ name: 'A title', url: RESULT.url, snippet: 'An excerpt', datePublished: '2026-11-01' }] },
      },
    },
  },
  searxng: {
    request: { q: 'q (site:a.com OR site:b.org)', format: 'json', time_range: 'month' },
    answer: { results: [{ title: 'A title', url: RESULT.url, content: 'An excerpt', publishedDate: '2026-11-01' }] },
  },
  zai: {
    request: {
      search_engine: 'search-prime',
      search_query: 'q',
      count: 8,
      search_domain_filter: 'a.com',
      search_recency_filter: 'oneMonth',
    },
    answer: {
      search_result: [{ title: 'A title', link: RESULT.url, content: 'An excerpt', publish_date: '2026-11-01' }],
    },
  },
  kimi: {
    request: { text_query: 'q (site:a.com OR site:b.org)', limit: 8, enable_page_crawling: false, timeout_seconds: 30 },
    answer: { search_results: [{ title: 'A title', url: RESULT.url, snippet: 'An excerpt', date: '2026-11-01' }] },
  },
};

for (const name of SEARCH_NAMES.filter((row) => SERVICES[row] !== undefined)) {
  test(`${name} gets requests in its own format`, async (context) => {
    const { request = {}, answer = {} } = SERVICES[name] ?? {};
    const { base, requests } = await startService(context, () => ({ body: answer }));
    const search = createSearch(name, `${base}/search`);
    const output = await search({ search_query: [{ q: 'q', recency: 30, domains: ['a.com', 'b.org', 'no domain'] }] });
    const [first] = requests;
    assert.deepEqual(first?.method === 'GET' ? Object.fromEntries(first.url.searchParams) : first?.body, request);
    assert.equal(first?.url.pathname, '/search');
    assert.match(output, /\[turn867201search0\] A title\nhttps:\/\/example\.com\/a · 2026-11-01\nAn excerpt$/);
  });
}

test('a provider whose model can search gets one small chat call', async (context) => {
  const { base, requests } = await startService(context, () => ({
    body: { choices: [{ message: { role: 'assistant', content: 'It is sunny (https://example.com).' } }] },
  }));
  const output = await createSearch('dashscope', `${base}/v1/`)({ search_query: [{ q: 'weather' }] });
  assert.equal(requests[0]?.url.pathname, '/v1/chat/completions');
  const body = requests[0]?.body;
  assert.ok(isRecord(body));
  assert.deepEqual([body['model'], body['enable_search'], body['stream']], ['model-1', true, false]);
  assert.equal(output, 'Results for "weather":\n\nAnswer\nIt is sunny (https://example.com).');
});

test('a provider that serves the endpoint itself gets the request unchanged', async (context) => {
  const { base, requests } = await startService(context, () =>
    ({ body: { output: 'from the provider', results: [] } }));
  const output = await createSearch('deepseek', `${base}/alpha/search`)({ search_query: [{ q: 'x' }] }, { extra: 1 });
  assert.equal(output, 'from the provider');
  assert.deepEqual(requests[0]?.body, {
    id: 'thread-1',
    model: 'model-1',
    commands: { search_query: [{ q: 'x' }] },
    extra: 1,
  });
});

const PAGE = `<html><head><title>Docs</title></head><body><h1>Install</h1><p>Run npm install.</p>
  <p>Next: <a href="/usage">usage</a></p></body></html>`;

const site: Reply = ({ url }, base) => {
  if (url.pathname === '/page') return { type: 'text/html', body: PAGE };
  if (url.pathname === '/usage') return { type: 'text/html', body: '<title>U</title><p>Use it.</p>' };
  if (url.pathname === '/secret') return { type: 'text/plain', body: 'secret' };
  return { body: { results: [{ title: 'Docs', url: `${base}/page`, content: 'docs' }] } };
};

test('a result is opened by its reference, searched, and its links are followed later', async (context) => {
  const { base, requests } = await startService(context, site);
  const search = createSearch('tavily', `${base}/search`);
  await search({ search_query: [{ q: 'docs' }] });
  assert.equal(
    await search({ open: [{ ref_id: 'turn867201search0' }] }),
    `[turn867202view0] Docs\n${base}/page\n3 lines\nL1: Install\nL2: Run npm install.\nL3: Next: [0: usage]`,
  );
  assert.match(await search({ open: [{ ref_id: 'turn867202view0', lineno: 3 }] }), /3 lines\nL3: Next/);
  assert.equal(
    await search({ find: [{ ref_id: 'turn867202view0', pattern: 'NPM' }] }),
    `"NPM" in ${base}/page:\n\nL1: Install\nL2: Run npm install.\nL3: Next: [0: usage]`,
  );
  assert.match(await search({ find: [{ ref_id: `${base}/page`, pattern: 'nothing' }] }), /does not occur/);
  assert.match(
    await search({ click: [{ ref_id: 'turn867202view0', id: 0 }] }),
    /\[turn867206view0\] U\n.*\/usage\n1 line\nL1: Use it\./,
  );
  assert.match(await search({ click: [{ ref_id: 'turn867202view0', id: 7 }] }), /has no link 7/);
  assert.equal(requests.filter(({ url }) => url.pathname === '/page').length, 1, 'an opened page is not fetched again');
});

test('references belong to their thread, and the error for an unknown one says what to do', async (context) => {
  const { base } = await startService(context, site);
  const search = createSearch('tavily', `${base}/search`);
  await search({ search_query: [{ q: 'docs' }] });
  assert.match(
    await search({ open: [{ ref_id: 'turn867201search0' }] }, { id: 'thread-2' }),
    /Unknown reference turn867201search0/,
  );
  assert.match(await search({ open: [{ ref_id: 'turn867201search9' }] }), /Search again, or open the URL itself/);
});

test('references never repeat: after eviction, a restart, or in concurrent requests', async (context) => {
  const { base } = await startService(context, site);
  const search = createSearch('tavily', `${base}/search`);
  const query = { search_query: [{ q: 'docs' }] };
  const nameOf = (output: string): string => /\[(turn\d+search\d+)\]/.exec(output)?.[1] ?? '';
  const names = (await Promise.all([search(query), search(query), search(query)])).map(nameOf);
  for (let count = 0; count < 100; count += 1) await search({ time: [{}] }, { id: `other-${count}` });
  names.push(nameOf(await search(query)));
  const later = createSearch('tavily', `${base}/search`, Date.UTC(2026, 10, 28, 12, 5, 0));
  names.push(nameOf(await later(query)));
  assert.equal(new Set(names).size, 5, names.join(', '));
  assert.match(await later({ open: [{ ref_id: names[0] }] }), /Unknown reference/);
});

test('failures become text for the model, and the other commands still run', async (context) => {
  const { base } = await startService(context, (request) =>
    request.url.pathname === '/search' ? { status: 429, body: { error: 'slow down' } } : site(request, base),
  );
  const search = createSearch('tavily', `${base}/search`);
  const output = await search({
    search_query: [{ q: 'a' }],
    open: [{ ref_id: 'http://10.0.0.1/' }, { ref_id: `${base}/page` }],
    weather: [{ location: 'Berlin' }],
    time: [{ utc_offset: '+03:00' }, { utc_offset: 'nonsense' }],
  });
  assert.match(output, /The search for "a" failed\. 127\.0\.0\.1:\d+ answered with status 429\. Its rate limit/);
  assert.match(output, /10\.0\.0\.1 is not on the public internet/);
  assert.match(output, /L2: Run npm install/);
  assert.match(output, /The command weather is not available here\. Use search_query/);
  assert.match(output, /Time at UTC\+03:00: 2026-11-28T15:00:00/);
  assert.match(output, /Time at UTC: 2026-11-28T12:00:00/);
  assert.ok(!output.includes(KEY));
});

test('the output stays within max_output_tokens', async (context) => {
  const { base } = await startService(context, () => ({
    body: {
      results: Array.from({ length: 12 }, (_unused, index) => ({
        ...RESULT,
        title: `T${index}`,
        content: '漢字 '.repeat(600),
      })),
    },
  }));
  const search = createSearch('tavily', `${base}/search`);
  const output = await search({ search_query: [{ q: 'a' }], response_length: 'long' }, { max_output_tokens: 1_000 });
  assert.match(output, /truncated to fit max_output_tokens\.$/);
  assert.ok(output.replace(/[\x00-\x7f]+/g, '').length < 1_000);
});

test('at most ten commands run in one request, and a body without commands is an error', async (context) => {
  const { base, requests } = await startService(context, () => ({ body: { results: [] } }));
  const search = createSearch('tavily', `${base}/search`);
  const output = await search({ search_query: Array.from({ length: 12 }, (_unused, index) => ({ q: `q${index}` })) });
  assert.equal(requests.length, 10);
  assert.match(output, /Not run: 2 commands after the first 10\.$/);
  for (const commands of [{}, { search_query: [] }, { search_query: [{}] }, { open: 'x' }, { search_query: null }]) {
    await assert.rejects(search(commands), /"commands" has no valid command/);
  }
});
