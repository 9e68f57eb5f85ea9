/** A value together with what was noticed while making it: translators return notes, the server logs them. */

export interface Noted<T> {
  readonly value: T;
  readonly notes: readonly string[];
}

/** Collects notes; the same sentence is kept once. */
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
