/** Alibaba Cloud Model Studio, pay as you go (DashScope). Facts: upstreams.md, sections 1.2 and 2. */
import { DASHSCOPE, GLM, INPUT_OF_1M, WITHOUT_THINKING } from './dashscope';
import { GRADED, model, VISION, TOGGLE, type Provider } from '../provider';

/**
 * `thinking_budget` is documented here. The numbers are our choice: `high` sets no budget and leaves the length to the
 * model.
 */
const BUDGETS = { low: 4_096, medium: 16_384 } as const;
const BUDGETED = { thinking: { kind: 'enable_thinking', budgets: BUDGETS } } as const;
const QWEN38 = { thinking: { kind: 'enable_thinking', fixed: true, levels: ['low', 'medium', 'xhigh'] } } as const;
const LEVELS = { thinking: { kind: 'enable_thinking', levels: ['high', 'max'] } } as const;

/** Accepts any model of Model Studio; the rows are those with known limits. */
export const aliyunPayg: Provider = {
  name: 'aliyun-payg',
  aliases: ['dashscope', 'bailian', 'model-studio'],
  title: 'Alibaba Cloud Model Studio (DashScope), pay as you go',
  baseUrls: [
    'https://dashscope.aliyuncs.com/compatible-mode/v1',
    'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    'https://dashscope-us.aliyuncs.com/compatible-mode/v1',
    'https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1',
  ],
  // Newer addresses contain the workspace id: https://{WorkspaceId}.ap-southeast-1.maas.aliyuncs.com.
  hosts: [/^[a-z0-9.-]+\.maas\.aliyuncs\.com$/],
  keyEnv: ['DASHSCOPE_API_KEY'],
  requestIdHeader: 'x-dashscope-request-id',
  keyShape: {
    pattern: /^(?!sk-sp-)/,
    advice: 'Your key starts with sk-sp-: it belongs to the Coding Plan, which has its own hosts.',
  },
  docs: 'https://www.alibabacloud.com/help/en/model-studio/models',
  // Documented: help.aliyun.com/en/model-studio/compatibility-with-openai-responses-api; the preferred ones for Codex
  // in document_detail/3029258.
  responses: {
    models: ['qwen3.8-max', 'qwen3.7-max', 'qwen3.7-plus', 'qwen3.6-plus', 'qwen3.5-plus', 'qwen3-max-2026-01-23'],
    preferred: ['qwen3.8-max', 'qwen3.7-max', 'qwen3.6-plus'],
    evidence: 'documented',
  },
  defaultModel: 'qwen3.7-plus',
  remarks: [
    'The addresses are for China, other countries, the US and Hong Kong; a key works only in its own region.',
    'Keys of the Coding Plan and the Token Plan do not work here.',
  ],
  dialect: DASHSCOPE,
  models: [
    model('qwen3.8-max', 'Qwen3.8 Max', INPUT_OF_1M, 131_072, {
      input: VISION,
      efforts: ['low', 'medium', 'xhigh'],
      defaultEffort: 'xhigh',
      dialect: QWEN38,
      evidence: 'documented',
    }),
    model('qwen3.7-max', 'Qwen3.7 Max', INPUT_OF_1M, 65_536, { efforts: TOGGLE, evidence: 'source' }),
    model('qwen3.7-plus', 'Qwen3.7 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: GRADED,
      dialect: BUDGETED,
      evidence: 'source',
      remark: 'Budgets up to 262,144 are documented.',
    }),
    model('qwen3.6-plus', 'Qwen3.6 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: GRADED,
      dialect: BUDGETED,
      evidence: 'source',
    }),
    model('qwen3.5-plus', 'Qwen3.5 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: GRADED,
      dialect: BUDGETED,
      evidence: 'inferred',
      remark: 'Limits of the Coding Plan.',
    }),
    model('qwen3-max-2026-01-23', 'Qwen3 Max', 262_144, 32_768, {
      efforts: GRADED,
      dialect: BUDGETED,
      evidence: 'source',
    }),
    model('qwen3-coder-plus', 'Qwen3 Coder Plus', INPUT_OF_1M, 65_536, {
      dialect: WITHOUT_THINKING, evidence: 'source',
    }),
    model('qwen3-coder-next', 'Qwen3 Coder Next', 262_144, 65_536, {
      dialect: WITHOUT_THINKING,
      evidence: 'inferred',
      remark: 'Limits of the Coding Plan.',
    }),
    model('glm-5.2', 'GLM-5.2', 1_000_000, 131_072, {
      efforts: ['none', 'high', 'max'],
      dialect: { ...LEVELS, ...GLM },
      evidence: 'source',
    }),
    model('deepseek-v4-pro', 'DeepSeek V4 Pro', 1_000_000, 384_000, {
      efforts: ['none', 'high', 'max'],
      dialect: LEVELS,
      evidence: 'source',
    }),
  ],
};
