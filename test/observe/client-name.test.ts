/** The name of a client in the log: the program, without its version and whatever else stands there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClientName } from '../../src/observe/client-name';

const AGENTS: readonly (readonly [agent: string, name: string])[] = [
  ['codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)', 'codex_exec'],
  ['codex-tui/0.169.0 (Debian 12.0.0; x86_64) xterm-256color (codex-tui; 0.169.0)', 'codex-tui'],
  ['OpenAI/Python 2.8.0', 'openai-python'],
  ['OpenAI/JS 6.9.0', 'openai-js'],
  ['ai-sdk/openai-compatible/1.0.2 ai-sdk/provider-utils/3.0.1 runtime/node.js/22', 'ai-sdk-openai-compatible'],
  ['python-httpx/0.28.1', 'python-httpx'],
  ['Mozilla/5.0 (X11; Linux x86_64)', 'mozilla'],
  ['curl/8.5.0', 'curl'],
  ['node', 'node'],
  ['', 'unknown'],
  ['7zip', 'unknown'],
  ['\u001b[2Jx', 'unknown'],
  ['x'.repeat(200), 'x'.repeat(40)],
];

for (const [agent, name] of AGENTS) {
  test(`${JSON.stringify(agent.slice(0, 60))} is ${name.slice(0, 30)}`, () => {
    assert.equal(readClientName({ 'user-agent': agent }), name);
  });
}

test('the originator of Codex comes first, and nothing is known of a client that says nothing', () => {
  assert.equal(readClientName({ originator: 'codex_exec', 'user-agent': 'other/1' }), 'codex_exec');
  assert.equal(readClientName({ originator: 'Codex Desktop', 'user-agent': 'other/1' }), 'codex-desktop');
  assert.equal(readClientName({ originator: '?', 'user-agent': 'other/1' }), 'other');
  assert.equal(readClientName({}), 'unknown');
});
