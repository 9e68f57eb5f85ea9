/** A Chat Completions request as it goes upstream. Only fields named here can ever be sent: this is the whitelist. */
import type { JsonObject } from '../base/json';

export interface ChatTextPart {
  readonly type: 'text';
  readonly text: string;
  readonly cache_control?: { readonly type: 'ephemeral' };
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
  /** Reasoning of this very message, under the name the provider reads. */
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
  /** Thinking knobs: a dialect names at most a few of them. */
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
}
