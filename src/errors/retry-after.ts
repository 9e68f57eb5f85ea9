/** How long a provider asks to wait. */

/**
 * @param retryAfter `Retry-After`: seconds or an HTTP date
 * @param retryAfterMs `Retry-After-Ms`, which OpenAI and some gateways send
 * @param now milliseconds since the epoch
 * @returns milliseconds, never negative; undefined when nothing readable was sent
 */
export function readRetryAfter(retryAfter: string | undefined, retryAfterMs: string | undefined, now: number): number | undefined {
  const milliseconds = Number(retryAfterMs);
  if (retryAfterMs !== undefined && Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  if (retryAfter === undefined) return undefined;
  const seconds = Number(retryAfter);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
