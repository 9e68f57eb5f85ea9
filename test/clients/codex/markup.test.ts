/** Calls that a model writes as text, because its server does not parse them. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { assertGrowing, messagesAfter } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';

const CALL = { name: 'exec_command', arguments: { cmd: 'echo "ä 😀"' } };

const LEAKS: Readonly<Record<string, string>> = {
  'Hermes and Qwen': `Running it.\n<tool_call>\n${JSON.stringify(CALL)}\n</tool_call>`,
  'Qwen Coder': [
    'Running it.\n<tool_call>\n<function=exec_command>',
    '<parameter=cmd>\necho "ä 😀"\n</parameter>\n</function>\n</tool_call>',
  ].join('\n'),
  GLM: 'Running it.\n<tool_call>exec_command\n<arg_key>cmd</arg_key>\n<arg_value>echo "ä 😀"</arg_value>\n</tool_call>',
};

for (const [family, text] of Object.entries(LEAKS)) {
  scenario(
    `a call in the text, as ${family} write it`,
    { dialects: ['dashscope'], script: [answer({ text, pieces: 3 }), answer({ text: 'Ran it.' })] },
    async ({ run }) => {
      const { events, requests } = await run('Run it.');
      assert.deepEqual(completedItems(events, 'command_execution').map((item) => item.aggregated_output), ['ä 😀\n']);
      const [first, second] = textsOf(events, 'agent_message');
      assert.deepEqual([first?.trimEnd(), second], ['Running it.', 'Ran it.']);
      assertGrowing(requests);
      const [call, result, ...rest] = messagesAfter(requests[1]!, 'Run it.');
      assert.equal(call?.['content'].trimEnd(), 'Running it.');
      assert.deepEqual(JSON.parse(call?.['tool_calls'][0].function.arguments), CALL.arguments);
      assert.equal(result?.['tool_call_id'], call?.['tool_calls'][0].id);
      assert.deepEqual(rest, []);
    },
  );
}

const MARKUP = '<tool_call>{"name":"exec_command","arguments":{"cmd":"echo no"}}</tool_call>';
const TALK = `A model may write:\n\`\`\`\n${MARKUP}\n\`\`\`\nThat is all.`;

scenario(
  'text that only mentions markup',
  { dialects: ['dashscope'], script: [answer({ text: TALK })] },
  async ({ run }) => {
    const { events } = await run('Explain it.');
    assert.deepEqual(completedItems(events, 'command_execution'), []);
    assert.deepEqual(textsOf(events, 'agent_message'), [TALK]);
  },
);
