/**
 * Defines what a Responses client receives: the Response object, its output items, and the stream events that the
 * bridge sends, a subset of the API's 59 events. They have no `sequence_number` here; stream/sse.ts adds it.
 */
import type { JsonObject, JsonValue } from '../base/json';

export interface ResponsesUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed';
export type IncompleteReason = 'max_output_tokens' | 'content_filter';

/**
 * The part of a Response that changes while it is created. The request fields that it repeats (`ResponsesEcho`) are
 * added as text where the event is written: serializing them for every lifecycle event would double the cost of a 4 MB
 * request.
 */
export interface ResponsesObject {
  readonly id: string;
  readonly object: 'response';
  /** Seconds since the epoch. */
  readonly created_at: number;
  readonly completed_at: number | null;
  readonly status: ResponseStatus;
  readonly model: string;
  readonly output: readonly OutputItem[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly incomplete_details: { readonly reason: IncompleteReason } | null;
  readonly usage: ResponsesUsage | null;
}

export type OutputStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputText {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly JsonValue[];
  readonly logprobs: readonly JsonValue[];
}
export interface OutputRefusal { readonly type: 'refusal'; readonly refusal: string }
export type OutputPart = OutputText | OutputRefusal;

/** The role of a message in its turn: Codex collapses `commentary` once the `final_answer` arrives. */
export type MessagePhase = 'commentary' | 'final_answer' | 'partial_answer';

export interface OutputMessage {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'assistant';
  readonly status: OutputStatus;
  readonly phase?: MessagePhase;
  readonly content: readonly OutputPart[];
}
export interface SummaryText { readonly type: 'summary_text'; readonly text: string }
export interface ReasoningText { readonly type: 'reasoning_text'; readonly text: string }
/** `content` and `encrypted_content` are omitted rather than null: Open Responses does not allow null for either. */
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

/** The call item of each tool kind. */
export interface CallItems {
  function: OutputFunctionCall;
  custom: OutputCustomToolCall;
  tool_search: OutputToolSearchCall;
  local_shell: OutputLocalShellCall;
  shell: OutputShellCall;
  apply_patch: OutputApplyPatchCall;
}
export type CallKind = keyof CallItems;
export type OutputItem = OutputMessage | OutputReasoning | CallItems[CallKind] | OutputCompaction;

type Lifecycle = 'created' | 'in_progress' | 'completed' | 'incomplete' | 'failed';

interface OfOutput { readonly output_index: number }
interface OfItem extends OfOutput { readonly item_id: string }
interface OfContent extends OfItem { readonly content_index: number }
interface OfSummary extends OfItem { readonly summary_index: number }

export interface LifecycleEvent { readonly type: `response.${Lifecycle}`; readonly response: ResponsesObject }
export interface ItemEvent extends OfOutput {
  readonly type: 'response.output_item.added' | 'response.output_item.done';
  readonly item: OutputItem;
}
export interface ContentPartEvent extends OfContent {
  readonly type: 'response.content_part.added' | 'response.content_part.done';
  readonly part: OutputPart | { readonly type: 'reasoning_text'; readonly text: string };
}
export interface OutputTextDelta extends OfContent {
  readonly type: 'response.output_text.delta';
  readonly delta: string;
  readonly logprobs: readonly JsonValue[];
}
export interface OutputTextDone extends OfContent {
  readonly type: 'response.output_text.done';
  readonly text: string;
  readonly logprobs: readonly JsonValue[];
}
export interface RefusalDelta extends OfContent { readonly type: 'response.refusal.delta'; readonly delta: string }
export interface RefusalDone extends OfContent { readonly type: 'response.refusal.done'; readonly refusal: string }
export interface ReasoningTextDelta extends OfContent {
  readonly type: 'response.reasoning_text.delta';
  readonly delta: string;
}
export interface ReasoningTextDone extends OfContent {
  readonly type: 'response.reasoning_text.done';
  readonly text: string;
}
export interface SummaryPartEvent extends OfSummary {
  readonly type: 'response.reasoning_summary_part.added' | 'response.reasoning_summary_part.done';
  readonly part: SummaryText;
}
export interface SummaryTextDelta extends OfSummary {
  readonly type: 'response.reasoning_summary_text.delta';
  readonly delta: string;
}
export interface SummaryTextDone extends OfSummary {
  readonly type: 'response.reasoning_summary_text.done';
  readonly text: string;
}
export interface FunctionArgumentsDelta extends OfItem {
  readonly type: 'response.function_call_arguments.delta';
  readonly delta: string;
}
export interface FunctionArgumentsDone extends OfItem {
  readonly type: 'response.function_call_arguments.done';
  readonly name: string;
  readonly arguments: string;
}
export interface CustomInputDelta extends OfItem {
  readonly type: 'response.custom_tool_call_input.delta';
  readonly delta: string;
}
export interface CustomInputDone extends OfItem {
  readonly type: 'response.custom_tool_call_input.done';
  readonly input: string;
}

export type CallEvent = FunctionArgumentsDelta | FunctionArgumentsDone | CustomInputDelta | CustomInputDone;

export type ResponsesEvent =
  | LifecycleEvent
  | ItemEvent
  | ContentPartEvent
  | OutputTextDelta
  | OutputTextDone
  | RefusalDelta
  | RefusalDone
  | ReasoningTextDelta
  | ReasoningTextDone
  | SummaryPartEvent
  | SummaryTextDelta
  | SummaryTextDone
  | CallEvent;
