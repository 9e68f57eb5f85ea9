/**
 * Describes how Chat Completions providers differ, as named values. Provider and model rows override the defaults; code
 * reads each field in exactly one place. The evidence for each value is in its row.
 */
import type { JsonObject } from '../base/json';

/** How thinking is asked for, by family. `levels` are the values of `reasoning_effort` that are accepted; others are clamped. */
export type ThinkingControl =
  | { readonly kind: 'none' }
  /** `reasoning_effort`; without `levels` the client's word is passed on. */
  | { readonly kind: 'effort'; readonly levels?: readonly string[] }
  /**
   * DashScope, SiliconFlow: `enable_thinking`, with `thinking_budget` in tokens by effort, or `reasoning_effort`, never
   * both; `fixed` when it cannot be switched off (`The value of the enable_thinking parameter is restricted to True.`).
   */
  | {
      readonly kind: 'enable_thinking';
      readonly fixed?: boolean;
      readonly budgets?: Readonly<Record<string, number>>;
      readonly levels?: readonly string[];
    }
  /** Z.ai, DeepSeek, Kimi, MiMo, Ark, MiniMax-M3: `thinking: {type}`; `fixed` when it cannot be switched off. */
  | {
      readonly kind: 'thinking';
      readonly on: 'enabled' | 'adaptive';
      readonly fixed?: boolean;
      readonly extra?: JsonObject;
      readonly levels?: readonly string[];
    }
  /** vLLM, SGLang: `chat_template_kwargs: {enable_thinking, preserve_thinking}`. */
  | { readonly kind: 'chat_template' }
  /** OpenRouter: the nested `reasoning: {effort}`. */
  | { readonly kind: 'reasoning' };

/** What a provider's schema checker rejects; each rule is one rewrite in tools/schema.ts. */
export type SchemaRule =
  | 'inline-refs'
  | 'no-boolean-schemas'
  | 'no-tuples'
  | 'no-null-unions'
  | 'no-type-beside-any-of'
  | 'required-must-exist'
  | 'no-required-variants'
  | 'no-patterns'
  | 'plain-properties'
  | 'any-object';

/** Another form of the whole request, which single templates and gateways demand (translate/reshape-messages.ts). */
export type RequestForm =
  | 'alternating-roles'
  | 'assistant-between-tool-and-user'
  | 'instructions-as-user'
  | 'nine-letter-call-ids'
  | 'one-call-for-each-message'
  | 'text-inside-reasoning'
  | 'calls-as-text-without-tools'
  | 'no-empty-content';

export interface Dialect {
  /** Role of the leading instructions. DashScope, DeepSeek, Z.ai and others reject `developer`. */
  readonly instructionsRole: 'system' | 'developer';
  /** What a later developer or system item becomes: MiniMax and Qwen templates accept one leading system message only. */
  readonly lateInstructions: 'user' | 'system' | 'merge';
  /** Text parts are joined to one string: text models of DashScope answer `input content must be a string.` to arrays. */
  readonly content: 'string' | 'parts';
  /** Which media the provider takes in user messages. Others become a text marker. */
  readonly images: boolean;
  readonly audio: boolean;
  readonly files: boolean;
  /** Whether the model can call tools at all. */
  readonly tools: boolean;
  /** Which forced tool choices are accepted. `auto-only` rejects `required` and a named tool; `omit` does not know the field. */
  readonly toolChoice: 'any' | 'auto-only' | 'omit';
  /** Tool names the provider refuses. DashScope: exactly `search`. */
  readonly forbiddenToolNames: readonly string[];
  /** `parallel_tool_calls` is sent only where it is known to be accepted. */
  readonly parallelToolCalls: boolean;
  /** `function.strict` is sent only where it is known to be accepted. */
  readonly strictTools: boolean;
  /** Rewrites of tool schemas, in this order. */
  readonly schema: readonly SchemaRule[];
  /** Sends `tool_stream: true` with tools: without it, GLM sends arguments in one late chunk. */
  readonly toolStream: boolean;
  /** Name of the output limit, and its highest value. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly maxTokens?: number;
  /** Send the highest output limit when the client names none: some endpoints default to a tiny one. */
  readonly alwaysMaxTokens: boolean;
  /** Locked sampling: Kimi k2.5 answers `invalid temperature: only 1 is allowed for this model`. */
  readonly sampling: boolean;
  /** Fields beyond the common core that unknown-field checks of strict hosts refuse. */
  readonly user: boolean;
  readonly logitBias: boolean;
  /** `prompt_cache_key`, where it is documented. */
  readonly promptCacheKey: boolean;
  readonly thinking: ThinkingControl;
  /** `preserve_thinking: true`: Qwen keeps the reasoning of earlier turns in its template. */
  readonly preserveThinking: boolean;
  /** `reasoning_split: true`: MiniMax then sends reasoning in a field of its own. */
  readonly reasoningSplit: boolean;
  /** Text fields repeat the whole text so far in each chunk (MiniMax with reasoning_split). */
  readonly cumulative: boolean;
  /** Whether the provider ends its answers with a finish_reason. Where it does, `[DONE]` alone is a truncated answer. */
  readonly sendsFinishReason: boolean;
  /**
   * How an assistant message carries its reasoning back: a field, signed blocks, or `<think>` in its content. `items`
   * belongs to the Responses wire (translate/native-request.ts): input items, each as it came.
   */
  readonly reasoningReplay: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'think' | 'items';
  /**
   * Stands in for reasoning that is not known, on messages with tool calls: providers that demand the field refuse a
   * history without it (`thinking is enabled but reasoning_content is missing in assistant tool call message`).
   */
  readonly reasoningPlaceholder?: string;
  /** Which assistant messages the placeholder is for: those with tool calls, or every one (Kimi K3, DeepSeek V4). */
  readonly placeholderOn: 'calls' | 'answers';
  /** The provider's own web search, offered in place of the `web_search` tool when the user allows it. */
  readonly webSearch: 'none' | 'enable_search';
  /** Where `<think>` blocks occur in content that the server does not clean up (stream/think-tags.ts). */
  readonly thinkTags: 'off' | 'leading' | 'implicit';
  /** How structured output is requested; each step down enforces less of the schema. */
  readonly responseFormat: 'json_schema' | 'json_object' | 'prompt';
  /** Applied last, in this order. The log names the one that would have saved a refused call. */
  readonly forms: readonly RequestForm[];
}

/** What an unknown OpenAI-compatible host is assumed to accept: the smallest common request. */
export const DEFAULT_DIALECT: Dialect = {
  instructionsRole: 'system',
  lateInstructions: 'user',
  content: 'string',
  images: true,
  audio: false,
  files: false,
  tools: true,
  toolChoice: 'any',
  forbiddenToolNames: [],
  parallelToolCalls: false,
  strictTools: false,
  schema: [],
  toolStream: false,
  maxTokensField: 'max_tokens',
  alwaysMaxTokens: false,
  sampling: true,
  user: true,
  logitBias: true,
  promptCacheKey: false,
  thinking: { kind: 'effort' },
  preserveThinking: false,
  reasoningSplit: false,
  cumulative: false,
  sendsFinishReason: true,
  reasoningReplay: 'reasoning_content',
  placeholderOn: 'calls',
  webSearch: 'none',
  thinkTags: 'leading',
  responseFormat: 'json_schema',
  forms: [],
};

/** From the least to the most, over all providers and Codex; `none` asks for no thinking at all. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] as const;

/**
 * @param levels what the model accepts
 * @returns the nearest level; between two equally near the higher one, but never `max` for less: DeepSeek documents
 *   medium → high and xhigh → high for low, high, max. An unknown word is passed on when nothing is near.
 */
export function clampEffort(effort: string, levels: readonly string[]): string {
  if (levels.includes(effort)) return effort;
  const wanted = rank(effort);
  if (wanted === -1) return levels.at(-1) ?? effort;
  const distance = (level: string): number =>
    Math.abs(rank(level) - wanted) + (level === 'max' ? 0.5 : 0) - (rank(level) > wanted ? 0.25 : 0);
  return [...levels].sort((left, right) => distance(left) - distance(right))[0] ?? effort;
}

const rank = (effort: string): number => EFFORTS.findIndex((known) => known === effort);
