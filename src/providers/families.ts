/** Lists the dialect values that model families need on every host. The thinking parameter depends on the host. */
import type { Dialect, SchemaRule } from './dialect';
import { NO_REASONING, type Evidence } from './provider';

export interface Family {
  readonly title: string;
  /** Matches the name without its maker: `Kimi-K2.5` in `moonshotai/Kimi-K2.5`. */
  readonly names: RegExp;
  readonly dialect: Partial<Dialect>;
  readonly evidence: Evidence;
}

/** Models that reject a history without their reasoning. */
const MUST_REPLAY = { reasoningReplay: 'reasoning_content', reasoningPlaceholder: NO_REASONING } as const;

/** Moonshot's own dialect of JSON Schema (vercel/ai#18921, kimi-cli#2061); one tester could not reproduce all of it. */
const KIMI_SCHEMA: readonly SchemaRule[] = [
  'inline-refs', 'no-boolean-schemas', 'no-tuples', 'no-type-beside-any-of', 'required-must-exist',
];

/** All matching families apply; later rows override earlier ones (catalog.ts). Facts: upstreams.md, sections 2, 3. */
export const FAMILIES: readonly Family[] = [
  {
    // Its templates say `System message must be at the beginning.`; without replay, `</think>` leaks (Qwen3.8#26).
    title: 'Qwen',
    names: /^(qwen|qwq)/i,
    dialect: { lateInstructions: 'user', reasoningReplay: 'reasoning_content', thinkTags: 'leading' },
    evidence: 'reported',
  },
  {
    title: 'GLM',
    names: /^glm-/i,
    dialect: { reasoningReplay: 'reasoning_content' },
    evidence: 'documented',
  },
  {
    // `thinking is enabled but reasoning_content is missing in assistant tool call message at index 5`;
    // `tool_choice 'specified' is incompatible with thinking enabled`.
    title: 'Kimi',
    names: /^kimi-/i,
    dialect: { ...MUST_REPLAY, toolChoice: 'auto-only', schema: KIMI_SCHEMA },
    evidence: 'reported',
  },
  {
    // `invalid temperature: only 1 is allowed for this model` (kimi-code#686).
    title: 'Kimi K2.5 and later',
    names: /^kimi-(k2\.[5-9]|k[3-9]|for-coding)/i,
    dialect: { sampling: false },
    evidence: 'reported',
  },
  {
    title: 'Kimi K3 and later',
    names: /^kimi-(k[3-9]|for-coding)/i,
    dialect: { placeholderOn: 'answers' },
    evidence: 'source',
  },
  {
    // `chat content has invalid message role: system (2013)`; reasoning is sent back inside the content.
    title: 'MiniMax',
    names: /^minimax-/i,
    dialect: { lateInstructions: 'user', reasoningReplay: 'think', thinkTags: 'leading' },
    evidence: 'documented',
  },
  {
    // `The reasoning_content in the thinking mode must be passed back to the API.`; `Thinking mode does not support
    // this tool_choice`; messages without reasoning need the field too (AgentScope#3246).
    title: 'DeepSeek',
    names: /^deepseek-/i,
    dialect: { ...MUST_REPLAY, placeholderOn: 'answers', toolChoice: 'auto-only' },
    evidence: 'documented',
  },
  {
    title: 'MiMo',
    names: /^mimo-/i,
    dialect: MUST_REPLAY,
    evidence: 'documented',
  },
];
