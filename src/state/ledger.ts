/** Tracks which records are kept: limits their count, bytes and age, and evicts the least recently used first. */
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

/** Stores ids and sizes, not contents. Uses no timer: each call checks the clock. */
export class Ledger {
  /** From the least to the most recently used. */
  private readonly entries = new Map<string, LedgerEntry>();
  /** From the id of an item to the newest record that holds it. */
  private readonly holders = new Map<string, string>();
  private total = 0;

  /** @param dropped called for each evicted record */
  constructor(
    private readonly limits: StoreLimits,
    private readonly clock: Clock,
    private readonly dropped: (id: string) => void,
  ) {}

  get bytes(): number {
    return this.total;
  }

  get count(): number {
    return this.entries.size;
  }

  /**
   * Adds or replaces a record as the most recently used one; evicts others if the limits are exceeded.
   * @param items ids of the items in it
   * @returns false if the record alone exceeds the limit; nothing is added then
   */
  enter(id: string, bytes: number, items: readonly string[], usedAt = this.clock()): boolean {
    this.remove(id);
    if (bytes > this.limits.bytes) return false;
    this.entries.set(id, { bytes, usedAt, items });
    for (const item of items) this.holders.set(item, id);
    this.total += bytes;
    this.makeRoom();
    return this.entries.has(id);
  }

  /** True if the record exists; it becomes the most recently used one. */
  use(id: string): boolean {
    this.makeRoom();
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.entries.delete(id);
    this.entries.set(id, { ...entry, usedAt: this.clock() });
    return true;
  }

  /** Removes a record without calling `dropped`. False if there was none. */
  remove(id: string): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.entries.delete(id);
    this.total -= entry.bytes;
    for (const item of entry.items) if (this.holders.get(item) === id) this.holders.delete(item);
    return true;
  }

  /** Adds what is in a record that was entered without its items; newer records keep what they hold. */
  learn(id: string, items: readonly string[]): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.set(id, { ...entry, items });
    for (const item of items) this.holders.set(item, this.newer(this.holders.get(item), id));
  }

  /** The record that holds this item. */
  holderOf(item: string): string | undefined {
    this.makeRoom();
    return this.holders.get(item);
  }

  /** Every id, from the least to the most recently used. */
  ids(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Of two records the one that was used later. */
  private newer(one: string | undefined, other: string): string {
    const usedAt = (id: string): number => this.entries.get(id)?.usedAt ?? 0;
    return one !== undefined && usedAt(one) > usedAt(other) ? one : other;
  }

  private makeRoom(): void {
    const { records, bytes, ageMs } = this.limits;
    const oldest = this.clock() - ageMs;
    for (const [id, entry] of this.entries) {
      if (this.entries.size <= records && this.total <= bytes && entry.usedAt >= oldest) return;
      this.remove(id);
      this.dropped(id);
    }
  }
}
