/** Limits the request bodies in memory: the bytes of one, and of all at the same time. */
import { BridgeError } from '../errors/bridge-error';

const BYTES_PER_MB = 1024 * 1024;

const QUEUE_MS = 10_000;
/** The retry delay for a client when the budget is exhausted. */
const RETRY_AFTER_MS = 2_000;

/** Creates the error for a body of more than `limit` bytes. */
export function tooLarge(limit: number): BridgeError {
  const megabytes = Math.round((limit / BYTES_PER_MB) * 100) / 100;
  const problem = `The request body is larger than ${megabytes} MB.`;
  return new BridgeError('too_large', `${problem} Raise the limit with --body-limit-mb.`);
}

interface Waiter {
  readonly bytes: number;
  /** Bytes that the same body has already reserved. */
  readonly own: number;
  readonly admit: () => void;
}

/** Counts the bytes of all bodies being read or translated; further ones wait in order of arrival. */
export class BodyBudget {
  private held = 0;
  private readonly waiters = new Set<Waiter>();

  /**
   * @param limit in bytes; a single larger body is admitted if no other is in memory
   * @param queueMs how long a body waits for room before it is rejected
   */
  constructor(private readonly limit: number, private readonly queueMs = QUEUE_MS) {}

  /** How many bodies wait for room. */
  get queued(): number {
    return this.waiters.size;
  }

  /** Opens an empty reservation. */
  open(): Reservation {
    return new Reservation(this);
  }

  /**
   * Reserves `bytes` more for a body that has already reserved `own`, as soon as there is room.
   * @throws BridgeError `busy` if there is none in time
   */
  reserve(bytes: number, own: number): Promise<void> {
    if ((this.waiters.size === 0 || own > 0) && this.hasRoom(bytes, own)) {
      this.held += bytes;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        own,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(busy(this.limit));
        // A smaller one may fit.
        this.admitWaiters();
      }, this.queueMs);
      this.waiters.add(waiter);
    });
  }

  /** Frees `bytes`. */
  release(bytes: number): void {
    this.held -= bytes;
    this.admitWaiters();
  }

  private admitWaiters(): void {
    let isBlocked = false;
    for (const waiter of this.waiters) {
      if (isBlocked && waiter.own === 0) continue;
      if (!this.hasRoom(waiter.bytes, waiter.own)) {
        // No later body may overtake it, but one that is already partly in memory may finish sooner.
        isBlocked = true;
        continue;
      }
      this.waiters.delete(waiter);
      this.held += waiter.bytes;
      waiter.admit();
    }
  }

  /** One body at a time may grow beyond the limit: otherwise several that have to grow would wait for one another. */
  private hasRoom(bytes: number, own: number): boolean {
    return this.held <= own || this.held + bytes <= this.limit || (own > 0 && this.held <= this.limit);
  }
}

/** The part of the budget reserved by one body. */
export class Reservation {
  private size = 0;
  private closed = false;

  constructor(private readonly bodies: BodyBudget) {}

  /**
   * Waits until `bytes` are reserved for the body.
   * @throws BridgeError `busy` if there is no room in time
   */
  async grow(bytes: number): Promise<void> {
    const more = bytes - this.size;
    if (more <= 0) return;
    await this.bodies.reserve(more, this.size);
    this.size += more;
    // The client may have disconnected in the meantime.
    if (this.closed) this.shrink(0);
  }

  /** Frees everything above `bytes`. */
  shrink(bytes: number): void {
    this.bodies.release(this.size - bytes);
    this.size = bytes;
  }

  /** Frees everything. */
  close(): void {
    this.closed = true;
    this.shrink(0);
  }
}

function busy(limit: number): BridgeError {
  const megabytes = Math.round(limit / BYTES_PER_MB);
  const problem = `The bridge is busy: ${megabytes} MB of request bodies are in memory.`;
  const advice = 'Retry later, or raise the limit with --bodies-in-flight-mb.';
  return new BridgeError('busy', `${problem} ${advice}`, { retryAfterMs: RETRY_AFTER_MS });
}
