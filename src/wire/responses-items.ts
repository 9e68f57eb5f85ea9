/** The items of a Responses request's `input`, after edge validation. Spec: Responses API, input items. */
import type { JsonObject, UnknownRecord } from '../base/json';
import type { ContentPart } from './content';
import type { ResponsesTool } from './responses-tools';

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
  /** The raw reasoning text; absent when the client was given only a summary or an envelope. */
  readonly content?: string;
  readonly encryptedContent?: string;
}

/** `callId` may be empty or repeated: Codex echoes what the model said (codex-protocol.md, section 1). */
export interface FunctionCallItem {
  readonly type: 'function_call';
  readonly callId: string;
  readonly name: string;
  readonly namespace?: string;
  readonly arguments: string;
}
export interface CustomToolCallItem {
  readonly type: 'custom_tool_call';
  readonly callId: string;
  readonly name: string;
  readonly namespace?: string;
  readonly input: string;
}
export interface ToolSearchCallItem {
  readonly type: 'tool_search_call';
  readonly callId: string;
  readonly arguments: JsonObject;
}
/** local_shell_call, shell_call and apply_patch_call: calls of hosted tools that the client runs itself. */
export interface HostedCallItem {
  readonly type: 'hosted_call';
  readonly tool: 'local_shell' | 'shell' | 'apply_patch';
  readonly callId: string;
  readonly arguments: JsonObject;
}

/** The result of any kind of call. `label` names the tool when the client sent an output without a call id. */
export interface CallOutputItem {
  readonly type: 'call_output';
  readonly callId?: string;
  readonly label?: string;
  readonly output: readonly ContentPart[];
}
export interface ToolSearchOutputItem {
  readonly type: 'tool_search_output';
  readonly callId: string;
  readonly tools: readonly ResponsesTool[];
  readonly raw: readonly unknown[];
}
export interface AdditionalToolsItem { readonly type: 'additional_tools'; readonly tools: readonly ResponsesTool[] }
export interface AgentMessageItem {
  readonly type: 'agent_message';
  readonly author?: string;
  readonly recipient?: string;
  readonly text: string;
}
/** compaction, compaction_summary and context_compaction. */
export interface CompactionItem { readonly type: 'compaction'; readonly encryptedContent: string }
export interface CompactionTriggerItem { readonly type: 'compaction_trigger' }
export interface ConfigurationUpdateItem {
  readonly type: 'configuration_update';
  readonly reasoning?: UnknownRecord;
  readonly text?: UnknownRecord;
}
export interface ItemReference { readonly type: 'item_reference'; readonly id: string }
/** An item of a kind this version does not know or cannot use; `kind` is its wire type. */
export interface UnrecognizedItem { readonly type: 'unrecognized'; readonly kind: string }

export interface InputItemKinds {
  message: MessageItem;
  reasoning: ReasoningItem;
  function_call: FunctionCallItem;
  custom_tool_call: CustomToolCallItem;
  tool_search_call: ToolSearchCallItem;
  hosted_call: HostedCallItem;
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
export type CallItem = FunctionCallItem | CustomToolCallItem | ToolSearchCallItem | HostedCallItem;
