/** What a Chat Completions upstream answers, after lenient reading: absent, null and "" are all `undefined`. */
import type { JsonValue } from '../base/json';

export interface ChatToolFragment {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}
export interface ChatUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
  readonly cached: number;
  readonly cacheWrite?: number;
  readonly reasoning: number;
}
export interface ChatDelta {
  readonly text?: string;
  readonly reasoning?: string;
  /** Provider-signed reasoning blocks that must come back unread. */
  readonly reasoningDetails?: readonly unknown[];
  readonly refusal?: string;
  readonly toolCalls?: readonly ChatToolFragment[];
  readonly logprobs?: readonly JsonValue[];
  readonly finishReason?: string;
}
/** One chunk of a stream, or one whole completion: `choices` in the order upstream gave them. */
export interface ChatChunk {
  readonly id?: string;
  readonly choices: readonly ChatDelta[];
  readonly usage?: ChatUsage;
  /** An error object inside an HTTP 200 answer; unread, the classifier looks at it. */
  readonly error?: unknown;
}
