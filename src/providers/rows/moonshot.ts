/** Moonshot, the maker of Kimi. Facts: upstreams.md, sections 1.5, 2, 3 and table (a). */
import { ALWAYS, CORE_FIELDS_ONLY, model, VISION, TOGGLE, type Provider } from '../provider';

const K3_LEVELS = ['low', 'high', 'max'] as const;
/** Source: K3 accepts only `reasoning_effort`, which K2 does not have. */
const K3 = { thinking: { kind: 'effort', levels: K3_LEVELS } } as const;
/** Documented, for international accounts. */
const K3_PRICE = {
  bases: /^api\.moonshot\.ai\//, currency: 'USD', input: 3, cached: 0.3, output: 15, date: '2026-07',
  source: 'https://platform.kimi.ai/docs/pricing/chat-k3',
} as const;
/** Documented: `thinking.type` accepts only `enabled`. */
const K27_CODE = { thinking: { kind: 'thinking', on: 'enabled', fixed: true } } as const;

/** Sampling, schemas, reasoning replay and tool choice depend on the model: see providers/families.ts. */
export const moonshot: Provider = {
  name: 'moonshot',
  aliases: ['moonshotai', 'kimi'],
  title: 'Moonshot AI (Kimi)',
  baseUrls: ['https://api.moonshot.ai/v1', 'https://api.moonshot.cn/v1'],
  keyEnv: ['MOONSHOT_API_KEY'],
  // Documented: platform.moonshot.ai/docs/api/balance.
  quota: [{ path: 'users/me/balance', form: 'available' }],
  docs: 'https://platform.moonshot.ai/docs/api/chat',
  // Reported; public clients use only Chat Completions (opencodex#4770).
  responses: {
    rejects: 'Tool search items are rejected (CLIProxyAPI#5647), and so is any item between a call and its result '
      + '(opencodex#4726).',
    evidence: 'reported',
  },
  defaultModel: 'kimi-k2.7-code',
  remarks: ['The first address is international, the second is for China; a key works on only one of them.'],
  dialect: {
    ...CORE_FIELDS_ONLY,
    thinking: { kind: 'thinking', on: 'enabled' },
    // Source: pi-ai sends system messages to Kimi in the middle of conversations.
    lateInstructions: 'system',
    // Documented: "stable session id", recommended for agents.
    promptCacheKey: true,
    // Reported: JSON mode.
    responseFormat: 'json_object',
  },
  models: [
    model('kimi-k3', 'Kimi K3', 1_048_576, 1_048_576, {
      input: VISION, efforts: K3_LEVELS, dialect: K3, price: K3_PRICE, evidence: 'source',
    }),
    model('kimi-k3.1-pro', 'Kimi K3.1 Pro', 1_048_576, 1_048_576, {
      input: VISION, efforts: K3_LEVELS, dialect: K3, evidence: 'source',
    }),
    model('kimi-k2.7-code', 'Kimi K2.7 Code', 262_144, 262_144, {
      input: VISION, efforts: ALWAYS, dialect: K27_CODE, evidence: 'source',
    }),
    model('kimi-k2.6', 'Kimi K2.6', 262_144, 262_144, { input: VISION, efforts: TOGGLE, evidence: 'source' }),
  ],
};
