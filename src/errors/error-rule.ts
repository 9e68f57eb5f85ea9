/** What turns an upstream's words into a kind of failure and into advice: rows of data, here and in src/providers. */
import type { Clock } from '../base/clock';
import type { ErrorKind } from './error-table';
import type { QuotaReset } from './quota-reset';

/** One wording and what it means. */
export interface ErrorRule {
  readonly kind: ErrorKind;
  /** Tested against `code type message`: `^` is where a code stands. */
  readonly says: RegExp;
  /** What the user can do, in place of the kind's own advice. Whole sentences; `{host}` is the upstream's host. */
  readonly advice?: string;
  /** When a used-up quota comes back; a time that stands in the message with its zone is found without it. */
  readonly resets?: QuotaReset;
  /** How long such a limit lasts at least, milliseconds: asking again sooner costs a request and brings nothing. */
  readonly pauseMs?: number;
}

/** Whom the bridge asks, as far as it shapes what is said of a failure. */
export interface FailureSource {
  readonly host: string;
  /** The provider's own rules: they come before the general ones. */
  readonly rules?: readonly ErrorRule[];
  /** What is known of the key that was sent, as advice for a refused one. */
  readonly keyAdvice?: string;
  /** Takes the key out of what the provider said. */
  readonly hideKey?: (text: string) => string;
  /** For how long it is until a quota comes back. */
  readonly clock?: Clock;
}
