/** Requests that were refused for good a moment ago: a client that repeats one hears the same, and no call is spent. */
import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock';
import type { BridgeError } from '../errors/bridge-error';

const REMEMBERED = 32;

/** A client that goes on repeating hears the same for so many times the configured time, then the provider is asked anew. */
const LONGEST = 4;

interface Refusal {
  readonly error: BridgeError;
  until: number;
  readonly latest: number;
}

/** Found by the exact bytes and the key they were sent with. */
export class RefusalCache {
  private readonly refusals = new Map<string, Refusal>();

  /** @param keepMs how long a refusal is repeated; 0 switches the cache off */
  constructor(private readonly keepMs: number, private readonly clock: Clock) {}

  /** The refusal of the same request to the same key, if it is fresh; each repetition keeps it fresh for a while. */
  find(body: Buffer, key: string): BridgeError | undefined {
    if (this.refusals.size === 0) return undefined;
    const now = this.clock();
    const refusal = this.refusals.get(nameOf(body, key));
    if (refusal === undefined || refusal.until <= now) return undefined;
    refusal.until = Math.min(now + this.keepMs, refusal.latest);
    return refusal.error;
  }

  remember(body: Buffer, key: string, error: BridgeError): void {
    if (this.keepMs <= 0) return;
    const name = nameOf(body, key);
    this.refusals.delete(name);
    const now = this.clock();
    this.refusals.set(name, { error, until: now + this.keepMs, latest: now + LONGEST * this.keepMs });
    const [oldest] = this.refusals.keys();
    if (this.refusals.size > REMEMBERED && oldest !== undefined) this.refusals.delete(oldest);
  }
}

const nameOf = (body: Buffer, key: string): string =>
  createHash('sha256').update(key).update('\0').update(body).digest('base64');
