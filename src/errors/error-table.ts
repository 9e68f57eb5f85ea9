/**
 * Lists every kind of failure and the codes that each client receives. Codex acts on the `code` of `response.failed`
 * (codex-protocol.md, section 3): it ends the turn and shows the message on `invalid_prompt`, waits on
 * `rate_limit_exceeded`, compacts on `context_length_exceeded`, and retries on `server_error`. SDK clients act on the
 * HTTP status. docs/errors.md is generated from this table.
 */

export interface ErrorRow {
  /** HTTP status for SDK clients, unless the provider sent an error status (error-body.ts). */
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
  /** What happened. */
  readonly meaning: string;
  /** What the user can do. */
  readonly fix: string;
  /** `error.code` of `response.failed` for Codex. */
  readonly codexCode: 'invalid_prompt' | 'rate_limit_exceeded' | 'context_length_exceeded' | 'server_error';
}

type RowTexts = Pick<ErrorRow, 'meaning' | 'fix'>;

/** A retry will not help: Codex ends the turn. */
const fatal = (status: number, type: ErrorRow['type'], code: string, texts: RowTexts): ErrorRow => ({
  status, type, code, codexCode: 'invalid_prompt', ...texts,
});

/** A retry may help. */
const transient = (status: number, code: string, texts: RowTexts): ErrorRow => ({
  status, type: 'server_error', code, codexCode: 'server_error', ...texts,
});

const INVALID = 'invalid_request_error';
const STORE_FIX = 'Send the whole input, or raise the limits of the store (`--store-max-…`).';

/** The table: a new kind of failure needs only a new row. */
export const ERRORS = {
  // The client's request.
  invalid_request: fatal(400, INVALID, 'invalid_request', {
    meaning: 'A field of the request is invalid or not supported.',
    fix: 'Change the field named by the message and `param`.',
  }),
  previous_response_not_found: fatal(400, INVALID, 'previous_response_not_found', {
    meaning: '`previous_response_id` was not stored, was deleted, or was evicted.', fix: STORE_FIX,
  }),
  not_found: fatal(404, 'not_found_error', 'not_found', {
    meaning: 'There is no such route, response, item or conversation, or the provider has no API at its path.',
    fix: 'Check the id or the path. If the provider answered, check `AI_API_BASE`.',
  }),
  method_not_allowed: fatal(405, INVALID, 'method_not_allowed', {
    meaning: 'The route exists, but not with this HTTP method.', fix: 'Use a method from the `allow` header.',
  }),
  forbidden: fatal(403, 'permission_error', 'forbidden', {
    meaning: 'The bridge does not accept this host or origin, or a proxy in front of the provider answered.',
    fix: 'Use the address that the bridge printed, or allow yours (`--allow-host`). Check the network.',
  }),
  unauthorized: fatal(401, 'authentication_error', 'invalid_access_token', {
    meaning: 'The bridge requires an access token, and the request has none or a wrong one.',
    fix: 'Send `Authorization: Bearer TOKEN` or `x-api-key: TOKEN` with a token from `--access-token`.',
  }),
  cancelled: fatal(409, INVALID, 'cancelled', {
    meaning: 'The background response was cancelled.', fix: 'Send the request again if you still need it.',
  }),
  too_large: fatal(413, INVALID, 'request_too_large', {
    meaning: 'The request body is larger or has more values than the bridge accepts or can store.',
    fix: 'Send less, or raise the limit that the message names.',
  }),
  unsupported_media_type: fatal(415, INVALID, 'unsupported_media_type', {
    meaning: 'The content type or the encoding of the request is not supported.',
    fix: 'Send `content-type: application/json`.',
  }),
  // The provider's answer.
  auth: fatal(401, 'authentication_error', 'invalid_api_key', {
    meaning: 'The provider rejected the API key, or there is none.',
    fix: 'Set the key of this provider where the bridge is started, then restart the bridge.',
  }),
  wrong_client: fatal(403, 'permission_error', 'client_not_allowed', {
    meaning: 'The plan accepts only certain programs, identified by their User-Agent.',
    fix: 'Use Codex, or set `UPSTREAM_USER_AGENT` at your own risk.',
  }),
  model_not_found: fatal(404, INVALID, 'model_not_found', {
    meaning: 'The provider does not have the model, or the key may not use it.',
    fix: 'Choose one that `aliyun-codex-bridge models` lists; ids must match exactly.',
  }),
  upstream_rejected: fatal(400, INVALID, 'upstream_rejected', {
    meaning: "The provider rejected the request, and none of the bridge's repairs applies.",
    fix: "Read the provider's sentence in the message; it usually names the field or the setting.",
  }),
  moderation: fatal(400, INVALID, 'content_policy_violation', {
    meaning: "The provider's content filter rejected the input or the output.",
    fix: 'Rephrase, or go back to before that message (Esc twice in Codex).',
  }),
  quota: fatal(429, 'rate_limit_error', 'insufficient_quota', {
    meaning: 'The quota or the balance is used up.', fix: 'Wait until the quota resets, or top up the account.',
  }),
  context_overflow: {
    status: 400,
    type: INVALID,
    code: 'context_length_exceeded',
    codexCode: 'context_length_exceeded',
    meaning: "The conversation does not fit into the model's context window.",
    fix: 'Codex compacts automatically; in other clients, shorten the input.',
  },
  rate_limit: {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    codexCode: 'rate_limit_exceeded',
    meaning: 'Too many requests or tokens in a short time.',
    fix: 'Wait; the message and `retry-after` say how long, if the provider does.',
  },
  overload: transient(503, 'server_is_busy', {
    meaning: 'The provider or the bridge is overloaded.', fix: 'Try again in a moment.',
  }),
  upstream_error: transient(502, 'upstream_error', {
    meaning: 'The provider failed.', fix: 'Try again; if it persists, send the request id to the provider.',
  }),
  bad_answer: transient(502, 'bad_upstream_answer', {
    meaning: 'The provider sent an invalid response.',
    fix: 'Check `AI_API_BASE`; `aliyun-codex-bridge doctor` shows what the provider sends.',
  }),
  empty_answer: transient(502, 'empty_upstream_answer', {
    meaning: 'The model finished without text or a tool call.', fix: 'Try again.',
  }),
  cut_stream: transient(502, 'upstream_stream_cut', {
    meaning: 'The answer was truncated: the stream ended early.', fix: 'Try again.',
  }),
  network: transient(502, 'upstream_unreachable', {
    meaning: 'The provider cannot be reached, or the connection broke.', fix: 'Check the network and `AI_API_BASE`.',
  }),
  timeout: transient(504, 'upstream_timeout', {
    meaning: 'The provider was silent for too long.',
    fix: 'Try again; raise the limit that the message names if the model is slow.',
  }),
  // The bridge itself.
  busy: transient(503, 'bridge_busy', {
    meaning:
      'The bridge is at one of its limits: memory for request bodies, requests that wait for a provider, open files.',
    fix: 'Try again in a moment; the message names the limit.',
  }),
  store_unavailable: transient(503, 'store_unavailable', {
    meaning: 'The Redis server set with `--store` cannot be reached, and the request needs stored responses.',
    fix: 'Check that server; requests with `"store": false` work without it.',
  }),
  shutting_down: transient(503, 'bridge_shutting_down', {
    meaning: 'The bridge is stopping.', fix: 'Start it again, then repeat the request.',
  }),
  internal: transient(500, 'internal_error', {
    meaning: 'A bug in the bridge.', fix: 'Report it with the related log lines.',
  }),
} as const satisfies Record<string, ErrorRow>;

export type ErrorKind = keyof typeof ERRORS;
