/** Alibaba Cloud Coding Plan. Facts: upstreams.md, sections 1.1, 2 and table (a). */
import { ALWAYS_THINKING, DASHSCOPE, GLM, INPUT_OF_1M, WITHOUT_THINKING } from './dashscope';
import { ALWAYS, DEFAULT_BASE_URL, model, VISION, TOGGLE, type Provider } from '../provider';

/**
 * Has ten models and one key per account, and counts requests rather than tokens.
 *
 * It is not known whether this endpoint accepts `thinking_budget`, so none is sent, and the picker offers only thinking
 * on and off. `reasoning_effort` is never sent, because these models do not support it.
 */
export const aliyunCoding: Provider = {
  name: 'aliyun-coding',
  aliases: ['aliyun', 'coding-plan'],
  title: 'Alibaba Cloud Coding Plan',
  baseUrls: [DEFAULT_BASE_URL, 'https://coding-intl.dashscope.aliyuncs.com/v1'],
  keyEnv: ['BAILIAN_CODING_PLAN_API_KEY', 'ALIBABA_CODING_PLAN_API_KEY', 'DASHSCOPE_API_KEY'],
  requestIdHeader: 'x-dashscope-request-id',
  keyShape: {
    pattern: /^sk-sp-/,
    advice: 'Coding Plan keys start with sk-sp-; yours does not.',
  },
  // Documented: the terms of the plan (upstreams.md, section 1.1).
  oneKey: 'The plan is for personal use with one key per account, and misuse may suspend the key.',
  // Documented: the FAQ of the plan (upstreams.md, section 5).
  errors: [
    { kind: 'quota', pattern: /hour allocated quota exceeded/i, resets: 'rolling' },
    { kind: 'quota', pattern: /week allocated quota exceeded/i, resets: 'monday' },
    { kind: 'quota', pattern: /month allocated quota exceeded/i, resets: 'subscription-day' },
  ],
  // Documented: the plan's page; Lite is no longer sold or renewed (upstreams.md, section 0).
  plan: {
    tier: 'Pro',
    source: 'https://help.aliyun.com/zh/model-studio/coding-plan',
    limits: [
      { window: '5 hours', requests: 6_000, resets: 'rolling' },
      { window: 'week', requests: 45_000, resets: 'monday' },
      { window: 'month', requests: 90_000, resets: 'subscription-day' },
    ],
  },
  docs: 'https://help.aliyun.com/zh/model-studio/coding-plan',
  defaultModel: 'qwen3.7-plus',
  remarks: [
    'Keys start with `sk-sp-` and are not interchangeable with those of pay-as-you-go.',
    'The first address is for China, the second is international.',
    'The quota counts requests, not tokens; every retry is one request.',
    'It checks the calling program: HTTP 405 "Coding Plan is currently only available for Coding Agents". ' +
      "The bridge forwards Codex's own User-Agent; it is not known whether that is accepted today.",
  ],
  dialect: DASHSCOPE,
  models: [
    model('qwen3.7-plus', 'Qwen3.7 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: TOGGLE,
      evidence: 'documented',
      remark: 'Input limit inferred; output limit from clients, one of which uses 64,000.',
    }),
    model('qwen3.6-plus', 'Qwen3.6 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: TOGGLE,
      evidence: 'documented',
      remark: 'Pro subscribers only.',
    }),
    model('qwen3.5-plus', 'Qwen3.5 Plus', INPUT_OF_1M, 65_536, {
      input: VISION,
      efforts: TOGGLE,
      evidence: 'documented',
      remark: 'Input limit from an error text (qwen-code#2384).',
    }),
    model('qwen3-max-2026-01-23', 'Qwen3 Max', 262_144, 32_768, {
      efforts: TOGGLE,
      evidence: 'documented',
      remark: 'Sources disagree about the output limit; a sample by Alibaba uses 65,536.',
    }),
    model('qwen3-coder-next', 'Qwen3 Coder Next', 262_144, 65_536, {
      dialect: WITHOUT_THINKING,
      evidence: 'documented',
    }),
    model('qwen3-coder-plus', 'Qwen3 Coder Plus', INPUT_OF_1M, 65_536, {
      dialect: WITHOUT_THINKING,
      evidence: 'documented',
    }),
    model('glm-5', 'GLM-5', 202_752, 16_384, { efforts: TOGGLE, dialect: GLM, evidence: 'documented' }),
    model('glm-4.7', 'GLM-4.7', 202_752, 16_384, { efforts: TOGGLE, dialect: GLM, evidence: 'documented' }),
    model('kimi-k2.5', 'Kimi K2.5', 262_144, 32_768, { input: VISION, efforts: TOGGLE, evidence: 'documented' }),
    model('MiniMax-M2.5', 'MiniMax M2.5', 196_608, 24_576, {
      efforts: ALWAYS,
      dialect: ALWAYS_THINKING,
      evidence: 'documented',
    }),
  ],
};
