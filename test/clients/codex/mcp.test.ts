/** Tools of MCP servers: offered flat to the model, called under their namespace by Codex. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { assertGrowing, messagesAfter, toolNames, toolsOf, type OfferedTool } from './chat-requests';
import { mcpServer } from './config';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

scenario(
  'a tool of an MCP server',
  {
    config: { tables: mcpServer('mini') },
    script: [
      answer({ toolCalls: [{ name: 'mcp__mini__echo', arguments: { text: 'Grüße' } }] }),
      answer({ text: 'It echoes.' }),
    ],
  },
  async ({ run }) => {
    const { events, requests } = await run('Echo a greeting.');
    const [call] = completedItems(events, 'mcp_tool_call');
    assert.deepEqual([call?.server, call?.tool, call?.status], ['mini', 'echo', 'completed']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['It echoes.']);

    assert.equal(requests.length, 2);
    assertGrowing(requests);
    const offered = toolNames(requests[0]!).filter((name) => name.includes('mini'));
    assert.deepEqual(offered, ['mcp__mini__echo', 'mcp__mini__get_image']);
    const [assistant, result, ...rest] = messagesAfter(requests[1]!, 'Echo a greeting.');
    assert.deepEqual(assistant?.['tool_calls'], [
      { id: 'call_1_0', type: 'function', function: { name: 'mcp__mini__echo', arguments: '{"text":"Grüße"}' } },
    ]);
    assert.equal(result?.['tool_call_id'], 'call_1_0');
    assert.match(result?.['content'], /mini echoes: Grüße/);
    assert.deepEqual(rest, []);
  },
);

/**
 * Too long for `mcp__<server>__<tool>`: the tool names are truncated and get a hash, and the descriptions distinguish
 * the tools.
 */
const LONG = 'a_server_with_a_name_that_leaves_no_room_for_its_tools_at_all';

const isLongEcho = ({ name, description = '' }: OfferedTool): boolean =>
  name.startsWith('mcp__a_server_with') && description.includes('Returns the text it is given.');

scenario(
  'the same tool of three MCP servers',
  {
    config: { tables: [mcpServer('one'), mcpServer('two'), mcpServer(LONG)].join('\n') },
    script: (request, index) => {
      if (index > 0) return answer({ text: 'They echo.' });
      const echoes = [
        'mcp__two__echo',
        'mcp__one__echo',
        ...toolsOf(request)
          .filter(isLongEcho)
          .map(({ name }) => name),
      ];
      return answer({ toolCalls: echoes.map((name, at) => ({ name, arguments: { text: `call ${at}` } })) });
    },
  },
  async ({ run }) => {
    const { events, requests } = await run('Echo on all of them.');
    const calls = completedItems(events, 'mcp_tool_call').map(({ server, tool, status, result }) =>
      [server, tool, status, textOf(result)]);
    assert.deepEqual(calls.sort((a, b) => (String(a[3]) < String(b[3]) ? -1 : 1)), [
      [LONG, 'echo', 'completed', `${LONG} echoes: call 2`],
      ['one', 'echo', 'completed', 'one echoes: call 1'],
      ['two', 'echo', 'completed', 'two echoes: call 0'],
    ]);

    assert.equal(requests.length, 2);
    assertGrowing(requests);
    const names = toolNames(requests[0]!);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
    const [assistant, ...results] = messagesAfter(requests[1]!, 'Echo on all of them.');
    const ids = assistant?.['tool_calls'].map((call: { id: string }) => call.id);
    assert.deepEqual(ids, ['call_1_0', 'call_1_1', 'call_1_2']);
    assert.deepEqual(results.map((result) => [result['tool_call_id'], /\w+ echoes: .*/.exec(result['content'])?.[0]]), [
      ['call_1_0', 'two echoes: call 0'],
      ['call_1_1', 'one echoes: call 1'],
      ['call_1_2', `${LONG} echoes: call 2`],
    ]);
  },
);

/** The text of the first part of the server's result, as Codex reports it. */
const textOf = (result: unknown): string | undefined =>
  (result as { content: readonly { text: string }[] } | null)?.content[0]?.text;
