/** How often a failure may be tried again: plans count requests, so every call must be worth it. */
import type { BridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';

export interface RetryLimits {
  /** Most upstream calls for one turn of the client, the first included. */
  readonly calls: number;
  /** Longest wait before one of them, milliseconds. A provider that asks for more is told to the user instead. */
  readonly longestWaitMs: number;
}

/** Calls per turn for failures that asking again may cure; every other kind gets one. */
const CALLS: { readonly [K in ErrorKind]?: number } = {
  rate_limit: 4,
  overload: 4,
  upstream_error: 4,
  network: 4,
  // A provider that was silent for minutes is not asked four times.
  timeout: 2,
  bad_answer: 2,
  empty_answer: 2,
  // Codex itself asks again, five times by default (codex-protocol.md, section 3).
  cut_stream: 6,
};

/** How many upstream calls a turn may spend on failures of this kind. */
export function allowedCalls(kind: ErrorKind, limits: RetryLimits): number {
  const allowed = CALLS[kind] ?? 1;
  return kind === 'cut_stream' ? allowed : Math.min(allowed, limits.calls);
}

const FIRST_WAIT_MS = 500;

/**
 * @param failed how many calls have failed so far, at least 1
 * @param random from 0 to 1, so that many clients do not come back at the same moment
 * @returns milliseconds to wait, or undefined when the provider asks for longer than is bearable in silence
 */
export function retryWait(error: BridgeError, failed: number, limits: RetryLimits, random: number): number | undefined {
  const asked = error.details.retryAfterMs;
  if (asked !== undefined) return asked <= limits.longestWaitMs ? asked : undefined;
  const wait = Math.max(error.details.pauseMs ?? 0, FIRST_WAIT_MS * 2 ** (failed - 1));
  return Math.min(limits.longestWaitMs, wait * (0.75 + random / 2));
}
