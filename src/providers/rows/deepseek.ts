/** DeepSeek. Facts: upstreams.md, sections 1.4, 2, 3 and table (a). */
import { CORE_FIELDS_ONLY, model, VISION, type Provider } from '../provider';

/** Documented, for accounts in China. Holidays, which are off-peak, are ignored. */
const PRICED = {
  currency: 'CNY',
  peak: { factor: 2, hours: [[9, 12], [14, 18]] },
  date: '2026-10',
  source: 'https://api-docs.deepseek.com/zh-cn/quick_start/pricing',
} as const;
const FLASH = { ...PRICED, input: 1, cached: 0.02, output: 4 } as const;
const PRO = { ...PRICED, input: 4.5, cached: 0.15, output: 13.5 } as const;

const EFFORTS = ['none', 'low', 'high', 'max'] as const;

/** Models with a Responses endpoint. */
const NATIVE = ['deepseek-v4-pro', 'deepseek-flash', 'deepseek-v4-flash'] as const;

/** Reasoning replay and tool choice depend on the model: see providers/families.ts. */
export const deepseek: Provider = {
  name: 'deepseek',
  title: 'DeepSeek',
  baseUrls: ['https://api.deepseek.com', 'https://api.deepseek.com/v1'],
  keyEnv: ['DEEPSEEK_API_KEY'],
  requestIdHeader: 'x-ds-trace-id',
  // Documented: api-docs.deepseek.com/api/get-user-balance.
  quota: [{ path: '/user/balance', form: 'balances' }],
  docs: 'https://api-docs.deepseek.com/guides/thinking_mode',
  // Documented: api-docs.deepseek.com/guides/thinking_mode; its setup script for Codex uses it.
  responses: {
    models: NATIVE,
    preferred: NATIVE,
    rejects: 'Any item between a call and its result is rejected (DeepSeek-V3#1588); its item ids are UUIDs and there '
      + 'is no `[DONE]` (opencodex#938).',
    evidence: 'documented',
  },
  defaultModel: 'deepseek-v4-pro',
  remarks: ['`deepseek-chat` and `deepseek-reasoner` were retired in July 2026.'],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Documented, with its mapping: minimal → low, medium and xhigh → high, ultra → max.
    thinking: { kind: 'thinking', on: 'enabled', levels: ['low', 'high', 'max'] },
    // Documented: JSON Output is json_object, with the word "json" in the prompt.
    responseFormat: 'json_object',
  },
  models: [
    // Source: pi-ai sends system messages to V4 Pro in the middle of conversations.
    model('deepseek-v4-pro', 'DeepSeek V4 Pro', 1_000_000, 384_000, {
      efforts: EFFORTS, defaultEffort: 'high', dialect: { lateInstructions: 'system' }, price: PRO,
      evidence: 'source',
    }),
    model('deepseek-flash', 'DeepSeek Flash', 1_000_000, 384_000, {
      input: VISION, efforts: EFFORTS, defaultEffort: 'high', price: FLASH, evidence: 'source',
    }),
    model('deepseek-v4-flash', 'DeepSeek V4 Flash', 1_000_000, 384_000, {
      efforts: EFFORTS, defaultEffort: 'high', price: FLASH, evidence: 'source',
    }),
  ],
};
