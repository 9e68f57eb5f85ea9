/** Reasoning is sent back upstream unchanged: over tool rounds, turns, resumes and restarts, shown or hidden. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { assertGrowing, messagesAfter } from './chat-requests';
import { textsOf } from './events';
import { scenario, type ScenarioOptions } from './scenario';
import { shellCall } from './versions';

const THOUGHTS = ['First 想一想:\n\t"two" at once. ', '  Second, 🤔\r\nand on.', 'Third.'] as const;

const SCRIPT = [
  answer({
    reasoning: THOUGHTS[0],
    text: 'Both.',
    toolCalls: [shellCall('echo a'), shellCall('echo b')],
    writeSize: 13,
  }),
  answer({ reasoning: THOUGHTS[1], text: 'Done.' }),
  answer({ reasoning: THOUGHTS[2], toolCalls: [shellCall('echo c')] }),
  answer({ text: 'Again.' }),
];

/** Declares the same scenario for shown and hidden reasoning: what the upstream gets back must not depend on it. */
function reasoningSurvives(name: string, shown: boolean, bridgeEnv: NonNullable<ScenarioOptions['bridgeEnv']>): void {
  scenario(name, { script: SCRIPT, bridgeEnv }, async ({ run, restartBridge }) => {
    const first = await run('Say both.');
    await restartBridge();
    const second = await run('Say another.', { args: ['resume', '--last'] });
    assert.deepEqual(textsOf(first.events, 'reasoning'), shown ? THOUGHTS.slice(0, 2) : []);
    assert.deepEqual(textsOf(second.events, 'reasoning'), shown ? THOUGHTS.slice(2) : []);
    assert.deepEqual(textsOf(second.events, 'agent_message'), ['Again.']);
    for (const { stdout } of shown ? [] : [first, second]) assert.ok(!/想一想|Second|Third/.test(stdout), stdout);

    const requests = [...first.requests, ...second.requests];
    assert.equal(requests.length, 4);
    assertGrowing(requests);
    const messages = messagesAfter(requests[3]!, 'Say both.');
    assert.deepEqual(messages.map(({ role, reasoning_content: text }) => [role, text]), [
      ['assistant', THOUGHTS[0]], ['tool', undefined], ['tool', undefined], ['assistant', THOUGHTS[1]],
      ['user', undefined], ['assistant', THOUGHTS[2]], ['tool', undefined],
    ]);
    assert.equal(messages[0]?.['tool_calls'].length, 2, 'parallel calls share one block');
  });
}

reasoningSurvives('shown reasoning survives calls, turns, a resume and a restart of the bridge', true, {});
reasoningSurvives('hidden reasoning survives calls, turns, a resume and a restart of the bridge', false, {
  SUPPRESS_REASONING_TEXT: '1',
});

scenario(
  'a think block in the text becomes reasoning',
  {
    script: [
      answer({ text: '<think>\nHm, 想.\n</think>\n\nRunning.', toolCalls: [shellCall('echo hi')], pieces: 3 }),
      answer({ text: '<think>So.</think>Ran.' }),
      answer({ text: 'Again.' }),
    ],
  },
  async ({ run }) => {
    const first = await run('Run it.');
    assert.deepEqual(textsOf(first.events, 'reasoning').map((text) => text.trim()), ['Hm, 想.', 'So.']);
    assert.deepEqual(textsOf(first.events, 'agent_message'), ['Running.', 'Ran.']);
    const second = await run('Again.', { args: ['resume', '--last'] });
    assertGrowing([...first.requests, ...second.requests]);
    const [assistant, , closing] = messagesAfter(second.requests[0]!, 'Run it.');
    assert.deepEqual([assistant?.['content'], assistant?.['reasoning_content'].trim()], ['Running.', 'Hm, 想.']);
    assert.deepEqual(closing, { role: 'assistant', content: 'Ran.', reasoning_content: 'So.' });
  },
);
