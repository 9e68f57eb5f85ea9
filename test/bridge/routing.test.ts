/** The model name selects the provider and its key. No request leaves this process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBridge } from '../../src/bridge/create-bridge';
import { resolveConfig } from '../../src/config/resolve';
import { BridgeError } from '../../src/errors/bridge-error';
import { createLogger } from '../../src/observe/log';
import type { UpstreamRequest } from '../../src/upstream/transport';

const PRIMARY = 'https://coding.dashscope.aliyuncs.com/v1/chat/completions';
const DEEPSEEK = 'https://api.deepseek.com/chat/completions';

/** Requests `model`; resolves with the upstream request and the failure that the client gets. */
async function route(
  model: string,
  flags: Readonly<Record<string, string>> = {},
  keys: Readonly<Record<string, readonly string[]>> = { deepseek: ['sk-test-deepseek'] },
  loadSavedKey?: (provider: string, baseUrl: string) => Promise<string | undefined>,
) {
  const resolved = resolveConfig(
    {
      aiApiKey: 'sk-test-primary', modelMap: 'deep=deepseek/deepseek-v4-pro,fast=glm-4.7', upstreamCalls: '1',
      wire: 'chat', ...flags,
    },
    {},
  );
  assert.ok(resolved.ok);
  const sent: UpstreamRequest[] = [];
  const transport = async (request: UpstreamRequest): Promise<never> => {
    sent.push(request);
    throw new BridgeError('network', 'not sent');
  };
  const log = createLogger({ level: 'error', format: 'text', write: () => undefined });
  const bridge = createBridge({ ...resolved.config, providerKeys: keys, loadSavedKey }, log, { transport });
  const caller = {
    client: 'generic',
    authorization: 'Bearer sk-test-inbound',
    headers: {},
    abort: new AbortController().signal,
  } as const;
  const failure: unknown = await bridge
    .start('responses', { model, input: 'Hi', store: false }, caller)
    .then((turn) => turn.collect())
    .catch((error: unknown) => error);
  assert.ok(failure instanceof BridgeError);
  const [request] = sent;
  const body = request && (JSON.parse(Buffer.concat(request.body).toString('utf8')) as { model: string });
  return { url: request?.url, key: request?.headers['authorization'], model: body?.model, failure };
}

describe('a model name', () => {
  const CASES: readonly (readonly [requested: string, url: string, key: string, model: string])[] = [
    ['glm-4.7', PRIMARY, 'Bearer sk-test-primary', 'glm-4.7'],
    ['fast', PRIMARY, 'Bearer sk-test-primary', 'glm-4.7'],
    ['deepseek/deepseek-v4-pro', DEEPSEEK, 'Bearer sk-test-deepseek', 'deepseek-v4-pro'],
    ['deep', DEEPSEEK, 'Bearer sk-test-deepseek', 'deepseek-v4-pro'],
  ];
  for (const [requested, url, key, model] of CASES) {
    it(`${requested} goes to ${new URL(url).host}`, async () => {
      const { failure: _failure, ...sent } = await route(requested);
      assert.deepEqual(sent, { url, key, model });
    });
  }

  it('of another provider never sends the inbound token or the primary key there', async () => {
    assert.equal((await route('glm-4.7', { forceEnvAuth: '0' })).key, 'Bearer sk-test-inbound');
    assert.equal((await route('deep', { forceEnvAuth: '0' })).key, 'Bearer sk-test-deepseek');
    const { url, failure } = await route('deep', { forceEnvAuth: '0' }, {});
    assert.equal(url, undefined);
    assert.equal(failure.kind, 'auth');
    assert.match(failure.message, /DEEPSEEK_API_KEY/);
  });

  it('of another provider uses its saved key, which is read only if no other key is set', async () => {
    const read: string[] = [];
    const loadSaved = async (provider: string, baseUrl: string): Promise<string | undefined> => {
      read.push(`${provider} ${baseUrl}`);
      return provider === 'deepseek' ? 'sk-test-saved' : undefined;
    };
    assert.equal((await route('glm-4.7', {}, {}, loadSaved)).key, 'Bearer sk-test-primary');
    assert.equal((await route('deep', {}, undefined, loadSaved)).key, 'Bearer sk-test-deepseek');
    assert.deepEqual(read, []);
    assert.equal((await route('deep', { forceEnvAuth: '0' }, {}, loadSaved)).key, 'Bearer sk-test-saved');
    assert.deepEqual(read, ['deepseek https://api.deepseek.com']);
    assert.equal((await route('moonshot/kimi-k2.6', {}, {}, loadSaved)).failure.kind, 'auth');
  });

  it('of a provider without an address is rejected before anything is sent', async () => {
    const { url, failure } = await route('openai-compatible/some-model');
    assert.equal(url, undefined);
    assert.deepEqual([failure.kind, failure.details.param], ['invalid_request', 'model']);
  });
});
