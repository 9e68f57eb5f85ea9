/** The literal bytes of a scripted answer in each dialect. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderChatStream, renderCompletion, type AnswerContext, type ScriptedAnswer } from './chat-stream';

const CONTEXT: AnswerContext = { dialect: 'openai', model: 'm', number: 1, includeUsage: false, choices: 1 };
const DASHSCOPE: AnswerContext = { ...CONTEXT, dialect: 'dashscope' };

/** Compares the stream with the expected chunks, each in the dialect's envelope. */
function assertStream(
  answer: ScriptedAnswer,
  context: AnswerContext,
  envelope: (choices: string) => string,
  chunks: readonly string[],
) {
  const expected = [...chunks.map((choices) => `data: ${envelope(choices)}\n\n`), 'data: [DONE]\n\n'];
  assert.equal(renderChatStream(answer, context).join(''), expected.join(''));
}

const openai = (choices: string): string =>
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":null,' +
  `"choices":${choices}}`;
const openaiDelta = (delta: string, finish = 'null'): string =>
  `[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]`;
const dashscope = (choices: string): string =>
  `{"choices":${choices},"object":"chat.completion.chunk","usage":null,"created":1700000000,` +
  '"system_fingerprint":null,"model":"m","id":"chatcmpl-1"}';
const dashscopeDelta = (delta: string, finish = 'null'): string =>
  `[{"delta":${delta},"finish_reason":${finish},"index":0,"logprobs":null}]`;

describe('an openai stream', () => {
  it('opens with the role, and ends with a reason and [DONE]', () => {
    assertStream({ text: 'Hello 🌍!', pieces: 5 }, CONTEXT, openai, [
      openaiDelta('{"role":"assistant","content":""}'),
      openaiDelta('{"content":"Hello"}'),
      openaiDelta('{"content":" 🌍!"}'),
      openaiDelta('{}', '"stop"'),
    ]);
  });

  it('sends reasoning before text', () => {
    assertStream({ reasoning: 'Hm', text: 'Yes' }, CONTEXT, openai, [
      openaiDelta('{"role":"assistant","content":""}'),
      openaiDelta('{"reasoning_content":"Hm"}'),
      openaiDelta('{"content":"Yes"}'),
      openaiDelta('{}', '"stop"'),
    ]);
  });

  it('names a call once, with empty arguments, and then sends bare argument pieces', () => {
    const toolCalls = [{ name: 'f', arguments: { a: 1 } }, { id: 'x', name: 'g', arguments: '' }];
    assertStream({ toolCalls }, CONTEXT, openai, [
      openaiDelta('{"role":"assistant","content":""}'),
      openaiDelta(
        '{"tool_calls":[{"index":0,"id":"call_1_0","type":"function","function":{"name":"f","arguments":""}}]}',
      ),
      openaiDelta('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\""}}]}'),
      openaiDelta('{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}'),
      openaiDelta('{"tool_calls":[{"index":1,"id":"x","type":"function","function":{"name":"g","arguments":""}}]}'),
      openaiDelta('{}', '"tool_calls"'),
    ]);
  });

  it('has "usage" only on request: null in every chunk, and the counts in a last chunk without choices', () => {
    const context = { ...CONTEXT, includeUsage: true };
    const usage =
      '{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,"prompt_tokens_details":{"cached_tokens":64},' +
      '"completion_tokens_details":{"reasoning_tokens":5}}';
    const withUsage = (numbers: string) => (choices: string) => openai(choices).replace(/\}$/, `,"usage":${numbers}}`);
    assert.deepEqual(
      renderChatStream({ usage: { prompt: 100, completion: 7, cached: 64, reasoning: 5 } }, context),
      [
        `data: ${withUsage('null')(openaiDelta('{"role":"assistant","content":""}'))}\n\n`,
        `data: ${withUsage('null')(openaiDelta('{}', '"stop"'))}\n\n`,
        `data: ${withUsage(usage)('[]')}\n\n`,
        'data: [DONE]\n\n',
      ],
    );
  });
});

describe('a dashscope stream', () => {
  it('opens with empty content and ends with empty content', () => {
    assertStream({ text: 'Hello!', pieces: 3 }, DASHSCOPE, dashscope, [
      dashscopeDelta('{"content":"","role":"assistant"}'),
      dashscopeDelta('{"content":"Hel"}'),
      dashscopeDelta('{"content":"lo!"}'),
      dashscopeDelta('{"content":""}', '"stop"'),
    ]);
  });

  it('has null content while it thinks, and null reasoning_content afterwards', () => {
    assertStream({ reasoning: 'Hm, 9.9', text: 'Yes' }, DASHSCOPE, dashscope, [
      dashscopeDelta('{"content":null,"role":"assistant","reasoning_content":""}'),
      dashscopeDelta('{"content":null,"reasoning_content":"Hm, "}'),
      dashscopeDelta('{"content":null,"reasoning_content":"9.9"}'),
      dashscopeDelta('{"content":"Yes","reasoning_content":null}'),
      dashscopeDelta('{"content":"","reasoning_content":null}', '"stop"'),
    ]);
  });

  it('puts the role into the first fragment of an answer with only calls; later fragments have an empty id and no ' +
    'name', () => {
    const toolCalls = [
      { name: 'f', arguments: { a: 1 } },
      { id: 'x', name: 'g', arguments: '{}' },
    ];
    assertStream({ toolCalls }, DASHSCOPE, dashscope, [
      dashscopeDelta(
        '{"content":null,"tool_calls":[{"index":0,"id":"call_1_0","type":"function","function":{"name":"f",' +
        '"arguments":"{\\"a\\""}}],"role":"assistant"}',
      ),
      dashscopeDelta(
        '{"content":null,"tool_calls":[{"function":{"arguments":":1}"},"index":0,"id":"","type":"function"}]}',
      ),
      dashscopeDelta(
        '{"content":null,"tool_calls":[{"index":1,"id":"x","type":"function","function":{"name":"g",' +
        '"arguments":"{}"}}]}',
      ),
      dashscopeDelta('{}', '"tool_calls"'),
    ]);
  });

  it('sends calls after reasoning and text', () => {
    const toolCalls = [{ name: 'f', arguments: '{}' }];
    assertStream({ reasoning: 'Hm', text: 'Let me', pieces: 9, toolCalls }, DASHSCOPE, dashscope, [
      dashscopeDelta('{"content":null,"role":"assistant","reasoning_content":""}'),
      dashscopeDelta('{"content":null,"reasoning_content":"Hm"}'),
      dashscopeDelta('{"content":"Let me","reasoning_content":null}'),
      dashscopeDelta(
        '{"content":null,"reasoning_content":null,"tool_calls":[{"index":0,"id":"call_1_0","type":"function",' +
        '"function":{"name":"f","arguments":"{}"}}]}',
      ),
      dashscopeDelta('{}', '"tool_calls"'),
    ]);
  });

  it('has a usage chunk without choices only on request', () => {
    const [, , last] = renderChatStream({}, { ...DASHSCOPE, includeUsage: true });
    const usage =
      '{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":0},' +
      '"completion_tokens_details":{"reasoning_tokens":0}}';
    assert.equal(last, `data: ${dashscope('[]').replace('"usage":null', `"usage":${usage}`)}\n\n`);
    assert.equal(renderChatStream({}, DASHSCOPE).length, 3);
  });
});

describe('a stream of either dialect', () => {
  for (const context of [CONTEXT, DASHSCOPE]) {
    it(`has the finish reason and usage of the script (${context.dialect})`, () => {
      const chunks = (answer: ScriptedAnswer, options = context) => renderChatStream(answer, options).join('');
      assert.match(chunks({ text: 'x', finish: 'length' }), /"finish_reason":"length"/);
      assert.doesNotMatch(chunks({ text: 'x', finish: null }), /"finish_reason":"/);
      assert.doesNotMatch(chunks({ usage: null }, { ...context, includeUsage: true }), /prompt_tokens/);
    });

    it(`alternates between as many choices as requested (${context.dialect})`, () => {
      const indexes = renderChatStream({ text: 'x' }, { ...context, choices: 2 })
        .slice(0, -1)
        .map((event) => JSON.parse(event.slice('data: '.length)).choices[0].index);
      assert.deepEqual(indexes, [0, 1, 0, 1, 0, 1]);
    });
  }
});

describe('a completion', () => {
  const answer: ScriptedAnswer = { reasoning: 'Hm', text: 'Yes', toolCalls: [{ name: 'f', arguments: { a: 1 } }] };

  it('has the openai shape', () => {
    assert.equal(
      renderCompletion(answer, CONTEXT),
      '{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m","system_fingerprint":null,' +
        '"choices":[{"index":0,"message":{"role":"assistant","content":"Yes","reasoning_content":"Hm","tool_calls":' +
        '[{"id":"call_1_0","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},"logprobs":null,' +
        '"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30,' +
        '"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}',
    );
  });

  it('has the dashscope shape', () => {
    assert.equal(
      renderCompletion(answer, DASHSCOPE),
      '{"choices":[{"message":{"content":"Yes","reasoning_content":"Hm","role":"assistant","tool_calls":[{"index":0,' +
        '"id":"call_1_0","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},"finish_reason":' +
        '"tool_calls","index":0,"logprobs":null}],"object":"chat.completion","usage":{"prompt_tokens":20,' +
        '"completion_tokens":10,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":0},' +
        '"completion_tokens_details":{"reasoning_tokens":0}},"created":1700000000,"system_fingerprint":null,' +
        '"model":"m","id":"chatcmpl-1"}',
    );
  });

  it('with only calls has null content at openai and empty content at dashscope', () => {
    const calls: ScriptedAnswer = { toolCalls: [{ name: 'f', arguments: '{}' }] };
    assert.equal(JSON.parse(renderCompletion(calls, CONTEXT)).choices[0].message.content, null);
    assert.equal(JSON.parse(renderCompletion(calls, DASHSCOPE)).choices[0].message.content, '');
  });
});
