/** Maps the finish reasons of all providers, and creates the errors for answers that did not end properly. */
import { BridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';
import type { FinishReason, Signal } from './signal';

/** The finish reasons that providers send, in lower case, grouped by meaning. */
const SPELLINGS: readonly (readonly [reason: FinishReason, spellings: readonly string[]])[] = [
  ['stop', [
    'stop', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'stop_token', 'complete', 'completed', 'finished', 'done',
    'end', 'success', 'normal',
  ]],
  ['tool_calls', ['tool_calls', 'tool_call', 'tool-calls', 'function_call', 'function_calls', 'tool_use']],
  ['length', [
    'length', 'max_length', 'max_tokens', 'max_output_tokens', 'max_completion_tokens', 'model_length', 'token_limit',
  ]],
  ['content_filter', [
    'content_filter', 'content-filter', 'content_filtered', 'refusal', 'safety', 'blocklist', 'prohibited_content',
    'recitation', 'spii',
    // Z.ai's finish reason for a blocked answer (upstreams.md, section 4.4).
    'sensitive',
  ]],
];

/** The finish reason that each spelling means. */
export const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map(
  SPELLINGS.flatMap(([reason, spellings]) => spellings.map((spelling) => [spelling, reason] as const)),
);

/** Values without a meaning: some servers send the name of their null value. */
const MEANINGLESS = ['', 'null', 'none', 'undefined'];

/** Finish reasons that are specific failures. */
const FAILURES: ReadonlyMap<string, readonly [kind: ErrorKind, message: string]> = new Map([
  [
    'model_context_window_exceeded',
    ['context_overflow', "The conversation is longer than the model's context window."],
  ],
  ['network_error', ['upstream_error', 'The provider reported a network error while answering.']],
  ['error', ['upstream_error', 'The provider reported an error while answering.']],
]);

/**
 * Reads a finish reason in upper or lower case, because hosts of the same model differ (`STOP`, `Stop`). An unknown
 * reason is a failure: an answer whose call was lost (`MALFORMED_FUNCTION_CALL`) or that was aborted must not look
 * complete.
 * @returns undefined for a value without a meaning
 */
export function readFinishReason(value: string): FinishReason | BridgeError | undefined {
  const key = value.trim().toLowerCase();
  if (MEANINGLESS.includes(key)) return undefined;
  const failure = FAILURES.get(key);
  if (failure) return new BridgeError(...failure);
  const reason = FINISH_REASONS.get(key);
  if (reason) return reason;
  return new BridgeError('upstream_error', `The provider ended its answer with finish reason "${shorten(value)}".`);
}

/** An answer with one of these finish reasons is truncated: its last item is incomplete. */
export const TRUNCATING_REASONS: ReadonlySet<FinishReason> = new Set(['length', 'content_filter']);

/** For a stream that was closed before the provider finished its answer. */
export const cutStream = (): BridgeError =>
  new BridgeError('cut_stream', 'The provider closed the stream before its answer was finished.');

/** For `[DONE]` without a finish_reason: the stream broke, or the provider never sends finish reasons. */
export const unfinishedStream = (): BridgeError =>
  new BridgeError(
    'cut_stream',
    'The provider ended its stream without a finish_reason, so the answer may be truncated. ' +
      'If this provider never sends one, set sendsFinishReason to false in its dialect.',
  );

/** For an answer without text or tool calls. Codex cannot continue after reasoning alone. */
export const emptyAnswer = (): BridgeError =>
  new BridgeError('empty_answer', 'The provider finished without any text or tool call.');

/** Creates the error signal for stream data that is not JSON. */
export function unreadableEvent(data: string): Signal {
  const quoted = JSON.stringify(shorten(data));
  return {
    type: 'error',
    error: new BridgeError('bad_answer', `The provider sent a stream event that is not JSON: ${quoted}.`, {
      quote: quoted,
    }),
  };
}

const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
