/**
 * The stream events the bridge sends: a subset of the 59 of the API, each with its required fields except
 * `sequence_number`, which is given where events are written (stream/sse-encoder.ts).
 */
import type { JsonValue } from '../base/json';
import type { OutputItem, OutputPart, SummaryText } from './responses-output';
import type { ResponsesObject } from './responses-object';

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
