/** Defines the rules that map an upstream's error text to an error kind and advice. */
import type { Clock } from '../base/clock';
import type { ErrorKind } from './error-table';
import type { QuotaReset } from './quota-reset';

/** One wording and what it means. */
export interface ErrorRule {
  readonly kind: ErrorKind;
  /** Tested against `code type message`, so `^` matches at the start of the code. */
  readonly pattern: RegExp;
  /** What the user can do; replaces the kind's own advice. Whole sentences; `{host}` is the upstream's host. */
  readonly advice?: string;
  /** When an exhausted quota resets; not needed if the message itself contains the time and its zone. */
  readonly resets?: QuotaReset;
  /** Shortest wait before a retry, in milliseconds, if the response does not say how long to wait. */
  readonly pauseMs?: number;
}

/** The upstream, as far as it affects how a failure is described. */
export interface FailureSource {
  readonly host: string;
  /** Its name in messages: `DeepSeek (api.deepseek.com)`. Default: the host. */
  readonly name?: string;
  /** The provider's own rules; they take precedence over the general ones. */
  readonly rules?: readonly ErrorRule[];
  /** Advice for a rejected key, derived from the key that was sent. */
  readonly keyAdvice?: string;
  /** Advice for an unknown model, derived from its name. */
  readonly modelAdvice?: string;
  /** Masks keys and the user's header values in the provider's error text. */
  readonly hideKey?: (text: string) => string;
  /** To compute the time until a quota resets. */
  readonly clock?: Clock;
}
