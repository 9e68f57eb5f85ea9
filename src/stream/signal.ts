/** What an upstream answer says, one step after the wire: the only words the second half of the stream path knows. */
import type { JsonValue } from '../base/json';
import type { BridgeError } from '../errors/bridge-error';
import type { ChatUsage } from '../wire/chat';

/** How an answer ended, after every provider's own word for it. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter';

export interface SignalKinds {
  'text-delta': { readonly text: string; readonly logprobs?: readonly JsonValue[] };
  'refusal-delta': { readonly text: string };
  'reasoning-delta': { readonly text: string };
  /** Provider-signed reasoning blocks: kept for the next request, never shown. */
  'reasoning-details': { readonly details: readonly unknown[] };
  /** Calls arrive one after the other: `call-start`, its deltas, then `call-end` once the call is known to be whole. */
  'call-start': { readonly id: string; readonly name: string };
  'call-delta': { readonly text: string };
  'call-end': Record<never, never>;
  /** The next alternative answer of an `n > 1` request begins. */
  'choice-end': Record<never, never>;
  usage: { readonly usage: ChatUsage };
  finish: { readonly reason: FinishReason };
  error: { readonly error: BridgeError };
}
export type SignalKind = keyof SignalKinds;
export type SignalOf<K extends SignalKind> = { readonly type: K } & SignalKinds[K];
export type Signal = { [K in SignalKind]: SignalOf<K> }[SignalKind];

/** A step of the stream path: takes one signal, returns what it becomes. `end` releases what was held back. */
export interface Stage {
  step(signal: Signal): readonly Signal[];
  end(): readonly Signal[];
}
