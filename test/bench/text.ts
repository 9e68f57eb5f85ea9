/** Defines the text of every reply, checks that it arrives byte for byte, and measures the latency of timestamps. */

/**
 * Pairs of consecutive deltas. Identical and overlapping ones detect a proxy that drops a delta because the text
 * already ends with it; the others detect split characters and wrong escapes.
 */
const PAIRS = [
  ['ha', 'ha'], ['0', '0'], ['\n', '\n'], ['l', 'lo'], ['你好', '你好'], ['é', 'é'], ['🙂', '🙂'], [' ', ' '],
  ['the', ' the'], ['"', '"'], ['\\', '\\n'], ['a <', ' b'], ['naïve', 've'], ['\t', '\t'], ['1', '10'], ['…', '…'],
] as const;

const TIMESTAMP = /^@(\d{15});/;
const TIMESTAMP_LENGTH = 17;
/** After a loss, look for the received text at this many later positions. */
const RESYNC_DELTAS = 8;

/** Microseconds of the monotonic clock, which is the same for all processes of a machine. */
export function clockMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** The text of the delta at position `index`; `undefined` if it is a timestamp. */
function textAt(index: number): string | undefined {
  if (index % 3 === 0) return undefined;
  return PAIRS[Math.floor(index / 3) % PAIRS.length]?.[index % 3 === 1 ? 0 : 1];
}

/** The delta to send at position `index`: its text, or the current time. */
export function deltaAt(index: number): string {
  return textAt(index) ?? `@${String(clockMicros()).padStart(15, '0')};`;
}

/** Compares a reply with the text that was sent, however a proxy splits it into deltas. */
export class TextChecker {
  /** Deltas that never arrived, and characters that were never sent. */
  lost = 0;
  surplus = 0;
  /** Microseconds from sending to arrival, for timestamps that arrived after `measureFrom`. */
  readonly latencies: number[] = [];
  private next = 0;
  private pending = '';

  constructor(private readonly expected: number, private readonly measureFrom: number) {}

  /** Adds text that arrived at `now` (microseconds). */
  feed(text: string, now: number): void {
    this.pending += text;
    while (this.pending !== '' && this.step(now));
  }

  /** Ends the reply: everything that has not arrived is lost. */
  finish(): void {
    this.surplus += this.pending.length;
    this.pending = '';
    this.lost += Math.max(0, this.expected - this.next);
  }

  /** Consumes one delta or one unexpected character; returns false if more text is needed to decide. */
  private step(now: number): boolean {
    const maxSkipped = Math.min(RESYNC_DELTAS, this.expected - 1 - this.next);
    for (let skipped = 0; skipped <= maxSkipped; skipped++) {
      const length = this.match(this.next + skipped);
      if (length === 'undecided') return false;
      if (length === 0) continue;
      this.recordLatency(length, now);
      this.pending = this.pending.slice(length);
      this.lost += skipped;
      this.next += skipped + 1;
      return true;
    }
    this.surplus += 1;
    this.pending = this.pending.slice(1);
    return true;
  }

  /** @returns the length of the delta at `index` if the pending text begins with it; 0 if it does not */
  private match(index: number): number | 'undecided' {
    const expected = textAt(index);
    if (expected !== undefined) {
      if (this.pending.startsWith(expected)) return expected.length;
      return expected.startsWith(this.pending) ? 'undecided' : 0;
    }
    if (TIMESTAMP.test(this.pending)) return TIMESTAMP_LENGTH;
    return this.pending.length < TIMESTAMP_LENGTH && /^@\d*$/.test(this.pending) ? 'undecided' : 0;
  }

  private recordLatency(length: number, now: number): void {
    const sentAt = length === TIMESTAMP_LENGTH ? TIMESTAMP.exec(this.pending)?.[1] : undefined;
    if (sentAt !== undefined && now >= this.measureFrom) this.latencies.push(now - Number(sentAt));
  }
}
