/** What a Chat Completions client of the bridge receives. Spec: Chat Completions API, chunk and completion objects. */
import type { JsonValue } from '../base/json';

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
/** How a stream says that it failed: the error object in place of a chunk. */
export interface ChatErrorObject {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}
