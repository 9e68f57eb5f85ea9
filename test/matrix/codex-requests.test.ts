/** Every captured request of the real Codex is accepted by every provider of the matrix. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveModel } from '../../src/providers/catalog';
import { translateRequest } from '../../src/translate/request';
import { readResponsesRequest } from '../../src/wire/read-responses';
import { listCodexRequests } from '../support/fixtures';
import { validate } from '../support/strict/rules';
import { TARGETS, type Target } from './targets';

const REQUESTS = listCodexRequests();

function translate(body: unknown, { provider, model }: Target): object {
  const { id, dialect } = resolveModel(provider, model, undefined);
  return translateRequest(readResponsesRequest(body), {
    model: id, dialect, tools: 'auto', system: true, forwardReasoning: false, multipleCalls: true, webSearch: false,
  }).chat;
}

function validateChat(chat: object, { behavior }: Target): string | undefined {
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer sk-test-key',
    'user-agent': 'codex_exec/0.169.0',
  };
  const request = { method: 'POST', path: '/v1/chat/completions', headers, rawBody: JSON.stringify(chat) };
  return validate(request, { dialect: behavior.column, behavior, maxTokens: 65_536, allowFields: [] })?.message;
}

describe('the requests of the real Codex', () => {
  for (const target of TARGETS) {
    it(`${target.provider.name}/${target.model}`, () => {
      assert.ok(REQUESTS.length > 20);
      const rejected = REQUESTS.map(({ name, body }) => [name, validateChat(translate(body, target), target)]).filter(
        ([, message]) => message !== undefined,
      );
      assert.deepEqual(rejected, []);
    });
  }
});
