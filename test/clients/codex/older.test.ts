/** Older versions of Codex: reasoning, a command, an answer, and a resumed thread. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { messagesAfter, toolNames } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';
import { CODEX_VERSIONS, CURRENT_CODEX, shellCall } from './versions';

for (const version of CODEX_VERSIONS.filter((each) => each !== CURRENT_CODEX)) {
  const call = shellCall('echo hi', version);
  scenario(
    `Codex ${version}`,
    {
      version,
      script: [
        answer({ reasoning: 'Hm.', toolCalls: [call] }),
        answer({ text: 'It said hi.' }),
        answer({ text: 'Again.' }),
      ],
    },
    async ({ run }) => {
      const { events, requests } = await run('Run it.');
      assert.deepEqual(
        completedItems(events, 'command_execution').map((item) => item.aggregated_output),
        ['hi\n'],
      );
      assert.deepEqual(textsOf(events, 'reasoning'), ['Hm.']);
      assert.deepEqual(textsOf(events, 'agent_message'), ['It said hi.']);
      assert.ok(toolNames(requests[0]!).includes(call.name));

      const resumed = await run('Once more.', { args: ['resume', '--last'] });
      assert.deepEqual(textsOf(resumed.events, 'agent_message'), ['Again.']);
      assert.equal(resumed.requests.length, 1);
      const messages = messagesAfter(resumed.requests[0]!, 'Run it.');
      const [assistant, result, closing] = messages;
      assert.deepEqual(assistant, {
        role: 'assistant',
        content: '',
        reasoning_content: 'Hm.',
        tool_calls: [
          {
            id: 'call_1_0',
            type: 'function',
            function: { name: call.name, arguments: JSON.stringify(call.arguments) },
          },
        ],
      });
      assert.equal(result?.['tool_call_id'], 'call_1_0');
      assert.deepEqual(closing, { role: 'assistant', content: 'It said hi.' });
      assert.deepEqual(messages.at(-1), { role: 'user', content: 'Once more.' });
    },
  );
}
