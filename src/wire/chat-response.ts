/**
 * What a Chat Completions upstream answers, after lenient reading: absent, null and "" are all `undefined`. Every field is
 * always there, so that the objects of a hot loop have one shape.
 */
import type { JsonValue } from '../base/json';

export interface ChatToolFragment {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string | undefined;
}
export interface ChatUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
  readonly cached: number;
  readonly cacheWrite: number | undefined;
  readonly reasoning: number;
}
export interface ChatDelta {
  readonly text: string | undefined;
  readonly reasoning: string | undefined;
  /** Provider-signed reasoning blocks that must come back unread. */
  readonly reasoningDetails: readonly unknown[] | undefined;
  readonly refusal: string | undefined;
  readonly toolCalls: readonly ChatToolFragment[] | undefined;
  readonly logprobs: readonly JsonValue[] | undefined;
  readonly finishReason: string | undefined;
}
/** One chunk of a stream, or one whole completion: `choices` in the order upstream gave them. */
export interface ChatChunk {
  readonly choices: readonly ChatDelta[];
  readonly usage: ChatUsage | undefined;
  /** An error object inside an HTTP 200 answer; unread, the classifier looks at it. */
  readonly error: unknown;
}
