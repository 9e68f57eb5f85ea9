/** Refusals in providers' own words, and what is sent instead. Texts: upstreams.md, section 2. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { LearnedAmendments } from '../../src/upstream/amendments';
import type { ChatRequest } from '../../src/wire/chat';

const PLAIN: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true };
const FORCED = { tool_choice: { type: 'function', function: { name: 'f' } } } as const;
const FORMAT = { response_format: { type: 'json_object' } } as const;
const SCHEMA = {
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
} as const;

/** A refusal, what the request had, and what it has the next time. */
const CASES: readonly (readonly [refusal: string, had: Partial<ChatRequest>, has: Partial<ChatRequest>])[] = [
  [
    '<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to required or ' +
    'object in thinking mode',
    FORCED,
    { tool_choice: 'auto' },
  ],
  ["tool_choice 'specified' is incompatible with thinking enabled", FORCED, { tool_choice: 'auto' }],
  ['Thinking mode does not support this tool_choice', { tool_choice: 'required' }, { tool_choice: 'auto' }],
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
  [
    'This model only supports single tool-calls at once! parallel_tool_calls is not supported',
    { parallel_tool_calls: true },
    {},
  ],
  ['Unrecognized request argument supplied: stream_options', { stream_options: { include_usage: true } }, {}],
  [
    '[{"type":"extra_forbidden","loc":["body","tool_stream"],"msg":"Extra inputs are not permitted"}]',
    { tool_stream: true },
    {},
  ],
  ['invalid temperature: only 1 is allowed for this model', { temperature: 0.2 }, {}],
  ['unknown field "seed"', { seed: 1 }, {}],
  ['This model does not support enable_search. Parameter enable_search is not supported.', { enable_search: true }, {}],
  ['Unknown parameter: preserve_thinking', { preserve_thinking: true }, {}],
];

const refused = (text: string): BridgeError => new BridgeError('upstream_rejected', text);

describe('learning from refusals', () => {
  for (const [refusal, had, has] of CASES) {
    it(refusal.slice(0, 70), () => {
      const learned = new LearnedAmendments();
      const amendment = learned.learn(refused(refusal), { ...PLAIN, ...had });
      assert.deepEqual(amendment?.amend({ ...PLAIN, ...had }), { ...PLAIN, ...has });
      assert.deepEqual(learned.apply({ ...PLAIN, ...had }), { ...PLAIN, ...has });
      assert.equal(learned.learn(refused(refusal), { ...PLAIN, ...had }), undefined, 'the same is tried once');
    });
  }

  const NOTHING: readonly (readonly [string, Partial<ChatRequest>])[] = [
    ['Repetitive tool calls detected in the conversation history', FORCED],
    ['The content field is a required field.', { seed: 1 }],
    ['tool_choice is one of the strings that should be ["none", "auto"]', { tool_choice: 'auto' }],
    ['Range of max_tokens should be [1, 65536]', { max_tokens: 100 }],
    ['Range of input length should be [1, 202752]', { n: 2 }],
    ['unknown field "messages"', {}],
  ];
  for (const [refusal, had] of NOTHING) {
    it(`nothing from: ${refusal.slice(0, 60)}`, () => {
      assert.equal(new LearnedAmendments().learn(refused(refusal), { ...PLAIN, ...had }), undefined);
    });
  }

  it('knows what it learned for that model only', () => {
    const learned = new LearnedAmendments();
    learned.learn(refused('unknown field "seed"'), { ...PLAIN, seed: 1 });
    assert.deepEqual(learned.apply({ ...PLAIN, model: 'other', seed: 1 }), { ...PLAIN, model: 'other', seed: 1 });
  });
});
