/**
 * Limits the upstream calls of a turn, because plans count requests: how often a failure is retried, how many calls of
 * a turn have failed, and which requests were rejected recently.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock';
import { remember } from '../base/remember';
import type { BridgeError } from '../errors/bridge-error';
import type { ErrorKind } from '../errors/error-table';
import type { RequestBytes } from './request-bytes';

export interface RetryLimits {
  /** Maximum number of upstream calls for one client turn, including the first. */
  readonly calls: number;
  /**
   * Longest wait before a call, in milliseconds. If the provider demands a longer one, the turn fails with a message.
   */
  readonly longestWaitMs: number;
}

/** Calls per turn for failures that a retry may fix; all other kinds get one call. */
const CALLS: { readonly [K in ErrorKind]?: number } = {
  rate_limit: 4,
  overload: 4,
  upstream_error: 4,
  network: 4,
  // Only one retry, because each attempt may take minutes.
  timeout: 2,
  bad_answer: 2,
  empty_answer: 2,
  // Codex itself retries five times by default (codex-protocol.md, section 3).
  cut_stream: 6,
};

/** Returns the maximum number of calls for failures of this kind; it is fixed for truncated streams (see CALLS). */
export function allowedCalls(kind: ErrorKind, limits: RetryLimits): number {
  const allowed = CALLS[kind] ?? 1;
  return kind === 'cut_stream' ? allowed : Math.min(allowed, limits.calls);
}

const FIRST_WAIT_MS = 500;

/**
 * @param failed how many calls have failed so far, at least 1
 * @param random a number from 0 to 1 for jitter, so that clients do not all retry at the same time
 * @returns milliseconds to wait, or undefined if the provider demands a wait longer than the limit
 */
export function computeWait(
  error: BridgeError, failed: number, limits: RetryLimits, random: number,
): number | undefined {
  const requested = error.details.retryAfterMs;
  if (requested !== undefined) return requested <= limits.longestWaitMs ? requested : undefined;
  const backoff = FIRST_WAIT_MS * 2 ** (failed - 1) * (0.75 + random / 2);
  const pause = (error.details.pauseMs ?? 0) * (1 + random / 4);
  return Math.min(limits.longestWaitMs, Math.max(backoff, pause));
}

/** Maximum number of turns that are tracked; the oldest is evicted first. */
const MAX_TURNS = 256;

/** Counts the failed calls of each turn, to limit the retries of the bridge and the client together. */
export class FailureBudget {
  private readonly failures = new Map<string, number>();

  /** @returns how many calls of this turn have failed, including this one */
  fail(turn: string): number {
    const count = (this.failures.get(turn) ?? 0) + 1;
    remember(this.failures, turn, count, MAX_TURNS);
    return count;
  }

  /** Resets the count after a successful response. */
  succeed(turn: string): void {
    this.failures.delete(turn);
  }
}

const MAX_REJECTIONS = 32;

/**
 * A client that keeps retrying gets the cached error for at most this many times the configured time, then a new call.
 */
const MAX_KEEP_FACTOR = 4;

interface CachedRejection {
  readonly error: BridgeError;
  until: number;
  readonly latest: number;
}

/** The parts of a request that its response depends on. */
export interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBytes;
}

/** Caches final errors by request, so that a client that sends the same request gets the error without another call. */
export class RejectionCache {
  private readonly rejections = new Map<string, CachedRejection>();

  /** @param keepMs how long a rejection is cached; 0 disables the cache */
  constructor(private readonly keepMs: number, private readonly clock: Clock) {}

  /** Returns the cached rejection of the same request, if it has not expired; each hit extends it. */
  find(request: SentRequest): BridgeError | undefined {
    if (this.rejections.size === 0) return undefined;
    const now = this.clock();
    const rejection = this.rejections.get(keyOf(request));
    if (rejection === undefined || rejection.until <= now) return undefined;
    rejection.until = Math.min(now + this.keepMs, rejection.latest);
    return rejection.error;
  }

  remember(request: SentRequest, error: BridgeError): void {
    if (this.keepMs <= 0) return;
    const now = this.clock();
    const rejection = { error, until: now + this.keepMs, latest: now + MAX_KEEP_FACTOR * this.keepMs };
    remember(this.rejections, keyOf(request), rejection, MAX_REJECTIONS);
  }
}

/** Ignores the user agent: the response depends on the key and the body, hardly ever on the client. */
function keyOf({ url, headers: { 'user-agent': _client, ...headers }, body }: SentRequest): string {
  const hash = createHash('sha256').update(JSON.stringify([url, headers]));
  for (const piece of body) hash.update(piece);
  return hash.digest('base64');
}
