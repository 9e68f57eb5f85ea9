/** A value with notes about how it was made: translators return notes, the server logs them. */

export interface Noted<T> {
  readonly value: T;
  readonly notes: readonly string[];
}

/** Collects notes without duplicates. */
export class Notes {
  private readonly seen: Set<string>;

  constructor(notes: Iterable<string> = []) {
    this.seen = new Set(notes);
  }

  add(note: string): void {
    this.seen.add(note);
  }

  list(): readonly string[] {
    return [...this.seen];
  }
}
