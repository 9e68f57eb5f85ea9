/** The start-up line: address, upstream, where the key is from, and how to stop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStartUpLine } from '../../src/serve/run-server';
import { resolveConfig, type Environment, type FlagTexts } from '../../src/config/resolve';

function render(flags: FlagTexts, env: Environment, address = { host: '127.0.0.1', port: 31415 }): string {
  const resolved = resolveConfig({ aiBaseUrl: 'http://localhost:8000/v1', ...flags }, env);
  assert.ok(resolved.ok);
  return renderStartUpLine({ version: '9.8.7', address, config: resolved.config, origins: resolved.origins });
}

test('the start-up line has the version, the URL, the upstream, the key’s origin and how to stop', () => {
  assert.equal(
    render({}, { AI_API_KEY: 'sk-test-hidden' }),
    'aliyun-codex-bridge 9.8.7 is listening on http://127.0.0.1:31415/v1; upstream http://localhost:8000/v1; '
    + 'API key: set from env AI_API_KEY; press Ctrl-C to stop it.\n',
  );
});

test('the line states the origin of the key, and never the key', () => {
  const lines = {
    'set from flag --ai-api-key': render({ aiApiKey: 'sk-test-hidden' }, {}),
    'none. Set AI_API_KEY, then restart the bridge': render({}, {}),
    "each request's own": render({ forceEnvAuth: '0' }, { AI_API_KEY: 'sk-test-hidden' }),
  };
  for (const [text, line] of Object.entries(lines)) {
    assert.ok(line.includes(`API key: ${text};`), line);
    assert.doesNotMatch(line, /sk-test/);
  }
});

test('a missing key is reported with all variables that can set it, unless the provider needs none', () => {
  const plan = render({ aiBaseUrl: 'https://api.deepseek.com' }, {});
  assert.match(plan, /API key: none\. Set AI_API_KEY or DEEPSEEK_API_KEY, then restart the bridge;/);
  assert.match(render({ provider: 'ollama' }, {}), /API key: not needed;/);
  assert.match(render({ provider: 'ollama' }, { AI_API_KEY: 'sk-test-cloud' }), /API key: set from env AI_API_KEY;/);
});

test('an IPv6 address is in brackets', () => {
  assert.match(render({}, {}, { host: '::1', port: 1 }), /is listening on http:\/\/\[::1\]:1\/v1;/);
});
