/** Finish reasons and repeated text of individual providers, through the complete bridge. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer } from '../support/upstream/scripted-upstream';
import { ask, CODEX, doneItems, finalResponse, startBridge } from '../support/bridge/test-bridge';

/** Z.ai's reasons (upstreams.md, section 4.4), and what an SDK client receives. */
const ENDINGS = [
  { finish: 'sensitive', status: 'incomplete', reason: 'content_filter' },
  { finish: 'length', status: 'incomplete', reason: 'max_output_tokens' },
  { finish: 'model_context_window_exceeded', status: 'failed', reason: 'context_length_exceeded' },
] as const;

describe('Z.ai’s finish reasons', () => {
  for (const { finish, status, reason } of ENDINGS) {
    it(`${finish} becomes ${reason}`, async (context) => {
      const bridge = await startBridge(context, {
        provider: 'zai',
        model: 'glm-5.3',
        settings: { wire: 'chat' },
        script: [answer({ reasoning: 'Hm.', text: 'Half', finish })],
      });
      const response = finalResponse(await bridge.stream({ input: ask() }));
      assert.equal(response.status, status);
      assert.equal(response.incomplete_details?.reason ?? response.error?.code, reason);
      bridge.upstream.assertClean();
    });
  }

  it('network_error is a failure', async (context) => {
    const bridge = await startBridge(context, {
      provider: 'zai',
      model: 'glm-5.3',
      settings: { wire: 'chat' },
      script: [answer({ text: 'Half', finish: 'network_error' })],
    });
    const response = finalResponse(await bridge.stream({ input: ask() }, CODEX));
    assert.equal(response.status, 'failed');
    assert.match(response.error.message, /network error/);
  });
});

it('text that MiniMax repeats appears once, in every field', async (context) => {
  const reasoning = 'First this. Then this, then that.';
  const bridge = await startBridge(context, {
    provider: 'minimax',
    model: 'MiniMax-M3',
    settings: { wire: 'chat' },
    script: [answer({ reasoning, text: 'Yes. Yes, I do.', pieces: 3 })],
  });
  const [thought, message] = doneItems(await bridge.stream({ input: ask() }, CODEX));
  assert.equal(thought.content[0].text, reasoning);
  assert.equal(message.content[0].text, 'Yes. Yes, I do.');
});
