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

/** Reads a decimal number; `Number` alone would read an empty header as 0. */
function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** `11.1s`, `1 seconds`, `7m` in `7m36.192s`. */
const PART = /(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])/;
/** `try again in 7m36.192s` (Groq), `try again after 1 seconds`, `retry after 33 seconds`. */
const WAIT = new RegExp(`(?:try again|retry) (?:in|after) ((?:${PART.source}[ ,]*(?:and )?)+)`, 'i');
const UNITS: readonly (readonly [unit: RegExp, ms: number])[] = [
  [/^(ms|milli)/i, 1], [/^s/i, 1_000], [/^m/i, 60_000], [/^h/i, 3_600_000], [/^d/i, 86_400_000],
];

/** @returns the wait in milliseconds that the text of a message asks for */
export function readWaitInText(message: string): number | undefined {
  const wait = WAIT.exec(message)?.[1];
  if (wait === undefined) return undefined;
  const parts = [...wait.matchAll(new RegExp(PART, 'gi'))].map(([, amount, unit = '']) => {
    const [, ms = 0] = UNITS.find(([pattern]) => pattern.test(unit)) ?? [];
    return Number(amount) * ms;
  });
  return Math.round(parts.reduce((sum, part) => sum + part, 0));
}
