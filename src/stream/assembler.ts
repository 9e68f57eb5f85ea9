/** What turns signals into a client's stream, whatever the client's protocol: Responses events or Chat chunks. */
import type { BridgeError } from '../errors/bridge-error';
import type { ChatUsage } from '../wire/chat';
import type { FinishReason, Signal } from './signal';

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
