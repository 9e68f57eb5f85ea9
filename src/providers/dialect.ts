/**
 * Describes how Chat Completions providers differ, as named values. Families, providers and models override the
 * defaults (catalog.ts); the evidence for each value is in its row.
 */
import type { JsonObject } from '../base/json';

/** How thinking is requested. `levels` are the accepted values of `reasoning_effort`; others are clamped. */
export type ThinkingControl =
  | { readonly kind: 'none' }
  /** `reasoning_effort`; without `levels`, the client's value is passed on. */
  | { readonly kind: 'effort'; readonly levels?: readonly string[] }
  /**
   * DashScope, SiliconFlow: `enable_thinking`, with either `thinking_budget` (tokens by effort) or `reasoning_effort`,
   * never both. `fixed` if thinking cannot be switched off (`The value of the enable_thinking parameter is restricted
   * to True.`).
   */
  | {
      readonly kind: 'enable_thinking';
      readonly fixed?: boolean;
      readonly budgets?: Readonly<Record<string, number>>;
      readonly levels?: readonly string[];
    }
  /** Z.ai, DeepSeek, Kimi, MiMo, Ark, MiniMax-M3: `thinking: {type}` with the `extra` fields; `fixed` as above. */
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

/** Rewrites of tool schemas for providers that validate them; tools/schema.ts implements each rule. */
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

/**
 * Changes to the form of the whole request that individual templates and gateways require
 * (translate/reshape-messages.ts).
 */
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
  /**
   * What later developer or system items become: MiniMax and Qwen templates accept only one system message, at the
   * start.
   */
  readonly lateInstructions: 'user' | 'system' | 'merge';
  /**
   * `string` joins text parts into one string: DashScope's text models reject arrays (`input content must be a
   * string.`).
   */
  readonly content: 'string' | 'parts';
  /** The media that the provider accepts in user messages. Others become a text marker. */
  readonly images: boolean;
  readonly audio: boolean;
  readonly files: boolean;
  /** Whether the model can call tools at all. */
  readonly tools: boolean;
  /**
   * The tool choices that the model accepts: `auto-only` excludes `required` and a named tool; `omit` never sends the
   * field.
   */
  readonly toolChoice: 'any' | 'auto-only' | 'omit';
  /** Tool names that the provider rejects. DashScope: exactly `search`. */
  readonly forbiddenToolNames: readonly string[];
  /** `parallel_tool_calls` is sent only if the provider is known to accept it. */
  readonly parallelToolCalls: boolean;
  /** `function.strict` is sent only if the provider is known to accept it. */
  readonly strictTools: boolean;
  /** Rewrites of tool schemas, in this order. */
  readonly schema: readonly SchemaRule[];
  /** Sends `tool_stream: true` with tools. Without it, GLM sends the arguments in one late chunk. */
  readonly toolStream: boolean;
  /** Name of the field with the output limit, and the highest value that the model accepts. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly maxTokens?: number;
  /** Sends the highest output limit if the client sets none, because some endpoints default to a very small one. */
  readonly alwaysMaxTokens: boolean;
  /** False if sampling is fixed: Kimi k2.5 answers `invalid temperature: only 1 is allowed for this model`. */
  readonly sampling: boolean;
  /** Whether `user` and `logit_bias` are accepted: strict hosts reject unknown fields. */
  readonly user: boolean;
  readonly logitBias: boolean;
  /** Sends `prompt_cache_key`; only for providers that document it. */
  readonly promptCacheKey: boolean;
  readonly thinking: ThinkingControl;
  /** Sends `preserve_thinking: true`, which keeps the reasoning of earlier turns in Qwen's template. */
  readonly preserveThinking: boolean;
  /** Sends `reasoning_split: true`, which makes MiniMax send reasoning in a separate field. */
  readonly reasoningSplit: boolean;
  /** Each chunk repeats the whole text so far (MiniMax with reasoning_split). */
  readonly cumulative: boolean;
  /**
   * Whether the provider ends responses with a finish_reason. If it does, a response that ends with `[DONE]` alone is
   * truncated.
   */
  readonly sendsFinishReason: boolean;
  /**
   * How reasoning is sent back with an assistant message: in a field, as signed blocks, or as `<think>` in its content.
   * `items` is for Responses endpoints (translate/native-request.ts): reasoning items, each unchanged.
   */
  readonly reasoningReplay: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'think' | 'items';
  /**
   * Replaces missing reasoning: providers that require the field reject a history without it (`thinking is enabled but
   * reasoning_content is missing in assistant tool call message`).
   */
  readonly reasoningPlaceholder?: string;
  /** Which assistant messages need the placeholder: those with tool calls, or all of them (Kimi K3, DeepSeek V4). */
  readonly placeholderOn: 'calls' | 'answers';
  /** The provider's own web search, which replaces the `web_search` tool if the user allows it. */
  readonly webSearch: 'none' | 'enable_search';
  /** Where unparsed `<think>` blocks occur in the content (stream/think-tags.ts). */
  readonly thinkTags: 'off' | 'leading' | 'implicit';
  /** How structured output is requested, from the strictest form to the weakest. */
  readonly responseFormat: 'json_schema' | 'json_object' | 'prompt';
  /**
   * Prompt caching that has to be requested: `cache_control: {type: 'ephemeral'}` after the instructions and at the end
   * of the conversation, from where the provider looks back for the longest cached prefix.
   */
  readonly cacheControl: 'none' | 'ephemeral';
  /** Applied last, in this order. After a rejection that a form fixes, the log names the form to configure. */
  readonly forms: readonly RequestForm[];
}

/** The dialect of an unknown OpenAI-compatible host: the smallest common request. */
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
  cacheControl: 'none',
  forms: [],
};

/** The efforts of all providers and of Codex, in ascending order; `none` disables thinking. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] as const;

/**
 * @param levels the levels that the model accepts
 * @returns the nearest level; of two equally near ones the higher, unless that is `max`: DeepSeek documents medium →
 * high and xhigh → high for low, high, max. An unknown effort becomes the last level.
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
