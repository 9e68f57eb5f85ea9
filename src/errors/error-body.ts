/** Renders a BridgeError for each client: an OpenAI error object for SDKs, `response.error` for a stream. */
import type { BridgeError } from './bridge-error';
import { ERRORS } from './error-table';

/** The kind of client: Codex and the SDKs act on different codes (codex-protocol.md, section 3). */
export type ClientKind = 'codex' | 'generic';

/** The body of an HTTP error response. Spec: Responses API, errors. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** Returns the HTTP status for SDK clients: the provider's own if it is an error status, else that of the kind. */
export function statusOf({ kind, details: { upstreamStatus } }: BridgeError): number {
  return upstreamStatus !== undefined && upstreamStatus >= 400 ? upstreamStatus : ERRORS[kind].status;
}

/** Renders the error object for SDK clients. */
export function renderErrorBody(error: BridgeError): ErrorBody {
  const row = ERRORS[error.kind];
  return { error: { message: error.message, type: row.type, param: error.details.param ?? null, code: row.code } };
}

/**
 * Renders `response.error` of a failed stream. Codex reads the delay from the message ("try again in 3s"). A final
 * error gets a code that Codex does not retry, unless Codex can compact.
 */
export function renderStreamError(error: BridgeError, client: ClientKind): { code: string; message: string } {
  const row = ERRORS[error.kind];
  if (client !== 'codex') return { code: row.code, message: error.message };
  if (error.details.final && row.codexCode !== 'context_length_exceeded')
    return { code: 'invalid_prompt', message: error.message };
  return { code: row.codexCode, message: row.codexCode === 'rate_limit_exceeded' ? withWait(error) : error.message };
}

/** The wait that Codex reads (codex-rs, `rate_limit_regex`): neither `7m36s` nor `2 minutes`. */
const CODEX_WAIT = /try again in\s*\d+(\.\d+)?\s*(s|ms|seconds?)/i;

function withWait(error: BridgeError): string {
  if (CODEX_WAIT.test(error.message)) return error.message;
  const seconds = Math.max(1, Math.ceil((error.details.retryAfterMs ?? error.details.pauseMs ?? 5_000) / 1_000));
  return `${error.message} Please try again in ${seconds}s.`;
}
