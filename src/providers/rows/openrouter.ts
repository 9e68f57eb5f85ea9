/** OpenRouter. Facts: upstreams.md, sections 2, 3 and 4. */
import type { Provider } from '../provider';

/** Serves models of many makers as `maker/model`; their quirks come from providers/families.ts. */
export const openrouter: Provider = {
  name: 'openrouter',
  title: 'OpenRouter',
  baseUrls: ['https://openrouter.ai/api/v1'],
  slashedIds: true,
  keyEnv: ['OPENROUTER_API_KEY'],
  // Documented: /credits is for management keys, /key for all.
  quota: [{ path: 'credits', form: 'credits' }, { path: 'key', form: 'key' }],
  docs: 'https://openrouter.ai/docs',
  // Stateless.
  responses: {
    rejects: 'Namespaces and custom tools are rejected (openai/codex#32318).',
    evidence: 'reported',
  },
  dialect: {
    // The nested `reasoning: {effort}` is its own extension.
    thinking: { kind: 'reasoning' },
    // Signed and encrypted entries are sent back unchanged (source: pi-ai).
    reasoningReplay: 'reasoning_details',
  },
  idRules: [
    // Their caches work only with `cache_control` (openrouter.ai/docs, prompt caching).
    { ids: /^(anthropic|qwen)\//i, dialect: { cacheControl: 'ephemeral' }, evidence: 'documented' },
  ],
  models: [],
};
