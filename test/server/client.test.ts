/** Identifies clients: Codex or not (headers recorded from Codex 0.80 to 0.169), and the name of the program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findClientKind, readProgram } from '../../src/server/answer-turn';

const CASES: readonly (readonly [name: string, headers: Record<string, string>, kind: 'codex' | 'generic'])[] = [
  [
    'codex exec 0.169',
    { originator: 'codex_exec', 'user-agent': 'codex_exec/0.169.0 (Debian 12.0.0; x86_64)' },
    'codex',
  ],
  ['codex tui', { originator: 'codex-tui' }, 'codex'],
  ['codex cli 0.80', { originator: 'codex_cli_rs' }, 'codex'],
  ['only the user agent', { 'user-agent': 'codex_exec/0.80.0 (Debian 12.0.0; x86_64) xterm' }, 'codex'],
  ['a program that embeds Codex', { originator: 'my_app', 'x-codex-window-id': 'w:0' }, 'codex'],
  ['the OpenAI SDK', { 'user-agent': 'OpenAI/JS 7.57.0', 'x-stainless-lang': 'js' }, 'generic'],
  ['the LM Studio preload of codex --oss', { accept: '*/*', 'content-type': 'application/json' }, 'generic'],
  ['a name that contains codex', { 'user-agent': 'my-codex/1.0' }, 'generic'],
  ['no headers', {}, 'generic'],
];

for (const [name, headers, kind] of CASES) {
  test(`${name} is ${kind}`, () => assert.equal(findClientKind(headers), kind));
}

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
    assert.equal(readProgram({ 'user-agent': agent }), name);
  });
}

test('originator takes precedence over user-agent, and a client without either is unknown', () => {
  assert.equal(readProgram({ originator: 'codex_exec', 'user-agent': 'other/1' }), 'codex_exec');
  assert.equal(readProgram({ originator: 'Codex Desktop', 'user-agent': 'other/1' }), 'codex-desktop');
  assert.equal(readProgram({ originator: '?', 'user-agent': 'other/1' }), 'other');
  assert.equal(readProgram({}), 'unknown');
});
