/** `codex exec --oss --local-provider lmstudio`: no provider is configured, and the bridge replaces LM Studio. */
import assert from 'node:assert/strict';
import { answer } from '../../support/upstream/scripted-upstream';
import { messagesAfter } from './chat-requests';
import { completedItems, textsOf } from './events';
import { scenario } from './scenario';
import { shellCall } from './versions';

// Codex looks up the model in GET /models, loads it with an empty request for one token, then sends the prompt
// (codex-protocol.md, section 9).
scenario(
  'the bridge replaces LM Studio',
  {
    bridgeEnv: { DEFAULT_MODEL: 'glm-4.7' },
    model: 'glm-4.7',
    script: [answer({ toolCalls: [shellCall('echo hi')] }), answer({ text: 'It said hi.' })],
  },
  async ({ run, bridge }) => {
    const { events, requests } = await run('Run it.', {
      args: ['--oss', '--local-provider', 'lmstudio', '--model', 'glm-4.7'],
      env: { CODEX_OSS_BASE_URL: bridge.url },
    });
    assert.deepEqual(completedItems(events, 'command_execution').map((item) => item.aggregated_output), ['hi\n']);
    assert.deepEqual(textsOf(events, 'agent_message'), ['It said hi.']);
    assert.equal(requests.length, 2, 'the request that loads the model never reaches the upstream');
    assert.equal(messagesAfter(requests[1]!, 'Run it.').length, 2);
  },
);
