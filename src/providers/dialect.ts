/**
 * Every way in which Chat Completions providers differ, as named values. A provider or model row overrides what it
 * needs; code reads each field in exactly one place. Evidence for each value stands at its row.
 */

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
  /** Which forced tool choices are accepted. `auto-only` providers reject `required` and a named tool. */
  readonly toolChoice: 'any' | 'auto-only';
  /** Tool names the provider refuses. DashScope: exactly `search`. */
  readonly forbiddenToolNames: readonly string[];
  /** `parallel_tool_calls` is sent only where it is known to be accepted. */
  readonly parallelToolCalls: boolean;
  /** `function.strict` is sent only where it is known to be accepted. */
  readonly strictTools: boolean;
  /** Name of the output limit, and its highest value. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly maxTokens?: number;
  /** Locked sampling: Kimi k2.5 answers `invalid temperature: only 1 is allowed for this model`. */
  readonly sampling: boolean;
  /** Fields beyond the common core that unknown-field checks of strict hosts refuse. */
  readonly user: boolean;
  readonly logitBias: boolean;
  /** How thinking is asked for. */
  readonly thinking: 'none' | 'effort' | 'enable_thinking' | 'reasoning';
  /** How an assistant message carries its reasoning back: a field, signed blocks, or `<think>` in its content. */
  readonly reasoningReplay: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'think';
  /**
   * Stands in for reasoning that is not known, on messages with tool calls: providers that demand the field refuse a
   * history without it (`thinking is enabled but reasoning_content is missing in assistant tool call message`).
   */
  readonly reasoningPlaceholder?: string;
  /** The provider's own web search, offered in place of the `web_search` tool when the user allows it. */
  readonly webSearch: 'none' | 'enable_search';
  /** Where `<think>` blocks stand in the content of models whose server does not take them out (stream/think-tags.ts). */
  readonly thinkTags: 'off' | 'leading' | 'implicit';
  /** How structured output is asked for; each step down keeps less of the schema. */
  readonly responseFormat: 'json_schema' | 'json_object' | 'prompt';
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
  maxTokensField: 'max_tokens',
  sampling: true,
  user: true,
  logitBias: true,
  thinking: 'effort',
  reasoningReplay: 'reasoning_content',
  webSearch: 'none',
  thinkTags: 'leading',
  responseFormat: 'json_schema',
};
