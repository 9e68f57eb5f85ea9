/** A model that searches for deferred tools, then calls the tool that it found. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { assertGrowing, messagesAfter, toolNames, toolsOf } from './chat-requests';
import { mcpServer } from './config';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

scenario(
  'tool search, then a call to the found tool, and again in a later turn',
  {
    catalog: { supports_search_tool: true },
    config: { tables: `${mcpServer('mini')}\n${mcpServer('other')}` },
    script: [
      answer({
        reasoning: 'What is there?',
        toolCalls: [{ name: 'tool_search', arguments: { query: 'mini echo text', limit: 1 } }],
        pieces: 1,
      }),
      answer({ toolCalls: [{ name: 'mcp__mini__echo', arguments: { text: 'gefunden' } }] }),
      answer({ text: 'It echoes.' }),
      answer({ toolCalls: [{ name: 'mcp__mini__echo', arguments: { text: 'noch einmal' } }] }),
      answer({ text: 'It still echoes.' }),
    ],
  },
  async ({ run }) => {
    const { events, requests } = await run('Find an echo.');
    const [call] = completedItems(events, 'mcp_tool_call');
    assert.deepEqual([call?.server, call?.tool, call?.status], ['mini', 'echo', 'completed']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['It echoes.']);

    assert.equal(requests.length, 3);
    const [before, after, last] = requests.map(toolNames);
    assert.ok(before?.includes('tool_search'));
    assert.deepEqual(before?.filter((name) => name.startsWith('mcp__')), []);
    assert.deepEqual(after, [...before!, 'mcp__mini__echo']);
    assert.deepEqual(last, after);
    assert.match(toolsOf(requests[1]!).at(-1)?.description ?? '', /Returns the text it is given\./);
    assertGrowing(requests);

    const [search, found, assistant, result, ...rest] = messagesAfter(requests[2]!, 'Find an echo.');
    assert.equal(search?.['reasoning_content'], 'What is there?');
    assert.deepEqual(search?.['tool_calls'], [
      {
        id: 'call_1_0',
        type: 'function',
        function: { name: 'tool_search', arguments: '{"query":"mini echo text","limit":1}' },
      },
    ]);
    assert.deepEqual([found?.['role'], found?.['tool_call_id']], ['tool', 'call_1_0']);
    assert.match(found?.['content'], /- mcp__mini__echo: Returns the text it is given\./);
    assert.equal(assistant?.['tool_calls'][0].function.name, 'mcp__mini__echo');
    assert.match(result?.['content'], /mini echoes: gefunden/);
    assert.deepEqual(rest, []);

    const later = await run('Again.', { args: ['resume', '--last'] });
    assert.deepEqual(completedItems(later.events, 'mcp_tool_call').map(({ status }) => status), ['completed']);
    assert.deepEqual(textsOf(later.events, 'agent_message'), ['It still echoes.']);
    assertGrowing([...requests, ...later.requests]);
  },
);
