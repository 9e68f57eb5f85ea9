/** Every provider's rejections, in its own error body: what an SDK client and Codex receive. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROVIDERS } from '../../src/providers/catalog';
import { ask, CODEX, finalResponse, startBridge, type Loose } from '../support/bridge/test-bridge';
import { TARGETS } from './targets';

const SDK = { 'user-agent': 'openai-node/6.0.0' };

for (const { name } of PROVIDERS) {
  describe(name, () => {
    const model = TARGETS.find(({ provider }) => provider.name === name)?.model ?? '';
    const refusals = [
      { name: 'a wrong key', options: { apiKey: 'sk-test-another-key' }, statuses: [401], code: 'invalid_api_key' },
      {
        name: 'a model that it does not have',
        options: { models: ['another-model'] },
        // The provider's own status.
        statuses: [400, 403, 404, 422],
        code: 'model_not_found',
      },
    ] as const;
    for (const { name: what, options, statuses, code } of refusals) {
      it(what, async (context) => {
        const bridge = await startBridge(context, {
          provider: name, model, settings: { wire: 'chat' }, ...options,
        });
        const reply = await bridge.json({ input: ask() }, SDK);
        const message = (bridge.upstream.rejections[0] ?? '').replace(/^[a-z-]+: /, '');
        const { error } = reply.json as Loose;
        assert.equal(error.code, code, error.message);
        assert.ok((statuses as readonly number[]).includes(reply.status), `${reply.status}: ${error.message}`);
        assert.ok(message !== '' && error.message.includes(message), `${error.message} lacks: ${message}`);
        const failed = finalResponse(await bridge.stream({ input: ask() }, CODEX));
        assert.equal(failed.status, 'failed');
        assert.ok(failed.error.message.includes(message));
        assert.equal(bridge.upstream.requests.length, 2, 'nothing is retried');
      });
    }
  });
}
