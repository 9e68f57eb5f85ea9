/** Collects the measured values of a run by round, and computes medians and ratios. */

/** A row of the report. */
export interface Row {
  readonly label: string;
  readonly unit: string;
  readonly decimals: number;
  /** How the values of the rounds are combined. */
  readonly combine: 'median' | 'sum';
  /** Whether a ratio to a floor is meaningful. */
  readonly ratio: boolean;
}

const perRound = (label: string, unit: string, decimals: number): Row => ({
  label, unit, decimals, combine: 'median', ratio: true,
});

/** The rows of the report, in order. */
export const ROWS = {
  start: perRound('cold start to /health', 'ms', 1),
  rssIdle: perRound('memory, idle', 'MB', 1),
  rssStreams: perRound('memory, 100 slow streams', 'MB', 1),
  firstTurn: perRound('first text, first turn', 'ms', 1),
  firstTurnExtra: { ...perRound('… above the second', 'ms', 1), ratio: false },
  firstTurnLater: perRound('… 500 ms after the start', 'ms', 1),
  firstTurnLaterExtra: { ...perRound('… above the second', 'ms', 1), ratio: false },
  growth: { ...perRound('memory, many requests', 'MB', 1), ratio: false },
  growthLate: { ...perRound('… second half', 'MB', 1), ratio: false },
  stall: perRound('stall by 4 MB requests', 'ms', 1),
  cpuPacedOne: perRound('cpu/delta, 1x50', 'us', 1),
  cpuPaced: perRound('cpu/delta, 20x50', 'us', 1),
  cpuPacedMany: perRound('cpu/delta, 200x50', 'us', 1),
  cpuSaturated: perRound('cpu/delta, saturated', 'us', 2),
  cpuSmall: perRound('cpu/request, 40 KB', 'ms', 2),
  cpuMiddle: perRound('cpu/request, 200 KB', 'ms', 2),
  cpuBig: perRound('cpu/request, 1 MB', 'ms', 2),
  cpuLarge: perRound('cpu/request, 4 MB', 'ms', 1),
  cpuLargeNew: perRound('… of a new thread', 'ms', 1),
  p50: perRound('latency p50, 20x50', 'us', 0),
  p99: perRound('latency p99, 20x50', 'us', 0),
  p50Many: perRound('latency p50, 200x50', 'us', 0),
  addedP50: perRound('added latency p50', 'us', 0),
  addedP99: perRound('added latency p99', 'us', 0),
  firstByteSmall: perRound('first byte, 40 KB', 'ms', 2),
  firstTextSmall: perRound('first text, 40 KB', 'ms', 2),
  firstTextMiddle: perRound('first text, 200 KB', 'ms', 2),
  firstTextBig: perRound('first text, 1 MB', 'ms', 2),
  firstByteLarge: perRound('first byte, 4 MB', 'ms', 1),
  firstTextLarge: perRound('first text, 4 MB', 'ms', 1),
  firstTextLargeNew: perRound('… of a new thread', 'ms', 1),
  replySmall: perRound('reply to 40 KB', 'bytes', 0),
  replyLarge: perRound('reply to 4 MB', 'bytes', 0),
  lost: { label: 'deltas lost', unit: '', decimals: 0, combine: 'sum', ratio: false },
  faults: { label: 'other text faults', unit: '', decimals: 0, combine: 'sum', ratio: false },
} as const satisfies Record<string, Row>;
/** The name of a row. */
export type RowKey = keyof typeof ROWS;
/** The names of the rows, in the order of the report. */
export const ROW_KEYS = Object.keys(ROWS) as RowKey[];

/** A failed measurement of a subject, and the reason. */
export interface Failure {
  readonly metric: string;
  readonly subject: string;
  readonly reason: string;
}

/** The value below which `share` of `values` lie; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? NaN;
  return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1);
}

/** The median of `values`; NaN if empty. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Collects values by row, subject and round. */
export class Results {
  readonly failures: Failure[] = [];
  private readonly values = new Map<string, number[]>();

  /** Adds a value; skips one that could not be measured. */
  record(row: RowKey, subject: string, round: number, value: number | undefined): void {
    if (value === undefined || Number.isNaN(value)) return;
    this.rounds(row, subject)[round] = value;
  }

  fail(metric: string, subject: string, error: unknown): void {
    this.failures.push({ metric, subject, reason: error instanceof Error ? error.message : String(error) });
  }

  /** Returns the values by round, with gaps for failed rounds. */
  rounds(row: RowKey, subject: string): number[] {
    const key = `${row} ${subject}`;
    const found = this.values.get(key) ?? [];
    this.values.set(key, found);
    return found;
  }

  /** Returns the combined value for the report; undefined if nothing was measured. */
  value(row: RowKey, subject: string): number | undefined {
    const values = this.rounds(row, subject).filter((value) => value !== undefined);
    if (values.length === 0) return undefined;
    return ROWS[row].combine === 'sum' ? values.reduce((sum, value) => sum + value, 0) : median(values);
  }

  /** The median of `combine(subject, base)` over the rounds: measurements close in time share the machine's noise. */
  paired(
    row: RowKey, subject: string, base: string, combine: (value: number, base: number) => number,
  ): number | undefined {
    const bases = this.rounds(row, base);
    const pairs = this.rounds(row, subject).map((value, round) => combine(value, bases[round] ?? NaN));
    const known = pairs.filter((value) => Number.isFinite(value));
    return known.length === 0 ? undefined : median(known);
  }

  /** The median ratio of `subject` to `base`; undefined unless both are positive. */
  ratio(row: RowKey, subject: string, base: string): number | undefined {
    const ratio = this.paired(row, subject, base, (value, other) => (value > 0 && other > 0 ? value / other : NaN));
    return (this.value(row, base) ?? 0) > 0 ? ratio : undefined;
  }
}
