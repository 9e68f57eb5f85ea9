/**
 * Codex's own web search: the model calls web.run, Codex sends the search to the bridge, the model gets the result.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { answer } from '../../support/upstream/scripted-upstream';
import { messagesAfter, toolNames } from './chat-requests';
import { untilFree } from '../../support/cli/until-free';
import { completedItems, parseEvents, textsOf } from './events';
import { createCodexLauncher, EXEC, PATIENCE_MS } from './launch-codex';
import { scenario, type ScenarioRun } from './scenario';
import { CURRENT_CODEX } from './versions';

const PAGE = '<title>Docs</title><h1>Bridges</h1><p>The answer is 42.</p><p><a href="/next">Next page</a></p>';

/** A search service in SearXNG's format, and the pages that it finds. */
const web = createServer(({ url = '' }, response) => {
  const { pathname, searchParams, origin } = new URL(url, base());
  if (pathname === '/page') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  if (pathname !== '/search' || searchParams.get('q') === 'fail') return response.writeHead(500).end();
  const results = [{ title: 'Docs', url: `${origin}/page`, content: `about ${searchParams.get('q')}` }];
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
});

function base(): string {
  const address = web.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

before(() => new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve)));
after(() => {
  web.closeAllConnections();
  web.close();
});

const SEARCH = {
  config: {
    settings: { suppress_unstable_features_warning: true },
    provider: { supports_standalone_web_search: true },
    tables: '[features]\nstandalone_web_search = true\n',
  },
  bridgeEnv: () => ({
    BRIDGE_SEARCH: 'searxng',
    BRIDGE_SEARCH_URL: base(),
    NODE_OPTIONS: `--require ${join(__dirname, '../support/allow-local-pages.cjs')}`,
  }),
};

const call = (commands: object) => answer({ toolCalls: [{ name: 'web__run', arguments: { ...commands } }] });

/** The result of the model's last call in request `index`. */
function resultIn({ requests }: ScenarioRun, index: number): string {
  const results = messagesAfter(requests[index]!, 'Look it up.').filter(({ role }) => role === 'tool');
  return String(results.at(-1)?.['content']);
}

for (const version of ['0.171.0', '0.169.0'] as const) scenario(
  `a turn that searches, opens a page and quotes it, Codex ${version}`,
  {
    ...SEARCH,
    version,
    script: (request, index) => {
      const [, ref_id] = /\[(turn\d+search0)\] Docs/.exec(JSON.stringify(request.body.messages)) ?? [];
      if (index === 0) return call({ search_query: [{ q: 'bridges', recency: 7 }] });
      if (index === 1) return call({ open: [{ ref_id }] });
      if (index === 2) return call({ find: [{ ref_id, pattern: 'answer' }] });
      return answer({ text: 'The page says: The answer is 42.' });
    },
  },
  async ({ run }) => {
    const result = await run('Look it up.');
    assert.ok(toolNames(result.requests[0]!).includes('web__run'));
    assert.match(resultIn(result, 1), /\[turn\d+search0\] Docs\nhttp:\/\/127\.0\.0\.1:\d+\/page\nabout bridges/);
    assert.match(resultIn(result, 2), /L1: Bridges\nL2: The answer is 42\.\nL3: \[0: Next page\]/);
    assert.match(resultIn(result, 3), /"answer" in http.*L2: The answer is 42\./s);
    assert.deepEqual(textsOf(result.events, 'agent_message'), ['The page says: The answer is 42.']);
    assert.equal(completedItems(result.events, 'web_search').length, 3);
  },
);

for (const version of ['0.171.0', '0.169.0'] as const) scenario(
  `the model gets the errors of a failed search and of forbidden pages as text, Codex ${version}`,
  {
    ...SEARCH,
    version,
    script: [
      call({ search_query: [{ q: 'fail' }] }),
      call({
        open: [{ ref_id: 'http://10.0.0.1/' }, { ref_id: 'http://169.254.169.254/latest' }, { ref_id: 'turn9search9' }],
      }),
      answer({ text: 'I could not look it up.' }),
    ],
  },
  async ({ run }) => {
    const result = await run('Look it up.');
    assert.match(resultIn(result, 1), /The search for "fail" failed\. 127\.0\.0\.1:\d+ answered with status 500\./);
    const rejected = resultIn(result, 2);
    assert.match(rejected, /10\.0\.0\.1 is not on the public internet/);
    assert.match(rejected, /169\.254\.169\.254 is not on the public internet/);
    assert.match(rejected, /Unknown reference turn9search9/);
    assert.deepEqual(textsOf(result.events, 'agent_message'), ['I could not look it up.']);
  },
);

scenario(
  'without a search service, the model gets an error that says so',
  {
    config: SEARCH.config,
    script: [call({ search_query: [{ q: 'bridges' }] }), answer({ text: 'There is no search.' })],
  },
  async ({ run }) => {
    const result = await run('Look it up.');
    assert.match(resultIn(result, 1), /404.*No web search is configured/s);
    assert.deepEqual(textsOf(result.events, 'agent_message'), ['There is no search.']);
  },
);

test('the launcher switches web search on without a warning', { timeout: 2 * PATIENCE_MS }, async (context) => {
  const script = [call({ search_query: [{ q: 'bridges' }] }), answer({ text: 'Found it.' })];
  const launcher = await createCodexLauncher(context, { script, env: SEARCH.bridgeEnv() });
  const run = await launcher.run(CURRENT_CODEX, [...EXEC, 'Look it up.']);
  assert.equal(run.exitCode, 0, run.stderr + (await launcher.log()));
  const events = parseEvents(run.stdout);
  assert.deepEqual(textsOf(events, 'agent_message'), ['Found it.']);
  assert.equal(completedItems(events, 'web_search').length, 1);
  assert.match(JSON.stringify(launcher.upstream.requests[1]?.body), /\[turn\d+search0\] Docs/);
  assert.doesNotMatch(run.stdout + run.stderr, /under.development|unstable/i);
  await untilFree(launcher.port);
});
