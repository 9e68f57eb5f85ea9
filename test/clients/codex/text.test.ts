/** A prompt and an answer: the text and usage that Codex shows, and the tools that it offers to the model. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { messagesAfter, toolNames } from './chat-requests';
import { completedItems, textsOf, usageOf } from './events';
import { scenario } from './scenario';

const TEXT = 'Grüße aus 杭州 👋 – "quoted", \\ and a\nsecond line.';

scenario('plain text', { script: [answer({ text: TEXT, writeSize: 7 })] }, async ({ run, model }) => {
  const { events, requests } = await run('Say hello.');
  assert.deepEqual(textsOf(events, 'agent_message'), [TEXT]);
  assert.deepEqual(textsOf(events, 'reasoning'), []);
  const [request] = requests;
  assert.ok(request);
  assert.equal(request.body.model, model);
  assert.deepEqual(messagesAfter(request, 'Say hello.'), []);
  assert.deepEqual(toolNames(request), [
    'exec_command', 'write_stdin', 'request_user_input', 'view_image',
    'multi_agent_v1__close_agent', 'multi_agent_v1__resume_agent', 'multi_agent_v1__send_input',
    'multi_agent_v1__spawn_agent', 'multi_agent_v1__wait_agent',
    'get_goal', 'create_goal', 'update_goal',
  ]);
});

const THOUGHT = 'First 想一想.\n\nThen  <answer>.';

scenario(
  'reasoning and exact usage',
  {
    script: [
      answer({ reasoning: THOUGHT, text: 'A.', usage: { prompt: 1234, completion: 56, cached: 1024, reasoning: 34 } }),
    ],
  },
  async ({ run }) => {
    const { events } = await run('Think.');
    const shown = events.filter(({ type, item }) => type === 'item.completed' && item?.type !== 'error');
    assert.deepEqual(
      shown.map(({ item }) => [item?.type, item?.text]),
      [
        ['reasoning', THOUGHT],
        ['agent_message', 'A.'],
      ],
    );
    assert.deepEqual(usageOf(events), {
      input_tokens: 1234,
      cached_input_tokens: 1024,
      cache_write_input_tokens: 0,
      output_tokens: 56,
      reasoning_output_tokens: 34,
    });
  },
);

scenario('an answer without usage', { script: [answer({ text: 'A.', usage: null })] }, async ({ run }) => {
  const { events } = await run('Say A.');
  assert.deepEqual(textsOf(events, 'agent_message'), ['A.']);
  assert.deepEqual(completedItems(events, 'error').length, 1, 'only the warning about unknown model metadata');
});
