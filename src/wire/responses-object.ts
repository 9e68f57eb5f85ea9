/** The Response object. Spec: Responses API, Response; which keys validating clients need: responses-protocol tables. */
import type { OutputItem } from './responses-output';

export interface ResponsesUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed';
export type IncompleteReason = 'max_output_tokens' | 'content_filter';

/**
 * The part of a Response that changes while it is made. The request fields it repeats (`ResponsesEcho`) are added
 * once, as text, where the event is written: repeating a 4 MB input in every lifecycle event doubles the cost.
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
