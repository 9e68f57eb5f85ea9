/** The items of a response's `output`, exactly as they go on the wire. Spec: Responses API, output items. */
import type { JsonObject, JsonValue } from '../base/json';

export type OutputStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputText {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly JsonValue[];
  readonly logprobs: readonly JsonValue[];
}
export interface OutputRefusal { readonly type: 'refusal'; readonly refusal: string }
export type OutputPart = OutputText | OutputRefusal;

export interface OutputMessage {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'assistant';
  readonly status: OutputStatus;
  readonly content: readonly OutputPart[];
}
export interface SummaryText { readonly type: 'summary_text'; readonly text: string }
export interface ReasoningText { readonly type: 'reasoning_text'; readonly text: string }
/** `content` and `encrypted_content` are left out rather than null: Open Responses allows neither to be null. */
export interface OutputReasoning {
  readonly type: 'reasoning';
  readonly id: string;
  readonly status: OutputStatus;
  readonly summary: readonly SummaryText[];
  readonly content?: readonly ReasoningText[];
  readonly encrypted_content?: string;
}
export interface OutputFunctionCall {
  readonly type: 'function_call';
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly namespace?: string;
  readonly arguments: string;
  readonly status: OutputStatus;
}
export interface OutputCustomToolCall {
  readonly type: 'custom_tool_call';
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly namespace?: string;
  readonly input: string;
  readonly status: OutputStatus;
}
export interface OutputToolSearchCall {
  readonly type: 'tool_search_call';
  readonly id: string;
  readonly call_id: string;
  readonly execution: 'client';
  readonly arguments: JsonObject;
  readonly status: OutputStatus;
}
export interface OutputLocalShellCall {
  readonly type: 'local_shell_call';
  readonly id: string;
  readonly call_id: string;
  readonly action: JsonObject;
  readonly status: OutputStatus;
}
export interface OutputShellCall {
  readonly type: 'shell_call';
  readonly id: string;
  readonly call_id: string;
  readonly action: JsonObject;
  readonly environment: JsonObject | null;
  readonly status: OutputStatus;
}
export interface OutputApplyPatchCall {
  readonly type: 'apply_patch_call';
  readonly id: string;
  readonly call_id: string;
  readonly operation: JsonObject;
  readonly status: OutputStatus;
}
export interface OutputCompaction {
  readonly type: 'compaction';
  readonly id: string;
  readonly encrypted_content: string;
}

export type OutputCall =
  | OutputFunctionCall
  | OutputCustomToolCall
  | OutputToolSearchCall
  | OutputLocalShellCall
  | OutputShellCall
  | OutputApplyPatchCall;
export type OutputItem = OutputMessage | OutputReasoning | OutputCall | OutputCompaction;
