/** Every request fixture: what goes upstream, byte for byte, what was noted, and that strict upstreams accept it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import { asString } from '../../src/base/narrow';
import { findProvider, resolveModel } from '../../src/providers/catalog';
import { translateRequest, type TranslateOptions } from '../../src/translate/request';
import { readChatRequest } from '../../src/wire/read-chat-request';
import { readResponsesRequest } from '../../src/wire/read-responses';
import { listCodexRequests, listFixtures, type Fixture } from '../support/fixtures';
import { judge } from '../support/strict-rules';

/** `case.json` of a request fixture. */
interface RequestCase {
  /** Where the case comes from. */
  readonly from: string;
  /** Name of the provider row; the Coding Plan when absent. */
  readonly provider?: string;
  /** A file of fixtures/codex-requests in place of request.json. */
  readonly codex?: string;
  /** The user's DEFAULT_MODEL. */
  readonly defaultModel?: string;
  /** Options of the translation that are not at their defaults. */
  readonly options?: Partial<TranslateOptions>;
}

const CODING_PLAN = 'aliyun-coding';

for (const fixture of listFixtures('requests')) {
  describe(`requests/${fixture.name}`, () => {
    const options = fixture.options as unknown as RequestCase;

    it('becomes the expected request', () => {
      const { chat, notes } = translate(readBody(fixture, options), options);
      fixture.expect('chat.json', `${JSON.stringify(chat, null, 2)}\n`);
      if (notes.length > 0 || fixture.has('notes.txt')) fixture.expect('notes.txt', notes.map((note) => `${note}\n`).join(''));
    });

    it('is accepted by a strict upstream', () => {
      const { chat } = translate(readBody(fixture, options), options);
      const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test-key', 'accept-encoding': 'identity' };
      const request = { method: 'POST', path: '/v1/chat/completions', headers, rawBody: JSON.stringify(chat) };
      const dialect = (options.provider ?? CODING_PLAN) === CODING_PLAN ? 'dashscope' : 'openai';
      // FORWARD_REASONING sends a field that only its user's provider knows.
      const allowFields = options.options?.forwardReasoning === true ? ['reasoning'] : [];
      assert.equal(judge(request, { dialect, maxTokens: 65_536, allowFields }), undefined);
    });
  });
}

function readBody(fixture: Fixture, { codex }: RequestCase): JsonObject {
  if (codex === undefined) return fixture.json('request.json');
  const captured = listCodexRequests().find(({ name }) => name === codex);
  assert.ok(captured, `${fixture.name}: fixtures/codex-requests has no ${codex}`);
  return captured.body;
}

/** The way of the bridge: the body decides the protocol, the catalogue the model and its dialect. */
function translate(body: JsonObject, { provider, defaultModel, options }: RequestCase): { readonly chat: object; readonly notes: readonly string[] } {
  const request = body['messages'] === undefined ? readResponsesRequest(body) : readChatRequest(body).request;
  const row = findProvider(provider ?? CODING_PLAN, 'http://127.0.0.1/v1');
  const { id, dialect } = resolveModel(row, asString(body['model']), defaultModel);
  const { value, notes } = translateRequest(request, {
    model: id, dialect, tools: 'auto', system: true, forwardReasoning: false, multipleCalls: true, webSearch: false, ...options,
  });
  return { chat: value.chat, notes };
}
