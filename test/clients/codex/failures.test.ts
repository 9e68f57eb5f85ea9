/** Upstream failures: what Codex prints, how often it retries, and what must not reach the history. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { readTree } from '../support/work-folder';
import { completedItems, errorsOf, textsOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

/** The provider's own message. */
const KEY_REJECTED = {
  dashscope: 'invalid access token or token expired',
  openai: 'Incorrect API key provided: sk-test-***',
};

scenario(
  'a wrong key',
  { script: [], refusals: ['api-key'], bridgeEnv: { AI_API_KEY: 'sk-test-wrong' } },
  async ({ run, dialect, bridge }) => {
    const { events, requests } = await run('Say hello.', { exitCode: 1 });
    assert.equal(requests.length, 1, 'no retries');
    assert.deepEqual(textsOf(events, 'agent_message'), []);
    assert.equal(events.at(-1)?.type, 'turn.failed');
    const message = errorsOf(events).at(-1) ?? '';
    assert.ok(message.includes(` answered 401: ${KEY_REJECTED[dialect]}. Check that AI_API_KEY belongs to `), message);
    assert.ok(!`${message}${bridge.log()}`.includes('sk-test-wrong'), 'the key is not shown anywhere');
  },
);

const ANSWER = 'The first half. The second half.';

scenario(
  'a stream that breaks in the middle of its text',
  { script: [answer({ text: ANSWER, cutAfter: 5, end: 'cut' }), answer({ text: ANSWER })] },
  async ({ run }) => {
    const { events, requests } = await run('Say it.');
    assert.deepEqual(textsOf(events, 'agent_message'), [ANSWER]);
    assert.equal(requests.length, 2);
    assert.equal(requests[1]?.rawBody, requests[0]?.rawBody, 'the partial answer is not in the history');
  },
);

scenario(
  'a stream that ends without a finish reason',
  { script: [answer({ reasoning: 'Hm.', text: ANSWER, cutAfter: 7, end: 'eof' }), answer({ text: ANSWER })] },
  async ({ run }) => {
    const { events, requests } = await run('Say it.');
    assert.deepEqual(textsOf(events, 'agent_message'), [ANSWER]);
    assert.equal(requests.length, 2);
    assert.equal(requests[1]?.rawBody, requests[0]?.rawBody, 'the partial answer is not in the history');
  },
);

const APPEND = shellCall('echo ran >> runs.txt');

scenario(
  'a stream that breaks in the middle of a call',
  {
    script: [
      answer({ toolCalls: [APPEND], cutAfter: 6, end: 'reset' }),
      answer({ toolCalls: [APPEND] }),
      answer({ text: 'It ran once.' }),
    ],
  },
  async ({ run, folder }) => {
    const { events, requests } = await run('Run it.');
    assert.deepEqual(await readTree(folder.workspace), { 'runs.txt': 'ran\n' });
    assert.equal(completedItems(events, 'command_execution').length, 1);
    assert.deepEqual(textsOf(events, 'agent_message'), ['It ran once.']);
    assert.equal(requests.length, 3);
    assert.equal(requests[1]?.rawBody, requests[0]?.rawBody, 'the partial call is not in the history');
  },
);
