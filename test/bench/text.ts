/** Defines the reply of every stream, and checks that it arrives byte for byte, with the latency of each stamp. */

/**
 * Pairs of consecutive deltas. Identical and overlapping deltas detect a proxy that compares a delta with the text so
 * far; the others detect split characters and wrong escapes.
 */
const PAIRS = [
  ['ha', 'ha'], ['0', '0'], ['\n', '\n'], ['l', 'lo'], ['你好', '你好'], ['é', 'é'], ['🙂', '🙂'], [' ', ' '],
  ['the', ' the'], ['"', '"'], ['\\', '\\n'], ['a <', ' b'], ['naïve', 've'], ['\t', '\t'], ['1', '10'], ['…', '…'],
] as const;

const STAMP = /^@(\d{15});/;
const STAMP_LENGTH = 17;
const RESYNC_REACH = 8;

/** Microseconds of the monotonic clock, which all processes of a machine share. */
export function clockMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** The text at position `index` of every reply; `undefined` means a time stamp. */
function wordAt(index: number): string | undefined {
  if (index % 3 === 0) return undefined;
  return PAIRS[Math.floor(index / 3) % PAIRS.length]?.[index % 3 === 1 ? 0 : 1];
}

/** The delta to send at position `index`, with the current time if it is a time stamp. */
export function deltaAt(index: number): string {
  return wordAt(index) ?? `@${String(clockMicros()).padStart(15, '0')};`;
}

/** Compares a reply with the sent text, however a proxy splits it into deltas. */
export class TextChecker {
  /** Deltas that never arrived, and characters that were never sent. */
  lost = 0;
  surplus = 0;
  /** Microseconds from stamp to arrival, for stamps that arrived after `from`. */
  readonly latencies: number[] = [];
  private next = 0;
  private pending = '';

  constructor(private readonly expected: number, private readonly from: number) {}

  /** Adds text that arrived at `now` (microseconds). */
  feed(text: string, now: number): void {
    this.pending += text;
    while (this.pending !== '' && this.step(now));
  }

  /** Closes the reply: everything that has not arrived is lost. */
  finish(): void {
    this.surplus += this.pending.length;
    this.pending = '';
    this.lost += Math.max(0, this.expected - this.next);
  }

  /** Consumes one delta, or one wrong character; returns false if more text is needed to decide. */
  private step(now: number): boolean {
    const reach = Math.min(RESYNC_REACH, this.expected - 1 - this.next);
    for (let skipped = 0; skipped <= reach; skipped++) {
      const length = this.match(this.next + skipped);
      if (length === 'undecided') return false;
      if (length === 0) continue;
      this.readStamp(length, now);
      this.pending = this.pending.slice(length);
      this.lost += skipped;
      this.next += skipped + 1;
      return true;
    }
    this.surplus += 1;
    this.pending = this.pending.slice(1);
    return true;
  }

  private match(index: number): number | 'undecided' {
    const word = wordAt(index);
    if (word !== undefined) {
      if (this.pending.startsWith(word)) return word.length;
      return word.startsWith(this.pending) ? 'undecided' : 0;
    }
    if (STAMP.test(this.pending)) return STAMP_LENGTH;
    return this.pending.length < STAMP_LENGTH && /^@\d*$/.test(this.pending) ? 'undecided' : 0;
  }

  private readStamp(length: number, now: number): void {
    const stamp = length === STAMP_LENGTH ? STAMP.exec(this.pending)?.[1] : undefined;
    if (stamp !== undefined && now >= this.from) this.latencies.push(now - Number(stamp));
  }
}
