/** `cacheControl`: marks two messages for providers that cache prompts only on request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProviderByName, resolveModel } from '../../src/providers/catalog';
import { DEFAULT_DIALECT } from '../../src/providers/dialect';
import { applyForms } from '../../src/translate/request-forms';
import type { ChatMessage } from '../../src/wire/chat';

const EPHEMERAL = { cache_control: { type: 'ephemeral' } };
const apply = (messages: readonly ChatMessage[], cacheControl: 'none' | 'ephemeral' = 'ephemeral') =>
  applyForms({ model: 'm', stream: true, messages }, { ...DEFAULT_DIALECT, cacheControl }).messages;

const SYSTEM: ChatMessage = { role: 'system', content: 'Rules.' };
const USER: ChatMessage = { role: 'user', content: 'Hi' };
const MARKED_SYSTEM = { role: 'system', content: [{ type: 'text', text: 'Rules.', ...EPHEMERAL }] };

test('only the instructions and the last message are marked', () => {
  const said: ChatMessage = { role: 'assistant', content: 'Hello.' };
  assert.deepEqual(apply([SYSTEM, USER, said, USER]), [
    MARKED_SYSTEM, USER, said, { role: 'user', content: [{ type: 'text', text: 'Hi', ...EPHEMERAL }] },
  ]);
  const result: ChatMessage = { role: 'tool', tool_call_id: 'c1', content: 'done' };
  assert.deepEqual(apply([SYSTEM, USER, result])[2], {
    role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'done', ...EPHEMERAL }],
  });
  assert.deepEqual(apply([SYSTEM, USER], 'none'), [SYSTEM, USER]);
});

test('in a list of parts, the last text is marked; assistant messages and empty ones never are', () => {
  const image = { type: 'image_url', image_url: { url: 'data:,' } } as const;
  const text = { type: 'text', text: 'Look' } as const;
  assert.deepEqual(apply([SYSTEM, { role: 'user', content: [text, text, image] }])[1], {
    role: 'user', content: [text, { ...text, ...EPHEMERAL }, image],
  });
  for (const last of [{ role: 'user', content: [image] }, { role: 'user', content: '' }] as const)
    assert.deepEqual(apply([SYSTEM, last])[1], last);
  const said: ChatMessage = { role: 'assistant', content: 'Half' };
  assert.deepEqual(apply([SYSTEM, said]), [MARKED_SYSTEM, said]);
});

test('OpenRouter uses it for Claude and Qwen only', () => {
  const row = findProviderByName('openrouter');
  assert.ok(row);
  const of = (id: string) => resolveModel(row, id, undefined).dialect.cacheControl;
  for (const id of ['anthropic/claude-4.7', 'qwen/qwen3.8-max', 'Qwen/x']) assert.equal(of(id), 'ephemeral', id);
  for (const id of ['openai/gpt-oss-120b', 'deepseek/deepseek-v4', 'x/anthropic/y']) assert.equal(of(id), 'none', id);
});
