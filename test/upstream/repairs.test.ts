/** Which request follows a rejection: messages of real providers (upstreams.md, section 2), and variants. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { classifyHttpFailure } from '../../src/errors/classify';
import { LearnedRepairs, MAX_REPAIR_CALLS, RepairSession } from '../../src/upstream/learned-repairs';
import type { ChatMessage, ChatRequest, ChatTool } from '../../src/wire/chat';

const USER: ChatMessage = { role: 'user', content: 'x' };
const PLAIN: ChatRequest = { model: 'm', messages: [USER], stream: true };
const FORCED = { tools: [], tool_choice: { type: 'function', function: { name: 'f' } } } as const;
const FORMAT = { response_format: { type: 'json_object' } } as const;
const SCHEMA = {
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
} as const;

/** An error body; a string is the message of an OpenAI error. */
type Body = string | object;

const refusal = (body: Body, status = 400) =>
  classifyHttpFailure({
    status, host: 'h', body: JSON.stringify(typeof body === 'string' ? { error: { message: body } } : body),
  });

const repairOnce = (body: Body, chat: ChatRequest, status?: number): ChatRequest => {
  const session = new RepairSession(new LearnedRepairs(), 'h', chat);
  const found = session.learn(refusal(body, status), 1);
  return found ? session.chat : chat;
};

/** A rejection, the fields of the rejected request, and those of the next one. */
const FIELDS: readonly (readonly [body: Body, had: Partial<ChatRequest>, has: Partial<ChatRequest>])[] = [
  [
    '<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to required or ' +
    'object in thinking mode',
    FORCED,
    { tools: [], tool_choice: 'auto' },
  ],
  ["tool_choice 'specified' is incompatible with thinking enabled", FORCED, { tools: [], tool_choice: 'auto' }],
  [
    'Thinking mode does not support this tool_choice',
    { tools: [], tool_choice: 'required' },
    { tools: [], tool_choice: 'auto' },
  ],
  [
    '<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 65536]',
    { max_tokens: 100_000 },
    { max_tokens: 65_536 },
  ],
  [
    'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]',
    { max_tokens: 9_000 },
    { max_tokens: 8_192 },
  ],
  ['max_tokens参数非法：限制数值范围[1,131072]', { max_tokens: 200_000 }, { max_tokens: 131_072 }],
  ['Range of max_completion_tokens should be [1, 100]', { max_completion_tokens: 200 }, { max_completion_tokens: 100 }],
  [
    'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided ' +
    '100000.',
    { max_tokens: 100_000 },
    { max_tokens: 16_384 },
  ],
  [
    { detail: [{ loc: ['body', 'max_tokens'], msg: 'Input should be less than or equal to 4096', type: 'less_than' }] },
    { max_tokens: 9_000 },
    { max_tokens: 4_096 },
  ],
  ['`max_tokens` must be less than or equal to `32,768`', { max_tokens: 40_000 }, { max_tokens: 32_768 }],
  [
    "Invalid 'max_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
    { max_tokens: 1 },
    { max_tokens: 16 },
  ],
  [
    'max_tokens (100000) exceeds the maximum of 8192 for this model', { max_tokens: 100_000 }, { max_tokens: 8_192 },
  ],
  ['max_tokens must be less than 4096', { max_tokens: 9_000 }, { max_tokens: 4_095 }],
  [
    'unknown field `prompt_cache_key`, expected one of `model`, `stream_options`, `temperature`, `max_tokens`',
    { stream_options: { include_usage: true }, temperature: 1, max_tokens: 5, prompt_cache_key: 'k' },
    { stream_options: { include_usage: true }, temperature: 1, max_tokens: 5 },
  ],
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { max_tokens: 900 },
    { max_completion_tokens: 900 },
  ],
  [
    { detail: [{ loc: ['body', 'max_completion_tokens'], msg: 'Extra inputs are not permitted' }] },
    { max_completion_tokens: 900 },
    { max_tokens: 900 },
  ],
  [
    'thinking_budget and reasoning_effort cannot be set at the same time',
    { thinking_budget: 1, reasoning_effort: 'high' },
    { reasoning_effort: 'high' },
  ],
  ['Json mode response is not supported when enable_thinking is true', FORMAT, {}],
  ["'response_format.type' : value 'json_schema' is not supported", FORMAT, {}],
  [
    'This response_format type is unavailable now',
    SCHEMA,
    {
      messages: [
        {
          role: 'user',
          content:
            'x\n\nAnswer with one JSON object and nothing else: no prose, no code fence. It must match this JSON ' +
            'Schema:\n{"type":"object"}',
        },
      ],
    },
  ],
  ['Range of n should be [1, 1]', { n: 2 }, {}],
  ['parallel_tool_calls is not supported', { parallel_tool_calls: true }, {}],
  ['Unrecognized request argument supplied: stream_options', { stream_options: { include_usage: true } }, {}],
  ["property 'stream_options' is unsupported, did you mean 'stream'?", { stream_options: { include_usage: true } }, {}],
  [
    '[{"type":"extra_forbidden","loc":["body","tool_stream"],"msg":"Extra inputs are not permitted"}]',
    { tool_stream: true },
    {},
  ],
  ['invalid temperature: only 1 is allowed for this model', { temperature: 0.2 }, {}],
  ['unknown field "seed"', { seed: 1 }, {}],
  ['Unsupported parameter: user', { user: 'u' }, {}],
  [{ error: { message: 'Unsupported value', param: 'prompt_cache_key' } }, { prompt_cache_key: 'k' }, {}],
  [{ detail: { logprobs: ['This field is not permitted.'] } }, { logprobs: true }, {}],
  ['This model does not support enable_search. Parameter enable_search is not supported.', { enable_search: true }, {}],
  ['Unknown parameter: preserve_thinking', { preserve_thinking: true }, {}],
];

describe('a rejected field', () => {
  for (const [body, had, has] of FIELDS) {
    it((typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 70), () => {
      const memory = new LearnedRepairs();
      const session = new RepairSession(memory, 'h', { ...PLAIN, ...had });
      assert.ok(session.learn(refusal(body), 1));
      assert.deepEqual(session.chat, { ...PLAIN, ...has });
      session.succeed();
      assert.deepEqual(memory.apply('h', { ...PLAIN, ...had }), { ...PLAIN, ...has });
    });
  }
});

const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } }) as const;
const RESULT: ChatMessage = { role: 'tool', tool_call_id: 'call_1', content: 'r' };
const CALLS: readonly ChatMessage[] =
  [USER, { role: 'assistant', content: 'a', reasoning_content: 't', tool_calls: [call('call_1')] }, RESULT, USER];
const PICTURE: ChatMessage = {
  role: 'user',
  content: [{ type: 'text', text: 'x' }, { type: 'image_url', image_url: { url: 'data:', detail: 'high' } }],
};
const TOOL: ChatTool = {
  type: 'function',
  function: {
    name: 'a_name_of_forty_characters_that_is_too_long', description: 'd'.repeat(2_000), strict: true,
    parameters: {
      type: 'object', properties: { a: { type: 'string', pattern: '^a' } }, anyOf: [{ required: ['a'] }],
    },
  },
};

/** The error body of a server that uses FastAPI and pydantic. */
const pydantic = (path: readonly (string | number)[], msg: string): object =>
  ({ detail: [{ type: 'value_error', loc: ['body', ...path], msg, input: 'x' }] });
/** OpenAI's error object for a string that is too long. */
const tooLong = (param: string, most: number): object => ({
  error: {
    message: `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string ` +
      'with length 2000 instead.',
    param, code: 'string_above_max_length',
  },
});

const text = (value: unknown): string => JSON.stringify(value);
const roles = ({ messages }: ChatRequest): string => messages.map(({ role }) => role).join(' ');
const SYSTEM: ChatMessage = { role: 'system', content: 's' };
const ALTERNATE = 'user assistant user';

interface Shape {
  readonly name: string;
  readonly chat: Partial<ChatRequest>;
  /** Default: 400. */
  readonly refusals: readonly (Body | readonly [status: number, body: Body])[];
  readonly isRepaired: (chat: ChatRequest) => boolean;
}

const SHAPES: readonly Shape[] = [
  {
    name: 'reasoning in messages',
    chat: { messages: CALLS },
    refusals: [
      "messages.3.assistant.reasoning_content: property 'messages.3.assistant.reasoning_content' is unsupported",
      [422, pydantic(['messages', 1, 'assistant', 'reasoning_content'], 'Extra inputs are not permitted')],
      [500, 'Unknown field in messages[1]: reasoning_content'],
      { message: ["Unrecognized key(s) in object: 'reasoning_content'"] },
    ],
    isRepaired: (chat) => !text(chat).includes('reasoning'),
  },
  {
    name: 'reasoning under another name',
    chat: { messages: CALLS },
    refusals: ["property 'reasoning_content' is unsupported, did you mean 'reasoning'?"],
    isRepaired: (chat) => text(chat).includes('"reasoning":"t"'),
  },
  {
    name: 'text, reasoning and calls in one message',
    chat: { messages: CALLS },
    refusals: [[500, 'Cannot pass both content and thinking in an assistant message with tool calls!']],
    isRepaired: (chat) => text(chat).includes('"reasoning_content":"t\\n\\na"'),
  },
  {
    name: 'pictures',
    chat: { messages: [PICTURE] },
    refusals: [
      'Failed to deserialize the JSON body: messages[4]: unknown variant `image_url`, expected `text`',
      [404, 'No endpoints found that support image input'],
      [500, 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj'],
      [422, 'deepseek-v4 is not a multimodal model'],
      'This model does not support images', 'Only text content is supported by this model',
      'The model cannot process images',
      'Invalid content type. image_url is only supported by certain models.',
      'content must be a string',
    ],
    isRepaired: (chat) => !text(chat).includes('image_url') && text(chat).includes('image left out'),
  },
  {
    name: 'detail of pictures',
    chat: { messages: [PICTURE] },
    refusals: ['image_detail is invalid'],
    isRepaired: (chat) => text(chat).includes('image_url') && !text(chat).includes('detail'),
  },
  {
    name: 'roles that must alternate',
    chat: { messages: [USER, USER, { role: 'assistant', content: 'a' }, SYSTEM, USER] },
    refusals: [
      'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
      [500, 'Conversation roles must alternate user/assistant/user/assistant/... at row 12, column 3'],
      'messages: roles must be alternating between "user" and "assistant"',
      'Two consecutive messages have the same role', 'Multiple user messages in a row are not allowed',
      [422, "messages[1]: expected role 'assistant' but got 'user'"],
    ],
    isRepaired: (chat) => roles(chat) === ALTERNATE,
  },
  {
    name: 'user after tool',
    chat: { messages: CALLS },
    refusals: [
      "Unexpected role 'user' after role 'tool'", [422, 'A user message cannot directly follow a tool message'],
    ],
    isRepaired: (chat) => roles(chat) === 'user assistant tool assistant user',
  },
  {
    name: 'developer',
    chat: { messages: [{ role: 'developer', content: 's' }, USER] },
    refusals: [
      "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.0.role'",
      [422, 'messages[0].role: unknown variant `developer`, expected one of `system`, `user`'],
    ],
    isRepaired: (chat) => roles(chat) === 'system user',
  },
  {
    name: 'no system message',
    chat: { messages: [SYSTEM, USER] },
    refusals: [[500, 'System role not supported'], 'Developer instruction is not enabled for models/gemma-3-27b-it'],
    isRepaired: (chat) => !roles(chat).includes('system') && text(chat).includes('s'),
  },
  {
    name: 'several system messages',
    chat: { messages: [SYSTEM, SYSTEM, USER, SYSTEM, USER] },
    refusals: [
      'System message must be at the beginning.', 'Only one system message is allowed',
      [500, "Unexpected role 'system' after role 'user'"], 'multiple system messages are not supported',
    ],
    isRepaired: (chat) => roles(chat).startsWith('system user') && !roles(chat).slice(6).includes('system'),
  },
  {
    name: 'calls in the history of a request without tools',
    chat: { messages: CALLS },
    refusals: [
      'bedrock error: The toolConfig field must be defined when using toolUse and toolResult content blocks.',
      [500, 'litellm.UnsupportedParamsError: Bedrock doesn\'t support tool calling without `tools=` param specified.'],
      'Requests which include `tool_use` or `tool_result` blocks must define tools',
    ],
    isRepaired: (chat) => !/tool_call/.test(text(chat)) && text(chat).includes('Called f'),
  },
  {
    name: 'call ids of nine letters or digits',
    chat: { messages: CALLS, tools: [] },
    refusals: [
      'Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.',
      [422, pydantic(['messages', 1, 'tool_calls', 0, 'id'], "String should match pattern '^[a-zA-Z0-9]{9}$'")],
      'tool_call_id must be exactly nine alphanumeric characters',
    ],
    isRepaired: (chat) => /"id":"([a-zA-Z0-9]{9})".*"tool_call_id":"\1"/.test(text(chat)),
  },
  {
    name: 'call ids that are too long',
    chat: {
      messages: [
        USER, { role: 'assistant', content: '', tool_calls: [call('c'.repeat(60))] },
        { ...RESULT, tool_call_id: 'c'.repeat(60) },
      ],
      tools: [],
    },
    refusals: [
      tooLong('messages[1].tool_calls[0].id', 40),
    ],
    isRepaired: (chat) => /"id":"(\w{1,40})".*"tool_call_id":"\1"/.test(text(chat)),
  },
  {
    name: 'content that must be a list of parts',
    chat: {},
    refusals: [
      [422, 'messages[0].content: invalid type: string, expected a sequence'], 'content must be a list of parts',
    ],
    isRepaired: (chat) => text(chat).includes('[{"type":"text","text":"x"}]'),
  },
  {
    name: 'empty content',
    chat: {
      messages: [
        USER, { role: 'assistant', content: '', tool_calls: [call('call_1')] }, RESULT, { role: 'user', content: '' },
      ],
    },
    refusals: ['messages: text content blocks must be non-empty', 'The content field must not be empty'],
    isRepaired: (chat) => !text(chat).includes('"content":""'),
  },
  {
    name: 'long tool descriptions',
    chat: { tools: [TOOL] },
    refusals: [
      tooLong('tools[1].function.description', 1_024),
      [422, pydantic(['tools', 0, 'function', 'description'], 'String should have at most 1024 characters')],
    ],
    isRepaired: (chat) => (chat.tools?.[0]?.function.description?.length ?? 0) <= 1_024,
  },
  {
    name: 'long tool names',
    chat: { tools: [TOOL] },
    refusals: [tooLong('tools[0].function.name', 32)],
    isRepaired: (chat) => (chat.tools?.[0]?.function.name.length ?? 99) <= 32,
  },
  {
    name: 'strict',
    chat: { tools: [TOOL] },
    refusals: [
      'Unknown parameter: tools[0].function.strict',
      [422, pydantic(['tools', 0, 'function', 'strict'], 'Extra inputs are not permitted')],
    ],
    isRepaired: (chat) => !text(chat).includes('strict'),
  },
  {
    name: 'schemas',
    chat: { tools: [TOOL] },
    refusals: [
      'JSON schema conversion failed:\nUnrecognized schema: {"required":["a"]}', [500, 'failed to parse grammar'],
    ],
    isRepaired: (chat) => !text(chat).includes('anyOf') && text(chat).includes('"a"'),
  },
  {
    name: 'several calls in one message',
    chat: {
      messages: [
        USER, { role: 'assistant', content: '', tool_calls: [call('1'), call('2')] },
        { ...RESULT, tool_call_id: '1' }, { ...RESULT, tool_call_id: '2' },
      ],
      tools: [TOOL],
    },
    refusals: [[500, 'This model only supports single tool-calls at once!']],
    isRepaired: (chat) => roles(chat) === 'user assistant tool assistant tool',
  },
  {
    name: 'an assistant message at the end',
    chat: { messages: [USER, { role: 'assistant', content: 'a' }] },
    refusals: ['This model does not support assistant message prefill. The conversation must end with a user message.'],
    isRepaired: (chat) => roles(chat) === ALTERNATE,
  },
];

describe('a rejected form', () => {
  for (const { name, chat, refusals, isRepaired } of SHAPES) {
    for (const said of refusals) {
      const [status, body] = Array.isArray(said) ? said : [400, said];
      it(`${name}: ${status} ${text(body).slice(0, 60)}`, () => {
        const before = { ...PLAIN, ...chat };
        assert.ok(!isRepaired(before), 'the request needs no repair');
        const after = repairOnce(body as Body, before, status as number);
        assert.ok(isRepaired(after), text(after.messages));
      });
    }
  }
});

describe('no repair', () => {
  const NOTHING: readonly (readonly [body: Body, had: Partial<ChatRequest>, status?: number])[] = [
    ['Repetitive tool calls detected in the conversation history', FORCED],
    ['The content field is a required field.', { seed: 1 }],
    ['tool_choice is one of the strings that should be ["none", "auto"]', { tool_choice: 'auto' }],
    ['Range of max_tokens should be [1, 65536]', { max_tokens: 100 }],
    ['Range of input length should be [1, 202752]', { n: 2 }],
    ['unknown field "messages"', {}],
    ["Unexpected role 'user'", { user: 'u' }],
    ['Invalid API key: stream_options', { stream_options: { include_usage: true } }, 401],
    ['rate limit of stream_options exceeded', { stream_options: { include_usage: true } }, 429],
    ["Invalid 'tools': array too long. Expected an array with maximum length 128", { tools: [TOOL] }],
    ['library/m does not support tools', { tools: [TOOL] }],
    ['image too large: the maximum is 10 MB', { messages: [PICTURE] }],
    [{ detail: [{ loc: ['body', 'x'], msg: 'bad', input: { stream_options: 'unsupported' } }] }, {
      stream_options: { include_usage: true } }],
  ];
  for (const [body, had, status] of NOTHING) {
    it(`from: ${text(body).slice(0, 60)}`, () => {
      const chat = { ...PLAIN, ...had };
      assert.deepEqual(repairOnce(body, chat, status), chat);
    });
  }
});

describe('a repair', () => {
  const SEED = { ...PLAIN, seed: 1 };

  it('applies to that model at that host only', () => {
    const memory = new LearnedRepairs();
    const session = new RepairSession(memory, 'h', SEED);
    session.learn(refusal('unknown field "seed"'), 1);
    session.succeed();
    assert.deepEqual(memory.apply('h', SEED), PLAIN);
    assert.deepEqual(memory.apply('other', SEED), SEED);
    assert.deepEqual(memory.apply('h', { ...SEED, model: 'other' }), { ...SEED, model: 'other' });
  });

  it('is undone, and not remembered, if the rejection stays the same', () => {
    const memory = new LearnedRepairs();
    const session = new RepairSession(memory, 'h', SEED);
    assert.ok(session.learn(refusal('unknown field "seed" at 7'), 1));
    assert.equal(session.learn(refusal('unknown field "seed" at 9'), 2), undefined);
    assert.deepEqual(session.chat, SEED);
    assert.deepEqual(memory.apply('h', SEED), SEED);
  });

  it('is not remembered before a response shows that it worked', () => {
    const memory = new LearnedRepairs();
    const session = new RepairSession(memory, 'h', SEED);
    session.learn(refusal('unknown field "seed"'), 1);
    session.learn(refusal('Too many requests.', 429), 2);
    assert.deepEqual([session.chat, memory.apply('h', SEED)], [PLAIN, SEED]);
    session.succeed();
    assert.deepEqual(memory.apply('h', SEED), PLAIN);
  });

  it('is remembered if the answer fails', () => {
    const memory = new LearnedRepairs();
    const session = new RepairSession(memory, 'h', SEED);
    session.learn(refusal('unknown field "seed"'), 1);
    session.learn(new BridgeError('bad_answer', 'No JSON.'), 2);
    assert.deepEqual(memory.apply('h', SEED), PLAIN);
  });

  it('is remembered if a different rejection follows', () => {
    const memory = new LearnedRepairs();
    const session = new RepairSession(memory, 'h', { ...SEED, top_p: 1 });
    session.learn(refusal('unknown field "seed"'), 1);
    session.learn(refusal('unknown field "top_p"'), 2);
    assert.deepEqual(session.chat, PLAIN);
    assert.equal(session.learn(refusal('No.'), 3), undefined);
    assert.deepEqual(memory.apply('h', { ...SEED, top_p: 1 }), PLAIN);
  });

  it('changes nothing that was not rejected: a forced choice, calls without tools', () => {
    const memory = new LearnedRepairs();
    const forced = new RepairSession(memory, 'h', { ...PLAIN, ...FORCED });
    forced.learn(refusal('Thinking mode does not support this tool_choice'), 1);
    forced.succeed();
    const bare = new RepairSession(memory, 'h', { ...PLAIN, messages: CALLS });
    bare.learn(refusal('The toolConfig field must be defined when using toolUse'), 1);
    bare.succeed();
    for (const chat of [{ ...PLAIN, tool_choice: 'none' as const }, { ...PLAIN, messages: CALLS, tools: [TOOL] }])
      assert.deepEqual(memory.apply('h', chat), chat);
  });

  it('costs at most four calls', () => {
    const session = new RepairSession(new LearnedRepairs(), 'h', SEED);
    assert.equal(session.learn(refusal('unknown field "seed"'), MAX_REPAIR_CALLS), undefined);
  });

  it('ends with schemas that every validator accepts', () => {
    const session = new RepairSession(new LearnedRepairs(), 'h', { ...PLAIN, tools: [TOOL] });
    const seen = ['{"required":["a"]}', 'pattern', 'properties'].map((what, index) => {
      session.learn(refusal(`Invalid JSON schema: ${what}`), index + 1);
      return text(session.chat.tools?.[0]?.function.parameters);
    });
    assert.equal(new Set(seen).size, 3);
    assert.match(seen[2] ?? '', /^\{"type":"object","properties":\{\}/);
  });
});
