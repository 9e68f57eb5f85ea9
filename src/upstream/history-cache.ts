/** Caches results for the histories of recent requests, with limits on number and memory; drops all when unused. */

const MAX_HISTORIES = 32;
const MAX_BYTES = 32 * 1024 * 1024;
/** If no history is added for this time, all are dropped. */
const KEEP_MS = 10 * 60_000;

/** A cached history; `cost` is its estimated memory in bytes. */
export interface Cached { readonly cost: number }

/** The cached history that has most in common with a new one. */
export interface Match<T> {
  readonly known: T;
  /** The number of leading items that both share. */
  readonly count: number;
}

/** Evicts the oldest history first. */
export class HistoryCache<T extends Cached> {
  private readonly histories = new Set<T>();
  private cost = 0;
  private timer: NodeJS.Timeout | undefined;

  /** Finds the history with most shared leading items. @param countShared returns their number for a cached history */
  find(countShared: (known: T) => number): Match<T> | undefined {
    let best: Match<T> | undefined;
    for (const known of this.histories) {
      const count = countShared(known);
      if (count > (best?.count ?? 0)) best = { known, count };
    }
    return best;
  }

  /** @param replaced a history that `history` continues, so that it is no longer needed */
  add(history: T, replaced: T | undefined): void {
    if (replaced) this.drop(replaced);
    if (history.cost > MAX_BYTES) return;
    this.histories.add(history);
    this.cost += history.cost;
    for (const oldest of this.histories) {
      if (this.cost <= MAX_BYTES && this.histories.size <= MAX_HISTORIES) break;
      this.drop(oldest);
    }
    this.timer = this.timer?.refresh() ?? setTimeout(() => this.clear(), KEEP_MS).unref();
  }

  private drop(history: T): void {
    if (this.histories.delete(history)) this.cost -= history.cost;
  }

  private clear(): void {
    this.histories.clear();
    this.cost = 0;
  }
}
