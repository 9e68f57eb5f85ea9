/**
 * A provider that is silent for longer than Codex waits: the turn succeeds with keep-alive events and fails without
 * them.
 */
import assert from 'node:assert/strict';
import { answer, silence } from '../../support/upstream/scripted-upstream';
import { errorsOf, textsOf } from './events';
import { scenario } from './scenario';

/** Shorter than the provider's silence below, so that Codex gives up without keep-alive events. */
const SHORT_TIMEOUT = { stream_idle_timeout_ms: 1_500 };
const afterSilence = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 4_000));

for (const [place, index] of [['before its first token', 0], ['in the middle of its text', 3]] as const) {
  scenario(
    `a provider that is silent ${place} for longer than Codex waits`,
    {
      dialects: ['dashscope'],
      script: [answer({ text: 'At last: here it is.', gate: (at) => (at === index ? afterSilence() : undefined) })],
      config: { provider: SHORT_TIMEOUT },
      bridgeEnv: { KEEP_ALIVE_MS: '300' },
    },
    async ({ run }) => {
      const { events, requests } = await run('Think.');
      assert.deepEqual(textsOf(events, 'agent_message'), ['At last: here it is.']);
      assert.equal(requests.length, 1);
      assert.deepEqual(errorsOf(events), []);
    },
  );
}

scenario(
  'without keep-alive events, the same silence fails the turn',
  {
    dialects: ['dashscope'],
    script: () => silence(),
    config: { provider: { ...SHORT_TIMEOUT, stream_max_retries: 0 } },
    bridgeEnv: { KEEP_ALIVE_MS: '0' },
  },
  async ({ run }) => {
    const { events } = await run('Think.', { exitCode: 1 });
    assert.match(errorsOf(events).at(-1) ?? '', /idle timeout waiting for SSE/);
  },
);
