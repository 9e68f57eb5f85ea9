/**
 * What an upstream answer says, one step after the wire, and the three kinds of machine that pass it on: readers make
 * signals of it, stages change them, an assembler turns them into what the client hears.
 */
import type { MakeId } from '../base/clock';
import type { JsonObject, JsonValue } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { FailureSource } from '../errors/error-rule';
import type { ChatUsage } from '../wire/chat';
import type { MessagePhase } from '../wire/responses-output';
import type { SseEvent } from './sse-decoder';

/** How an answer ended, after every provider's own word for it. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter';

/** Provider-signed fields of a call, which must come back on the same call as they were. */
export type CallSignature = JsonObject;

export interface SignalKinds {
  'text-delta': { readonly text: string; readonly logprobs?: readonly JsonValue[] };
  'refusal-delta': { readonly text: string };
  'reasoning-delta': { readonly text: string };
  /** Provider-signed reasoning blocks: kept for the next request, never shown. */
  'reasoning-details': { readonly details: readonly unknown[] };
  /** Calls arrive one after the other: `call-start`, its deltas, then `call-end` once the call is known to be whole. */
  'call-start': { readonly id: string; readonly name: string };
  'call-delta': { readonly text: string };
  'call-end': { readonly signature?: CallSignature };
  /** The message is over, and upstream says what it is in its turn; text after it is another message. */
  'message-end': { readonly phase: MessagePhase };
  /** The next alternative answer of an `n > 1` request begins. */
  'choice-end': Record<never, never>;
  usage: { readonly usage: ChatUsage };
  finish: { readonly reason: FinishReason };
  error: { readonly error: BridgeError };
}
export type SignalKind = keyof SignalKinds;
export type SignalOf<K extends SignalKind> = { readonly type: K } & SignalKinds[K];
export type Signal = { [K in SignalKind]: SignalOf<K> }[SignalKind];

/** What one event of the upstream meant: signals, and whether upstream said that it is done. */
export interface Reading {
  readonly signals: readonly Signal[];
  readonly done: boolean;
}

/** What every reader of an answer is told of its request. */
export interface ReaderOptions {
  readonly makeId: MakeId;
  /** Keep only the first call of an answer (ALLOW_MULTI_TOOL_CALLS=0). */
  readonly single: boolean;
  /** Who answers, for the words of an error inside the answer. */
  readonly source?: FailureSource | undefined;
  /** False for a provider that never says how its answer ended: [DONE] is its end (dialect, sendsFinishReason). */
  readonly sendsFinishReason?: boolean;
}

/** Reads one answer, in the protocol it was requested in. An error after the provider's finish is ignored. */
export interface AnswerReader {
  /** Whether upstream said how its answer ended. */
  readonly finished: boolean;
  event(event: SseEvent): Reading;
  /** The whole answer as one JSON value, from an upstream that did not stream. */
  completion(value: unknown): readonly Signal[];
  /** The stream is over. `finish` comes here, at most once: text, calls and usage may follow the provider's own. */
  end(): readonly Signal[];
}

/** A step between reader and assembler: takes one signal, returns what it becomes. `end` releases what was held back. */
export interface Stage {
  step(signal: Signal): readonly Signal[];
  end(): readonly Signal[];
}

/** What the client is told of a failure: the one who counts calls may say that it is the last word. */
export type Judge = (error: BridgeError) => BridgeError;

/** What is known of an answer so far. */
export interface Told {
  /** Whether any of it was heard, shown to the client or not. */
  readonly begun: boolean;
  /** How the provider said that it ended. */
  readonly reason: FinishReason | undefined;
  /** What the provider said that it cost; undefined where it said nothing. */
  readonly usage: ChatUsage | undefined;
}

/**
 * Guarantees of every assembler: `start` comes first, exactly one terminal output whatever upstream does, and nothing
 * after it. Calls after the terminal output return nothing.
 */
export interface Assembler<Output> extends Told {
  start(): readonly Output[];
  step(signal: Signal): readonly Output[];
  /** Upstream closed its stream or said `[DONE]`. Without a `finish` before it the answer was cut, which is a failure. */
  end(): readonly Output[];
  fail(error: BridgeError): readonly Output[];
  readonly finished: boolean;
  /** The failure that ended the answer, if one did. */
  readonly error: BridgeError | undefined;
}
