/** Xiaomi MiMo. Facts: upstreams.md, sections 1.4, 2, 3 and table (a). */
import { CORE_FIELDS_ONLY, model, VISION, TOGGLE, type Provider } from '../provider';

/** Reasoning replay depends on the model: see providers/families.ts. */
export const mimo: Provider = {
  name: 'mimo',
  aliases: ['xiaomi'],
  title: 'Xiaomi MiMo',
  baseUrls: [
    'https://api.xiaomimimo.com/v1',
    'https://token-plan-cn.xiaomimimo.com/v1',
    'https://token-plan-sgp.xiaomimimo.com/v1',
    'https://token-plan-ams.xiaomimimo.com/v1',
  ],
  keyEnv: ['MIMO_API_KEY', 'XIAOMI_API_KEY'],
  plan: { bases: /^token-plan-/ },
  docs: 'https://platform.xiaomimimo.com/#/docs',
  // Documented: mimo.mi.com/docs/zh-CN/api/chat/responses.
  responses: {
    rejects: 'Tools of type custom or web_search are rejected (opencodex#1158).',
    evidence: 'documented',
  },
  defaultModel: 'mimo-v2.6-pro',
  remarks: [
    'The first address is for pay as you go, the others for the token plan in China, Singapore and Amsterdam.',
    'A prompt that is too long is truncated silently and gets no answer.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Source: always sent, because the default differs by model; efforts are not supported.
    thinking: { kind: 'thinking', on: 'enabled' },
    // Source: pi-ai marks `strict` as supported here.
    strictTools: true,
    responseFormat: 'prompt',
  },
  models: [
    model('mimo-v2.6-pro', 'MiMo V2.6 Pro', 1_048_576, 131_072, { input: VISION, efforts: TOGGLE, evidence: 'source' }),
    model('mimo-v2.6-flash', 'MiMo V2.6 Flash', 1_048_576, 131_072, {
      input: VISION, efforts: TOGGLE, evidence: 'source',
    }),
  ],
};
