/**
 * Makes requests wait if their provider limits concurrent requests. Loaded if a limit is configured or was
 * learned from a rejection.
 */
import type { Clock } from '../base/clock';
import type { BridgeError } from '../errors/bridge-error';
import type { FairQueue } from './queue';

/** The provider of a request, its configured limit, and the thread that sends it. */
export interface CountedRequest {
  readonly provider: string;
  /** Maximum number of concurrent requests; undefined if nothing is configured. */
  readonly limit: number | undefined;
  /** Waiting requests of different threads take turns. */
  readonly thread: string;
}

/** A learned limit is raised by one after this time, because providers adjust theirs to their load. */
const RAISE_AFTER_MS = 600_000;

interface LearnedLimit {
  count: number;
  until: number;
}

/** The requests in flight at each provider. The queue is loaded by the first request that has to wait. */
export class InFlight {
  private readonly learned = new Map<string, LearnedLimit>();
  private queue: FairQueue | undefined;

  /** @param counts the requests in flight by provider; other code also counts in this map */
  constructor(private readonly clock: Clock, private readonly counts: Map<string, number>) {}

  /** Whether a request would have to wait. */
  isFull(request: CountedRequest): boolean {
    const limit = this.limitOf(request);
    return limit !== undefined && (this.countOf(request.provider) >= limit || this.isQueued(request.provider));
  }

  /**
   * Counts a request. Call `leave` once for each call that returns undefined or whose promise resolves.
   * @returns a promise that resolves when the request may be sent; undefined if it may be sent at once
   * @throws BridgeError `busy` if too many requests are waiting already
   */
  enter(request: CountedRequest, abort: AbortSignal): Promise<void> | undefined {
    const { provider } = request;
    if (!this.isFull(request)) {
      this.counts.set(provider, this.countOf(provider) + 1);
      return undefined;
    }
    this.queue ??= openQueue();
    return this.queue.wait(provider, request.thread, abort);
  }

  /** Call when a request ends. Admits as many waiting requests as the limit allows. */
  leave(request: CountedRequest): void {
    const { provider } = request;
    this.counts.set(provider, Math.max(0, this.countOf(provider) - 1));
    while (this.isQueued(provider) && this.countOf(provider) < (this.limitOf(request) ?? Infinity)) {
      this.counts.set(provider, this.countOf(provider) + 1);
      this.queue?.admit(provider);
    }
  }

  /** Learns the limit of a provider from a rejection, unless a limit is configured. */
  learn({ provider, limit }: CountedRequest, { kind, details: { providerText: text = '' } }: BridgeError): void {
    if (limit !== undefined || kind !== 'rate_limit' || !CONCURRENCY.test(text)) return;
    const stated = Number(NAMED_LIMIT.exec(text)?.[1] ?? Infinity);
    const known = this.learned.get(provider)?.count ?? Infinity;
    // The rejected request has ended; those that remain were accepted, or will be rejected too and lower the limit.
    const count = Math.max(1, Math.min(stated, known, this.countOf(provider)));
    this.learned.set(provider, { count, until: this.clock() + RAISE_AFTER_MS });
  }

  private limitOf({ provider, limit }: CountedRequest): number | undefined {
    const found = limit === undefined ? this.learned.get(provider) : undefined;
    if (found && found.until <= this.clock()) {
      found.count += 1;
      found.until = this.clock() + RAISE_AFTER_MS;
    }
    return limit ?? found?.count;
  }

  private countOf(provider: string): number {
    return this.counts.get(provider) ?? 0;
  }

  private isQueued(provider: string): boolean {
    return this.queue?.holds(provider) ?? false;
  }
}

/** `concurrency allocated quota exceeded`, `max organization concurrency: 3`, Z.ai's 并发数过高. */
const CONCURRENCY = /concurren|并发/i;
const NAMED_LIMIT = /concurrency:? ?(\d+)/i;

function openQueue(): FairQueue {
  const { FairQueue: Queue }: typeof import('./queue') = require('./queue');
  return new Queue();
}
