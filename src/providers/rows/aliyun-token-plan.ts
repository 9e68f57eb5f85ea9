/** Alibaba Cloud Token Plan. Facts: upstreams.md, sections 1.2, 2 and table (a). */
import { ALWAYS_THINKING, DASHSCOPE, GLM, INPUT_OF_1M } from './dashscope';
import { ALWAYS, model, VISION, TOGGLE, type Provider } from '../provider';

/** The maker's limit may be above that of this host, so it is not sent unless the client sets a limit. */
const MAKERS_LIMIT = { alwaysMaxTokens: false } as const;

/** The levels of Qwen3.8 are documented; according to models.dev (2026-08-03), its thinking cannot be switched off. */
const QWEN38 = { thinking: { kind: 'enable_thinking', fixed: true, levels: ['low', 'medium', 'xhigh'] } } as const;
const GLM52 = { ...GLM, thinking: { kind: 'enable_thinking', levels: ['high', 'max'] } } as const;
const GLM53 = {
  ...GLM, ...MAKERS_LIMIT, thinking: { kind: 'enable_thinking', fixed: true, levels: ['low', 'high', 'max'] },
} as const;
const DEEPSEEK = { ...MAKERS_LIMIT, thinking: { kind: 'enable_thinking', levels: ['high', 'max'] } } as const;
const KIMI_CODE = { ...MAKERS_LIMIT, thinking: { kind: 'enable_thinking', fixed: true } } as const;

/** Models with a Responses endpoint. */
const NATIVE = ['qwen3.8-max', 'qwen3.7-max', 'qwen3.6-plus', 'auto'] as const;

/** Counts tokens; Alibaba recommends it to Coding Plan users as the successor. */
export const aliyunTokenPlan: Provider = {
  name: 'aliyun-token-plan',
  aliases: ['token-plan'],
  title: 'Alibaba Cloud Token Plan',
  baseUrls: [
    'https://token-plan.cn-beijing.maas.aliyuncs.com/compatible-mode/v1',
    'https://token-plan.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1',
    // Source: models.dev, 2026-09-24.
    'https://token-plan.maas.qwencloudapi.com/compatible-mode/v1',
  ],
  hosts: [/^token-plan\.[a-z0-9-]+\.maas\.aliyuncs\.com$/],
  keyEnv: ['BAILIAN_TOKEN_PLAN_API_KEY', 'ALIBABA_TOKEN_PLAN_API_KEY', 'DASHSCOPE_API_KEY'],
  requestIdHeader: 'x-dashscope-request-id',
  plan: {},
  docs: 'https://www.alibabacloud.com/help/en/model-studio/token-plan-overview',
  // Documented for Codex: document_detail/3029258. For all other models, that page says to install Codex 0.80.
  responses: { models: NATIVE, preferred: NATIVE, evidence: 'documented' },
  defaultModel: 'qwen3.8-max',
  remarks: ['The first address is for China, the others are international.'],
  // Source: pi-ai marks `strict` as supported here.
  dialect: { ...DASHSCOPE, strictTools: true },
  models: [
    model('qwen3.8-max', 'Qwen3.8 Max', INPUT_OF_1M, 131_072, {
      input: VISION,
      efforts: ['low', 'medium', 'xhigh'],
      defaultEffort: 'xhigh',
      dialect: QWEN38,
      evidence: 'documented',
    }),
    model('qwen3.8-flash', 'Qwen3.8 Flash', INPUT_OF_1M, 131_072, {
      input: VISION,
      efforts: ['low', 'medium', 'xhigh'],
      defaultEffort: 'xhigh',
      dialect: QWEN38,
      evidence: 'source',
    }),
    model('qwen3.7-max', 'Qwen3.7 Max', INPUT_OF_1M, 65_536, {
      efforts: TOGGLE,
      evidence: 'source',
      remark: 'Clients use output limits from 65,536 to 131,072.',
    }),
    model('qwen3.6-plus', 'Qwen3.6 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: TOGGLE,
      evidence: 'documented',
      remark: 'Limits of the Coding Plan.',
    }),
    model('auto', 'Auto', 196_608, 32_768, {
      // Reported: it rejects both fields (claude-provider-switcher v1.1.1).
      dialect: { ...MAKERS_LIMIT, toolChoice: 'omit', thinking: { kind: 'none' }, preserveThinking: false },
      native: { toolChoice: 'omit', parallelToolCalls: false },
      evidence: 'reported',
      remark: 'The plan picks the model. Limits of its smallest one.',
    }),
    model('glm-5.2', 'GLM-5.2', 1_000_000, 131_072, {
      efforts: ['none', 'high', 'max'],
      dialect: GLM52,
      evidence: 'source',
    }),
    model('glm-5.3', 'GLM-5.3', 1_000_000, 131_072, {
      efforts: ['low', 'high', 'max'],
      dialect: GLM53,
      evidence: 'inferred',
      remark: "Z.ai's limits.",
    }),
    model('deepseek-v4-pro', 'DeepSeek V4 Pro', 1_000_000, 384_000, {
      efforts: ['none', 'high', 'max'],
      dialect: DEEPSEEK,
      evidence: 'inferred',
      remark: "DeepSeek's limits.",
    }),
    model('deepseek-v4-flash', 'DeepSeek V4 Flash', 1_000_000, 384_000, {
      efforts: ['none', 'high', 'max'],
      dialect: DEEPSEEK,
      evidence: 'inferred',
      remark: "DeepSeek's limits.",
    }),
    model('kimi-k2.6', 'Kimi K2.6', 262_144, 262_144, {
      input: VISION,
      efforts: TOGGLE,
      dialect: MAKERS_LIMIT,
      evidence: 'inferred',
      remark: "Moonshot's limits.",
    }),
    model('kimi-k2.7-code', 'Kimi K2.7 Code', 262_144, 262_144, {
      input: VISION,
      efforts: ALWAYS,
      dialect: KIMI_CODE,
      evidence: 'inferred',
      remark: "Moonshot's limits.",
    }),
    model('MiniMax-M2.5', 'MiniMax M2.5', 196_608, 32_768, {
      efforts: ALWAYS,
      dialect: ALWAYS_THINKING,
      evidence: 'source',
    }),
  ],
};
