/** Codex is told from other clients by its headers; the rows come from recorded requests of 0.80 to 0.169. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findClientKind } from '../../src/server/client';

const CASES: readonly (readonly [name: string, headers: Record<string, string>, kind: 'codex' | 'generic'])[] = [
  [
    'codex exec 0.169',
    { originator: 'codex_exec', 'user-agent': 'codex_exec/0.169.0 (Debian 12.0.0; x86_64)' },
    'codex',
  ],
  ['codex tui', { originator: 'codex-tui' }, 'codex'],
  ['codex cli 0.80', { originator: 'codex_cli_rs' }, 'codex'],
  ['user agent alone', { 'user-agent': 'codex_exec/0.80.0 (Debian 12.0.0; x86_64) xterm' }, 'codex'],
  ['a program around Codex', { originator: 'my_app', 'x-codex-window-id': 'w:0' }, 'codex'],
  ['openai SDK', { 'user-agent': 'OpenAI/JS 7.57.0', 'x-stainless-lang': 'js' }, 'generic'],
  ['lmstudio preload of codex --oss', { accept: '*/*', 'content-type': 'application/json' }, 'generic'],
  ['a name that contains codex', { 'user-agent': 'my-codex/1.0' }, 'generic'],
  ['no headers', {}, 'generic'],
];

for (const [name, headers, kind] of CASES) {
  test(`${name} is ${kind}`, () => assert.equal(findClientKind(headers), kind));
}
