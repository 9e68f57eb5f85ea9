/** What reads an upstream answer, whatever the upstream's protocol: Chat Completions or Responses. */
import { BridgeError } from '../errors/bridge-error';
import type { FailureSource } from '../errors/error-rule';
import type { Signal } from './signal';
import type { SseEvent } from './sse-decoder';
import type { ToolCallsOptions } from './tool-calls';

export interface ParserOptions extends ToolCallsOptions {
  /** Who answers, for the words of an error inside the answer. */
  readonly source?: FailureSource;
}

/** What a read of the upstream meant: signals, and whether upstream said that it is done. */
export interface Reading {
  readonly signals: readonly Signal[];
  readonly done: boolean;
}

/** Reads one answer. `finish` comes at most once; an error after it is ignored, the answer was whole. */
export interface AnswerParser {
  /** Whether upstream said how its answer ended. */
  readonly finished: boolean;
  event(event: SseEvent): Reading;
  /** The whole answer as one JSON value, from an upstream that did not stream. */
  completion(value: unknown): readonly Signal[];
}

/** The failure that stream data which is not JSON stands for. */
export function unreadableEvent(data: string): Signal {
  const quoted = JSON.stringify(data.length > 300 ? `${data.slice(0, 300)}…` : data);
  return {
    type: 'error',
    error: new BridgeError('bad_answer', `The provider sent a stream event that is not JSON: ${quoted}`, {
      quote: quoted,
    }),
  };
}
