/** A thread resumed by a new process: the history is sent upstream unchanged. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { assertGrowing, messagesAfter } from './chat-requests';
import { textsOf, usageOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

const THOUGHT = 'Let me see: \t"tabs", 标点。\n\n  Indented </think> and\r\nmore ';

scenario(
  'a resumed thread',
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
    const [assistant, , closing, ...rest] = messagesAfter(second.requests[0]!, 'Say one.');
    assert.equal(assistant?.['reasoning_content'], THOUGHT);
    assert.deepEqual(closing, { role: 'assistant', content: 'One.', reasoning_content: 'Second thought.' });
    assert.deepEqual(rest, [{ role: 'user', content: 'Say two.' }]);
  },
);

scenario(
  'a resumed thread after Codex was killed in the middle of a tool round',
  {
    script: [
      // The shell's parent is Codex itself, so it ends exactly in the middle of this command.
      answer({
        reasoning: 'Let me try.',
        text: 'Trying.',
        toolCalls: [shellCall('echo started > started.txt; kill -9 $PPID; sleep 1')],
      }),
      answer({ text: 'I was cut off.' }),
    ],
  },
  async ({ run, folder }) => {
    const first = await run('Try it.', { exitCode: null });
    assert.deepEqual(await readTree(folder.workspace), { 'started.txt': 'started\n' });
    assert.equal(usageOf(first.events), undefined, 'no turn was completed');
    const second = await run('What happened?', { args: ['resume', '--last'] });
    assert.equal(second.events[0]?.thread_id, first.events[0]?.thread_id);
    assert.deepEqual(textsOf(second.events, 'agent_message'), ['I was cut off.']);
    assertGrowing([...first.requests, ...second.requests]);
    const [assistant, result, ...rest] = messagesAfter(second.requests[0]!, 'Try it.');
    assert.deepEqual([assistant?.['content'], assistant?.['reasoning_content']], ['Trying.', 'Let me try.']);
    assert.deepEqual(result, { role: 'tool', tool_call_id: 'call_1_0', content: 'aborted' });
    assert.deepEqual(rest, [{ role: 'user', content: 'What happened?' }]);
  },
);

scenario(
  'a resumed thread with another model',
  {
    script: [
      answer({ reasoning: 'Mine.', toolCalls: [shellCall('echo one')] }),
      answer({ text: 'One.' }),
      answer({ reasoning: 'His, then mine.', toolCalls: [shellCall('echo two')] }),
      answer({ text: 'Two.' }),
    ],
  },
  async ({ run }) => {
    const first = await run('Say one.');
    const second = await run('Say two.', { args: ['resume', '--last', '-m', 'qwen3.7-plus'] });
    assert.deepEqual(textsOf(second.events, 'agent_message'), ['Two.']);
    assert.deepEqual(second.requests.map(({ body }) => body.model), ['qwen3.7-plus', 'qwen3.7-plus']);
    const before = messagesAfter(first.requests[1]!, 'Say one.');
    const [assistant, result, closing, switched, prompt, ...rest] = messagesAfter(second.requests[1]!, 'Say one.');
    assert.deepEqual([assistant, result], before);
    assert.deepEqual(closing, { role: 'assistant', content: 'One.' });
    // Codex sends it as a developer message after the history; the upstream accepts system messages only at the start.
    assert.equal(switched?.['role'], 'user');
    assert.match(switched?.['content'], /^<developer>\n<model_switch>\n/);
    assert.deepEqual(prompt, { role: 'user', content: 'Say two.' });
    assert.deepEqual(rest.map(({ role, reasoning_content: reasoning }) => [role, reasoning]), [
      ['assistant', 'His, then mine.'], ['tool', undefined],
    ]);
  },
);
