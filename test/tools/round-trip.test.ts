/** The round trip of each tool kind: offered to the model, called, sent to the client, and read from the history. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/base/json';
import { DEFAULT_DIALECT } from '../../src/providers/dialect';
import { TOOL_KINDS } from '../../src/tools/kinds';
import { collectTools } from '../../src/translate/request';
import { readConversation } from '../../src/translate/conversation';
import { readInput, readResponsesRequest } from '../../src/wire/read-responses';
import { assertGoodStream } from '../support/stream/stream-grammar';
import { runReads } from '../support/stream/answer-streams';
import { SSE_DONE, SseEncoder } from '../../src/stream/sse';

interface Row {
  readonly name: string;
  readonly tool: JsonObject;
  /** The name offered to the model, and the arguments that it writes. */
  readonly called: string;
  readonly args: string;
  /** The item that Codex must get. */
  readonly item: JsonObject;
  /** The arguments of the call in the history. Default: `args`. */
  readonly replayed?: string;
}

const place = { itemId: 'it_1', outputIndex: 0, callId: 'call_1' };
const head = { id: 'it_1', call_id: 'call_1', status: 'completed' };
const PATCH = '*** Begin Patch\n*** Add File: "ä" 🌍.txt\n+x\n*** End Patch';

const ROWS: readonly Row[] = [
  {
    name: 'function',
    tool: { type: 'function', name: 'exec_command' },
    called: 'exec_command',
    args: '{ "cmd": "ls é🌍" }',
    item: { type: 'function_call', ...head, name: 'exec_command', arguments: '{ "cmd": "ls é🌍" }' },
  },
  {
    name: 'function in a namespace',
    tool: { type: 'namespace', name: 'mcp__mini', tools: [{ type: 'function', name: 'echo' }] },
    called: 'mcp__mini__echo',
    args: '{}',
    item: { type: 'function_call', ...head, name: 'echo', namespace: 'mcp__mini', arguments: '{}' },
  },
  {
    name: 'function in a namespace of Codex 0.125',
    tool: { type: 'namespace', name: 'mcp__mini__', tools: [{ type: 'function', name: 'echo' }] },
    called: 'mcp__mini__echo',
    args: '{}',
    item: { type: 'function_call', ...head, name: 'echo', namespace: 'mcp__mini__', arguments: '{}' },
  },
  {
    name: 'function whose name is invalid upstream',
    tool: { type: 'function', name: 'repo.list' },
    called: 'repo_list_181vt83',
    args: '{}',
    item: { type: 'function_call', ...head, name: 'repo.list', arguments: '{}' },
  },
  {
    name: 'custom',
    tool: { type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: x' } },
    called: 'apply_patch',
    args: JSON.stringify({ input: PATCH }),
    item: { type: 'custom_tool_call', ...head, name: 'apply_patch', input: PATCH },
  },
  {
    name: 'custom in a namespace',
    tool: { type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec' }] },
    called: 'exec',
    args: '{"input":"text(1)"}',
    item: { type: 'custom_tool_call', ...head, name: 'exec', namespace: 'functions', input: 'text(1)' },
  },
  {
    name: 'tool_search',
    tool: {
      type: 'tool_search',
      execution: 'client',
      parameters: { type: 'object', properties: { query: { type: 'string' } } },
    },
    called: 'tool_search',
    args: '{"query":"echo"}',
    item: {
      type: 'tool_search_call',
      id: 'it_1',
      call_id: 'call_1',
      execution: 'client',
      arguments: { query: 'echo' },
      status: 'completed',
    },
  },
  {
    name: 'tool_search with plain text instead of JSON',
    tool: { type: 'tool_search', execution: 'client' },
    called: 'tool_search',
    args: 'echo text',
    item: {
      type: 'tool_search_call',
      id: 'it_1',
      call_id: 'call_1',
      execution: 'client',
      arguments: { query: 'echo text' },
      status: 'completed',
    },
    replayed: '{"query":"echo text"}',
  },
  {
    name: 'local_shell',
    tool: { type: 'local_shell' },
    called: 'local_shell',
    args: '{"command":["ls"],"timeout_ms":5}',
    item: { type: 'local_shell_call', ...head, action: { type: 'exec', command: ['ls'], timeout_ms: 5, env: {} } },
    replayed: '{"type":"exec","command":["ls"],"timeout_ms":5,"env":{}}',
  },
  {
    name: 'shell',
    tool: { type: 'shell' },
    called: 'shell',
    args: '{"commands":["ls"]}',
    item: { type: 'shell_call', ...head, action: { commands: ['ls'] }, environment: null },
  },
  {
    name: 'hosted apply_patch',
    tool: { type: 'apply_patch' },
    called: 'apply_patch',
    args: '{"type":"create_file","path":"a","diff":"+x"}',
    item: { type: 'apply_patch_call', ...head, operation: { type: 'create_file', path: 'a', diff: '+x' } },
  },
];

for (const { name, tool, called, args, item, replayed = args } of ROWS) {
  describe(name, () => {
    const tools = collectTools(readResponsesRequest({ input: 'x', tools: [tool] }), DEFAULT_DIALECT, new Set<string>());

    it('is offered as a function with an object schema', () => {
      assert.deepEqual(tools.offered.map((offered) => offered.function.name), [called]);
      assert.equal(tools.offered[0]?.function.parameters['type'], 'object');
    });

    it('becomes the item that Codex expects, no matter where the arguments are split', () => {
      for (let index = 0; index <= args.length; index += 1) {
        const target = tools.find(called);
        const writer = TOOL_KINDS[target.kind].write(target, place);
        const started = writer.begin();
        const events = [...writer.push(args.slice(0, index)), ...writer.push(args.slice(index))];
        const end = writer.end();
        assert.deepEqual(end.item, item);
        assert.equal(started.status, 'in_progress');
        const deltas = [...events, ...end.events].flatMap((event) => ('delta' in event ? [event.delta] : [])).join('');
        const whole = [...end.events].flatMap((event) =>
          'arguments' in event ? [event.arguments] : 'input' in event ? [event.input] : [],
        );
        assert.deepEqual(whole, deltas === '' && whole.length === 0 ? [] : [deltas]);
      }
    });

    it('is read from the history as the same call, with its result', () => {
      const output = { type: 'function_call_output', call_id: 'call_1', output: 'done' };
      const [node] = readConversation(readInput([item, output]), tools, new Set<string>());
      assert.ok(node?.kind === 'assistant');
      assert.deepEqual(node.calls, [
        { id: 'call_1', name: called, arguments: replayed, result: [{ type: 'text', text: 'done' }] },
      ]);
    });

    it('follows the stream grammar', () => {
      const chunk = {
        choices: [
          {
            index: 0,
            delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: called, arguments: args } }] },
            finish_reason: 'tool_calls',
          },
        ],
      };
      const events = runReads({ tools: [tool], client: 'codex' }, [
        Buffer.from(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`),
      ]);
      assertGoodStream(new SseEncoder('').encode(events) + SSE_DONE, { fullResponse: false, warnings: false });
    });
  });
}

describe('arguments that are not JSON', () => {
  const write = (tool: JsonObject, called: string, args: string): unknown => {
    const tools = collectTools(readResponsesRequest({ input: 'x', tools: [tool] }), DEFAULT_DIALECT, new Set<string>());
    const target = tools.find(called);
    const writer = TOOL_KINDS[target.kind].write(target, place);
    writer.begin();
    writer.push(args);
    return writer.end().item;
  };

  it('reach Codex unchanged, so that it can report the error to the model', () => {
    assert.deepEqual(write({ type: 'function', name: 'ls' }, 'ls', '{"cmd": '), {
      type: 'function_call',
      ...head,
      name: 'ls',
      arguments: '{"cmd": ',
    });
    assert.deepEqual(write({ type: 'custom', name: 'apply_patch' }, 'apply_patch', PATCH), {
      type: 'custom_tool_call',
      ...head,
      name: 'apply_patch',
      input: PATCH,
    });
  });

  it('become an empty action of a hosted tool', () => {
    assert.deepEqual(write({ type: 'shell' }, 'shell', 'ls'), {
      type: 'shell_call',
      ...head,
      action: {},
      environment: null,
    });
  });
});

describe('declarations', () => {
  const offer = (tool: JsonObject, dialect = {}) => {
    const notes = new Set<string>();
    const tools = collectTools(
      readResponsesRequest({ input: 'x', tools: [tool] }),
      { ...DEFAULT_DIALECT, ...dialect },
      notes,
    );
    return { functions: tools.offered.map((offered) => offered.function), notes: [...notes] };
  };

  it('the description of a namespace precedes those of its tools', () => {
    const tool = {
      type: 'namespace',
      name: 'mcp__a',
      description: 'A server.',
      tools: [
        { type: 'function', name: 'x', description: 'Does x.' },
        { type: 'function', name: 'y' },
      ],
    };
    assert.deepEqual(
      offer(tool).functions.map(({ description }) => description),
      ['A server.\n\nDoes x.', 'A server.'],
    );
  });

  it('the grammar of a custom tool is part of its description', () => {
    const tool = {
      type: 'custom',
      name: 'note',
      description: 'Writes.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
    };
    const [declared] = offer(tool).functions;
    assert.match(declared?.description ?? '', /^Writes\.\n\n[\s\S]*"input"[\s\S]*lark grammar:\nstart: "x"$/);
    assert.deepEqual(declared?.parameters['required'], ['input']);
  });

  it('strict is sent only to providers that accept it', () => {
    const tool = { type: 'function', name: 'x', strict: true };
    assert.equal(offer(tool).functions[0]?.strict, undefined);
    assert.equal(offer(tool, { strictTools: true }).functions[0]?.strict, true);
  });

  const UNSUPPORTED = [
    'file_search', 'image_generation', 'code_interpreter', 'mcp', 'computer_use_preview', 'from_the_future',
  ];
  for (const kind of UNSUPPORTED) {
    it(`${kind} is dropped with a note`, () => {
      const { functions, notes } = offer({ type: kind });
      assert.deepEqual(functions, []);
      assert.match(notes[0] ?? '', new RegExp(`dropped tool ${kind}`));
    });
  }

  it('a tool_search that runs on the server is dropped with a note', () => {
    assert.match(offer({ type: 'tool_search', execution: 'server' }).notes[0] ?? '', /only execution "client"/);
  });

  it('additional tools and tools found by a search can be called', () => {
    const input = [
      { role: 'user', content: 'x' },
      { type: 'additional_tools', tools: [{ type: 'custom', name: 'exec' }] },
      {
        type: 'tool_search_output',
        call_id: 'c',
        tools: [{ type: 'namespace', name: 'mcp__a', tools: [{ type: 'function', name: 'echo' }] }],
      },
    ];
    const tools = collectTools(
      readResponsesRequest({ input, tools: [{ type: 'function', name: 'ls' }] }),
      DEFAULT_DIALECT,
      new Set<string>(),
    );
    assert.deepEqual(tools.offered.map((offered) => offered.function.name), ['ls', 'exec', 'mcp__a__echo']);
    assert.deepEqual(tools.find('mcp__a__echo'), { kind: 'function', name: 'echo', namespace: 'mcp__a' });
  });
});
