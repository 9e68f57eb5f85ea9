/** Remote compaction of older versions: up to 0.125, they post the history to /responses/compact and use its output. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { messagesAfter } from './chat-requests';
import { textsOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

const SUMMARY = 'Fertig: „hi“ was said.';
const FULL = { prompt: 6_000, completion: 50 };

/** Newer versions are in compaction.test.ts. */
const OLDER = ['0.146.0', '0.125.0', '0.99.0', '0.80.0'] as const;

for (const version of OLDER) {
  scenario(
    `Codex ${version}: remote compaction`,
    {
      version,
      dialects: ['dashscope'],
      config: { provider: { name: 'OpenAI' }, settings: { model_auto_compact_token_limit: 5_000 } },
      bridgeEnv: { LOG_LEVEL: 'debug' },
      script: [
        answer({ reasoning: 'Say it.', toolCalls: [shellCall('echo hi', version)], usage: FULL }),
        answer({ reasoning: 'Sum it up.', text: SUMMARY }),
        answer({ text: 'It is said.' }),
        answer({ text: 'As I said.' }),
      ],
    },
    async ({ run, bridge }) => {
      const first = await run('Say hi.');
      assert.deepEqual(textsOf(first.events, 'agent_message'), ['It is said.']);
      if (version === '0.146.0') assert.doesNotMatch(bridge.log(), /\/v1\/responses\/compact/);
      else await bridge.logged(/\/v1\/responses\/compact/);
      const [assistant, , prompt] = messagesAfter(first.requests[1]!, 'Say hi.');
      assert.equal(assistant?.['reasoning_content'], 'Say it.');
      assert.match(prompt?.['content'], /^Your context is full\. Write a handoff summary/);

      const second = await run('And?', { args: ['resume', '--last'] });
      assert.deepEqual(textsOf(second.events, 'agent_message'), ['As I said.']);
      const [summary, closing] = messagesAfter(second.requests[0]!, 'Say hi.');
      assert.equal(summary?.['role'], 'user');
      assert.ok(summary['content'].endsWith(SUMMARY), summary['content']);
      assert.deepEqual(closing, { role: 'assistant', content: 'It is said.' });
    },
  );
}
