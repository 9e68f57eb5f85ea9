/** Finds the provider of a host: exact hosts, patterns, and hosts that only look similar. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findProvider } from '../../src/providers/catalog';

const HOSTS: readonly (readonly [url: string, provider: string])[] = [
  ['https://coding.dashscope.aliyuncs.com/v1', 'aliyun-coding'],
  ['https://coding-intl.dashscope.aliyuncs.com/v1', 'aliyun-coding'],
  ['https://token-plan.cn-beijing.maas.aliyuncs.com/compatible-mode/v1', 'aliyun-token-plan'],
  ['https://token-plan.eu-central-1.maas.aliyuncs.com/compatible-mode/v1', 'aliyun-token-plan'],
  ['https://token-plan.maas.qwencloudapi.com/compatible-mode/v1', 'aliyun-token-plan'],
  ['https://dashscope.aliyuncs.com/compatible-mode/v1', 'aliyun-payg'],
  ['https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1', 'aliyun-payg'],
  ['https://ws-1a2b3c.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1', 'aliyun-payg'],
  ['https://maas.aliyuncs.com/v1', 'openai-compatible'],
  ['https://ws.maas.aliyuncs.com.example/v1', 'openai-compatible'],
  ['https://API.Z.AI/api/coding/paas/v4', 'zai'],
  ['https://open.bigmodel.cn/api/paas/v4', 'zai'],
  ['https://z.ai/v4', 'openai-compatible'],
  ['https://api.moonshot.cn/v1', 'moonshot'],
  ['https://api.kimi.com/coding/v1', 'kimi-code'],
  ['https://api.minimaxi.com/v1', 'minimax'],
  ['https://api.deepseek.com', 'deepseek'],
  ['https://token-plan-sgp.xiaomimimo.com/v1', 'mimo'],
  ['https://api.siliconflow.com/v1', 'siliconflow'],
  ['https://ark.cn-beijing.volces.com/api/v3', 'ark'],
  ['https://openrouter.ai/api/v1', 'openrouter'],
  ['https://openrouter.ai:444/api/v1', 'openai-compatible'],
  ['https://ollama.com/v1', 'ollama'],
  ['http://127.0.0.1:11434/v1', 'openai-compatible'],
  ['http://localhost:1234/v1', 'openai-compatible'],
  ['http://[::1]:8000/v1', 'openai-compatible'],
  ['http://192.168.1.5:8080/v1', 'openai-compatible'],
];

for (const [url, provider] of HOSTS) {
  it(`${url} is ${provider}`, () => assert.equal(findProvider(undefined, url).name, provider));
}

it('a name overrides the host', () => {
  assert.equal(findProvider('ollama', 'http://127.0.0.1:9999/v1').name, 'ollama');
  assert.equal(findProvider('zai', 'https://gateway.example/v1').name, 'zai');
});
