/** Failures with a Codex version that retries all of them. */
import assert from 'node:assert/strict';
import { reply, type Step } from '../../support/upstream/scripted-upstream';
import { errorsOf } from './events';
import { scenario } from './scenario';

const rejection = (status: number, error: unknown): Step => reply({ status, body: { error } });

/** 0.80 retries every failed stream five times, whatever its code; the bridge answers with the cached failure. */
for (const [name, step, calls, says] of [
  [
    'a wrong key',
    rejection(401, { message: 'invalid access token or token expired', code: 'invalid_api_key' }),
    1,
    /token expired/,
  ],
  [
    'a 429 on every call',
    rejection(429, { message: 'Requests rate limit exceeded' }),
    4,
    /Requests rate limit exceeded\. Tried 4 times/,
  ],
  ['a 500 on every call', rejection(500, { message: 'Internal failure' }), 4, /Internal failure\. Tried 4 times/],
] as const) {
  scenario(
    `${name}, and Codex 0.80`,
    { version: '0.80.0', dialects: ['dashscope'], script: () => step, bridgeEnv: { RETRY_WAIT_MS: '20' } },
    async ({ run }) => {
      const { events, requests } = await run('Do it.', { exitCode: 1 });
      assert.equal(requests.length, calls);
      assert.match(errorsOf(events).at(-1) ?? '', says);
    },
  );
}
