/**
 * A request to a provider's own Responses endpoint. Only fields named here can ever be sent: what Codex sends to such an
 * endpoint, in the shapes that plain endpoints take (docs/protocol.md, Responses endpoints).
 */
import type { JsonObject, UnknownRecord } from '../base/json';
import type { TextFormat } from './responses-request';

export type NativePart =
  | { readonly type: 'input_text' | 'output_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: string }
  | { readonly type: 'input_file'; readonly filename?: string; readonly file_data?: string; readonly file_id?: string }
  | { readonly type: 'input_audio'; readonly input_audio: { readonly data: string; readonly format: string } };

export interface NativeMessage {
  readonly type: 'message';
  readonly role: 'user' | 'assistant' | 'developer';
  readonly content: readonly NativePart[];
}
export interface NativeFunctionCall {
  readonly type: 'function_call';
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}
export interface NativeCallOutput {
  readonly type: 'function_call_output';
  readonly call_id: string;
  readonly output: string;
}
/** A reasoning item goes back as it came: `encrypted_content` is the provider's own. */
export type NativeReasoning = UnknownRecord & { readonly type: 'reasoning' };
export type NativeInputItem = NativeMessage | NativeFunctionCall | NativeCallOutput | NativeReasoning;

/** `strict` is always said: an endpoint takes an absent one for true (OpenAI's create parameters; llama.cpp's server). */
export interface NativeTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonObject;
  readonly strict: boolean;
}

export interface NativeRequest {
  readonly model: string;
  readonly instructions?: string;
  readonly input: readonly NativeInputItem[];
  readonly stream: true;
  /** The conversation is the client's own: nothing is to be kept by the provider. */
  readonly store: false;
  readonly tools?: readonly NativeTool[];
  readonly tool_choice?: 'auto' | 'none' | 'required' | { readonly type: 'function'; readonly name: string };
  readonly parallel_tool_calls?: boolean;
  readonly max_output_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_logprobs?: number;
  readonly text?: { readonly format: TextFormat };
  readonly reasoning?: JsonObject;
  readonly include?: readonly string[];
  readonly prompt_cache_key?: string;
}
