/**
 * All differences between the two newest pinned versions of Codex are explained, and the comparison finds differences.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { CODEX_VERSIONS } from '../codex/versions';
import { captureScenarios } from './capture';
import { compareScenarios, renderDifferences } from './compare';
import { EXPLAINED } from './explained';
import type { RecordedRequest } from './recorder';
import { describeRequest } from './shape';

const [newer = '', older = ''] = CODEX_VERSIONS;

test(`Codex ${older} and ${newer} have no unexplained differences`, async () => {
  const differences = compareScenarios(await captureScenarios(older), await captureScenarios(newer));
  const unexplained = differences.filter(({ why }) => why === undefined);
  assert.deepEqual(unexplained, [], renderDifferences(differences));
  const unused = EXPLAINED.filter(({ why }) => !differences.some((difference) => difference.why === why));
  assert.deepEqual(unused, [], 'these facts explain no difference: were both versions captured?');
});

const REQUEST: RecordedRequest = {
  method: 'POST',
  path: '/v1/responses?client_version=0.171.0',
  headers: { host: '127.0.0.1:1', 'user-agent': 'codex_exec/0.171.0', 'x-meta': '{"turn":"a","at":1795876895027}' },
  body: {
    stream: true,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello.' }] }],
    tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }],
  },
};

test('a request is described by its keys, short values, headers and tools', () => {
  assert.deepEqual(describeRequest(REQUEST), [
    'POST /v1/responses client_version',
    'body.input[message user].content[input_text].text',
    'body.input[message user].content[input_text].type = "input_text"',
    'body.input[message user].role = "user"',
    'body.input[message user].type = "message"',
    'body.stream = true',
    'body.tools[function f].name = "f"',
    'body.tools[function f].parameters.properties = {}',
    'body.tools[function f].parameters.type = "object"',
    'body.tools[function f].type = "function"',
    'header user-agent = "codex_exec/VERSION"',
    'header x-meta.at = TIME',
    'header x-meta.turn = "a"',
  ]);
});

test('another key, header, value or number of requests is a difference, but another text or time is not', () => {
  const compare = (other: readonly RecordedRequest[]): readonly string[] =>
    compareScenarios(new Map([['s', [REQUEST]]]), new Map([['s', other]])).map(({ sign, line }) => `${sign} ${line}`);
  const body = REQUEST.body as Readonly<Record<string, unknown>>;
  const content = [{ type: 'input_text', text: 'Bye.' }];
  const otherText = { ...body, input: [{ type: 'message', role: 'user', content }] };
  assert.deepEqual(compare([{ ...REQUEST, body: otherText }]), []);
  assert.deepEqual(compare([{ ...REQUEST, body: { ...body, seed: 1 } }]), ['+ body.seed = 1']);
  assert.deepEqual(compare([{ ...REQUEST, headers: { ...REQUEST.headers, 'x-new': '1' } }]), ['+ header x-new = "1"']);
  assert.deepEqual(compare([{ ...REQUEST, body: { ...body, stream: false } }]), [
    '- body.stream = true', '+ body.stream = false',
  ]);
  assert.deepEqual(compare([REQUEST, REQUEST]), ['- 1 × POST /v1/responses', '+ 2 × POST /v1/responses']);
});

test('unexplained differences come first, by scenario', () => {
  const headers = { ...REQUEST.headers, 'accept-encoding': 'gzip', 'x-new': 'a' };
  const differences = compareScenarios(
    new Map([['first turn', [REQUEST]]]),
    new Map([['first turn', [{ ...REQUEST, headers }]]]),
  );
  assert.match(
    renderDifferences(differences),
    /^Unexplained differences:\nfirst turn:\n {2}\+ header x-new = "a"\nExplained differences:\n {2}1 × 0\.171 reads/,
  );
});
