/** The reply every stream carries, and the check that it arrives byte for byte with the time each stamp took. */

/**
 * Pairs of neighbouring deltas. Identical neighbours and overlapping ends catch a proxy that compares a delta with the
 * text so far; the rest catches split characters and wrong escapes.
 */
const PAIRS = [
  ['ha', 'ha'], ['0', '0'], ['\n', '\n'], ['l', 'lo'], ['你好', '你好'], ['é', 'é'], ['🙂', '🙂'], [' ', ' '],
  ['the', ' the'], ['"', '"'], ['\\', '\\n'], ['a <', ' b'], ['naïve', 've'], ['\t', '\t'], ['1', '10'], ['…', '…'],
] as const;

const STAMP = /^@(\d{15});/;
const STAMP_LENGTH = 17;
const RESYNC_REACH = 8;

/** Microseconds of the machine's monotonic clock, which every process of one machine shares. */
export function clockMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** The words at place `index` of every reply; `undefined` stands for a time stamp. */
function wordAt(index: number): string | undefined {
  if (index % 3 === 0) return undefined;
  return PAIRS[Math.floor(index / 3) % PAIRS.length]?.[index % 3 === 1 ? 0 : 1];
}

/** The delta to send at place `index`, stamped with the present moment where a stamp belongs. */
export function deltaAt(index: number): string {
  return wordAt(index) ?? `@${String(clockMicros()).padStart(15, '0')};`;
}

/** Compares one reply with what was sent, whatever way a proxy cuts it into deltas. */
export class TextChecker {
  /** Deltas that never arrived, and characters that were never sent. */
  lost = 0;
  surplus = 0;
  /** Microseconds from stamp to arrival, of the stamps that arrived after `from`. */
  readonly latencies: number[] = [];
  private next = 0;
  private pending = '';

  constructor(private readonly expected: number, private readonly from: number) {}

  /** Takes text that arrived at `now` (microseconds). */
  feed(text: string, now: number): void {
    this.pending += text;
    while (this.pending !== '' && this.step(now));
  }

  /** Closes the reply: what has not arrived by now is lost. */
  finish(): void {
    this.surplus += this.pending.length;
    this.pending = '';
    this.lost += Math.max(0, this.expected - this.next);
  }

  /** Consumes one delta, or one wrong character; false when the text so far does not suffice to decide. */
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
