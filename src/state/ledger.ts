/** Tracks the stored records: limits their number, size and age, and evicts the least recently used first. */
import type { Clock } from '../base/clock';

export interface StoreLimits {
  readonly records: number;
  readonly bytes: number;
  readonly ageMs: number;
}

interface LedgerEntry {
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  readonly items: readonly string[];
}

/** Tracks ids and sizes, not contents. Uses no timer: each call checks the clock. */
export class Ledger {
  /** From the least to the most recently used. */
  private readonly entries = new Map<string, LedgerEntry>();
  /** Maps the id of an item to the newest record that contains it. */
  private readonly holders = new Map<string, string>();
  private total = 0;

  /** @param onEvicted called for each evicted record, with the time of its last use */
  constructor(
    private readonly limits: StoreLimits,
    private readonly clock: Clock,
    private readonly onEvicted: (id: string, usedAt: number) => void,
  ) {}

  get bytes(): number {
    return this.total;
  }

  get count(): number {
    return this.entries.size;
  }

  /**
   * Adds or replaces a record as the most recently used one; evicts others if a limit is exceeded.
   * @param items ids of the items in it
   * @param usedAt milliseconds since the epoch
   * @returns false if the record alone exceeds a limit; an earlier record of this id is then removed too
   */
  enter(id: string, bytes: number, items: readonly string[], usedAt = this.clock()): boolean {
    this.remove(id);
    if (bytes > this.limits.bytes) return false;
    this.entries.set(id, { bytes, usedAt, items });
    for (const item of items) this.holders.set(item, id);
    this.total += bytes;
    this.evictExcess();
    return this.entries.has(id);
  }

  /** Adds or replaces records that were used at other times, without their items; evicts if the limits are exceeded. */
  enterAll(records: readonly { readonly id: string; readonly bytes: number; readonly usedAt: number }[]): void {
    for (const { id, bytes, usedAt } of records) {
      this.remove(id);
      this.entries.set(id, { bytes, usedAt, items: [] });
      this.total += bytes;
    }
    const sorted = [...this.entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    this.entries.clear();
    for (const [id, entry] of sorted) this.entries.set(id, entry);
    this.evictExcess();
  }

  /**
   * Adds bytes and items to a record, which becomes the most recently used one.
   * @returns false if it is unknown, or would exceed the limit; it is then unchanged
   */
  grow(id: string, bytes: number, items: readonly string[]): boolean {
    const entry = this.entries.get(id);
    if (!entry || entry.bytes + bytes > this.limits.bytes) return false;
    return this.enter(id, entry.bytes + bytes, [...entry.items, ...items]);
  }

  /** Makes a record the most recently used one. Returns false if it does not exist. */
  use(id: string): boolean {
    this.evictExcess();
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.entries.delete(id);
    this.entries.set(id, { ...entry, usedAt: this.clock() });
    return true;
  }

  /** Removes a record without calling `onEvicted`. Returns false if there was none. */
  remove(id: string): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.entries.delete(id);
    this.total -= entry.bytes;
    for (const item of entry.items) if (this.holders.get(item) === id) this.holders.delete(item);
    return true;
  }

  /** Sets the items of a record that was entered without them. Items that a newer record contains stay with that. */
  setItems(id: string, items: readonly string[]): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.set(id, { ...entry, items });
    for (const item of items) this.holders.set(item, this.findNewer(this.holders.get(item), id));
  }

  /** Returns the id of the newest record that contains this item. */
  holderOf(item: string): string | undefined {
    this.evictExcess();
    return this.holders.get(item);
  }

  /** Returns every id, from the least to the most recently used. */
  ids(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Returns the size of a record; undefined for an unknown id. */
  bytesOf(id: string): number | undefined {
    return this.entries.get(id)?.bytes;
  }

  /** Returns the more recently used of two records. */
  private findNewer(one: string | undefined, other: string): string {
    const usedAt = (id: string): number => this.entries.get(id)?.usedAt ?? 0;
    return one !== undefined && usedAt(one) > usedAt(other) ? one : other;
  }

  private evictExcess(): void {
    const { records, bytes, ageMs } = this.limits;
    const oldest = this.clock() - ageMs;
    for (const [id, entry] of this.entries) {
      if (this.entries.size <= records && this.total <= bytes && entry.usedAt >= oldest) return;
      this.remove(id);
      this.onEvicted(id, entry.usedAt);
    }
  }
}
