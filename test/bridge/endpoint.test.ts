/** Messages about a rejected key: its source and whether its format is right, but never the key itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeSource } from '../../src/bridge/failure-source';
import { findProvider } from '../../src/providers/catalog';
import { startTcpUpstream, head } from '../support/upstream/tcp-upstream';
import { ask, CODEX, finalResponse, KEY, startBridge } from '../support/bridge/test-bridge';

const plan = findProvider('aliyun-coding', 'http://127.0.0.1/v1');
const payg = findProvider('aliyun-payg', 'http://127.0.0.1/v1');
const compatible = findProvider('openai-compatible', 'http://127.0.0.1/v1');

interface Row {
  readonly name: string;
  readonly provider: typeof plan;
  /** The key of the bridge. */
  readonly key?: string;
  /** The client's Authorization header. */
  readonly authorization?: string;
  readonly forceEnvAuth?: boolean;
  readonly isPrimary?: boolean;
  readonly advice: string;
}

const CHECK_KEY = 'Check that AI_API_KEY belongs to {host}.';
const ROWS: readonly Row[] = [
  { name: 'a key that looks right', provider: plan, key: 'sk-sp-test-1', advice: CHECK_KEY },
  {
    name: 'another kind of key for the plan',
    provider: plan,
    key: 'sk-test-1',
    advice: `${CHECK_KEY} Coding Plan keys start with sk-sp-; yours does not.`,
  },
  {
    name: 'a plan key at another provider',
    provider: payg,
    key: 'sk-sp-test-1',
    advice: `${CHECK_KEY} Your key starts with sk-sp-: it belongs to the Coding Plan, which has its own hosts.`,
  },
  { name: 'a key of a provider whose key format is unknown', provider: compatible, key: 'x-test-1', advice: CHECK_KEY },
  { name: 'no key', provider: plan, advice: 'No key was sent: set AI_API_KEY where the bridge is started.' },
  {
    name: 'no key, and the client’s key is ignored',
    provider: plan,
    authorization: 'Bearer sk-sp-test-2',
    advice: 'No key was sent: set AI_API_KEY where the bridge is started.',
  },
  {
    name: 'the client’s key',
    provider: plan,
    key: 'sk-test-1',
    authorization: 'Bearer sk-sp-test-2',
    forceEnvAuth: false,
    advice: 'The client sent this key, and FORCE_ENV_AUTH is off: check that it belongs to {host}.',
  },
  {
    name: 'a key for a provider that the model name selected',
    provider: payg,
    key: 'sk-test-1',
    isPrimary: false,
    advice: 'Check that DASHSCOPE_API_KEY belongs to {host}.',
  },
];

describe('advice on a rejected key', () => {
  it('names the other console’s address for the same plan', () => {
    for (const [name, address, other] of [
      ['aliyun-coding', 'https://coding.dashscope.aliyuncs.com/v1', 'https://coding-intl.dashscope.aliyuncs.com/v1'],
      ['zai', 'https://open.bigmodel.cn/api/paas/v4', 'https://api.z.ai/api/paas/v4'],
      ['moonshot', 'https://api.moonshot.ai/v1', 'https://api.moonshot.cn/v1'],
      ['moonshot', 'https://gateway.example/v1', undefined],
    ] as const) {
      const provider = findProvider(name, address);
      const access = { aiBaseUrl: address, aiApiKey: 'sk-sp-1', forceEnvAuth: true, userAgent: undefined };
      const options = { provider, access, isPrimary: true, clock: () => 0 };
      const { keyAdvice = '' } = describeSource({ host: new URL(address).host }, options, {});
      const hint = other === undefined ? '' : ` For a key from the other console, set AI_API_BASE=${other}.`;
      assert.equal(keyAdvice, `Check that AI_API_KEY belongs to {host}.${hint}`);
    }
  });

  for (const { name, provider, key, authorization, forceEnvAuth = true, isPrimary = true, advice } of ROWS) {
    it(name, () => {
      const access = { aiBaseUrl: 'https://api.example:8443/v1', aiApiKey: key, forceEnvAuth, userAgent: undefined };
      const source = describeSource(
        { host: 'api.example:8443' },
        { provider, access, isPrimary, clock: () => 0 },
        authorization === undefined ? {} : { authorization },
      );
      assert.equal(source.keyAdvice, advice);
      assert.equal(source.host, 'api.example:8443');
    });
  }
});

it('the error for a Codex model that the provider does not have suggests DEFAULT_MODEL', async (context) => {
  const bridge = await startBridge(context, { dialect: 'openai', models: ['scripted-model'] });
  for (const [model, advice] of [
    ['codex-auto-review', '"codex-auto-review" is a Codex model: set DEFAULT_MODEL to replace it.'],
    ['gpt-6.2-sol', '"gpt-6.2-sol" is a Codex model: set DEFAULT_MODEL to replace it.'],
    ['gpt-oss-120b', 'Check the model name: ids must match exactly; `aliyun-codex-bridge models` lists them.'],
  ]) {
    const { error } = finalResponse(await bridge.stream({ model, input: ask() }, CODEX));
    assert.ok(error.message.endsWith(advice), error.message);
  }
});

it('a key that the provider quotes inside a stream is redacted', async (context) => {
  const rejection = { message: `Key ${KEY} is not known`, code: 'invalid_api_key' };
  const event = `data: ${JSON.stringify({ error: rejection })}\n\n`;
  const length = Buffer.byteLength(event);
  const headers = { 'content-type': 'text/event-stream', 'content-length': length, connection: 'close' };
  const upstream = await startTcpUpstream(context, () => ({ writes: [head('200 OK', headers), event], end: 'close' }));
  const bridge = await startBridge(context, { settings: { aiBaseUrl: upstream.url } });
  const { error } = finalResponse(await bridge.stream({ input: ask() }, CODEX));
  assert.match(error.message, /^Alibaba Cloud Coding Plan \(\S+\) reported: Key \[redacted\] is not known\. /);
});
