/** Translates every captured request of the real Codex to a request that strict upstreams accept. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, resolveModel } from '../../src/providers/catalog';
import { translateRequest } from '../../src/translate/request';
import { readResponsesRequest } from '../../src/wire/read-responses';
import { listCodexRequests } from '../support/fixtures';
import { validate } from '../support/strict/rules';
import type { UpstreamDialect } from '../support/strict/rule';

const TARGETS: readonly { readonly dialect: UpstreamDialect; readonly provider: string }[] = [
  { dialect: 'dashscope', provider: 'aliyun-coding' },
  { dialect: 'openai', provider: 'openai-compatible' },
];

for (const { dialect, provider } of TARGETS) {
  describe(`real Codex requests against ${provider}`, () => {
    for (const { name, body } of listCodexRequests()) {
      it(name, () => {
        const chat = translate(body, provider);
        assert.equal(validateChat(chat, dialect), undefined);
      });
    }
  });
}

function translate(body: unknown, providerName: string): object {
  const request = readResponsesRequest(body);
  const provider = findProvider(providerName, 'http://127.0.0.1/v1');
  const model = resolveModel(provider, request.model, 'qwen3.7-plus');
  return translateRequest(request, {
    model: model.id,
    dialect: model.dialect,
    tools: 'auto',
    system: true,
    forwardReasoning: false,
    multipleCalls: true,
    webSearch: false,
  }).chat;
}

function validateChat(chat: object, dialect: UpstreamDialect): unknown {
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer sk-test-key',
    'accept-encoding': 'identity',
  };
  const request = { method: 'POST', path: '/v1/chat/completions', headers, rawBody: JSON.stringify(chat) };
  return validate(request, { dialect, maxTokens: 65_536, allowFields: [] });
}
