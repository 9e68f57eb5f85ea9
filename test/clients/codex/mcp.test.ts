/** Tools of an MCP server: offered flat to the model, called under their namespace by Codex. */
import assert from 'node:assert/strict';
import { answer } from '../../support/scripted-upstream';
import { assertGrowing, messagesAfter, toolNames } from './chat-requests';
import { mcpServer } from './config';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

scenario(
  'an MCP tool',
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
    assert.deepEqual(toolNames(requests[0]!).filter((name) => name.includes('mini')), ['mcp__mini__echo', 'mcp__mini__get_image']);
    const [said, result, ...rest] = messagesAfter(requests[1]!, 'Echo a greeting.');
    assert.deepEqual(said?.['tool_calls'], [
      { id: 'call_1_0', type: 'function', function: { name: 'mcp__mini__echo', arguments: '{"text":"Grüße"}' } },
    ]);
    assert.equal(result?.['tool_call_id'], 'call_1_0');
    assert.match(result?.['content'], /mini echoes: Grüße/);
    assert.deepEqual(rest, []);
  },
);
