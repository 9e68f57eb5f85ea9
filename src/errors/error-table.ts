/**
 * Every kind of failure and what each client hears of it. Codex acts on the `code` of `response.failed`
 * (codex-protocol.md, section 3): `invalid_prompt` ends the turn with our words, `rate_limit_exceeded` waits,
 * `context_length_exceeded` compacts, `server_error` is asked again. SDK clients act on the HTTP status.
 */

export interface ErrorRow {
  /** HTTP status for clients that read it. */
  readonly status: number;
  /** `error.type` of the OpenAI error object. */
  readonly type:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'permission_error'
    | 'not_found_error'
    | 'rate_limit_error'
    | 'server_error';
  /** `error.code` for SDK clients. */
  readonly code: string;
  /** `error.code` of `response.failed` for Codex. */
  readonly codexCode: 'invalid_prompt' | 'rate_limit_exceeded' | 'context_length_exceeded' | 'server_error';
}

const fatal = (status: number, type: ErrorRow['type'], code: string): ErrorRow => ({
  status,
  type,
  code,
  codexCode: 'invalid_prompt',
});
const again = (status: number, code: string): ErrorRow => ({
  status,
  type: 'server_error',
  code,
  codexCode: 'server_error',
});

/** The table: adding a kind means adding a row, and every client knows it. */
export const ERRORS = {
  // The client's request.
  invalid_request: fatal(400, 'invalid_request_error', 'invalid_request'),
  previous_response_not_found: fatal(400, 'invalid_request_error', 'previous_response_not_found'),
  not_found: fatal(404, 'not_found_error', 'not_found'),
  method_not_allowed: fatal(405, 'invalid_request_error', 'method_not_allowed'),
  forbidden: fatal(403, 'permission_error', 'forbidden'),
  cancelled: fatal(409, 'invalid_request_error', 'cancelled'),
  too_large: fatal(413, 'invalid_request_error', 'request_too_large'),
  unsupported_media_type: fatal(415, 'invalid_request_error', 'unsupported_media_type'),
  // The provider's answer.
  auth: fatal(401, 'authentication_error', 'invalid_api_key'),
  wrong_client: fatal(403, 'permission_error', 'client_not_allowed'),
  model_not_found: fatal(404, 'invalid_request_error', 'model_not_found'),
  upstream_rejected: fatal(400, 'invalid_request_error', 'upstream_rejected'),
  moderation: fatal(400, 'invalid_request_error', 'content_policy_violation'),
  quota: fatal(429, 'rate_limit_error', 'insufficient_quota'),
  context_overflow: {
    status: 400,
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    codexCode: 'context_length_exceeded',
  },
  rate_limit: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', codexCode: 'rate_limit_exceeded' },
  overload: again(503, 'server_is_busy'),
  upstream_error: again(502, 'upstream_error'),
  bad_answer: again(502, 'bad_upstream_answer'),
  empty_answer: again(502, 'empty_upstream_answer'),
  cut_stream: again(502, 'upstream_stream_cut'),
  network: again(502, 'upstream_unreachable'),
  timeout: again(504, 'upstream_timeout'),
  // The bridge itself.
  shutting_down: again(503, 'bridge_shutting_down'),
  internal: again(500, 'internal_error'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorKind = keyof typeof ERRORS;
