/** A Responses request after edge validation. Spec: Responses API, create parameters. */
import type { JsonObject, JsonValue } from '../base/json';
import type { InputItem } from './responses-items';
import type { ResponsesTool, ToolChoice } from './responses-tools';

export type TextFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema: JsonObject;
      readonly strict?: boolean;
      readonly description?: string;
    };

/** Sampling settings that Chat Completions knows under the same names. */
export interface Sampling {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly stop?: string | readonly string[];
  readonly seed?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly logit_bias?: JsonObject;
  readonly n?: number;
}

export interface ReasoningSettings { readonly effort?: string; readonly summary?: string }

export interface ResponsesRequest {
  /** Absent when the client left it out: the default model then answers. */
  readonly model?: string;
  readonly instructions?: string;
  readonly input: readonly InputItem[];
  readonly stream: boolean;
  readonly tools: readonly ResponsesTool[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly maxOutputTokens?: number;
  readonly maxToolCalls?: number;
  readonly reasoning?: ReasoningSettings;
  readonly format?: TextFormat;
  readonly verbosity?: string;
  readonly topLogprobs?: number;
  readonly sampling: Sampling;
  readonly user?: string;
  readonly promptCacheKey?: string;
  readonly previousResponseId?: string;
  readonly store?: boolean;
  readonly include: readonly string[];
  readonly modalities?: readonly string[];
  readonly audio?: JsonObject;
  /** What the response repeats to the client: request fields as they came, for clients that validate them. */
  readonly echo: ResponsesEcho;
}

/** Request fields that a Response object repeats. Raw JSON: nothing here is read by the bridge. */
export interface ResponsesEcho {
  readonly [field: string]: JsonValue;
}
