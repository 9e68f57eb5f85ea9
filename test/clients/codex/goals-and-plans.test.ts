/** Codex's own tools for goals, and for the plan that it shows as a to-do list. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { assertGrowing, messagesAfter } from './chat-requests';
import { eventItems, textsOf } from './events';
import { scenario } from './scenario';

// After create_goal, Codex adds the goal as a result without a call id (codex-protocol.md, section 1).
scenario(
  'a goal, whose text is returned as a result without a call',
  {
    script: [
      answer({ reasoning: 'A goal.', toolCalls: [{ name: 'create_goal', arguments: { objective: 'Ship „es“' } }] }),
      answer({ toolCalls: [{ name: 'update_goal', arguments: { status: 'complete' } }] }),
      answer({ text: 'Shipped.' }),
    ],
  },
  async ({ run }) => {
    const { events, requests } = await run('Set a goal.');
    assert.deepEqual(textsOf(events, 'agent_message'), ['Shipped.']);
    assert.equal(requests.length, 3);
    assertGrowing(requests);
    const [assistant, created, goal, , updated, ...rest] = messagesAfter(requests[2]!, 'Set a goal.');
    assert.equal(assistant?.['tool_calls'][0].function.name, 'create_goal');
    assert.equal(JSON.parse(created?.['content']).goal.objective, 'Ship „es“');
    assert.deepEqual(goal, { role: 'user', content: '[Result of goal_objective]\nShip „es“' });
    assert.equal(JSON.parse(updated?.['content']).goal.status, 'complete');
    assert.deepEqual(rest, []);
  },
);

const PLAN = [{ step: 'Lesen', status: 'completed' }, { step: 'Schreiben', status: 'in_progress' }];

scenario(
  'a plan',
  {
    config: { tables: '[tools.update_plan]\nenabled = true\n' },
    script: [
      answer({ text: 'Planning.', toolCalls: [{ name: 'update_plan', arguments: { plan: PLAN } }] }),
      answer({ text: 'Planned.' }),
    ],
  },
  async ({ run }) => {
    const { events, requests } = await run('Plan it.');
    const lists = eventItems(events, 'todo_list').map(({ items }) => items);
    assert.deepEqual(lists[0], [{ text: 'Lesen', completed: true }, { text: 'Schreiben', completed: false }]);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Planning.', 'Planned.']);
    const [assistant, result, ...rest] = messagesAfter(requests[1]!, 'Plan it.');
    assert.deepEqual(JSON.parse(assistant?.['tool_calls'][0].function.arguments), { plan: PLAN });
    assert.deepEqual(result, { role: 'tool', tool_call_id: 'call_1_0', content: 'Plan updated' });
    assert.deepEqual(rest, []);
  },
);
