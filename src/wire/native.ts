/**
 * Defines the requests and events of a provider's own Responses endpoint. Only fields named here can be sent
 * (docs/protocol.md, Native Responses endpoints). The event types describe the result of lenient reading: absent, null
 * and "" are all `undefined`.
 */
import type { JsonObject, JsonValue, UnknownRecord } from '../base/json';
import type { ChatUsage } from './chat';
import type { MessagePhase } from './responses-output';
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
/** A reasoning item is returned unchanged: `encrypted_content` belongs to the provider. */
export type NativeReasoning = UnknownRecord & { readonly type: 'reasoning' };
export type NativeInputItem = NativeMessage | NativeFunctionCall | NativeCallOutput | NativeReasoning;

/** `strict` is sent unless the endpoint rejects it: its default is true (OpenAI's API, llama.cpp's server). */
export interface NativeTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonObject;
  readonly strict?: boolean;
}

export interface NativeRequest {
  readonly model: string;
  readonly instructions?: string;
  readonly input: readonly NativeInputItem[];
  readonly stream: true;
  /** The client keeps the conversation; the provider must not. */
  readonly store?: false;
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

/** The item that an event belongs to. Endpoints may omit either field. */
export interface NativePosition { readonly index: number | undefined; readonly itemId: string | undefined }

export type NativeOutputItem =
  | {
      readonly type: 'message';
      readonly text: string | undefined;
      readonly refusal: string | undefined;
      readonly phase: MessagePhase | undefined;
    }
  | {
      readonly type: 'reasoning';
      readonly summary: string | undefined;
      readonly content: string | undefined;
      /** The item for the next request; undefined if its raw text is enough. */
      readonly sealed: UnknownRecord | undefined;
    }
  | {
      readonly type: 'call';
      readonly callId: string | undefined;
      readonly name: string | undefined;
      readonly arguments: string | undefined;
    }
  | { readonly type: 'other' };

/** The kind of text that an event carries. */
export type NativeTextKind = 'text' | 'refusal' | 'summary' | 'content' | 'arguments';

export interface NativeResponse {
  readonly status: string | undefined;
  readonly incompleteReason: string | undefined;
  /** Unparsed; errors/classify reads it. */
  readonly error: unknown;
  readonly usage: ChatUsage | undefined;
  readonly output: readonly (NativePosition & { readonly item: NativeOutputItem })[];
}

export type NativeEvent =
  | (NativePosition & { readonly type: 'item'; readonly item: NativeOutputItem; readonly done: boolean })
  | (NativePosition & {
      readonly type: 'text';
      readonly kind: NativeTextKind;
      readonly part: number;
      readonly text: string;
      /** True for the complete text of a finished part, false for a delta. */
      readonly whole: boolean;
      readonly logprobs: readonly JsonValue[] | undefined;
    })
  | { readonly type: 'end'; readonly response: NativeResponse }
  /** An unparsed error in any provider's shape; errors/classify reads it. */
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'other' };
