/**
 * Defines signals, the protocol-neutral form of an upstream answer, and the three kinds of state machine that process
 * them: readers produce signals, stages transform them, and an assembler turns them into the client's output.
 */
import type { MakeId } from '../base/clock';
import type { JsonObject, JsonValue } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { FailureSource } from '../errors/error-rule';
import type { ChatUsage } from '../wire/chat';
import type { MessagePhase } from '../wire/responses-output';
import type { SseEvent } from './sse';

/** How an answer ended; the finish reasons of all providers map to these. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter';

/** Fields of a call signed by the provider, which must be sent back on the same call unchanged. */
export type CallSignature = JsonObject;

export interface SignalKinds {
  'text-delta': { readonly text: string; readonly logprobs?: readonly JsonValue[] };
  'refusal-delta': { readonly text: string };
  'reasoning-delta': { readonly text: string };
  /** Reasoning blocks signed by the provider: returned in the next request, never shown. */
  'reasoning-details': { readonly details: readonly unknown[] };
  /**
   * Calls arrive one after the other: `call-start`, its deltas, then `call-end` once the call is known to be complete.
   */
  'call-start': { readonly id: string; readonly name: string };
  'call-delta': { readonly text: string };
  'call-end': { readonly signature?: CallSignature };
  /** The message has ended, with its phase; later text belongs to another message. */
  'message-end': { readonly phase: MessagePhase };
  /** A choice of an `n > 1` request has ended, and the next one begins. The last one ends with `finish`. */
  'choice-end': { readonly reason: FinishReason };
  usage: { readonly usage: ChatUsage };
  finish: { readonly reason: FinishReason };
  error: { readonly error: BridgeError };
}
export type SignalKind = keyof SignalKinds;
export type SignalOf<K extends SignalKind> = { readonly type: K } & SignalKinds[K];
export type Signal = { [K in SignalKind]: SignalOf<K> }[SignalKind];

/** The result of one upstream event: signals, and whether upstream has finished. */
export interface Reading {
  readonly signals: readonly Signal[];
  readonly isDone: boolean;
}

/** The options of every reader. */
export interface ReaderOptions {
  readonly makeId: MakeId;
  /** Ids of the calls in the conversation so far. */
  readonly callIds?: ReadonlySet<string>;
  /** Whether to keep only the first call of each choice (ALLOW_MULTI_TOOL_CALLS=0). */
  readonly firstCallOnly: boolean;
  /** Whether the request has `n > 1`: a provider that streams nevertheless may interleave the choices. */
  readonly severalChoices?: boolean;
  /** Returns the upstream, which messages about errors inside the answer name. */
  readonly source?: (() => FailureSource) | undefined;
  /** False for a provider without finish reasons: [DONE] ends its answer (dialect, sendsFinishReason). */
  readonly sendsFinishReason?: boolean;
}

/** Reads one answer in the upstream's protocol. An error after the end of the answer is ignored. */
export interface AnswerReader {
  /** Whether upstream has finished its answer. */
  readonly finished: boolean;
  readEvent(event: SseEvent): Reading;
  /** Reads the whole answer as one JSON value, from an upstream that did not stream; then call `end`. */
  readCompletion(value: unknown): readonly Signal[];
  /**
   * Call at the end of the stream. Without a terminal event in the protocol, `finish` is emitted only here, because
   * text, calls and usage may follow the provider's finish reason.
   */
  end(): readonly Signal[];
}

/** A step between reader and assembler: maps one signal to any number of signals. */
export interface Stage {
  step(signal: Signal): readonly Signal[];
  /** Releases the signals held back; absent if the stage holds none back. */
  end?(): readonly Signal[];
}

/** Returns the error for the client, marked as final once the turn has used up its calls. */
export type FinalizeError = (error: BridgeError) => BridgeError;

/** What is known about an answer so far. */
export interface AnswerProgress {
  /** Whether any content has arrived, even if nothing is sent to the client yet; hidden reasoning may not count. */
  readonly begun: boolean;
  /** The provider's finish reason, corrected if it contradicts the calls. */
  readonly reason: FinishReason | undefined;
  /** The token usage; undefined if the provider sent none. */
  readonly usage: ChatUsage | undefined;
}

/**
 * Every assembler guarantees: `start` comes first, there is exactly one terminal output whatever upstream does, and
 * nothing follows it. Calls after the terminal output return nothing.
 */
export interface Assembler<Output> extends AnswerProgress {
  start(): readonly Output[];
  step(signal: Signal): readonly Output[];
  /**
   * Call when upstream has closed its stream or sent `[DONE]`. Without a prior `finish`, the answer is truncated, which
   * is a failure.
   */
  end(): readonly Output[];
  fail(error: BridgeError): readonly Output[];
  readonly finished: boolean;
  /** The failure that ended the answer, if any. */
  readonly error: BridgeError | undefined;
}
