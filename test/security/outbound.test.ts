/**
 * Where connections are opened: a few files connect to configured hosts, and one, which allows only public addresses,
 * to hosts from external input (test/search/fetch-page.test.ts). No fetch follows a redirect by itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSources } from '../house/source-tree';

/** The files that open connections, and to what. */
const OPENERS: Readonly<Record<string, string>> = {
  'src/upstream/transport.ts': 'the provider',
  'src/upstream/connect.ts': 'the proxy that the user configured',
  'src/upstream/fetch-json.ts': "the provider's list of models",
  'src/search/ask-backend.ts': 'the search service',
  'src/search/fetch-page.ts': 'pages from search results and from the model: public addresses only',
  'src/state/redis-client.ts': 'the store',
  'src/instance/bridge-client.ts': 'a bridge on this machine',
  'src/server/listen-on-socket.ts': 'the socket of an older bridge',
  'src/doctor/checks/network.ts': "the provider's host",
  'src/demo/conversation.ts': 'the bridge of the demo',
};

const OPENS = new RegExp([
  String.raw`(?<![\w.])(?:fetch|connect|createConnection)\(`,
  String.raw`\b(?:http|https|net|tls)\.(?:request|get|connect)\(`,
  String.raw`import \{[^}]*\b(?:request|get|connect)\b[^}]*\} from 'node:(?:https?|net|tls)'`,
].join('|'));

test('every place that opens connections is known', () => {
  const found = Object.entries(readSources('src')).filter(([, text]) => OPENS.test(text)).map(([path]) => path);
  assert.deepEqual(found.sort(), Object.keys(OPENERS).sort());
});

test('no fetch follows a redirect by itself', () => {
  for (const [path, text] of Object.entries(readSources('src'))) {
    const fetches = text.match(/(?<![\w.])fetch\(/g)?.length ?? 0;
    // The transport gets its options from `toFetchBody`, which sets it for each form of body.
    const options = text.match(/redirect: '(?:manual|error)'|\btoFetchBody\(/g)?.length ?? 0;
    assert.ok(options >= fetches, `${path}: a fetch without redirect: 'manual'`);
  }
});
