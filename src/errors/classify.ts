/** The only place that guesses: from what an upstream said or did to an error kind, and to words a user can act on. */
import { BridgeError, type ErrorDetails } from './bridge-error';
import type { ErrorRule, Vendor } from './error-rule';
import type { ErrorKind } from './error-table';
import { findReset } from './quota-reset';
import { readWaitInText } from './retry-after';
import { readErrorText, readErrorValue, type VendorError } from './vendor-error';
import { ADVICE, PAGE_STATUSES, STATUSES, WORDINGS } from './wordings';

/** An HTTP answer that is not a success. */
export interface HttpFailure extends Vendor {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
}

/** An HTTP answer with an error status. */
export function classifyHttpFailure(failure: HttpFailure): BridgeError {
  const { status, retryAfterMs, host } = failure;
  const vendor = readErrorText(hideKey(failure.body, failure));
  const requestId = failure.requestId ?? vendor.requestId;
  const said = { ...vendor, message: vendor.message || 'no message', ...(requestId !== undefined && { requestId }) };
  return describe(said, failure, {
    opening: `${host} answered ${status}: `,
    stop: true,
    fallback: kindOfStatus(status, vendor.page === true),
    details: { upstreamStatus: status, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  });
}

/** An error object inside a 200 answer. */
export function classifyStreamError(value: unknown, source: Vendor = { host: 'the provider' }): BridgeError {
  const read = readErrorValue(value);
  const vendor = { ...read, message: hideKey(read.message, source) };
  const byStatus = vendor.status === undefined ? undefined : kindOfStatus(vendor.status, false);
  const fallback = byStatus ?? (REFUSED.test(wordsOf(vendor)) ? 'upstream_rejected' : 'upstream_error');
  return describe(vendor, source, { opening: 'The provider reported: ', stop: false, fallback, details: {} });
}

/** A refusal of the request inside a 200: asking again would be refused again, and cost the quota of a request. */
const REFUSED = /<4\d\d>|invalid[_ ]?(request|param)/i;

interface Story {
  readonly opening: string;
  /** Whether the vendor's words end in a full stop also where nothing follows them. */
  readonly stop: boolean;
  /** The kind when no wording is known. */
  readonly fallback: ErrorKind;
  readonly details: Pick<ErrorDetails, 'upstreamStatus' | 'retryAfterMs'>;
}

function describe(vendor: VendorError, source: Vendor, { opening, stop, fallback, details }: Story): BridgeError {
  const rule = findRule(vendor, source);
  const kind = rule?.kind ?? fallback;
  const now = source.clock?.();
  const reset = kind === 'quota' ? findReset(rule?.resets, vendor.message, now) : undefined;
  const advice = [reset?.sentence, adviceFor(kind, rule, source)]
    .filter((sentence) => sentence !== undefined)
    .join(' ');
  const said = advice === '' && !stop ? vendor.message : vendor.message.replace(/(?<![.!?。！？])\s*$/, '.');
  const id = vendor.requestId === undefined ? undefined : `(request id ${vendor.requestId})`;
  const message = [opening + said, advice, id].filter(Boolean).join(' ');
  const vendorCode = vendor.code ?? vendor.type;
  const untilReset = reset?.at === undefined || now === undefined ? undefined : reset.at - now;
  const retryAfterMs =
    details.retryAfterMs ?? untilReset ?? (LIMITS.has(kind) ? readWaitInText(vendor.message) : undefined);
  return new BridgeError(kind, message, {
    ...(vendorCode !== undefined && { vendorCode }),
    ...(vendor.requestId !== undefined && { requestId: vendor.requestId }),
    ...details,
    ...(said !== '' && { said }),
    ...(advice !== '' && { advice }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(rule?.pauseMs !== undefined && { pauseMs: rule.pauseMs }),
  });
}

/** What the provider means by its own codes comes before what anyone means by such words. */
function findRule(vendor: VendorError, { rules = [] }: Vendor): ErrorRule | undefined {
  const words = wordsOf(vendor).slice(0, WORDING_LENGTH);
  return [...rules, ...WORDINGS].find((rule) => rule.says.test(words));
}

/** Validators repeat the request behind their own words, and a conversation may speak of rate limits. */
const WORDING_LENGTH = 600;

function adviceFor(kind: ErrorKind, rule: ErrorRule | undefined, { host, keyAdvice }: Vendor): string | undefined {
  const general = kind === 'auth' ? (keyAdvice ?? ADVICE[kind]) : ADVICE[kind];
  return (rule?.advice ?? general)?.replaceAll('{host}', host);
}

/** Kinds whose message may say how long to wait. */
const LIMITS: ReadonlySet<ErrorKind> = new Set(['rate_limit', 'overload']);

function kindOfStatus(status: number, page: boolean): ErrorKind {
  const known = (page ? PAGE_STATUSES[status] : undefined) ?? STATUSES[status];
  return known ?? (status >= 500 ? 'upstream_error' : 'upstream_rejected');
}

const wordsOf = (vendor: VendorError): string => `${vendor.code ?? ''} ${vendor.type ?? ''} ${vendor.message}`;

const hideKey = (text: string, source: Vendor): string => source.hideKey?.(text) ?? text;
