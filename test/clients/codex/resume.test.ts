/** A thread that is taken up again by a new process: everything said before goes upstream as it went the first time. */
import assert from 'node:assert/strict';
import { answer } from '../../support/scripted-upstream';
import { assertGrowing, messagesAfter } from './chat-requests';
import { textsOf, usageOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

const THOUGHT = 'Let me see: \t"tabs", 标点。\n\n  Indented </think> and\r\nmore ';

scenario(
  'exec resume',
  {
    script: [
      answer({ reasoning: THOUGHT, toolCalls: [shellCall('echo one')], writeSize: 5 }),
      answer({ reasoning: 'Second thought.', text: 'One.' }),
      answer({ reasoning: 'Third thought.', text: 'Two.' }),
    ],
  },
  async ({ run }) => {
    const first = await run('Say one.');
    const second = await run('Say two.', { args: ['resume', '--last'] });
    assert.equal(second.events[0]?.thread_id, first.events[0]?.thread_id);
    assert.deepEqual(textsOf(first.events, 'agent_message'), ['One.']);
    assert.deepEqual(textsOf(second.events, 'agent_message'), ['Two.']);
    assert.equal(usageOf(second.events)?.input_tokens, 60, 'usage of the whole thread');

    assert.equal(second.requests.length, 1);
    assertGrowing([...first.requests, ...second.requests]);
    const [said, , closing, ...rest] = messagesAfter(second.requests[0]!, 'Say one.');
    assert.equal(said?.['reasoning_content'], THOUGHT);
    assert.deepEqual(closing, { role: 'assistant', content: 'One.', reasoning_content: 'Second thought.' });
    assert.deepEqual(rest, [{ role: 'user', content: 'Say two.' }]);
  },
);
