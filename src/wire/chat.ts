/**
 * Defines Chat Completions requests and responses. The request type is an allowlist: only fields named here can be sent
 * upstream. The types of upstream responses describe the result of lenient reading: absent, null and "" are all
 * `undefined`, and every field is always present, so that the objects in a hot loop have one shape. The last types are
 * what Chat clients of the bridge receive.
 */
import type { JsonObject, JsonValue } from '../base/json';

export interface ChatTextPart {
  readonly type: 'text';
  readonly text: string;
}
export interface ChatImagePart {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string; readonly detail?: string };
}
export interface ChatAudioPart {
  readonly type: 'input_audio';
  readonly input_audio: { readonly data: string; readonly format: string };
}
export interface ChatFilePart {
  readonly type: 'file';
  readonly file: { readonly filename?: string; readonly file_data?: string; readonly file_id?: string };
}
export type ChatPart = ChatTextPart | ChatImagePart | ChatAudioPart | ChatFilePart;
export type ChatContent = string | readonly ChatPart[];

export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}
export interface ChatSystemMessage { readonly role: 'system' | 'developer'; readonly content: ChatContent }
export interface ChatUserMessage { readonly role: 'user'; readonly content: ChatContent }
export interface ChatAssistantMessage {
  readonly role: 'assistant';
  readonly content: ChatContent | null;
  /** Reasoning of this message, in the field that the provider reads. */
  readonly reasoning_content?: string;
  readonly reasoning?: string;
  readonly reasoning_details?: readonly unknown[];
  readonly tool_calls?: readonly ChatToolCall[];
}
export interface ChatToolMessage { readonly role: 'tool'; readonly tool_call_id: string; readonly content: ChatContent }
export type ChatMessage = ChatSystemMessage | ChatUserMessage | ChatAssistantMessage | ChatToolMessage;

export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: JsonObject;
    readonly strict?: boolean;
  };
}
export type ChatToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } };

export type ChatResponseFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        readonly name: string;
        readonly schema: JsonObject;
        readonly strict?: boolean;
        readonly description?: string;
      };
    };

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly stream_options?: { readonly include_usage: true };
  readonly tools?: readonly ChatTool[];
  readonly tool_choice?: ChatToolChoice;
  readonly parallel_tool_calls?: boolean;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly stop?: string | readonly string[];
  readonly seed?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly logit_bias?: JsonObject;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly n?: number;
  readonly user?: string;
  readonly response_format?: ChatResponseFormat;
  readonly modalities?: readonly string[];
  readonly audio?: JsonObject;
  readonly prompt_cache_key?: string;
  /** Each setting from here on is for a few dialects only; most control thinking. */
  readonly reasoning_effort?: string;
  readonly reasoning?: JsonObject;
  readonly reasoning_split?: boolean;
  readonly enable_thinking?: boolean;
  readonly thinking_budget?: number;
  readonly thinking?: JsonObject;
  readonly preserve_thinking?: boolean;
  readonly chat_template_kwargs?: JsonObject;
  readonly tool_stream?: boolean;
  readonly enable_search?: boolean;
  /** Settings for a Responses endpoint, which never receives them in this form (translate/native-request.ts). */
  readonly native?: NativeSettings;
}

/** The parts of a Responses request that an endpoint may not support. */
export type NativeOption = 'include' | 'store' | 'strict' | 'instructions' | 'summary' | 'max_output_tokens';

export interface NativeSettings {
  readonly include?: readonly string[];
  /** `reasoning.summary`. */
  readonly summary?: string;
  /** The parts that the endpoint has rejected. */
  readonly omit?: readonly NativeOption[];
}

export interface ChatToolFragment {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string | undefined;
  /** Signed fields of the call, which must be returned unchanged (Gemini's thought signatures). */
  readonly signature: JsonObject | undefined;
}
export interface ChatUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
  readonly cached: number;
  readonly cacheWrite: number | undefined;
  readonly reasoning: number;
}
export interface ChatDelta {
  /** The choice's index in the answer to an `n > 1` request. */
  readonly index: number | undefined;
  readonly text: string | undefined;
  readonly reasoning: string | undefined;
  /** Reasoning blocks signed by the provider, returned to it unread. */
  readonly reasoningDetails: readonly unknown[] | undefined;
  readonly refusal: string | undefined;
  readonly toolCalls: readonly ChatToolFragment[] | undefined;
  readonly logprobs: readonly JsonValue[] | undefined;
  readonly finishReason: string | undefined;
}
/** One chunk of a stream, or one whole completion, with `choices` in upstream's order. */
export interface ChatChunk {
  readonly choices: readonly ChatDelta[];
  readonly usage: ChatUsage | undefined;
  /** An unparsed error object inside an HTTP 200 response; errors/classify reads it. */
  readonly error: unknown;
}

export interface ChatUsageObject {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}
export type ChatCallDelta = {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function' | 'custom';
  readonly function?: { readonly name?: string; readonly arguments?: string };
  readonly custom?: { readonly name?: string; readonly input?: string };
};
export interface ChatDeltaObject {
  readonly role?: 'assistant';
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly reasoning_details?: readonly unknown[];
  readonly refusal?: string;
  readonly tool_calls?: readonly ChatCallDelta[];
}
export interface ChatChoiceObject {
  readonly index: number;
  readonly delta: ChatDeltaObject;
  readonly logprobs: { readonly content: readonly JsonValue[] } | null;
  readonly finish_reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | null;
}
export interface ChatChunkObject {
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  readonly created: number;
  readonly model: string;
  readonly choices: readonly ChatChoiceObject[];
  readonly usage?: ChatUsageObject | null;
}
/** Sent instead of a chunk if the stream fails. */
export interface ChatErrorObject {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}
