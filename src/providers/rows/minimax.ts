/** MiniMax. Facts: upstreams.md, sections 1.4, 2, 3, 4 and table (a). */
import { ALWAYS, CORE_FIELDS_ONLY, model, VISION, TOGGLE, type Provider } from '../provider';

/** Reasoning is requested and sent back in its own field. */
export const minimax: Provider = {
  name: 'minimax',
  title: 'MiniMax',
  baseUrls: ['https://api.minimax.io/v1', 'https://api.minimaxi.com/v1'],
  keyEnv: ['MINIMAX_API_KEY'],
  // Documented: platform.minimax.io/docs/api-reference/errorcode. The code is sent alone or after the message.
  errors: [
    { kind: 'auth', pattern: /^(1004|2049)\b|\((1004|2049)\)/ },
    { kind: 'moderation', pattern: /^102[67]\b|\(102[67]\)/ },
    { kind: 'rate_limit', pattern: /^1002\b|\(1002\)/ },
  ],
  // Source: several clients; for keys of the coding plan.
  quota: [{ path: '/v1/api/openplatform/coding_plan/remains', form: 'remains' }],
  docs: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
  // Documented, for Codex with M3: platform.minimax.io/docs/api-reference/responses-create.
  responses: {
    preferred: ['MiniMax-M3'],
    rejects: 'Custom tools are dropped: without the bridge there is no apply_patch (CLIProxyAPI#5753).',
    evidence: 'documented',
  },
  defaultModel: 'MiniMax-M3',
  remarks: ['The first address is international, the second is for China.'],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Documented: M3's thinking is adaptive or off.
    thinking: { kind: 'thinking', on: 'adaptive' },
    reasoningSplit: true,
    reasoningReplay: 'reasoning_details',
    // Documented sample: with reasoning_split each chunk repeats the text so far.
    cumulative: true,
    // Reported: `invalid chat setting (2013)` for a second system message (MiniMax-M2#51).
    lateInstructions: 'user',
    // The documented schema has no tool_choice (AgentScope).
    toolChoice: 'omit',
    // max_tokens is marked as deprecated.
    maxTokensField: 'max_completion_tokens',
    responseFormat: 'prompt',
  },
  models: [
    model('MiniMax-M3', 'MiniMax M3', 1_000_000, 524_288, { input: VISION, efforts: TOGGLE, evidence: 'source' }),
    model('MiniMax-M2.7', 'MiniMax M2.7', 204_800, 131_072, {
      efforts: ALWAYS, dialect: { thinking: { kind: 'none' } }, evidence: 'source',
    }),
  ],
};
