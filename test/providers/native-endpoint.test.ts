/** Finds the provider's own Responses endpoint. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findProvider, findNativeBaseUrl, PROVIDERS } from '../../src/providers/catalog';
import type { NativeEndpoint, Provider } from '../../src/providers/provider';

const row = (responses?: NativeEndpoint): Provider => ({
  ...findProvider('openai-compatible', 'http://127.0.0.1/v1'),
  responses: responses ?? { evidence: 'inferred' },
});

describe('the base URL of a Responses endpoint', () => {
  it('is the user’s, if the row has no path', () => {
    assert.equal(findNativeBaseUrl(row(), 'http://127.0.0.1:8000/v1', 'any'), 'http://127.0.0.1:8000/v1');
  });

  it('has the path of the row on the user’s host', () => {
    assert.equal(
      findNativeBaseUrl(
        row({ basePath: '/api/v1', evidence: 'documented' }),
        'https://proxy.test:8443/api/coding/paas/v4',
        'any',
      ),
      'https://proxy.test:8443/api/v1',
    );
  });

  it('exists only for the models that it serves', () => {
    const provider = row({ models: ['new'], evidence: 'documented' });
    assert.equal(findNativeBaseUrl(provider, 'https://a.test/v1', 'new'), 'https://a.test/v1');
    assert.equal(findNativeBaseUrl(provider, 'https://a.test/v1', 'old'), undefined);
  });

  it('does not exist for the Coding Plan, which documents that it has none', () => {
    assert.equal(
      findNativeBaseUrl(findProvider('aliyun-coding', 'https://a.test/v1'), 'https://a.test/v1', 'qwen3.7-plus'),
      undefined,
    );
  });

  it('has only models that exist', () => {
    for (const { name, responses, models } of PROVIDERS) {
      const known = models.map(({ id }) => id);
      for (const id of responses?.models ?? []) assert.ok(known.includes(id), `${name}: ${id}`);
      assert.ok(responses?.basePath === undefined || /^(\/[\w-]+)+$/.test(responses.basePath), name);
    }
  });
});
