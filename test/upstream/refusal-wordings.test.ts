/** Which repair follows a rejection: many wordings, statuses and error bodies for each row of the table. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classifyHttpFailure } from '../../src/errors/classify';
import { LearnedRepairs, RepairSession } from '../../src/upstream/learned-repairs';
import type { ChatRequest } from '../../src/wire/chat';

const ID = 'call_abcdefghijklmn';
/** A request with one of everything. */
const REQUEST: ChatRequest = {
  model: 'm', stream: true, stream_options: { include_usage: true }, tool_choice: 'required', parallel_tool_calls: true,
  temperature: 0.5, top_p: 0.9, reasoning_effort: 'medium', max_tokens: 100_000, user: 'u', seed: 1, logprobs: true,
  frequency_penalty: 0.1,
  messages: [
    { role: 'system', content: 's' },
    { role: 'user', content: 'a' },
    { role: 'user', content: 'b' },
    {
      role: 'assistant', content: 'So.', reasoning_content: 'Hm',
      tool_calls: [{ id: ID, type: 'function', function: { name: 'a_tool', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: ID, content: 'r' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'c' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBOR', detail: 'high' } },
      ],
    },
    { role: 'assistant', content: 'ok' },
    { role: 'system', content: 'late' },
    { role: 'user', content: 'd' },
  ],
  tools: [{
    type: 'function',
    function: {
      name: `a_${'long'.repeat(10)}_tool`, description: 'd'.repeat(3_000), strict: true,
      parameters: {
        type: 'object', required: ['a'], additionalProperties: false, $defs: { q: { type: 'string' } },
        properties: { a: { $ref: '#/$defs/q' }, b: { anyOf: [{ type: 'string' }, { type: 'null' }], pattern: '^x' } },
      },
    },
  }],
};

const openai = (message: string, param: string | null = null): unknown =>
  ({ error: { message, type: 'invalid_request_error', param, code: null } });
const pydantic = (loc: readonly (string | number)[], msg: string): unknown =>
  ({ detail: [{ type: 'value_error', loc: ['body', ...loc], msg }] });

type Refusals = readonly (readonly [status: number, body: unknown])[];

/** The name of the repair begins with the key. */
const TABLE: Readonly<Record<string, Refusals>> = {
  'pictures as text': [
    [400, openai('Invalid content type. image_url is only supported by certain models.', 'messages.[5].content.[1]')],
    [400, openai('The model does not accept image inputs')],
    [500, openai('this model is missing data required for image input')],
    [400, { error: 'unsupported content[].type' }],
    [400, openai('At most 0 image(s) may be provided in one request.')],
    [400, { message: '该模型不支持图片输入' }],
    [413, openai('Images are for user messages, but this model is text only.')],
    [404, openai('No endpoints found that support input modalities: image')],
    [422, pydantic(['messages', 5, 'content', 1, 'type'], "Input should be 'text'")],
  ],
  'content as string': [
    [422, pydantic(['messages', 5, 'content'], 'Input should be a valid string')],
    [500, openai('invalid type: sequence, expected a string')],
  ],
  'alternating roles': [
    [400, openai('messages: roles must alternate between "user" and "assistant", but found multiple "user" roles')],
    [400, openai('Please ensure that multiturn requests alternate between user and model.')],
    [400, ['Expected role assistant after user, got user']],
    [422, { message: { detail: [{ loc: ['body', 'messages'], msg: 'consecutive messages with the same role' }] } }],
  ],
  'one system message': [
    [400, openai('System messages are only allowed at the start of the conversation')],
    [400, { object: 'error', message: "Unexpected role 'system' after role 'assistant'" }],
    [500, openai('Only user and assistant roles are supported, with the exception of an initial optional system')],
  ],
  'instructions as user text': [
    [500, openai('System role not supported')],
    [422, pydantic(['messages', 0, 'role'], "Input should be 'user' or 'assistant'")],
  ],
  'call ids of 9 characters': [
    [400, openai(`'${ID}' does not match '^[a-zA-Z0-9]{9}$' - 'messages.3.tool_calls.0.id'`)],
    [400, openai('tool_call_id must be exactly nine characters, alphanumeric')],
    [500, openai('Tool call IDs should be alphanumeric strings with length 9!')],
    [422, pydantic(['messages', 3, 'tool_calls', 0, 'id'], 'tool call id must have length 9')],
  ],
  'call ids of at most 10 characters': [
    [400, openai("Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with maximum length 10.")],
  ],
  'no reasoning_content': [
    [400, openai('Unknown parameter', 'messages[3].reasoning_content')],
    [422, pydantic(['messages', 3, 'reasoning_content'], 'extra fields not permitted')],
    [500, { error: "Additional properties are not allowed ('reasoning_content' was unexpected) - 'messages.3'" }],
  ],
  'reasoning instead of reasoning_content': [
    [400, openai("property 'reasoning_content' is unsupported, did you mean 'reasoning'?")],
  ],
  'tool_choice: auto': [
    [400, openai('tool_choice "required" is not supported')],
    [404, openai("No endpoints found that support the provided 'tool_choice' value.")],
    [400, openai('Thinking may not be enabled when tool_choice forces tool use.')],
  ],
  'simpler tool schemas': [
    [500, openai('failed to parse grammar')],
    [400, openai('Grammar error: Unimplemented keys: ["pattern"]')],
    [400, openai('The provided JSON schema contains features not supported by xgrammar.')],
    [422, pydantic(['tools', 0, 'function', 'parameters', 'properties', 'a', '$ref'], 'Unresolvable reference')],
  ],
  'tool descriptions of at most 1024': [
    [400, openai('Tool description exceeds 1024 characters')],
    [400, openai('Description: string too long. Expected a string with maximum length 1024', 'tools[0].function')],
    [422, pydantic(['tools', 0, 'function', 'description'], 'ensure this value has at most 1024 characters')],
    [400, { message: "Value at 'toolSpec.description' failed: Member must have length less than or equal to 1024" }],
  ],
  'tool names of at most 32': [
    [400, openai("Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 32.")],
  ],
  'max_tokens at most 8192': [
    [400, openai('Invalid max_tokens value, the valid range of max_tokens is [1, 8192]')],
    [400, openai('max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for m')],
    [422, pydantic(['max_tokens'], 'Input should be less than or equal to 8192')],
    [500, openai("'max_tokens' must be at most 8,192")],
  ],
  'without reasoning_effort': [
    [400, openai('"m" does not support thinking')],
    [400, openai('reasoning_effort: Thinking is not supported by this model')],
  ],
  'without parallel_tool_calls': [
    [400, openai('parallel_tool_calls is not supported with this model')],
    [422, pydantic(['parallel_tool_calls'], 'Extra inputs are not permitted')],
  ],
  'without seed': [[400, { error: 'json: unknown field "seed"' }], [413, openai('Unknown field: seed')]],
  'without user': [[500, { detail: 'Unsupported parameter: user' }]],
  'without temperature': [
    [400, { errors: { temperature: ['is not allowed for this model'] } }],
    [400, openai('temperature: only 1 is allowed for this model')],
  ],
  'without frequency_penalty': [
    [400, openai("UnsupportedParamsError: m does not support parameters: ['frequency_penalty'], for model=m.")],
  ],
};

describe('a rejection leads to the repair', () => {
  for (const [name, refusals] of Object.entries(TABLE)) {
    it(name, () => {
      for (const [status, body] of refusals) {
        const text = JSON.stringify(body);
        const session = new RepairSession(new LearnedRepairs(), 'host', REQUEST);
        const found = session.learn(classifyHttpFailure({ status, body: text, host: 'host' }), 1);
        assert.ok(found?.name.startsWith(name), `${status} ${text}: ${found?.name}`);
      }
    });
  }

  it('and to none for any other cause', () => {
    for (const [status, body] of [
      [400, openai('The image is too large: at most 20 MB are supported')],
      [413, '<html><head><title>413 Request Entity Too Large</title></head></html>'],
      [401, openai('Incorrect API key provided')],
      [400, openai('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set')],
      [429, openai('Rate limit reached: tokens per minute')],
    ] as const) {
      const session = new RepairSession(new LearnedRepairs(), 'host', { ...REQUEST, tool_choice: 'auto' });
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      assert.equal(session.learn(classifyHttpFailure({ status, body: text, host: 'host' }), 1)?.name, undefined, text);
    }
  });
});
