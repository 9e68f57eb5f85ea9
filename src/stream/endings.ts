/** How an answer can end: every provider's word for it, and the failures that look like an end. */
import { BridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';
import type { FinishReason, Signal } from './signal';

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_calls', 'tool_calls'],
  ['tool_call', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content_filter'],
  // Z.ai's word for a blocked answer (upstreams.md, section 4.4).
  ['sensitive', 'content_filter'],
]);

/** Finish reasons that are failures in disguise. */
const FAILURES: ReadonlyMap<string, readonly [kind: ErrorKind, message: string]> = new Map([
  [
    'model_context_window_exceeded',
    ['context_overflow', "The conversation is longer than the model's context window."],
  ],
  ['network_error', ['upstream_error', 'The provider reported a network error while answering.']],
  ['error', ['upstream_error', 'The provider reported an error while answering.']],
]);

/** @returns our reason (an unknown word counts as `stop`), or the failure it stands for. */
export function readFinishReason(word: string): FinishReason | BridgeError {
  const failure = FAILURES.get(word);
  return failure ? new BridgeError(...failure) : (REASONS.get(word) ?? 'stop');
}

/** The stream ended before the provider said that its answer is complete. */
export const cutStream = (): BridgeError =>
  new BridgeError('cut_stream', 'The provider closed the stream before its answer was finished.');

/** An answer of reasoning alone gives a client nothing to go on with. */
export const emptyAnswer = (): BridgeError =>
  new BridgeError('empty_answer', 'The provider finished without any text or tool call.');

/** Stream data that is not JSON. */
export function unreadableEvent(data: string): Signal {
  const quoted = JSON.stringify(data.length > 300 ? `${data.slice(0, 300)}…` : data);
  return {
    type: 'error',
    error: new BridgeError('bad_answer', `The provider sent a stream event that is not JSON: ${quoted}`, {
      quote: quoted,
    }),
  };
}
