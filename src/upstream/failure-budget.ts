/** Counts the failed upstream calls of each turn: the client asks again by itself, and both together must stay bounded. */

/** Turns that are remembered at the same time; the oldest is forgotten first. */
const REMEMBERED = 256;

/** A turn is named by its client; one without a name is counted by its own request only. */
export class FailureBudget {
  private readonly failures = new Map<string, number>();

  /** @returns how many calls of this turn have failed, this one included */
  fail(turn: string): number {
    const count = (this.failures.get(turn) ?? 0) + 1;
    this.failures.delete(turn);
    this.failures.set(turn, count);
    const [oldest] = this.failures.keys();
    if (this.failures.size > REMEMBERED && oldest !== undefined) this.failures.delete(oldest);
    return count;
  }

  /** The turn got an answer: what comes next starts anew. */
  succeed(turn: string): void {
    this.failures.delete(turn);
  }
}
