/** Secrets that must never appear in a log, in every spelling. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from '../../src/observe/log';

const CASES: readonly (readonly [text: string, clean: string])[] = [
  ['authorization: Bearer sk-test-abc', 'authorization: Bearer [redacted]'],
  ['Bearer abc.def_ghi~jk+l/m==', 'Bearer [redacted]'],
  ['{"authorization":"Bearer sk-test-abc"}', '{"authorization":"Bearer [redacted]"}'],
  ['{"authorization":"Basic dXNlcjpwYXNz"}', '{"authorization":"[redacted]"}'],
  ['Authorization: abc', 'Authorization: [redacted]'],
  ['"{\\"authorization\\":\\"token abc\\"}"', '"{\\"authorization\\":\\"[redacted]\\"}"'],
  ['Incorrect API key provided: sk-test-1234.', 'Incorrect API key provided: sk-[redacted].'],
  ['key sk-proj-a_b-c9 failed', 'key sk-[redacted] failed'],
  ['{"x-api-key":"abc","api_key":"def"}', '{"x-api-key":"[redacted]","api_key":"[redacted]"}'],
  ['{"apiKey": "ghi"}', '{"apiKey": "[redacted]"}'],
  ['password=hunter2 next', 'password=[redacted] next'],
  ['GET /v1?api_key=abc&x=1', 'GET /v1?api_key=[redacted]&x=1'],
  ['GET /v1?key=abc#x', 'GET /v1?key=[redacted]#x'],
  ['https://user:pass@host/v1', 'https://[redacted]@host/v1'],
  ['export AI_API_KEY=sk-sp-… now', 'export AI_API_KEY=sk-sp-… now'],
  ['export AI_API_KEY=sk-proj-..., or', 'export AI_API_KEY=sk-proj-..., or'],
  ["$env:GROQ_API_KEY = 'gsk_…'", "$env:GROQ_API_KEY = 'gsk_…'"],
  ['export AI_API_KEY="$OPENAI_API_KEY"', 'export AI_API_KEY="$OPENAI_API_KEY"'],
  ['$env:AI_API_KEY = $env:OPENAI_API_KEY', '$env:AI_API_KEY = $env:OPENAI_API_KEY'],
  ['api_key=sk-sp-…abc', 'api_key=[redacted]'],
  ['api_key=abcdefghijklmnop...', 'api_key=[redacted]'],
  ['password=$ecret next', 'password=[redacted] next'],
  ['a risk-free task-list of max_tokens: 12', 'a risk-free task-list of max_tokens: 12'],
];

for (const [text, clean] of CASES) {
  test(text, () => assert.equal(createRedactor()(text), clean));
}

test('known values are masked, longest first, also JSON-escaped and URL-encoded', () => {
  const redact = createRedactor(['plain-key', 'plain-key-longer', 'quo"te/x', '', 'abc']);
  assert.equal(redact('a plain-key, a plain-key-longer.'), 'a [redacted], a [redacted].');
  assert.equal(redact(JSON.stringify({ note: 'my quo"te/x' })), '{"note":"my [redacted]"}');
  assert.equal(redact('/?q=quo%22te%2Fx'), '/?q=[redacted]');
  assert.equal(redact('abc is too short to be a secret'), 'abc is too short to be a secret');
});

test('a value that becomes known later is masked from then on', () => {
  const later: string[] = [];
  const redact = createRedactor(['first-value'], later);
  assert.equal(redact('first-value, later-value'), '[redacted], later-value');
  later.push('later-value');
  assert.equal(redact('first-value, later-value'), '[redacted], [redacted]');
});

test('long text is searched in linear time', () => {
  const redact = createRedactor(['secret-value']);
  for (const piece of ['authorization ', 'authorization:     ', 'Bearer ', 'sk-', '://', 'api_key"']) {
    const text = piece.repeat(20_000);
    assert.ok(redact(text).length > 0);
  }
});
