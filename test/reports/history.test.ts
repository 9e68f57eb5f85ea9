/** Reports of histories that break every later turn: calls, results, ids, empty messages and lone surrogates. */
import assert from 'node:assert/strict';
import {
  call, codex, developer, EXEC, result, said, sdk, thought, user,
} from '../support/reports/client';
import { callsOf, findLoneSurrogate, messagesOf, toolsOf } from '../support/reports/expectations';
import { testReports, type Report, type ReportedAnswer, type ReportedCall } from '../support/reports/report';
import { answered, refused, say, unless } from '../support/reports/upstream';

const DONE_ROUND = [
  user("one"), thought("Because."), call("call_1"), result("call_1", "a.txt"), thought("Ah."), said("done"),
];

/** Reasoning in the history is rejected until a request omits it: three calls for two turns. */
const reasoningRefused = (saw: string, source: string, refusal: (index: number) => ReportedAnswer): Report => ({
  saw, source, text: 'fine', calls: 3,
  upstream: (sent) => {
    const index = messagesOf(sent).findIndex(({ reasoning_content: text }) => text !== undefined);
    return unless(index >= 0, refusal(index));
  },
  requests: [codex([...DONE_ROUND, user('two')]), codex([...DONE_ROUND, user('three')])],
});

testReports('reasoning in the history', [
  reasoningRefused(
    'every turn after the first failed: the host rejects reasoning_content',
    'QwenLM/qwen-code#11045, egoist/chatwise-releases#1442',
    (index) => answered(400, {
      message: `messages.${index}.assistant.reasoning_content: property ` +
        `'messages.${index}.assistant.reasoning_content' is unsupported`,
      type: 'invalid_request_error', param: 'validation_error', code: 'wrong_api_format',
    }),
  ),
  reasoningRefused(
    'every turn after the first failed with 422: a list of details names reasoning_content', 'variation',
    (index) => answered(422, {
      detail: [{
        type: 'extra_forbidden', loc: ['body', 'messages', index, 'assistant', 'reasoning_content'],
        msg: 'Extra inputs are not permitted', input: 'Because.',
      }],
    }),
  ),
  reasoningRefused(
    'every turn after the first failed with 500: the error is a string', 'variation',
    (index) => answered(500, { error: `Unknown field reasoning_content in messages[${index}]` }),
  ),
  reasoningRefused(
    'every turn after the first failed: only param names the field', 'variation',
    (index) => refused('Unrecognized request argument supplied', { param: `messages[${index}].reasoning_content` }),
  ),
  reasoningRefused(
    'every turn after the first failed: the body is an object of lists', 'variation',
    (index) => answered(400, { errors: { [`messages[${index}].reasoning_content`]: ['is not allowed'] } }),
  ),
  {
    saw: 'a thread with text, reasoning and a call in one answer caused four 500s',
    source: 'ggml-org/llama.cpp#17040', env: { AI_PROVIDER: 'llama-cpp' }, text: 'fine',
    upstream: (sent) => unless(
      messagesOf(sent).some((each) => each.tool_calls && each.content && (each.reasoning_content || each.thinking)),
      refused('Cannot pass both content and thinking in an assistant message with tool calls! Put the analysis ' +
        'message in one or the other, but not both. at row 290, column 178', { code: 500, type: 'server_error' }, 500),
    ),
    requests: [codex([
      user('one'), thought('I list.'), said('Listing now.'), call('call_1'), result('call_1', 'a'), user('two'),
    ], { model: 'gpt-oss-20b' })],
  },
]);

const LONG_IDS = ['call_PTLP8xhu3uwZk4l3', 'call_PTLP8xhu3uwZk4l4'] as const;

/** Ids that do not match `form` are rejected; two turns of one thread, which must keep its ids. */
const idsRefused = (saw: string, source: string, form: RegExp, refusal: (id: string) => ReportedAnswer): Report => ({
  saw, source, text: 'fine', calls: 3,
  upstream: (sent) => {
    const bad: string | undefined = callsOf(sent).map(({ id }) => id).find((id) => !form.test(id));
    return unless(bad, refusal(bad ?? ''));
  },
  requests: [[], [said('fine'), user('three')]].map((more) => codex([
    user('one'), call(LONG_IDS[0]), call(LONG_IDS[1], { cmd: 'pwd' }), result(LONG_IDS[0], 'a'),
    result(LONG_IDS[1], 'b'), user('two'), ...more,
  ], { model: 'devstral-2512' })),
  check: ({ calls: sent }) => {
    const [first, second] = sent.slice(1).map((each) => callsOf(each).map(({ id }) => id));
    assert.deepEqual(first, second, 'ids change from turn to turn');
  },
});

testReports('ids of calls', [
  idsRefused(
    'a thread of another provider failed: ids must be nine letters and digits',
    'anomalyco/opencode#1680, karthink/gptel#1203', /^[a-zA-Z0-9]{9}$/,
    (id) => answered(400, {
      object: 'error', message: `Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`,
      type: 'invalid_function_call', param: null, code: '3280',
    }),
  ),
  idsRefused(
    'a thread failed with 422: ids have at most sixteen characters', 'variation', /^.{1,16}$/,
    (id) => answered(422, {
      detail: [{
        type: 'string_too_long', loc: ['body', 'messages', 4, 'tool_calls', 0, 'id'],
        msg: 'String should have at most 16 characters', input: id,
      }],
    }),
  ),
  idsRefused(
    'a thread failed: the message has a pattern for ids', 'variation', /^[a-zA-Z0-9]{1,12}$/,
    () => refused("Invalid 'messages[4].tool_calls[0].id': string does not match pattern '^[a-zA-Z0-9]{1,12}$'.",
      { param: 'messages[4].tool_calls[0].id' }),
  ),
  {
    saw: 'a provider reported a missing tool_call_id, because calls of another bridge had empty ids',
    source: 'farion1231/cc-switch#5426',
    env: { AI_PROVIDER: 'ark' }, upstream: () => say(),
    requests: [codex([
      user('one'), call('', { cmd: 'a' }), result('', '1'), call('', { cmd: 'b' }), result('', '2'), user('two'),
    ], { model: 'deepseek-v4-flash' })],
    check: ({ last }) => {
      const results = messagesOf(last).filter(({ role }) => role === 'tool');
      assert.deepEqual(results.map(({ content }) => content), ['1', '2']);
    },
  },
]);

const hasEmpty = (sent: ReportedCall, role: string): boolean => messagesOf(sent).some((each) =>
  each.role === role && !each.tool_calls && (each.content ?? '') === '');

testReports('calls, results and empty messages', [
  {
    saw: 'half an emoji in truncated output made every later request invalid JSON',
    source: 'anomalyco/opencode#17758, JohnnyZ93/oai-compatible-copilot#271, elizaOS/eliza#18079', text: 'fine',
    upstream: ({ raw }) => unless(findLoneSurrogate(raw), refused(
      'Failed to parse the request body as JSON: messages[4].content: lone leading surrogate in hex escape at line 1')),
    // Codex is written in Rust and cannot hold lone surrogates; JavaScript clients can.
    requests: [sdk({
      input: [user('one 😀'), call('call_1'), result('call_1', 'cut \ud83d'), user('low \udc4d half')], tools: [EXEC],
    })],
    check: ({ last }) => assert.match(last.raw, /😀/),
  },
  {
    saw: 'a command without output was rejected as an empty tool message', source: 'zeroclaw-labs/zeroclaw#5565',
    text: 'fine', calls: 1,
    upstream: (sent) => unless(hasEmpty(sent, 'tool'), refused('tool message content must not be empty')),
    requests: [codex([
      user('one'), call('call_1'), result('call_1', ''), call('call_2'), result('call_2', []), user('two'),
    ])],
  },
  {
    saw: 'output of spaces and line ends was rejected as a blank tool message', source: 'variation', text: 'fine',
    calls: 1,
    upstream: (sent) => unless(
      messagesOf(sent).some(({ role, content }) => role === 'tool' && String(content).trim() === ''),
      answered(422, { detail: 'messages: text content blocks must contain non-whitespace text' })),
    requests: [codex([
      user('one'), call('call_1'), result('call_1', ' \n\t'), call('call_2'),
      result('call_2', [{ type: 'input_text', text: '\n' }]), user('two'),
    ])],
  },
  {
    saw: 'an answer with only reasoning left an empty assistant message, which made every later request fail',
    source: 'MoonshotAI/kimi-code#1985', env: { AI_PROVIDER: 'moonshot' }, text: 'fine',
    upstream: (sent) => unless(hasEmpty(sent, 'assistant'),
      refused("The message at position 3 with role 'assistant' must not be empty")),
    requests: [codex([user('one'), thought('Hm.'), user('two'), thought('Hm.'), said(''), user('three')],
      { model: 'kimi-k3' })],
  },
  {
    saw: 'the text of a hook was between a call and its result, and the session could not continue',
    source: 'fish2lab/DSCodex#9', upstream: () => say(),
    requests: [codex([
      user('one'), call('call_1'), call('call_2', { cmd: 'pwd' }), developer('hook says HOOK-1'), result('call_1', 'a'),
      developer('hook says HOOK-2'), result('call_2', 'b'),
    ])],
    check: ({ last }) => assert.match(last.raw, /HOOK-1.*HOOK-2/s),
  },
  {
    saw: 'an interrupted call without a result made the provider reject the thread permanently',
    source: 'farion1231/cc-switch#7504, openai/codex#29773', env: { AI_PROVIDER: 'kimi-code' }, upstream: () => say(),
    requests: [codex([
      user('one'), call('view_image:24', { path: 'p' }, 'view_image'),
      call('call_p', { mode: 'patch', path: 'a.ts', command: 'diff' }, 'apply_patch'), user('go on'),
    ], { model: 'kimi-for-coding' })],
  },
  {
    saw: 'one result was before its call, and another was sent twice', source: 'variation', upstream: () => say(),
    requests: [codex([
      user('one'), result('call_1', 'early'), call('call_1'), call('call_2'), result('call_2', 'b'),
      result('call_2', 'again'), user('two'),
    ])],
  },
  {
    saw: 'NUL bytes in a stored call made it impossible to resume a session', source: 'openai/codex#24369',
    upstream: () => say(),
    requests: [codex([
      user('one'), call('call_1', '{"cmd":"ls"}\u0000', 'exec_command\u0000\u0000'), result('call_1', 'a\u0000b'),
      user('two'),
    ])],
  },
  {
    saw: 'stored arguments were truncated, a list or a plain word, and every later turn was rejected',
    source: 'variation',
    upstream: () => say(),
    requests: [codex([
      user('one'), call('call_1', '{"cmd":"l'), result('call_1', 'a'), call('call_2', '["ls"]'), result('call_2', 'b'),
      call('call_3', 'ls'), result('call_3', 'c'), user('two'),
    ])],
  },
  {
    saw: 'a stored call had itself as its namespace, and the model copied an unknown name',
    source: 'openai/codex#31665, openai/codex#31759', upstream: () => say(),
    requests: [codex([
      user('one'), call('call_1', { cmd: 'ls' }, 'exec_command', { namespace: 'exec_command' }), result('call_1', 'a'),
      user('two'),
    ])],
    check: ({ last }) => {
      const names = toolsOf(last).map(({ name }) => name);
      for (const each of callsOf(last)) assert.ok(names.includes(each.function.name), each.function.name);
    },
  },
]);
