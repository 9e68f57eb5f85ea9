/** Reports of streams: unusual fragments of calls, missing ends, lone surrogates, phases. */
import assert from 'node:assert/strict';
import type { Loose } from '../support/bridge/test-bridge';
import { codex, EXEC, functionTool, sdk, user } from '../support/reports/client';
import { argumentsOf, findLoneSurrogate } from '../support/reports/expectations';
import { testReports, type Report, type ReportedAnswer } from '../support/reports/report';
import { calls, chunk, FIRST, fragment, say, streamed, USAGE } from '../support/reports/upstream';

/** Codex must get calls with these commands in order, each with a unique id. */
const commands = (
  saw: string, source: string, expected: readonly string[], answer: ReportedAnswer, text = '',
): Report => ({
  saw, source, text, upstream: () => answer, requests: [codex([user('x')])],
  check: ({ reply }) => {
    assert.deepEqual(reply.calls.map((each) => argumentsOf(each)?.cmd), expected);
    assert.equal(new Set(reply.calls.map(({ call_id: id }) => id)).size, expected.length);
    const kinds = reply.items.map(({ type }) => type).filter((type) => type !== 'reasoning');
    assert.deepEqual(kinds, [...(text === '' ? [] : ['message']), ...expected.map(() => 'function_call')]);
  },
});

const run = (cmd: string): string => JSON.stringify({ cmd });
const exec = (index: number, id: string | undefined, args: string) => fragment(index, id, 'exec_command', args);
const more = (index: number, args: string) => fragment(index, undefined, undefined, args);

testReports('calls in pieces', [
  commands('arguments began with {} before the real ones and were not JSON',
    'openai/openai-agents-js#712, ogx-ai/ogx#5462, unslothai/unsloth#10275', ['ls'],
    streamed([calls(exec(0, 'call_1', '{}')), calls(more(0, '{"cmd":')), calls(more(0, '"ls"}'))], 'tool_calls')),
  {
    saw: 'a call that has no arguments lost its {}', source: 'unslothai/unsloth#10275',
    upstream: () => streamed([calls(fragment(0, 'call_1', 'get_goal', '{}'))], 'tool_calls'),
    requests: [codex([user('y')], { tools: [EXEC, functionTool('get_goal', {})] })],
    check: ({ reply }) => assert.deepEqual(reply.calls.map((each) => each.arguments), ['{}']),
  },
  commands('three calls with one index and one id became one, with trailing characters',
    'diegosouzapw/OmniRoute#11043, kittors/CliRelay#333', ['echo a', 'echo b', 'echo c'],
    streamed(['a', 'b', 'c'].map((name) => calls(exec(0, 'call_same', run(`echo ${name}`)))), 'tool_calls')),
  commands('two calls in one piece of arguments became one call', 'variation', ['a', 'b'],
    streamed([calls(exec(0, 'call_1', run('a') + run('b')))], 'tool_calls')),
  commands('the complete arguments were repeated after their pieces', 'variation', ['ls'],
    streamed([
      calls(exec(0, 'call_1', '')), calls(more(0, '{"cmd":')), calls(more(0, '"ls"}')),
      calls(exec(0, 'call_1', run('ls'))),
    ], 'tool_calls')),
  commands('{} after the real arguments became a second, empty call', 'variation', ['ls'],
    streamed([calls(exec(0, 'call_1', run('ls'))), calls(more(0, '{}'))], 'tool_calls')),
  commands('arguments were an object, not text', 'variation', ['ls'],
    streamed([calls({ index: 0, id: 'call_1', function: { name: 'exec_command', arguments: { cmd: 'ls' } } })])),
  commands('arguments were null, then pieces, without index or id', 'variation', ['ls'], streamed([
    calls({ id: 'call_1', function: { name: 'exec_command', arguments: null } }),
    calls({ function: { arguments: '{"cmd":' } }), calls({ function: { arguments: '"ls"}' } }),
  ], 'tool_calls')),
  commands('two calls with one index and two ids became one', 'variation', ['a', 'b'],
    streamed([calls(exec(0, 'call_1', run('a'))), calls(exec(0, 'call_2', run('b')))], 'tool_calls')),
  commands('two calls without ids became one', 'variation', ['a', 'b'],
    streamed([calls(exec(0, '', run('a')), exec(1, '', run('b')))], 'tool_calls')),
  commands('two calls with one id got one result', 'variation', ['a', 'b'],
    streamed([calls(exec(0, 'call_1', run('a')), exec(1, 'call_1', run('b')))], 'tool_calls')),
  commands('the last chunk repeated id and name with the rest of the arguments',
    'vllm-project/vllm#44098, vllm-project/vllm-ascend#8327', ['ls'], {
      events: [
        FIRST, chunk(calls(exec(0, 'chatcmpl-tool-1', ''))), chunk(calls(more(0, '{"cmd":'))),
        chunk(calls(exec(0, 'chatcmpl-tool-1', '"ls"}')), 'tool_calls'), USAGE,
      ],
    }),
  {
    saw: 'a call with a later index was complete first, and the order was reversed',
    source: 'farion1231/cc-switch#5310',
    upstream: () => streamed([
      calls(fragment(0, 'call_lo', undefined, '')), calls(exec(1, 'call_hi', run('hi'))),
      calls(exec(0, '', '{"cmd":')), calls(fragment(0, '', '', '"lo"}')),
    ], 'tool_calls'),
    requests: [codex([user('x')])],
    check: ({ reply }) => assert.deepEqual(
      reply.calls.map((each) => [each.call_id, argumentsOf(each).cmd]), [['call_lo', 'lo'], ['call_hi', 'hi']]),
  },
  commands('a second finish_reason, stop, made frameworks drop the call', 'RayBytes/ChatMock#114', ['a'], {
    events: [
      FIRST, chunk({ content: 'Let me look.' }), chunk(calls(exec(0, 'call_1', run('a')))), chunk({}, 'tool_calls'),
      chunk({}, 'stop'), USAGE,
    ],
  }, 'Let me look.'),
  commands('the arguments continued after the finish_reason', 'variation', ['ls'], {
    events: [
      FIRST, chunk(calls(exec(0, 'call_1', '{"cmd":'))), chunk({}, 'tool_calls'), chunk(calls(more(0, '"ls"}'))), USAGE,
    ],
  }),
  commands('the finish_reason was tool_calls, but there were none', 'jasonxu114514/opencode2api#27', [], {
    events: [FIRST, chunk({ content: 'All done.' }), chunk({ tool_calls: [] }, 'tool_calls'), USAGE],
  }, 'All done.'),
  {
    ...commands('an empty call followed a finished text', 'lmstudio-ai/lmstudio-bug-tracker#830', [],
      streamed([{ content: 'Your program is ready.' }, calls({ index: 0, id: '', type: 'function' })]),
      'Your program is ready.'),
    env: { AI_PROVIDER: 'lm-studio' },
  },
  ...[{ function: {} }, { index: 0, function: { name: '', arguments: '' } }, { index: 0, id: null, function: null }]
    .map((hollow) => commands(`an empty call, ${JSON.stringify(hollow)}, followed a finished text`, 'variation', [],
      streamed([{ content: 'Ready.' }, calls(hollow)]), 'Ready.')),
]);

/** A finish reason that is not a success fails the turn, and is reported. */
const badEnding = (finish: string, source = 'variation'): Report => ({
  saw: `finish_reason ${finish} ended the agent in the middle of its work, without a message`, source, ends: 'failed',
  words: new RegExp((finish.split(' ').at(-1) ?? '').replaceAll('_', '[_ ]'), 'i'),
  upstream: () => streamed([{ content: 'Now I edit the file.' }], finish),
  requests: [codex([user('x')], { model: 'gemini-3.5-flash' })],
});
const MALFORMED = 'NousResearch/hermes-agent#83882, BerriAI/litellm#16651, Wei-Shaw/sub2api#7098';

testReports('endings', [
  badEnding('malformed_function_call', MALFORMED),
  badEnding('function_call_filter: MALFORMED_FUNCTION_CALL', MALFORMED),
  ...['error', 'abort', 'network_error', 'UNEXPECTED_TOOL_CALL'].map((finish) => badEnding(finish)),
  ...['STOP', 'end_turn', 'eos', 'stop_sequence'].map((finish): Report => ({
    saw: `finish_reason ${finish} means success at another provider`, source: 'variation', text: 'Done.',
    upstream: () => streamed([{ content: 'Done.' }], finish), requests: [codex([user('x')])],
  })),
  {
    saw: 'a gateway sent [DONE] after a broken stream, and the truncated text counted as an answer',
    source: 'variation',
    ends: 'failed', upstream: () => ({ events: [FIRST, chunk({ content: 'The file is' })] }),
    requests: [codex([user('x')])],
  },
  {
    saw: 'a connection that closed within a call executed half a command', source: 'variation', ends: 'failed',
    upstream: () => ({ events: [FIRST, chunk(calls(exec(0, 'call_1', '{"cmd":"rm -r')))], done: false }),
    requests: [codex([user('x')])], check: ({ reply }) => assert.deepEqual(reply.calls, []),
  },
]);

/** The phase of the message of an answer, in the finished item and in the last event. */
const phaseOf = (expected: string | undefined, answer: ReportedAnswer, ends: Report['ends'] = 'completed'): Report => ({
  saw: `the app showed an answer twice: no phase ${expected ?? '(truncated text has none)'}`, ends,
  source: 'farion1231/cc-switch#6718, lidge-jun/opencodex#542',
  upstream: () => answer, requests: [codex([user('x')])],
  check: ({ reply: { items, response } }) => {
    const [message] = items.filter(({ type }) => type === 'message');
    assert.equal(message?.phase, expected);
    const [last = message] = (response.output ?? []).filter((item: Loose) => item.type === 'message');
    assert.equal(last?.phase, expected);
  },
});

testReports('phases', [
  phaseOf('commentary',
    streamed([{ content: 'Let me look.' }, calls(exec(0, 'call_1', run('ls')))], 'tool_calls')),
  phaseOf('final_answer', say('It is done.')),
  phaseOf(undefined, streamed([{ content: 'It is' }], 'length'), 'incomplete'),
]);

const SPLIT = 'elie222/rakazo#416, elizaOS/eliza#30904, earendil-works/pi#6613';
const CHAT = { messages: [{ role: 'user', content: 'x' }] };

testReports('half characters', ['content', 'reasoning_content'].map((field): Report => ({
  saw: `an emoji was split between two deltas of ${field}, and half of it is not valid text`,
  source: field === 'content' ? SPLIT : 'variation', text: field === 'content' ? 'ok 😀 done' : 'So.',
  upstream: () => streamed([
    { [field]: 'ok \ud83d' }, { [field]: '\ude00 done' }, ...(field === 'content' ? [] : [{ content: 'So.' }]),
  ]),
  requests: [codex([user('x')]), sdk(CHAT, '/v1/chat/completions')],
  check: ({ replies }) => replies.forEach(({ raw }) => {
    assert.equal(findLoneSurrogate(raw), undefined);
    assert.match(raw, /😀/);
  }),
})));
