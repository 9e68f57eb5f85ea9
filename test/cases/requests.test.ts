/** Every request fixture: checks its upstream request byte for byte, its notes, and that strict upstreams accept it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asString, type JsonObject } from '../../src/base/json';
import { findProvider, resolveModel } from '../../src/providers/catalog';
import { translateRequest, type TranslateOptions } from '../../src/translate/request';
import { readChatRequest } from '../../src/wire/read-chat-request';
import { readResponsesRequest } from '../../src/wire/read-responses';
import { listCodexRequests, listFixtures, type Fixture } from '../support/fixtures';
import { validate } from '../support/strict/rules';

/** `case.json` of a request fixture. */
interface RequestCase {
  /** The source of the case. */
  readonly from: string;
  /** Name of the provider row; default: the Coding Plan. */
  readonly provider?: string;
  /** A file of fixtures/codex-requests instead of request.json. */
  readonly codex?: string;
  /** The user's DEFAULT_MODEL. */
  readonly defaultModel?: string;
  /** Translation options that differ from the defaults. */
  readonly options?: Partial<TranslateOptions>;
  /** Top-level fields that this provider documents but the strict upstream rejects. */
  readonly fields?: readonly string[];
}

const CODING_PLAN = 'aliyun-coding';
const DASHSCOPE = [CODING_PLAN, 'aliyun-token-plan', 'aliyun-payg'];

for (const fixture of listFixtures('requests')) {
  describe(`requests/${fixture.name}`, () => {
    const options = fixture.options as unknown as RequestCase;

    it('becomes the expected request', () => {
      const { chat, notes } = translate(readBody(fixture, options), options);
      fixture.expect('chat.json', `${JSON.stringify(chat, null, 2)}\n`);
      if (notes.length > 0 || fixture.has('notes.txt'))
        fixture.expect('notes.txt', notes.map((note) => `${note}\n`).join(''));
    });

    it('is accepted by a strict upstream', () => {
      const { chat, maxTokens } = translate(readBody(fixture, options), options);
      const headers = {
        'content-type': 'application/json',
        authorization: 'Bearer sk-test-key',
        'accept-encoding': 'identity',
      };
      const request = { method: 'POST', path: '/v1/chat/completions', headers, rawBody: JSON.stringify(chat) };
      const dialect = DASHSCOPE.includes(options.provider ?? CODING_PLAN) ? 'dashscope' : 'openai';
      // FORWARD_REASONING sends a field that only the user's provider accepts.
      const allowFields = [
        ...(options.options?.forwardReasoning === true ? ['reasoning'] : []),
        ...(options.fields ?? []),
      ];
      assert.equal(validate(request, { dialect, maxTokens, allowFields }), undefined);
    });
  });
}

function readBody(fixture: Fixture, { codex }: RequestCase): JsonObject {
  if (codex === undefined) return fixture.json('request.json');
  const captured = listCodexRequests().find(({ name }) => name === codex);
  assert.ok(captured, `${fixture.name}: fixtures/codex-requests has no ${codex}`);
  return captured.body;
}

interface Translation {
  readonly chat: object;
  readonly notes: readonly string[];
  /** The output limit of the model. */
  readonly maxTokens: number;
}

/** Translates like the bridge: the body decides the protocol, the catalog the model and its dialect. */
function translate(body: JsonObject, { provider, defaultModel, options }: RequestCase): Translation {
  const request = body['messages'] === undefined ? readResponsesRequest(body) : readChatRequest(body).request;
  const row = findProvider(provider ?? CODING_PLAN, 'http://127.0.0.1/v1');
  const { id, dialect, model } = resolveModel(row, asString(body['model']), defaultModel);
  const notes = new Set<string>();
  const { chat } = translateRequest(request, {
    model: id,
    dialect,
    tools: 'auto',
    system: true,
    forwardReasoning: false,
    multipleCalls: true,
    webSearch: false,
    ...options,
  }, notes);
  return { chat, notes: [...notes], maxTokens: model?.maxOutput ?? 65_536 };
}
