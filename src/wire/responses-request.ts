/** Defines a validated Responses request: fields, tools, input items, content. Spec: Responses API, create. */
import type { JsonObject, JsonValue, UnknownRecord } from '../base/json';

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

/** Sampling settings, with the same names as in Chat Completions. */
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
  /** Absent if the client named no model; the default model is used then. */
  readonly model?: string;
  readonly instructions?: string;
  readonly input: readonly InputItem[];
  readonly stream: boolean;
  readonly tools: readonly DeclaredTool[];
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
  /** Request fields (or their defaults) that the response repeats, for clients that validate them. */
  readonly echo: ResponsesEcho;
}

/** Raw JSON that the bridge does not read. */
export interface ResponsesEcho {
  readonly [field: string]: JsonValue;
}

/** A declared tool, not parsed yet: tools/kinds.ts lists the kinds. */
export interface DeclaredTool { readonly kind: string; readonly declaration: UnknownRecord }

/** A tool named by `tool_choice`: its kind on the wire, and its name if the kind has one. */
export interface ToolReference { readonly kind: string; readonly name?: string; readonly namespace?: string }

export type ToolChoice =
  | { readonly mode: 'auto' | 'none' | 'required' }
  | { readonly mode: 'named'; readonly tool: ToolReference }
  | { readonly mode: 'allowed'; readonly isRequired: boolean; readonly tools: readonly ToolReference[] };

export type MessageRole = 'user' | 'assistant' | 'system' | 'developer';

export interface MessageItem {
  readonly type: 'message';
  readonly role: MessageRole;
  readonly content: readonly ContentPart[];
}

export interface ReasoningItem {
  readonly type: 'reasoning';
  readonly id?: string;
  readonly summary: string;
  /** The raw reasoning text; absent when the client received only a summary or an envelope. */
  readonly content?: string;
  readonly encryptedContent?: string;
}

/** A call of any kind, not parsed yet: tools/kinds.ts lists the kinds. */
export interface UnreadCall { readonly type: 'call'; readonly itemType: string; readonly item: UnknownRecord }

/** The result of a call of any kind. `label` is the tool name of an output without a call id. */
export interface CallOutputItem {
  readonly type: 'call_output';
  readonly callId?: string;
  readonly label?: string;
  readonly output: readonly ContentPart[];
}
export interface ToolSearchOutputItem {
  readonly type: 'tool_search_output';
  readonly callId: string;
  readonly tools: readonly DeclaredTool[];
}
export interface AdditionalToolsItem { readonly type: 'additional_tools'; readonly tools: readonly DeclaredTool[] }
export interface AgentMessageItem {
  readonly type: 'agent_message';
  readonly author?: string;
  readonly recipient?: string;
  readonly content: readonly ContentPart[];
}
/** An item of type `compaction`, `compaction_summary` or `context_compaction`. */
export interface CompactionItem { readonly type: 'compaction'; readonly encryptedContent: string }
export interface CompactionTriggerItem { readonly type: 'compaction_trigger' }
export interface ConfigurationUpdateItem {
  readonly type: 'configuration_update';
  readonly reasoning?: UnknownRecord;
  readonly text?: UnknownRecord;
}
export interface ItemReference { readonly type: 'item_reference'; readonly id: string }
/** An item that this version does not know or cannot use; `kind` is its type on the wire. */
export interface UnrecognizedItem { readonly type: 'unrecognized'; readonly kind: string }

export interface InputItemKinds {
  message: MessageItem;
  reasoning: ReasoningItem;
  call: UnreadCall;
  call_output: CallOutputItem;
  tool_search_output: ToolSearchOutputItem;
  additional_tools: AdditionalToolsItem;
  agent_message: AgentMessageItem;
  compaction: CompactionItem;
  compaction_trigger: CompactionTriggerItem;
  configuration_update: ConfigurationUpdateItem;
  item_reference: ItemReference;
  unrecognized: UnrecognizedItem;
}
export type InputItem = InputItemKinds[keyof InputItemKinds];

export interface TextPart { readonly type: 'text'; readonly text: string }
/** `url` is an http(s) URL or a `data:` URL. */
export interface ImagePart { readonly type: 'image'; readonly url: string; readonly detail?: string }
export interface FilePart {
  readonly type: 'file';
  readonly filename?: string;
  /** A `data:` URL or bare base64. */
  readonly data?: string;
  readonly url?: string;
  readonly fileId?: string;
}
export interface AudioPart { readonly type: 'audio'; readonly data: string; readonly format: string }
/** A part that cannot be sent; `kind` is its type on the wire. */
export interface UnrecognizedPart {
  readonly type: 'unrecognized';
  readonly kind: string;
  readonly raw: JsonObject;
  /** Absent for a kind that this version does not know. */
  readonly why?: string;
}

export type ContentPart = TextPart | ImagePart | FilePart | AudioPart | UnrecognizedPart;
