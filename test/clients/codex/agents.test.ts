/** Agents spawned by the model: their requests go upstream too, and their answers return to the parent. */
import assert from 'node:assert/strict';
import { answer, type CapturedRequest } from '../../support/upstream/scripted-upstream';
import { messagesAfter, toolNames, type ChatMessage } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

const TASK = 'Count the „Bäume“.';
const messagesOf = ({ body }: CapturedRequest): readonly ChatMessage[] => body.messages;
const results = (request: CapturedRequest): readonly ChatMessage[] =>
  messagesOf(request).filter(({ role }) => role === 'tool');

/** Returns the only request of the child, and those of the parent. */
function separateChild(requests: readonly CapturedRequest[], isChild: (request: CapturedRequest) => boolean) {
  const [child, ...others] = requests.filter(isChild);
  assert.ok(child, 'the child sent no request');
  assert.deepEqual(others, []);
  return { child, parent: requests.filter((request) => !isChild(request)) };
}

const isPlainChild = (request: CapturedRequest): boolean => messagesOf(request).at(-1)?.['content'] === TASK;

scenario(
  'an agent that gets only its task',
  {
    script: (request) => {
      if (isPlainChild(request)) return answer({ reasoning: 'Counting.', text: 'Sieben.' });
      const [spawned, waited] = results(request);
      if (waited) return answer({ text: 'Seven trees.' });
      if (!spawned)
        return answer({ toolCalls: [{ name: 'multi_agent_v1__spawn_agent', arguments: { message: TASK } }] });
      const { agent_id: id } = JSON.parse(spawned['content']);
      return answer({ toolCalls: [{ name: 'multi_agent_v1__wait_agent', arguments: { targets: [id] } }] });
    },
  },
  async ({ run }) => {
    const { events, requests } = await run('Let an agent count.');
    assert.deepEqual(completedItems(events, 'collab_tool_call').map(({ tool, status }) => [tool, status]), [
      ['spawn_agent', 'completed'], ['wait', 'completed'],
    ]);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Seven trees.']);
    const { child, parent } = separateChild(requests, isPlainChild);
    assert.deepEqual(toolNames(child).filter((name) => name.startsWith('multi_agent')), []);
    assert.equal(parent.length, 3);
    // Codex adds a notice about the child's end as a user message, unless the turn ends first.
    const [, , assistant, waited, ...notice] = messagesAfter(parent[2]!, 'Let an agent count.');
    assert.equal(assistant?.['tool_calls'][0].function.name, 'multi_agent_v1__wait_agent');
    assert.match(waited?.['content'], /"completed":"Sieben\."/);
    for (const { role, content } of notice)
      assert.match(`${role}: ${content}`, /^user: <subagent_notification>[^]*Sieben\./);
  },
);

const isTeamChild = (request: CapturedRequest): boolean =>
  messagesOf(request).some(({ content }) => /^\[Message from \S+ to \S+\/count\]/.test(String(content)));

// `collaboration` of the catalog's version v2: the child inherits its parent's context, and gets its task in an
// `agent_message` whose text is in the field `encrypted_content` (codex-protocol.md, section 1).
scenario(
  'a team agent, which gets its task as an agent message',
  {
    catalog: { multi_agent_version: 'v2' },
    script: (request) => {
      if (isTeamChild(request)) return answer({ reasoning: 'Counting.', text: 'Sieben.' });
      const name = ['collaboration__spawn_agent', 'collaboration__wait_agent'][results(request).length];
      if (name === undefined) return answer({ text: 'Seven trees.' });
      const given = name.endsWith('spawn_agent') ? { message: TASK, task_name: 'count' } : {};
      return answer({ toolCalls: [{ name, arguments: given }] });
    },
  },
  async ({ run }) => {
    const { events, requests } = await run('Let an agent count.');
    assert.deepEqual(textsOf(events, 'agent_message'), ['Seven trees.']);
    const { child, parent } = separateChild(requests, isTeamChild);
    const task = messagesOf(child).at(-1);
    assert.equal(task?.['role'], 'user');
    assert.ok(task['content'].endsWith(`\n${TASK}`), task['content']);
    assert.equal(parent.length, 3);
    const answers = messagesAfter(parent[2]!, 'Let an agent count.').map(({ content }) => String(content));
    const childAnswers = answers.filter((text) => /^\[Message from \S+\/count to /.test(text));
    assert.deepEqual(childAnswers.map((text) => text.split('\n').at(-1)), ['Sieben.']);
  },
);
