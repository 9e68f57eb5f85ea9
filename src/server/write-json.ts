/** Sends JSON answers and JSON errors. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { BridgeError } from '../errors/bridge-error';
import { renderErrorBody } from '../errors/error-body';
import { ERRORS } from '../errors/error-table';
import { writeWhole } from './write-whole';

type Response = ServerResponse<IncomingMessage>;

/** Headers of every JSON answer; `nosniff` keeps a browser from reading it as anything else. */
export const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } as const;

/** Sends `value` with status 200. */
export function writeJson(response: Response, value: object, headers: OutgoingHttpHeaders = {}): void {
  writeWhole(response, 200, { ...JSON_HEADERS, ...headers }, JSON.stringify(value));
}

/** Sends `error` as an OpenAI error object with its HTTP status. */
export function writeError(response: Response, error: BridgeError, headers: OutgoingHttpHeaders = {}): void {
  const body = JSON.stringify(renderErrorBody(error));
  writeWhole(response, ERRORS[error.kind].status, { ...JSON_HEADERS, ...describeError(error), ...headers }, body);
}

/** What headers tell of `error`: the wait in whole seconds, whether to ask again, the provider's id of the request. */
export function describeError(error: BridgeError): OutgoingHttpHeaders {
  const { retryAfterMs, requestId = '' } = error.details;
  const headers: OutgoingHttpHeaders = {};
  if (isLastWord(error)) headers['x-should-retry'] = 'false';
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(0, Math.ceil(retryAfterMs / 1_000)));
  // The id is the provider's text, and Node throws at characters that do not belong into a header.
  if (/^[\x21-\x7e]{1,200}$/.test(requestId)) headers['x-request-id'] = requestId;
  return headers;
}

/**
 * SDKs ask again after 408, 409, 429 and 5xx, twice by default, unless this header says no (openai 7.57, `shouldRetry`).
 * The bridge has asked as often as it is worth already; only a provider's own wait is left to the client.
 */
function isLastWord({ kind, details }: BridgeError): boolean {
  const { status, codexCode } = ERRORS[kind];
  if (status < 500 && status !== 429) return false;
  return codexCode === 'invalid_prompt' || (details.final === true && details.retryAfterMs === undefined);
}
