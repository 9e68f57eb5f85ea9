/** From items to a conversation that pairs calls with results, in spite of their order, ids or gaps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sealReasoning, sealSummary } from '../../src/tools/envelope';
import { ToolSet } from '../../src/tools/tool-set';
import { type ConversationNode, readConversation } from '../../src/translate/conversation';
import { readInput } from '../../src/wire/read-responses';

interface Read {
  /** One line per node: `user: Hi`, `assistant: text [id name arguments -> result]`. */
  readonly nodes: readonly string[];
  readonly notes: readonly string[];
}

function read(items: readonly object[], tools = new ToolSet()): Read {
  const notes = new Set<string>();
  return { nodes: readConversation(readInput(items), tools, notes).map(show), notes: [...notes] };
}

function show(node: ConversationNode): string {
  if (node.kind === 'instructions') return `instructions: ${node.text}`;
  if (node.kind === 'user') return `user: ${node.content.map(showPart).join(' + ')}`;
  const said = [...node.reasoning.map((text) => `(${text})`), ...node.text];
  const calls = node.calls.map(
    ({ id, name, arguments: args, result }) =>
      `[${id} ${name} ${args} -> ${result?.map(showPart).join(' + ') ?? 'nothing'}]`,
  );
  return ['assistant:', ...said, ...calls].join(' ');
}

const showPart = (part: { readonly type: string; readonly text?: string }): string => part.text ?? `<${part.type}>`;

const user = (content: unknown = 'Hi') => ({ type: 'message', role: 'user', content });
const said = (content: unknown) => ({ type: 'message', role: 'assistant', content });
const developer = (content: unknown) => ({ type: 'message', role: 'developer', content });
const call = (call_id: string, name = 'ls', args = '{}') => ({ type: 'function_call', call_id, name, arguments: args });
const output = (call_id: string | undefined, text: unknown = `of ${call_id}`, fields: object = {}) => ({
  type: 'function_call_output',
  call_id,
  output: text,
  ...fields,
});
const thought = (text: string) => ({ type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text }] });

type Row = readonly [name: string, items: readonly object[], nodes: readonly string[], note?: RegExp];

const PAIRING: readonly Row[] = [
  ['one call and its result', [call('a'), output('a')], ['assistant: [a ls {} -> of a]']],
  [
    'parallel calls are one turn',
    [call('a'), call('b'), output('a'), output('b')],
    ['assistant: [a ls {} -> of a] [b ls {} -> of b]'],
  ],
  [
    'results out of order',
    [call('a'), call('b'), output('b'), output('a')],
    ['assistant: [a ls {} -> of a] [b ls {} -> of b]'],
  ],
  [
    'a call after a result is the next turn',
    [call('a'), output('a'), call('b'), output('b')],
    ['assistant: [a ls {} -> of a]', 'assistant: [b ls {} -> of b]'],
  ],
  [
    'text and reasoning before calls belong to them',
    [thought('hm'), said('I look.'), call('a'), output('a')],
    ['assistant: (hm) I look. [a ls {} -> of a]'],
  ],
  [
    'text between a call and its result belongs to the turn',
    [call('a'), said('I look.'), output('a')],
    ['assistant: I look. [a ls {} -> of a]'],
  ],
  [
    'a user message between call and result does not separate them',
    [call('a'), user(), output('a')],
    ['assistant: [a ls {} -> of a]', 'user: Hi'],
  ],
  [
    'a developer message between call and result does not separate them',
    [call('a'), developer('Careful.'), output('a')],
    ['assistant: [a ls {} -> of a]', 'instructions: Careful.'],
  ],
  ['a result before its call', [output('a'), call('a')], ['assistant: [a ls {} -> of a]']],
  [
    'all results before their calls',
    [output('b'), output('a'), call('a'), call('b')],
    ['assistant: [a ls {} -> of a]', 'assistant: [b ls {} -> of b]'],
  ],
  ['a call without a result', [call('a'), user()], ['assistant: [a ls {} -> nothing]', 'user: Hi']],
  [
    'one of two calls without a result',
    [call('a'), call('b'), output('b')],
    ['assistant: [a ls {} -> nothing] [b ls {} -> of b]'],
  ],
  [
    'a result without a call',
    [user(), output('x')],
    ['user: Hi', 'user: [Result of x] + of x'],
    /result without a call/,
  ],
  [
    'a result without an id, as after create_goal',
    [output(undefined, 'Do it', { name: 'goal_objective' })],
    ['user: [Result of goal_objective] + Do it'],
    /result without a call/,
  ],
  [
    'a result without id and name',
    [output(undefined, 'Do it')],
    ['user: [Result of a tool] + Do it'],
    /result without a call/,
  ],
  [
    'a second result of one call',
    [call('a'), output('a', 'first'), output('a', 'second')],
    ['assistant: [a ls {} -> first]', 'user: [Result of a] + second'],
    /result without a call/,
  ],
  [
    'one id for two calls of a turn',
    [call('a'), call('a', 'cat'), output('a', '1'), output('a', '2')],
    ['assistant: [a ls {} -> 1] [a_2 cat {} -> 2]'],
  ],
  [
    'one id for calls of two turns',
    [call('a'), output('a', '1'), call('a'), output('a', '2')],
    ['assistant: [a ls {} -> 1]', 'assistant: [a_2 ls {} -> 2]'],
  ],
  [
    'one id for three turns',
    [call('a'), output('a', '1'), call('a'), output('a', '2'), call('a'), output('a', '3')],
    ['assistant: [a ls {} -> 1]', 'assistant: [a_2 ls {} -> 2]', 'assistant: [a_3 ls {} -> 3]'],
  ],
  [
    'a generated id never equals a real one',
    [call('a_2'), call('a'), call('a'), output('a_2', 'real'), output('a', '1'), output('a', '2')],
    ['assistant: [a_2 ls {} -> real] [a ls {} -> 1] [a_3 ls {} -> 2]'],
  ],
  [
    'empty ids are paired in order',
    [call(''), call(''), output('', '1'), output('', '2')],
    ['assistant: [call_1 ls {} -> 1] [call_2 ls {} -> 2]'],
  ],
  [
    'empty ids over two turns',
    [call(''), output('', '1'), call(''), output('', '2')],
    ['assistant: [call_1 ls {} -> 1]', 'assistant: [call_2 ls {} -> 2]'],
  ],
  [
    'ids are kept as they are',
    [call('functions.ls:0 é'), output('functions.ls:0 é', 'x')],
    ['assistant: [functions.ls:0 é ls {} -> x]'],
  ],
  ['an empty result is a result', [call('a'), output('a', '')], ['assistant: [a ls {} -> ]']],
  ['null is a result', [call('a'), output('a', null)], ['assistant: [a ls {} -> ]']],
  [
    'parts of a result',
    [
      call('a'),
      output('a', [
        { type: 'input_text', text: 'x' },
        { type: 'input_image', image_url: 'data:image/png;base64,AA' },
      ]),
    ],
    ['assistant: [a ls {} -> x + <image>]'],
  ],
  [
    'other JSON as a result stays JSON',
    [call('a'), output('a', [{ exit: 0 }])],
    ['assistant: [a ls {} -> [{"exit":0}]]'],
  ],
];

const ARGUMENTS: readonly Row[] = [
  ['arguments keep their spaces', [call('a', 'ls', '{ "p" : 1 }')], ['assistant: [a ls { "p" : 1 } -> nothing]']],
  ['blank arguments become an empty object', [call('a', 'ls', ' ')], ['assistant: [a ls {} -> nothing]']],
  [
    'truncated arguments are wrapped',
    [call('a', 'ls', '{"p": "x')],
    ['assistant: [a ls {"_raw":"{\\"p\\": \\"x"} -> nothing]'],
    /wrapped the arguments of an earlier call to ls/,
  ],
  ['a list is wrapped', [call('a', 'ls', '[1]')], ['assistant: [a ls {"_raw":"[1]"} -> nothing]'], /wrapped/],
  ['an object in place of text', [{ ...call('a'), arguments: { p: 1 } }], ['assistant: [a ls {"p":1} -> nothing]']],
  [
    'a custom call',
    [{ type: 'custom_tool_call', call_id: 'a', name: 'apply_patch', input: '*** "x"\n' }],
    ['assistant: [a apply_patch {"input":"*** \\"x\\"\\n"} -> nothing]'],
  ],
  [
    'a tool search',
    [{ type: 'tool_search_call', call_id: 'a', execution: 'client', arguments: { query: 'echo' } }],
    ['assistant: [a tool_search {"query":"echo"} -> nothing]'],
  ],
  [
    'a local shell call',
    [{ type: 'local_shell_call', call_id: 'a', action: { type: 'exec', command: ['ls'] } }],
    ['assistant: [a local_shell {"type":"exec","command":["ls"]} -> nothing]'],
  ],
  [
    'a shell call with only an id',
    [{ type: 'shell_call', id: 'sh_1', action: { commands: ['ls'] } }],
    ['assistant: [sh_1 shell {"commands":["ls"]} -> nothing]'],
  ],
  [
    'a patch operation',
    [{ type: 'apply_patch_call', call_id: 'a', operation: { type: 'delete_file', path: 'x' } }],
    ['assistant: [a apply_patch {"type":"delete_file","path":"x"} -> nothing]'],
  ],
  [
    'a namespaced call',
    [{ ...call('a', 'echo'), namespace: 'mcp__mini' }],
    ['assistant: [a mcp__mini__echo {} -> nothing]'],
  ],
  [
    'a namespaced call of Codex 0.125',
    [{ ...call('a', 'echo'), namespace: 'mcp__mini__' }],
    ['assistant: [a mcp__mini__echo {} -> nothing]'],
  ],
];

const OTHERS: readonly Row[] = [
  [
    'instructions keep their place',
    [developer('A'), user(), { ...developer('B'), role: 'system' }],
    ['instructions: A', 'user: Hi', 'instructions: B'],
  ],
  [
    'parts of instructions are lines',
    [
      developer([
        { type: 'input_text', text: 'A' },
        { type: 'input_text', text: 'B' },
      ]),
    ],
    ['instructions: A\nB'],
  ],
  ['empty messages are ignored', [user(''), user([]), said(''), said([]), developer('')], []],
  ['text of two assistant messages is one turn', [said('A'), said('B')], ['assistant: A B']],
  ['reasoning is kept byte for byte', [thought(' a\n\n'), call('a')], ['assistant: ( a\n\n) [a ls {} -> nothing]']],
  [
    'reasoning from the envelope',
    [
      { type: 'reasoning', summary: [], encrypted_content: sealReasoning({ text: 'sealed', details: undefined }) },
      said('A'),
    ],
    ['assistant: (sealed) A'],
  ],
  [
    'visible reasoning overrides the envelope',
    [{ ...thought('shown'), encrypted_content: sealReasoning({ text: 'sealed', details: undefined }) }, said('A')],
    ['assistant: (shown) A'],
  ],
  [
    'an envelope of another provider leaves the summary',
    [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'short' }], encrypted_content: 'gAAAAB' }, said('A')],
    ['assistant: (short) A'],
  ],
  [
    'only an envelope of another provider is nothing',
    [{ type: 'reasoning', summary: [], encrypted_content: 'gAAAAB' }, said('A')],
    ['assistant: A'],
    /left out reasoning that another provider encrypted/,
  ],
  [
    'an agent message becomes a user message',
    [
      {
        type: 'agent_message',
        author: 'root',
        recipient: 'child',
        content: [
          { type: 'input_text', text: 'Task:' },
          { type: 'encrypted_content', encrypted_content: 'Count.' },
        ],
      },
    ],
    ['user: [Message from root to child]\nTask:\n\nCount.'],
  ],
  ['an agent without a name', [{ type: 'agent_message', content: [{ type: 'input_text', text: 'Hi' }] }], ['user: Hi']],
  [
    'a compaction of this bridge',
    [{ type: 'compaction', encrypted_content: sealSummary('We counted.') }, user()],
    [
      'user: The conversation so far was compacted. This summary of it was written by the model that held it; build ' +
      'on it and do not repeat finished work:\n\nWe counted.',
      'user: Hi',
    ],
  ],
  [
    'a compaction of another provider',
    [{ type: 'compaction', encrypted_content: 'gAAAAB' }, user()],
    ['user: Hi'],
    /dropped a compaction item that this bridge did not write/,
  ],
  [
    'items that are no messages',
    [
      { type: 'additional_tools', tools: [] },
      { type: 'compaction_trigger' },
      { type: 'configuration_update', reasoning: { effort: 'low' } },
      user(),
    ],
    ['user: Hi'],
  ],
  [
    'unknown items',
    [{ type: 'telepathy', content: 'x' }, user()],
    ['user: Hi'],
    /dropped an input item of type telepathy/,
  ],
  ['an item without a type', [{ text: 'x' }, user()], ['user: Hi'], /dropped an input item of type unknown/],
  [
    'an earlier web search',
    [{ type: 'web_search_call', id: 'ws_1', status: 'completed' }, user()],
    ['user: Hi'],
    /type web_search_call/,
  ],
  ['a reference', [{ type: 'item_reference', id: 'msg_1' }, user()], ['user: Hi'], /dropped a reference to item msg_1/],
];

for (const [area, rows] of [['pairing', PAIRING], ['arguments', ARGUMENTS], ['other items', OTHERS]] as const) {
  describe(area, () => {
    for (const [name, items, nodes, note] of rows) {
      it(name, () => {
        const result = read(items);
        assert.deepEqual(result.nodes, nodes);
        assert.equal(result.notes.length, note === undefined ? 0 : 1, String(result.notes));
        if (note) assert.match(result.notes[0] ?? '', note);
      });
    }
  });
}

it('a search result lists the tools under the names that the model can call', () => {
  const tools = [
    {
      type: 'namespace',
      name: 'mcp__mini',
      tools: [
        { type: 'function', name: 'echo', description: 'Says it again.' },
        { type: 'function', name: 'add' },
      ],
    },
    { type: 'web_search' },
  ];
  const search = { type: 'tool_search_call', call_id: 'a', execution: 'client', arguments: { query: 'x' } };
  const found = read([search, { type: 'tool_search_output', call_id: 'a', tools }]);
  assert.deepEqual(found.nodes, [
    'assistant: [a tool_search {"query":"x"} -> These tools can be called now:\n- mcp__mini__echo: Says it again.\n- ' +
    'mcp__mini__add]',
  ]);
  const nothing = read([search, { type: 'tool_search_output', call_id: 'a', tools: [] }]);
  assert.deepEqual(nothing.nodes, ['assistant: [a tool_search {"query":"x"} -> No tools found.]']);
});

it('a call has the name under which its tool is offered', () => {
  const tools = new ToolSet(['search']);
  tools.add({ target: { kind: 'function', name: 'search' }, parameters: {} });
  const [offered] = tools.offered;
  assert.deepEqual(read([call('a', 'search')], tools).nodes, [
    `assistant: [a ${offered?.function.name} {} -> nothing]`,
  ]);
});

it('signed reasoning blocks are returned unchanged', () => {
  const details = [{ type: 'reasoning.encrypted', data: 'AAA' }];
  const items = [
    { type: 'reasoning', summary: [], encrypted_content: sealReasoning({ text: 'hm', details }) },
    said('A'),
  ];
  const [node] = readConversation(readInput(items), new ToolSet(), new Set<string>());
  assert.ok(node?.kind === 'assistant');
  assert.deepEqual(node.reasoningDetails, details);
});

it('two rounds are paired in any order, and nothing is lost', () => {
  const items = [call('a'), call('b'), output('a'), output('b'), user('next')];
  for (const order of permutations(items)) {
    const { nodes } = read(order);
    const text = nodes.join('\n');
    for (const id of ['a', 'b']) assert.equal(text.split(`[${id} ls {} -> of ${id}]`).length, 2, text);
    assert.equal(text.split('next').length, 2);
  }
});

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return [list];
  return list.flatMap((item, index) =>
    permutations(list.filter((_, at) => at !== index)).map((rest) => [item, ...rest]),
  );
}

const THOUSANDS: Readonly<Record<string, readonly object[]>> = {
  'one id for all calls': Array.from({ length: 20_000 }, () => [call('c'), output('c')]).flat(),
  'parallel calls of one response': Array.from({ length: 20_000 }, (_unused, at) => call(`c${at}`)),
};

for (const [name, items] of Object.entries(THOUSANDS)) {
  it(`the cost of a call does not depend on earlier calls: ${name}`, { timeout: 30_000 }, () => {
    const ids = readConversation(readInput(items), new ToolSet(), new Set())
      .flatMap((node) => (node.kind === 'assistant' ? node.calls.map(({ id }) => id) : []));
    assert.equal(new Set(ids).size, 20_000);
  });
}
