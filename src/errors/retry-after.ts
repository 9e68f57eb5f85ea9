/** Reads how long the provider asks clients to wait. */

/**
 * @param retryAfter `Retry-After`: seconds or an HTTP date
 * @param retryAfterMs `Retry-After-Ms`, which OpenAI and some gateways send
 * @param now milliseconds since the epoch
 * @returns milliseconds, never negative; undefined if neither header is readable
 */
export function readRetryAfter(
  retryAfter: string | undefined, retryAfterMs: string | undefined, now: number,
): number | undefined {
  const milliseconds = readNumber(retryAfterMs);
  if (milliseconds !== undefined) return Math.max(0, milliseconds);
  const seconds = readNumber(retryAfter);
  if (seconds !== undefined) return Math.max(0, seconds * 1_000);
  const date = Date.parse(retryAfter ?? '');
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Digits with or without a fraction; `Number` alone would read an empty header as 0. */
function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** `try again in 1.5s`, `try again after 1 seconds`, `retry after 33 seconds`. */
const WAIT = /(?:try again|retry) (?:in|after) (\d+(?:\.\d+)?) ?(ms|milliseconds?|s|sec|seconds?|m|min|minutes?)\b/i;

/** @returns the wait in milliseconds that the text of a message asks for */
export function readWaitInText(message: string): number | undefined {
  const [, amount, unit = ''] = WAIT.exec(message) ?? [];
  if (amount === undefined) return undefined;
  const scale = /^m(s|illi)/i.test(unit) ? 1 : /^m/i.test(unit) ? 60_000 : 1_000;
  return Math.round(Number(amount) * scale);
}
