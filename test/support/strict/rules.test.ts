/** Every strict rule of every dialect rejects one request with the exact message, and accepts a corrected one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calling, chatRequest, functionTool, SYSTEM, toolCall, toolResult, user } from '../upstream/chat-bodies';
import type { HttpCase } from './case';
import { FIELD_CASES, HTTP_CASES } from './field-cases';
import { HISTORY_CASES } from './history-cases';
import { MESSAGE_CASES } from './message-cases';
import type { StrictRule, StrictSettings, UpstreamDialect } from './rule';
import { validate, renderRejection, STRICT_RULES, type RawRequest } from './rules';
import { FORMAT_CASES, TOOL_CASES } from './tool-cases';

const DIALECTS: readonly UpstreamDialect[] = ['dashscope', 'openai'];
const HEADERS = { authorization: 'Bearer sk-test', 'content-type': 'application/json' };

const settingsOf = (dialect: UpstreamDialect, overrides: Partial<StrictSettings> = {}): StrictSettings => ({
  dialect,
  maxTokens: 65_536,
  allowFields: [],
  ...overrides,
});

const rawOf = (parts: Partial<RawRequest> = {}): RawRequest => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: HEADERS,
  rawBody: JSON.stringify(chatRequest()),
  ...parts,
});

const withBody = (overrides: Readonly<Record<string, unknown>>): RawRequest =>
  rawOf({ rawBody: JSON.stringify(chatRequest(overrides)) });

const BODY_CASES = [...FIELD_CASES, ...MESSAGE_CASES, ...HISTORY_CASES, ...TOOL_CASES, ...FORMAT_CASES];
const CASES: readonly HttpCase[] = [
  ...HTTP_CASES.map((row) => ({ ...row, rejected: rawOf(row.rejected), accepted: rawOf(row.accepted) })),
  ...BODY_CASES.map((row) => ({ ...row, rejected: withBody(row.rejected), accepted: withBody(row.accepted) })),
];

describe('strict rules', () => {
  for (const [position, row] of CASES.entries()) {
    for (const dialect of DIALECTS) {
      const text = row[dialect];
      if (text === undefined) continue;
      const settings = settingsOf(dialect, row.settings);

      it(`${dialect} rejects: ${row.rule} (case ${position})`, () => {
        const rejection = validate(rawOf(row.rejected), settings);
        assert.equal(rejection?.rule, row.rule, rejection?.message);
        assert.equal(rejection.message, text);
      });

      it(`${dialect} accepts the corrected request: ${row.rule} (case ${position})`, () => {
        assert.equal(validate(rawOf(row.accepted), settings), undefined);
      });
    }
  }

  it('has a case for every rule of every dialect', () => {
    const covered = new Set(
      CASES.flatMap((row) => DIALECTS.filter((name) => name in row).map((name) => `${name} ${row.rule}`)),
    );
    const rows: readonly StrictRule[] = STRICT_RULES;
    const all = rows.flatMap((rule) =>
      DIALECTS.filter((name) => rule[name] !== undefined).map((name) => `${name} ${rule.name}`),
    );
    assert.deepEqual(all.filter((name) => !covered.has(name)), []);
  });

  it('names each rule once', () => {
    const names = STRICT_RULES.map((rule) => rule.name);
    assert.equal(new Set(names).size, names.length);
  });

  it('leaves no placeholder in any message', () => {
    for (const row of CASES) {
      for (const dialect of DIALECTS.filter((name) => row[name] !== undefined)) {
        const { message = '' } = validate(rawOf(row.rejected), settingsOf(dialect, row.settings)) ?? {};
        assert.doesNotMatch(message, /\{[a-z]+\}/);
      }
    }
  });
});

describe('rejections that only DashScope has', () => {
  const bodies = {
    'a developer message': { messages: [{ role: 'developer', content: 'x' }, user()] },
    'an array of text parts': { messages: [user([{ type: 'text', text: 'x' }])] },
    'a text array as a tool result': {
      messages: [user(), calling(toolCall('c')), toolResult('c', [{ type: 'text', text: 'x' }])],
    },
    'a late system message': { messages: [user(), SYSTEM] },
    'no user message': { messages: [SYSTEM] },
    'an empty assistant message': { messages: [user(), { role: 'assistant', content: '' }, user()] },
    'a tool called search': { tools: [functionTool('search')] },
    'a tool without parameters': { tools: [{ type: 'function', function: { name: 'f' } }] },
    'a strict tool': { tools: [functionTool('f', { strict: true })] },
    'temperature 2': { temperature: 2 },
    'max_completion_tokens': { max_completion_tokens: 10 },
  };
  for (const [name, body] of Object.entries(bodies)) {
    it(name, () => {
      assert.notEqual(validate(withBody(body), settingsOf('dashscope')), undefined);
      assert.equal(validate(withBody(body), settingsOf('openai')), undefined);
    });
  }
});

describe('strict validation', () => {
  it('rejects the model list at dashscope and returns it at openai', () => {
    const list = { ...rawOf(), method: 'GET', path: '/v1/models', rawBody: '' };
    assert.equal(validate(list, settingsOf('dashscope'))?.status, 404);
    assert.equal(validate(list, settingsOf('openai')), undefined);
  });

  it('rejects an unknown route with 404, a wrong key with 401 and a wrong body with 400', () => {
    const status = (parts: Partial<RawRequest>) =>
      validate(rawOf(parts), settingsOf('openai', { apiKey: 'sk-test-1' }))?.status;
    assert.equal(status({ path: '/v1/chat/completions/' }), 404);
    assert.equal(status({ headers: {} }), 401);
    assert.equal(status({}), 401);
    assert.equal(status({ headers: { ...HEADERS, authorization: 'Bearer sk-test-1' }, rawBody: '[]' }), 400);
  });

  it('skips exactly the rules named in "without"', () => {
    const body = withBody({ messages: [{ role: 'developer', content: 'x' }, user([{ type: 'text', text: 'x' }])] });
    assert.equal(validate(body, settingsOf('dashscope'), ['role'])?.rule, 'content-array');
    assert.equal(validate(body, settingsOf('dashscope'), ['role', 'content-array']), undefined);
  });

  it('accepts the fields of allowFields at the top level, in messages and in functions', () => {
    const body = withBody({
      reasoning: { effort: 'low' },
      messages: [user(), { role: 'assistant', content: 'x', reasoning_details: [] }, user()],
      tools: [functionTool('f', { strict: true })],
    });
    const allowFields = ['reasoning', 'reasoning_details', 'strict'];
    assert.equal(validate(body, settingsOf('dashscope', { allowFields })), undefined);
    assert.notEqual(validate(body, settingsOf('dashscope')), undefined);
  });

  it('renders the error body of each dialect', () => {
    const body = withBody({ tools: [] });
    const render = (dialect: UpstreamDialect) => {
      const settings = settingsOf(dialect);
      const rejection = validate(body, settings);
      assert.ok(rejection);
      return renderRejection(rejection, settings, 'req-1');
    };
    assert.equal(
      render('dashscope'),
      `{"error":{"message":"[] is too short - 'tools'","type":"invalid_request_error","param":null,"code":null},` +
      '"request_id":"req-1"}',
    );
    assert.equal(
      render('openai'),
      `{"error":{"message":"[] is too short - 'tools'","type":"invalid_request_error","param":"tools","code":null}}`,
    );
  });
});
