/** The only place that guesses: from what an upstream said or did to an error kind. */
import { BridgeError, type ErrorDetails } from './bridge-error';
import type { ErrorKind } from './error-table';
import { readErrorText, readErrorValue, type VendorError } from './vendor-error';

/** An HTTP answer that is not a success. */
export interface HttpFailure {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  /** Host of the upstream, for the message. */
  readonly host: string;
}

interface Rule {
  readonly kind: ErrorKind;
  readonly pattern: RegExp;
}

/**
 * Wordings decide before statuses do: the same wording comes with 400, 403, 429 or inside a 200. First match wins. A
 * pattern sees `code type message`, so `^` is where a code stands. Texts and codes: upstreams.md, section 5.
 */
const WORDINGS: readonly Rule[] = [
  { kind: 'wrong_client', pattern: /only available for coding agents|access_terminated_error/i },
  {
    kind: 'quota',
    pattern:
      /(hour|week|month) allocated quota exceeded|free allocated quota exceeded|insufficient balance|arrearage|FreeTierOnly|fair usage policy|^(1113|1308|1309|1310|1313)\b/i,
  },
  { kind: 'overload', pattern: /system capacity limits/i },
  { kind: 'rate_limit', pattern: /throttling|rate limit|too many requests|concurrency allocated quota|limit_requests|limit_burst_rate|#token-limit/i },
  // After the throttle of tokens per minute, which has the same code and the anchor #token-limit.
  { kind: 'quota', pattern: /insufficient_quota/i },
  { kind: 'moderation', pattern: /data_?inspection_?failed|inappropriate content|content_policy|sensitive content/i },
  {
    kind: 'context_overflow',
    pattern:
      /range of input length|message token length exceed|prompt (is )?too long|exceeds max length|context window exceeds|exceeded model token limit|maximum context length|exceeds the available context|greater than the context length|exceeded max context length|context_length_exceeded|^1261\b/i,
  },
  { kind: 'model_not_found', pattern: /model .{0,80}(is not supported|not exist|not found)|model_not_found|unknown model|product is not activated|^1211\b/i },
  { kind: 'auth', pattern: /incorrect api key|invalid[ _-]api[ _-]?key|invalid access token|token expired|invalid_api_key/i },
];

const STATUSES: Readonly<Record<number, ErrorKind>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'model_not_found',
  408: 'timeout',
  413: 'context_overflow',
  429: 'rate_limit',
  503: 'overload',
  504: 'timeout',
  529: 'overload',
};

/** What the user can do about it; `{host}` is the upstream's host. */
const ADVICE: { readonly [K in ErrorKind]?: string } = {
  auth: 'Check that AI_API_KEY belongs to {host}.',
  wrong_client: '{host} accepts only the coding tools it knows; see "405" in the troubleshooting guide.',
  model_not_found: 'Check the model name: ids are exact, see GET /v1/models.',
  quota: 'Asking again does not help until the plan resets.',
};

/** An HTTP answer with an error status. */
export function classifyHttpFailure(failure: HttpFailure): BridgeError {
  const vendor = readErrorText(failure.body);
  const kind = kindOf(vendor) ?? kindOfStatus(failure.status);
  const said = (vendor.message || 'no message').replace(/(?<![.!?。！？])$/, '.');
  const requestId = failure.requestId ?? vendor.requestId;
  const parts = [`${failure.host} answered ${failure.status}: ${said}`, ADVICE[kind]?.replace('{host}', failure.host), requestId && `(request id ${requestId})`];
  return new BridgeError(kind, parts.filter(Boolean).join(' '), details(vendor, { ...failure, ...(requestId !== undefined && { requestId }) }));
}

/** An error object inside a 200 answer. */
export function classifyStreamError(value: unknown): BridgeError {
  const vendor = readErrorValue(value);
  const byStatus = vendor.status === undefined ? undefined : kindOfStatus(vendor.status);
  const kind = kindOf(vendor) ?? byStatus ?? (REFUSED.test(wordsOf(vendor)) ? 'upstream_rejected' : 'upstream_error');
  const id = vendor.requestId === undefined ? '' : ` (request id ${vendor.requestId})`;
  return new BridgeError(kind, `The provider reported: ${vendor.message}${id}`, details(vendor, {}));
}

/** A refusal of the request inside a 200: asking again would be refused again, and cost the quota of a request. */
const REFUSED = /<4\d\d>|invalid_?(request|parameter)/i;

const wordsOf = (vendor: VendorError): string => `${vendor.code ?? ''} ${vendor.type ?? ''} ${vendor.message}`;

function kindOf(vendor: VendorError): ErrorKind | undefined {
  const words = wordsOf(vendor);
  return WORDINGS.find((rule) => rule.pattern.test(words))?.kind;
}

const kindOfStatus = (status: number): ErrorKind => STATUSES[status] ?? (status >= 500 ? 'upstream_error' : 'upstream_rejected');

function details(vendor: VendorError, failure: { readonly status?: number; readonly retryAfterMs?: number; readonly requestId?: string }): ErrorDetails {
  const vendorCode = vendor.code ?? vendor.type;
  const requestId = failure.requestId ?? vendor.requestId;
  return {
    ...(vendorCode !== undefined && { vendorCode }),
    ...(requestId !== undefined && { requestId }),
    ...(failure.status !== undefined && { upstreamStatus: failure.status }),
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
  };
}
