/** `tool_choice` in every form, with and without tools, for models that accept a forced choice or reject it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BridgeError } from '../../src/errors/bridge-error';
import { translate, translateChat } from '../support/bridge/translations';

const fn = (name: string) => ({ type: 'function', name, parameters: { type: 'object', properties: {} } });
const TOOLS = [
  fn('ls'),
  fn('cat'),
  { type: 'namespace', name: 'mcp__a', tools: [fn('echo')] },
  { type: 'custom', name: 'apply_patch' },
  { type: 'local_shell' },
];
const ALL = ['ls', 'cat', 'mcp__a__echo', 'apply_patch', 'local_shell'];
const named = (name: string) => ({ type: 'function', function: { name } });

type Row = readonly [choice: unknown, tools: readonly string[], sent: unknown, sentWhileThinking: unknown];

const ROWS: readonly Row[] = [
  [undefined, ALL, 'auto', 'auto'],
  [null, ALL, 'auto', 'auto'],
  ['auto', ALL, 'auto', 'auto'],
  ['none', ALL, 'none', 'none'],
  ['required', ALL, 'required', 'auto'],
  ['any', ALL, 'required', 'auto'],
  [{ type: 'function', name: 'cat' }, ALL, named('cat'), 'auto'],
  [{ type: 'function', function: { name: 'cat' } }, ALL, named('cat'), 'auto'],
  [{ type: 'function', name: 'echo', namespace: 'mcp__a' }, ALL, named('mcp__a__echo'), 'auto'],
  [{ type: 'custom', name: 'apply_patch' }, ALL, named('apply_patch'), 'auto'],
  [{ type: 'custom', custom: { name: 'apply_patch' } }, ALL, named('apply_patch'), 'auto'],
  [{ type: 'local_shell' }, ALL, named('local_shell'), 'auto'],
  [
    {
      type: 'allowed_tools',
      mode: 'auto',
      tools: [
        { type: 'function', name: 'ls' },
        { type: 'custom', name: 'apply_patch' },
      ],
    },
    ['ls', 'apply_patch'],
    'auto',
    'auto',
  ],
  [
    { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'cat' }] },
    ['cat'],
    'required',
    'auto',
  ],
  [
    {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'cat' } }] },
    },
    ['cat'],
    'required',
    'auto',
  ],
  [
    {
      type: 'allowed_tools',
      mode: 'auto',
      tools: [
        { type: 'function', name: 'gone' },
        { type: 'function', name: 'ls' },
      ],
    },
    ['ls'],
    'auto',
    'auto',
  ],
];

for (const [choice, names, sent, sentWhileThinking] of ROWS) {
  describe(JSON.stringify(choice) ?? 'no choice', () => {
    it('for a model that accepts any choice', () => {
      const { chat, notes } = translate({ tools: TOOLS, tool_choice: choice });
      assert.deepEqual(chat.tools?.map((tool) => tool.function.name), names);
      assert.deepEqual(chat.tool_choice, sent);
      assert.deepEqual(notes, []);
    });

    it('for a model that rejects a forced one', () => {
      const { chat, notes } = translate(
        { tools: TOOLS, tool_choice: choice },
        { dialect: { toolChoice: 'auto-only' } },
      );
      assert.deepEqual(chat.tools?.map((tool) => tool.function.name), names);
      assert.deepEqual(chat.tool_choice, sentWhileThinking);
      assert.deepEqual(
        notes,
        sent === sentWhileThinking ? [] : ['sent tool_choice "auto": the model rejects a forced choice'],
      );
    });

    it('for a model that does not accept the field', () => {
      const { chat, notes } = translate({ tools: TOOLS, tool_choice: choice }, { dialect: { toolChoice: 'omit' } });
      assert.deepEqual(chat.tools?.map((tool) => tool.function.name), names);
      assert.equal('tool_choice' in chat, false);
      assert.deepEqual(
        notes,
        sent === sentWhileThinking ? [] : ['dropped the forced tool_choice: the model does not accept it'],
      );
    });
  });
}

it('without tools, no choice is sent', () => {
  for (const tool_choice of [undefined, 'auto', 'none', 'required']) {
    const { chat } = translate({ tools: [], tool_choice });
    assert.equal('tools' in chat || 'tool_choice' in chat, false);
  }
});

it('if nothing is allowed, no tools are sent', () => {
  const { chat } = translate({ tools: TOOLS, tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } });
  assert.equal('tools' in chat || 'tool_choice' in chat, false);
});

it('a tool that is not offered cannot be forced', () => {
  for (const choice of [
    { type: 'function', name: 'gone' },
    { type: 'web_search' },
    { type: 'function', name: 'echo' },
  ]) {
    assert.throws(
      () => translate({ tools: TOOLS, tool_choice: choice }),
      (error) => {
        assert.ok(error instanceof BridgeError);
        assert.deepEqual([error.kind, error.details.param], ['invalid_request', 'tool_choice']);
        return true;
      },
    );
  }
});

it('the choice of a Chat client is read the same way', () => {
  const body = { messages: [{ role: 'user', content: 'Hi' }], tools: [{ type: 'function', function: { name: 'ls' } }] };
  assert.deepEqual(translateChat({ ...body, tool_choice: named('ls') }).chat.tool_choice, named('ls'));
  assert.deepEqual(translateChat({ ...body, tool_choice: 'required' }).chat.tool_choice, 'required');
});

it('parallel_tool_calls is sent only if the provider knows it, and only with tools', () => {
  const sent = (body: object, dialect: boolean, multipleCalls = true) =>
    translate({ tools: TOOLS, ...body }, { dialect: { parallelToolCalls: dialect }, multipleCalls }).chat
      .parallel_tool_calls;
  assert.equal(sent({ parallel_tool_calls: true }, false), undefined);
  assert.equal(sent({ parallel_tool_calls: true }, true), true);
  assert.equal(sent({ parallel_tool_calls: false }, true), false);
  assert.equal(sent({}, true), undefined);
  assert.equal(sent({ parallel_tool_calls: true }, true, false), false);
  assert.equal(sent({}, true, false), false);
  assert.equal(sent({ parallel_tool_calls: true, tools: [] }, true), undefined);
});
