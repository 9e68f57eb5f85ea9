/** Kimi Code, Moonshot's subscription. Facts: upstreams.md, sections 1.5, 2 and table (a). */
import { CORE_FIELDS_ONLY, model, VISION, type Provider } from '../provider';

const LEVELS = ['low', 'high', 'max'] as const;

/** Serves a single model. */
export const kimiCode: Provider = {
  name: 'kimi-code',
  aliases: ['kimi-for-coding'],
  title: 'Kimi Code',
  baseUrls: ['https://api.kimi.com/coding/v1'],
  keyEnv: ['KIMI_API_KEY'],
  plan: {},
  // Source: kimi-cli and other clients.
  quota: [{ path: 'usages', form: 'usages' }],
  docs: 'https://www.kimi.com/code/docs/en/kimi-code/models.html',
  // Reported; public clients use only Chat Completions (opencodex#4770).
  responses: {
    rejects: 'Tool search items are rejected (CLIProxyAPI#5647), and so is any item between a call and its result '
      + '(opencodex#4726).',
    evidence: 'reported',
  },
  defaultModel: 'kimi-for-coding',
  remarks: [
    'It checks the calling program: HTTP 403 "Kimi For Coding is currently only available for Coding Agents". ' +
      "A report of June 2026 says that it rejects Codex's own User-Agent (cc-switch#3671); see `--user-agent`, and " +
      "your plan's terms.",
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    thinking: { kind: 'effort', levels: LEVELS },
    lateInstructions: 'system',
    // Documented as required for cache hits on the plan.
    promptCacheKey: true,
    responseFormat: 'prompt',
  },
  models: [
    model('kimi-for-coding', 'Kimi for Coding', 1_048_576, 32_768, {
      input: VISION,
      efforts: LEVELS,
      evidence: 'source',
      remark: 'Older sources state a context window of 262,144.',
    }),
  ],
};
