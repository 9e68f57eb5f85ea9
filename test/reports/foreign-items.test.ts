/** Reports of history items that only one provider supports, and of a provider's own Responses endpoint. */
import assert from 'node:assert/strict';
import type { Loose } from '../support/bridge/test-bridge';
import { call, codex, developer, result, said, thought, user } from '../support/reports/client';
import { messagesOf } from '../support/reports/expectations';
import { testReports } from '../support/reports/report';
import { refused, say, sayNatively, unless } from '../support/reports/upstream';

const SEALED = `gAAAAABpX9kQ${'Zm9yZWlnbi1jaXBoZXJ0ZXh0LW5vYm9keS1oZXJlLWNhbi1yZWFk'.repeat(4)}==`;
const sealedReasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: SEALED };

testReports('items of another server', [
  {
    saw: 'a child agent said that it has no task: the task is in encrypted_content, as plain text',
    source: 'Wei-Shaw/sub2api#6887, openai/codex#37237, farion1231/cc-switch#5896', upstream: () => say(),
    requests: [codex([{
      type: 'agent_message', author: '/main', recipient: '/main/child',
      content: [
        { type: 'input_text', text: 'Message Type: NEW_TASK\nPayload:\n' },
        { type: 'encrypted_content', encrypted_content: 'Reply with the single word: ALPHA' },
      ],
    }])],
    check: ({ last }) => assert.ok(messagesOf(last).some(({ role, content }) =>
      role === 'user' && /NEW_TASK[\s\S]*ALPHA/.test(JSON.stringify(content)))),
  },
  {
    saw: 'a thread from another provider failed: searches, pictures, shell calls, encrypted reasoning',
    source: 'cubist38/mlx-openai-server#268, openai/codex#38365, BigStrongSun/ccswitchmulti-fork-archive#26',
    upstream: () => say(),
    requests: [codex([
      user('one'), sealedReasoning,
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
      said('Found.'), { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'iVBORw0K' },
      {
        type: 'local_shell_call', id: 'ls_1', call_id: 'call_s', status: 'completed',
        action: { type: 'exec', command: ['ls'], env: {} },
      },
      result('call_s', 'SHELL-OUT'),
      { type: 'custom_tool_call', id: 'c_1', status: 'completed', call_id: 'call_c', name: 'exec', input: 'text("x")' },
      { type: 'custom_tool_call_output', call_id: 'call_c', output: [{ type: 'input_text', text: 'CODE-OUT' }] },
      {
        type: 'tool_search_call', call_id: 'call_t', status: 'completed', execution: 'client',
        arguments: { query: 'z' },
      },
      { type: 'tool_search_output', call_id: 'call_t', status: 'completed', execution: 'client', tools: [] },
      { type: 'something_new_call', id: 'x_1' }, user('two'),
    ])],
    check: ({ last }) => {
      for (const text of ['Found.', 'SHELL-OUT', 'CODE-OUT', 'two']) assert.ok(last.raw.includes(text), text);
      assert.ok(!last.raw.includes('gAAAAAB'), 'ciphertext went upstream');
    },
  },
  {
    saw: 'ciphertext in a message, and a compaction of another provider, reached the model', source: 'variation',
    upstream: () => say(),
    requests: [codex([
      { type: 'compaction', id: 'cmp_1', encrypted_content: SEALED }, user('one'),
      {
        type: 'agent_message', author: '/main', recipient: '/main/child',
        content: [{ type: 'input_text', text: 'READ-ME' }, { type: 'encrypted_content', encrypted_content: SEALED }],
      },
      user('two'),
    ])],
    check: ({ last }) => {
      assert.match(last.raw, /READ-ME/);
      assert.ok(!last.raw.includes('gAAAAAB'), 'ciphertext went upstream');
    },
  },
  {
    saw: 'one broken item made the bridge reject the whole thread', source: 'variation', upstream: () => say(),
    requests: [codex([
      user('one'), { type: 'function_call', call_id: 'call_1', arguments: '{}' }, result('call_1', 'OUT-1'),
      { type: 'function_call_output', call_id: 'call_none', output: 'OUT-2' }, { type: 'reasoning' }, {},
      { type: 'message', role: 'user', content: [{ type: 'input_hologram', data: 'x' }] }, user('two'),
    ])],
    check: ({ last }) => assert.match(last.raw, /OUT-1[\s\S]*two/),
  },
]);

const isStep = ({ type = 'message', role }: Loose): boolean =>
  ['function_call', 'function_call_output', 'message'].includes(type) && role !== 'user' && role !== 'developer';

/**
 * Validates like a strict Responses endpoint: a call needs reasoning before it, and its result directly after it.
 * @returns the message of the rejection
 */
function validateNatively(items: readonly Loose[]): string | undefined {
  for (const [index, { type, call_id: id }] of items.entries()) {
    if (type !== 'function_call') continue;
    let first = index;
    while (first > 0 && isStep(items[first - 1])) first -= 1;
    const { type: before, content, summary } = items[first - 1] ?? {};
    if (before !== 'reasoning' || !JSON.stringify(content ?? summary ?? '').includes('text')) {
      return 'The `reasoning_text` in the thinking mode must be passed back to the API.';
    }
    const at = items.findIndex((each) => each.type === 'function_call_output' && each.call_id === id);
    const between = items.slice(index + 1, at);
    if (at === -1 || between.some((each) => !/^function_call/.test(each.type))) {
      return `No tool output found for tool call ${id}`;
    }
  }
  return undefined;
}

testReports('a Responses endpoint of the provider', [
  {
    saw: 'two calls in one answer, or the text of a hook between call and result, caused a 400',
    source: 'lidge-jun/opencodex#1534, Kohaku-Lab/KohakuTerrarium#322, fish2lab/DSCodex#9', text: 'fine',
    env: { AI_PROVIDER: 'deepseek', UPSTREAM_WIRE: 'responses' },
    upstream: ({ path, body }) => {
      if (!path.endsWith('/responses')) return say('the wrong endpoint');
      const wrong = validateNatively(body.input);
      return wrong === undefined ? sayNatively() : unless(wrong, refused(wrong));
    },
    requests: [codex([
      user('one'), thought('Two at once.'), call('call_1'), call('call_2', { cmd: 'pwd' }), result('call_1', 'a'),
      developer('hook'), result('call_2', 'b'), thought('More.'), call('call_3'), result('call_3', 'c'), user('two'),
    ], { model: 'deepseek-flash' })],
  },
]);
