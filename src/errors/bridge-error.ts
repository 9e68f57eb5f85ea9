/** Defines the error that fails a turn: a kind from the table, a message for the user, and details of the cause. */
import { UnreadableField } from '../base/json';
import { codeOf, messageOf } from '../base/thrown';
import type { ErrorKind } from './error-table';

export interface ErrorDetails {
  /** Path of the offending request field, e.g. `input[3].call_id`. */
  readonly param?: string;
  /** Path of the request field that the provider's error names. */
  readonly providerField?: string;
  /** The provider's own error code or type. */
  readonly providerCode?: string;
  /** The provider's HTTP status. */
  readonly upstreamStatus?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  /** Shortest wait before a retry if the response does not say how long to wait (upstream/call-limits.ts). */
  readonly pauseMs?: number;
  /** The bridge has used all its retries; Codex must not retry on its own. */
  readonly final?: boolean;
  /** The provider's own text, as it appears in the message. */
  readonly providerText?: string;
  /** What the user can do, as it appears in the message. */
  readonly advice?: string;
  /** Part of the provider's response that the message quotes; the log omits it. */
  readonly quote?: string;
}

/** Thrown when a request cannot continue; error-body.ts renders it for each client. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';

  constructor(readonly kind: ErrorKind, message: string, readonly details: ErrorDetails = {}) {
    super(message);
  }
}

/**
 * Returns the error if file descriptors are used up; undefined for any other code or message. Since Node 24, the module
 * loader hides the system's code: `Cannot read package config …/package.json: too many open files.`
 */
export function findDescriptorShortage(code = '', message = ''): BridgeError | undefined {
  const isHidden =
    code === 'ERR_INVALID_PACKAGE_CONFIG' && /: (too many open files|file table overflow)\.?$/.test(message);
  if (code !== 'EMFILE' && code !== 'ENFILE' && !isHidden) return undefined;
  const problem = 'The bridge has no file descriptors left.';
  return new BridgeError('busy', `${problem} Retry later, or raise the limit (ulimit -n).`);
}

/**
 * Returns a BridgeError unchanged. An unreadable field becomes `invalid_request` with its path, and a lack of file
 * descriptors `busy`. Anything else is a bug in the bridge and becomes `internal`, with the thrown value as its cause.
 * @param abort the turn's signal; if a BridgeError aborted it, that error is returned for any other thrown value
 */
export function toBridgeError(cause: unknown, abort?: AbortSignal): BridgeError {
  if (cause instanceof BridgeError) return cause;
  if (cause instanceof UnreadableField) {
    return new BridgeError('invalid_request', cause.message, cause.path === '' ? {} : { param: cause.path });
  }
  if (abort?.aborted === true && abort.reason instanceof BridgeError) return abort.reason;
  const shortage = findDescriptorShortage(codeOf(cause), messageOf(cause));
  if (shortage !== undefined) return shortage;
  const error = new BridgeError('internal', "Internal error. The bridge's log has the details.");
  error.cause = cause;
  return error;
}

/**
 * Returns what is wrong with a field, without the quoted value, which may be part of a prompt: `Cannot read
 * input[3].call_id: expected a non-empty string.` Undefined for messages in another form.
 */
export function describeFieldProblem(message: string): string | undefined {
  const [, problem] = /^(Cannot read .+?: expected .+?), got /s.exec(message) ?? [];
  return problem === undefined ? undefined : `${problem}.`;
}
