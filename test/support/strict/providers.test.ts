/** The exact rejections of each provider in its own error body, and the fields that only a few providers accept. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROVIDERS } from '../../../src/providers/catalog';
import { chatRequest, functionTool } from '../upstream/chat-bodies';
import { UNCOMMON_FIELDS, PROVIDER_CASES, type ProviderCase } from './provider-cases';
import { findBehavior, PROVIDER_BEHAVIOR } from './providers';
import type { StrictSettings } from './rule';
import { validate, renderRejection, type RawRequest } from './rules';

const settingsOf = (provider: string): StrictSettings => {
  const behavior = findBehavior(provider);
  return { dialect: behavior.column, behavior, maxTokens: 65_536, allowFields: [] };
};

const rawOf = (body: object, caller = 'codex_exec/0.169.0'): RawRequest => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json', 'user-agent': caller },
  rawBody: JSON.stringify(body),
});

/** A model of each provider that accepts every field of its host. */
const MODELS: Readonly<Record<string, string>> = {
  'aliyun-coding': 'qwen3.7-plus',
  'aliyun-token-plan': 'qwen3.7-max',
  'aliyun-payg': 'qwen3.7-plus',
  zai: 'glm-5.2',
  moonshot: 'kimi-k2.6',
  'kimi-code': 'kimi-for-coding',
  minimax: 'MiniMax-M3',
  deepseek: 'deepseek-v4-pro',
  mimo: 'mimo-v2.6-pro',
};

describe('rejections of each provider', () => {
  for (const [position, row] of PROVIDER_CASES.entries()) {
    it(`${row.provider}: ${row.rule} (case ${position})`, () => checkCase(row));
  }
});

function checkCase({ provider, model, rule, rejected, accepted, body, status = 400, caller }: ProviderCase): void {
  const settings = settingsOf(provider);
  const rejection = validate(rawOf(chatRequest({ model, ...rejected }), caller), settings);
  assert.equal(rejection?.rule, rule, rejection?.message);
  assert.equal(rejection.status, status);
  assert.equal(renderRejection(rejection, settings, 'req-1'), typeof body === 'string' ? body : JSON.stringify(body));
  const other = validate(rawOf(chatRequest({ model, ...accepted })), settings);
  assert.ok(other === undefined || other.rule !== rule, other?.message);
}

describe('fields that only a few providers accept', () => {
  for (const [field, { value, acceptedBy }] of Object.entries(UNCOMMON_FIELDS)) {
    it(field, () => {
      const accepting = Object.keys(PROVIDER_BEHAVIOR).filter((name) => {
        const body = chatRequest({ model: MODELS[name] ?? 'some-model', tools: [functionTool()], [field]: value });
        return validate(rawOf(body), settingsOf(name))?.rule !== 'unknown-field';
      });
      assert.deepEqual([...accepting].sort(), [...acceptedBy].sort());
    });
  }
});

it('every provider accepts the smallest request of a correct client', () => {
  for (const { name, defaultModel } of PROVIDERS) {
    const body = chatRequest({
      model: MODELS[name] ?? defaultModel ?? 'some-model',
      tools: [functionTool()],
      stream_options: { include_usage: true },
    });
    assert.equal(validate(rawOf(body), settingsOf(name)), undefined, name);
  }
});

it('leaves no placeholder in any message', () => {
  for (const { provider, model, rejected, caller } of PROVIDER_CASES) {
    const { message = '' } = validate(rawOf(chatRequest({ model, ...rejected }), caller), settingsOf(provider)) ?? {};
    assert.doesNotMatch(message, /\{[a-z]+\}/);
  }
});

it('each behavior is named after its provider', () => {
  for (const [name, behavior] of Object.entries(PROVIDER_BEHAVIOR)) assert.equal(behavior.name, name);
});
