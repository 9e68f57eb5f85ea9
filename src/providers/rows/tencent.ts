/** Tencent Cloud TokenHub, and its Token Plan. Facts: upstreams.md, section 7, and the reports named here. */
import { ALWAYS, CORE_FIELDS_ONLY, model, VISION, TOGGLE, type Provider } from '../provider';

/** The limits of the plan are not known. */
const MAKERS = { evidence: 'inferred', remark: "The maker's limits." } as const;

/** Reported: every other effort of GLM-5.3 is answered with 400 (cc-switch#7011). */
const GLM53 = { thinking: { kind: 'thinking', on: 'enabled', fixed: true, levels: ['low', 'high', 'max'] } } as const;

/** Addresses and model ids: GCMP#290, cc-switch#7011, opensquilla#533. */
export const tencentTokenHub: Provider = {
  name: 'tencent-tokenhub',
  aliases: ['tokenhub', 'tencent'],
  title: 'Tencent Cloud TokenHub',
  baseUrls: [
    'https://tokenhub.tencentmaas.com/plan/v3',
    'https://tokenhub-intl.tencentcloudmaas.com/plan/v3',
    'https://api.lkeap.cloud.tencent.com/plan/v3',
    'https://tokenhub.tencentmaas.com/v1',
    'https://tokenhub-intl.tencentcloudmaas.com/v1',
  ],
  keyEnv: ['TENCENT_TOKEN_PLAN_API_KEY', 'TENCENT_TOKENHUB_API_KEY', 'TOKENHUB_API_KEY'],
  docs: 'https://cloud.tencent.com/document/product/1823/130079',
  defaultModel: 'auto',
  remarks: [
    'The addresses are for the enterprise Token Plan in China and abroad, the personal one in China, and pay as you ' +
      'go in China and abroad, in this order. A key works at its own address only.',
    'The personal plan in China calls its automatic choice `tc-code-latest` instead of `auto`.',
    'Its page for Codex users is about version 0.80 and Chat Completions.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Reported: thinking and reasoning_effort both have an effect on the plans (cc-switch#7011).
    thinking: { kind: 'thinking', on: 'enabled' },
    responseFormat: 'prompt',
  },
  models: [
    model('auto', 'Auto', 196_608, 32_768, {
      efforts: TOGGLE, evidence: 'reported', remark: 'The plan picks the model. Limits of its smallest one.',
    }),
    model('glm-5.3', 'GLM-5.3', 1_000_000, 131_072, { efforts: ['low', 'high', 'max'], dialect: GLM53, ...MAKERS }),
    model('glm-5.2', 'GLM-5.2', 1_000_000, 131_072, { efforts: TOGGLE, ...MAKERS }),
    model('deepseek-v4-pro', 'DeepSeek V4 Pro', 1_000_000, 384_000, { efforts: TOGGLE, ...MAKERS }),
    model('deepseek-v4-flash', 'DeepSeek V4 Flash', 1_000_000, 384_000, { efforts: TOGGLE, ...MAKERS }),
    model('kimi-k2.7-code', 'Kimi K2.7 Code', 262_144, 262_144, {
      input: VISION, efforts: ALWAYS, dialect: { thinking: { kind: 'thinking', on: 'enabled', fixed: true } },
      ...MAKERS,
    }),
  ],
};
