/** Renders the catalog for Codex: one ModelInfo per model. Fields: codex-protocol.md, section 6. */
import { BASE_INSTRUCTIONS } from './base-instructions';
import type { CatalogEntry } from './model-list';
import type { Model } from './provider';

/**
 * One entry, with every field that Codex 0.125 to 0.169 requires: a missing one makes Codex reject the whole list. Two
 * are required only by old versions: `supports_parallel_tool_calls` by 0.125 and 0.146, `supports_reasoning_summaries`
 * by 0.125.
 */
export type CodexModel = {
  readonly slug: string;
  readonly display_name: string;
  /** Shown under the name in the picker. */
  readonly description: string;
  /** The effort unless the user picks one; absent if the model has no such control. */
  readonly default_reasoning_level?: string;
  readonly supported_reasoning_levels: readonly ReasoningLevel[];
  readonly default_reasoning_summary: 'auto';
  readonly supports_reasoning_summaries: true;
  readonly shell_type: 'unified_exec';
  readonly visibility: 'list';
  readonly supported_in_api: true;
  /** Lower values come first. */
  readonly priority: number;
  readonly base_instructions: string;
  readonly support_verbosity: false;
  readonly apply_patch_tool_type: 'freeform';
  readonly web_search_tool_type: 'text';
  readonly truncation_policy: { readonly mode: 'tokens'; readonly limit: number };
  readonly supports_parallel_tool_calls: true;
  readonly supports_search_tool: false;
  readonly context_window: number;
  readonly max_context_window: number;
  readonly auto_compact_token_limit: number;
  readonly effective_context_window_percent: 95;
  readonly experimental_supported_tools: readonly string[];
  readonly input_modalities: Model['input'];
};

type ReasoningLevel = { readonly effort: string; readonly description: string };

/** @param codexVersion the version of Codex that reads the list; if absent, a recent one is assumed */
export function describeForCodex(entries: readonly CatalogEntry[], codexVersion?: string): readonly CodexModel[] {
  return entries.map((entry, index) => describeModel(entry, index + 1, codexVersion));
}

function describeModel(
  { model, provider }: CatalogEntry, priority: number, codexVersion: string | undefined,
): CodexModel {
  const { id, name, contextWindow, input } = model;
  const efforts = model.efforts.filter((effort) => acceptsEffort(effort, codexVersion));
  const level = chooseEffort(efforts, model.defaultEffort);
  return {
    slug: id,
    display_name: name,
    description: provider.title,
    ...(level !== undefined && { default_reasoning_level: level }),
    supported_reasoning_levels: efforts.map((effort) => ({ effort, description: DESCRIPTIONS.get(effort) ?? effort })),
    default_reasoning_summary: 'auto',
    supports_reasoning_summaries: true,
    shell_type: 'unified_exec',
    visibility: 'list',
    supported_in_api: true,
    priority,
    base_instructions: BASE_INSTRUCTIONS,
    support_verbosity: false,
    apply_patch_tool_type: 'freeform',
    web_search_tool_type: 'text',
    truncation_policy: { mode: 'tokens', limit: toolOutputLimit(contextWindow) },
    supports_parallel_tool_calls: true,
    supports_search_tool: false,
    context_window: contextWindow,
    max_context_window: contextWindow,
    auto_compact_token_limit: compactionLimit(model),
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: input,
  };
}

/** What each effort means, for the picker. */
const DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  ['none', 'Answers without thinking'],
  ['minimal', 'Thinks as little as possible'],
  ['low', 'Thinks briefly'],
  ['medium', 'Balances speed and depth'],
  ['high', 'Thinks at length'],
  ['xhigh', 'Thinks even longer'],
  ['max', 'Thinks as long as it can'],
]);

/** The efforts that Codex 0.125 accepts; it rejects a list with any other. 0.146 and later accept any string. */
const OLD_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];

function acceptsEffort(effort: string, codexVersion = ''): boolean {
  const minor = /^0\.(\d+)\./.exec(codexVersion)?.[1];
  return minor === undefined || Number(minor) >= 146 || OLD_EFFORTS.includes(effort);
}

/**
 * Chooses the provider's default, else medium, else high, else the last effort. So a model whose
 * thinking can only be switched on or off thinks by default.
 */
const chooseEffort = (efforts: readonly string[], preferred = ''): string | undefined =>
  [preferred, 'medium', 'high'].find((effort) => efforts.includes(effort)) ?? efforts.at(-1);

/**
 * The number of tokens at which Codex compacts: nine tenths of the window, which is Codex's own default, or less if the
 * longest response needs more room. At most a fifth of the window is reserved, because responses are rarely that long.
 */
function compactionLimit({ contextWindow, maxOutput }: Model): number {
  return Math.floor(Math.min(contextWindow * 0.9, contextWindow - Math.min(maxOutput, contextWindow * 0.2)));
}

/**
 * Token limit for a tool's output: what Codex allows its own models, but at most a tenth of the window, and at least
 * 1,000.
 */
const toolOutputLimit = (contextWindow: number): number =>
  Math.max(1_000, Math.min(10_000, Math.floor(contextWindow / 10)));

/** Codex 0.125 to 0.171 rejects these in config.toml: "model_providers contains reserved built-in provider IDs". */
export const RESERVED_PROVIDER_IDS: readonly string[] = ['openai', 'ollama', 'lmstudio'];
