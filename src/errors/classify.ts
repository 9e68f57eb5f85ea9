/** Classifies upstream failures: maps an error response to an error kind and an actionable message. */
import { renderDuration } from '../base/quantities';
import { BridgeError, type ErrorDetails } from './bridge-error';
import type { ErrorRule, FailureSource } from './error-rule';
import type { ErrorKind } from './error-table';
import { findReset } from './quota-reset';
import { readWaitInText } from './retry-after';
import { readErrorText, readErrorValue, type ProviderError } from './provider-error';
import { ADVICE, PAGE_STATUSES, STATUSES, WORDINGS } from './wordings';

/** An HTTP response that is not a success. */
export interface HttpFailure extends FailureSource {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
}

/** Classifies an HTTP response with an error status. */
export function classifyHttpFailure(failure: HttpFailure): BridgeError {
  const { status, retryAfterMs, host, name = host } = failure;
  const reported = readErrorText(hideKey(failure.body, failure));
  const requestId = failure.requestId ?? reported.requestId;
  const withId = { ...reported, ...(requestId !== undefined && { requestId }) };
  return toError(withId, failure, {
    opening: `${name} answered ${status}: `,
    fallback: kindOfStatus(status, reported),
    details: { upstreamStatus: status, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  });
}

/** Classifies an error object inside a 200 response. */
export function classifyStreamError(value: unknown, source: FailureSource = { host: 'the provider' }): BridgeError {
  const reported = withoutKey(readErrorValue(value), source);
  const byStatus = reported.status === undefined ? undefined : kindOfStatus(reported.status, reported);
  const fallback = byStatus ?? (REJECTED.test(textOf(reported)) ? 'upstream_rejected' : 'upstream_error');
  return toError(reported, source, { opening: `${source.name ?? 'The provider'} reported: `, fallback, details: {} });
}

/** Matches a rejection of the request inside a 200 or 5xx. A retry would be rejected again and cost quota. */
const REJECTED = /<4\d\d>|status code:? 4\d\d\b|invalid[_ ]?(request|param|argument)|bad_?request/i;

interface FailureContext {
  readonly opening: string;
  /** The kind if no wording matches. */
  readonly fallback: ErrorKind;
  readonly details: Pick<ErrorDetails, 'upstreamStatus' | 'retryAfterMs'>;
}

function toError(reported: ProviderError, source: FailureSource, context: FailureContext): BridgeError {
  const { opening, fallback, details } = context;
  const rule = findRule(reported, source);
  const kind = rule?.kind ?? fallback;
  const now = source.clock?.();
  const reset = kind === 'quota' ? findReset(rule?.resets, reported.message, now) : undefined;
  const inText = LIMIT_KINDS.has(kind) ? readWaitInText(reported.message) : undefined;
  const isLimit = LIMIT_KINDS.has(kind) || kind === 'quota';
  const lacksWait = isLimit && reset?.at === undefined && inText === undefined;
  const advice = [
    reset?.sentence, adviceFor(kind, rule, source), lacksWait ? describeWait(details.retryAfterMs) : undefined,
  ].filter((sentence) => sentence !== undefined).join(' ');
  const providerText = reported.message === '' ? 'no message.' : withFullStop(reported.message);
  const id = reported.requestId === undefined ? undefined : `(request id ${reported.requestId})`;
  const message = [opening + providerText, advice, id].filter(Boolean).join(' ');
  const providerCode = reported.code ?? reported.type;
  const untilReset = reset?.at === undefined || now === undefined ? undefined : reset.at - now;
  const retryAfterMs = details.retryAfterMs ?? untilReset ?? inText;
  return new BridgeError(kind, message, {
    ...(providerCode !== undefined && { providerCode }),
    ...(reported.field !== undefined && { providerField: reported.field }),
    ...(reported.requestId !== undefined && { requestId: reported.requestId }),
    ...details,
    providerText,
    ...(advice !== '' && { advice }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(rule?.pauseMs !== undefined && { pauseMs: rule.pauseMs }),
  });
}

/** Renders the wait that a response header asks for. */
const describeWait = (milliseconds = 0): string | undefined =>
  milliseconds > 0 ? `Try again in ${renderDuration(milliseconds)}.` : undefined;

/** The provider's own rules take precedence over the general wordings. */
function findRule(reported: ProviderError, { rules = [] }: FailureSource): ErrorRule | undefined {
  const text = textOf(reported).slice(0, MATCHED_LENGTH);
  return [...rules, ...WORDINGS].find((rule) => rule.pattern.test(text));
}

/** Only this much is matched: validators append the request, and a conversation may mention rate limits. */
const MATCHED_LENGTH = 600;

function adviceFor(
  kind: ErrorKind, rule: ErrorRule | undefined, { host, keyAdvice, modelAdvice }: FailureSource,
): string | undefined {
  const special: { readonly [K in ErrorKind]?: string | undefined } = { auth: keyAdvice, model_not_found: modelAdvice };
  const general = special[kind] ?? ADVICE[kind];
  return (rule?.advice ?? general)?.replaceAll('{host}', host);
}

/** Kinds for which the provider's text may state how long to wait. */
const LIMIT_KINDS: ReadonlySet<ErrorKind> = new Set(['rate_limit', 'overload']);

/** A message without any of these words is not about size, whatever the status says. */
const NOT_ABOUT_SIZE = /^(?!.*(large|long|big|size|length|limit|exceed|max|bytes|tokens?|entity|payload)).+/is;

function kindOfStatus(status: number, reported: ProviderError): ErrorKind {
  const known = (reported.isPage === true ? PAGE_STATUSES[status] : undefined) ?? STATUSES[status];
  if (known === 'context_overflow' && reported.isPage !== true && NOT_ABOUT_SIZE.test(reported.message)) {
    return 'upstream_rejected';
  }
  if (known !== undefined) return known;
  if (status < 500) return 'upstream_rejected';
  return reported.isPage !== true && REJECTED.test(textOf(reported)) ? 'upstream_rejected' : 'upstream_error';
}

/** Ends the provider's sentence with a full stop, so that another sentence can follow. */
function withFullStop(text: string): string {
  const sentence = text.trimEnd();
  return '.!?…。！？'.includes(sentence.slice(-1)) ? sentence : `${sentence}.`;
}

const textOf = ({ code = '', type = '', message }: ProviderError): string => `${code} ${type} ${message}`;

/** Masks secrets in the provider's text, which may repeat them. */
export const hideKey = (text: string, source: FailureSource): string => source.hideKey?.(text) ?? text;

function withoutKey(reported: ProviderError, source: FailureSource): ProviderError {
  const hidden: { -readonly [K in keyof ProviderError]: ProviderError[K] } = { ...reported };
  for (const name of ['message', 'code', 'type', 'field', 'requestId'] as const) {
    const text = hidden[name];
    if (text !== undefined) hidden[name] = hideKey(text, source);
  }
  return hidden;
}
