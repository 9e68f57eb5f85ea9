/** Z.ai, and BigModel in China. Facts: upstreams.md, sections 1.3, 2, 3 and table (a). */
import { CORE_FIELDS_ONLY, model, VISION, TOGGLE, type Provider } from '../provider';

/**
 * `clear_thinking: false` keeps the reasoning of earlier turns. Documented: it is the default on the coding endpoints
 * but not on the standard ones, so it is always sent.
 */
const THINKING = { kind: 'thinking', on: 'enabled', extra: { clear_thinking: false } } as const;
/** Published for pay as you go; requests under /api/coding belong to the plan. */
const GLM_PRICE = {
  currency: 'USD', input: 1.4, cached: 0.26, output: 4.4, date: '2026-08',
  source: 'https://docs.z.ai/guides/overview/pricing',
} as const;
const GLM53 = { thinking: { ...THINKING, fixed: true, levels: ['low', 'high', 'max'] } } as const;
const GLM52 = { thinking: { ...THINKING, levels: ['high', 'max'] } } as const;

/** The GLM Coding Plan; the standard address is the same API, billed differently. */
export const zai: Provider = {
  name: 'zai',
  aliases: ['z.ai', 'bigmodel', 'zhipu', 'glm'],
  title: 'Z.ai and BigModel (Zhipu)',
  baseUrls: [
    'https://api.z.ai/api/coding/paas/v4',
    'https://open.bigmodel.cn/api/coding/paas/v4',
    'https://api.z.ai/api/paas/v4',
    'https://open.bigmodel.cn/api/paas/v4',
  ],
  keyEnv: ['ZAI_API_KEY', 'ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'GLM_API_KEY'],
  // Documented: docs.z.ai/api-reference/api-code. Times in the messages are Beijing time (reported: model-hotel#955).
  errors: [
    { kind: 'auth', pattern: /^100[0-4]\b/ },
    {
      kind: 'auth',
      pattern: /^(1110|1111|1112|1121)\b/,
      advice: 'The account is blocked: see the message.',
    },
    {
      kind: 'quota',
      pattern: /^1113\b/,
      advice:
        'The key of a plan works only under /api/coding/paas/v4. If you have no plan, your balance is used up.',
    },
    { kind: 'quota', pattern: /^(1308|1310|131[6-9]|132[01])\b/, resets: 'beijing-time' },
    {
      kind: 'quota',
      pattern: /^(1309|1314)\b/,
      advice: 'The plan has expired: renew it, or use the key of another plan.',
    },
    {
      kind: 'quota',
      pattern: /^1313\b/,
      advice: 'This is a fair-use block, not a used-up quota: only the provider can lift it.',
    },
    { kind: 'quota', pattern: /^1304\b/ },
    { kind: 'moderation', pattern: /^1301\b/ },
    { kind: 'rate_limit', pattern: /^130[23]\b/, pauseMs: 5_000 },
    // Reported: it lasts for minutes, so short waits do not help (hermes-agent#93507, #98111).
    { kind: 'overload', pattern: /^1305\b/, advice: 'Such an overload often lasts for minutes.', pauseMs: 30_000 },
    { kind: 'model_not_found', pattern: /^1211\b/ },
    { kind: 'context_overflow', pattern: /^1261\b/ },
  ],
  plan: { bases: /\/api\/coding\// },
  // Source: Zhipu's own plugin for coding plans.
  quota: [{ path: '/api/monitor/usage/quota/limit', form: 'limits' }],
  docs: 'https://docs.z.ai/devpack/overview',
  // Documented for Codex: docs.bigmodel.cn/cn/coding-plan/tool/codex.md.
  responses: {
    basePath: '/api/v1',
    models: ['glm-5.3'],
    preferred: ['glm-5.3'],
    rejects: 'Codex does not work there with other models (GCMP#369).',
    evidence: 'documented',
  },
  defaultModel: 'glm-5.3',
  // Source: ids such as `glm-5.3[1m]` are answered with code 1211 on this path.
  idSuffix: /\[\w+\]$/,
  remarks: [
    'The plan works only under `/api/coding/paas/v4`; under `/api/paas/v4` a plan key gets 429 and code 1113.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    thinking: THINKING,
    // Source: AgentScope sends only `auto`, which is the default; a forced choice is rejected.
    toolChoice: 'omit',
    // Source: without it, the arguments arrive in one late chunk (pi-ai sends it to all models here).
    toolStream: true,
    responseFormat: 'json_object',
  },
  models: [
    model('glm-5.4', 'GLM-5.4', 1_000_000, 131_072, {
      input: VISION,
      efforts: ['low', 'high', 'max'],
      dialect: GLM53,
      evidence: 'reported',
      remark: 'Coding Plan, Chat Completions only. Efforts of GLM-5.3.',
    }),
    model('glm-5.3', 'GLM-5.3', 1_000_000, 131_072, {
      efforts: ['low', 'high', 'max'],
      dialect: GLM53,
      price: GLM_PRICE,
      evidence: 'documented',
    }),
    model('glm-5.3-flash', 'GLM-5.3 Flash', 1_000_000, 131_072, {
      input: VISION,
      efforts: ['low', 'high', 'max'],
      dialect: GLM53,
      evidence: 'source',
    }),
    model('glm-5.3-highspeed', 'GLM-5.3 Highspeed', 1_000_000, 131_072, {
      efforts: ['low', 'high', 'max'],
      dialect: GLM53,
      evidence: 'source',
    }),
    model('glm-5.2', 'GLM-5.2', 1_000_000, 131_072, {
      efforts: ['none', 'high', 'max'],
      dialect: GLM52,
      price: GLM_PRICE,
      evidence: 'source',
    }),
    model('glm-5-turbo', 'GLM-5 Turbo', 200_000, 131_072, { efforts: TOGGLE, evidence: 'source' }),
    model('glm-4.7', 'GLM-4.7', 204_800, 131_072, { efforts: TOGGLE, evidence: 'source' }),
  ],
};
