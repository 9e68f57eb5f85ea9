/** Collects the values of a run by round, and computes medians and ratios. */

/** A row of the report. */
export interface ReportRow {
  readonly label: string;
  readonly unit: string;
  readonly decimals: number;
  /** How the values of the rounds are combined. */
  readonly combine: 'median' | 'sum';
  /** Whether a ratio to a baseline is meaningful. */
  readonly ratio: boolean;
}

const medianRow = (label: string, unit: string, decimals: number): ReportRow => ({
  label, unit, decimals, combine: 'median', ratio: true,
});

/** The rows of the report, in order. */
export const ROWS = {
  start: medianRow('cold start to /health', 'ms', 1),
  rssIdle: medianRow('memory, idle', 'MB', 1),
  rssStreams: medianRow('memory, 100 slow streams', 'MB', 1),
  firstTurn: medianRow('first text, first turn', 'ms', 1),
  firstTurnExtra: { ...medianRow('… minus the second turn', 'ms', 1), ratio: false },
  firstTurnLater: medianRow('… 500 ms after the start', 'ms', 1),
  firstTurnLaterExtra: { ...medianRow('… minus the second turn', 'ms', 1), ratio: false },
  growth: { ...medianRow('memory, many requests', 'MB', 1), ratio: false },
  growthLate: { ...medianRow('… second half', 'MB', 1), ratio: false },
  stall: medianRow('stall by 4 MB requests', 'ms', 1),
  cpu1x50: medianRow('cpu/delta, 1x50', 'us', 1),
  cpu20x50: medianRow('cpu/delta, 20x50', 'us', 1),
  cpu200x50: medianRow('cpu/delta, 200x50', 'us', 1),
  cpuSaturated: medianRow('cpu/delta, saturated', 'us', 2),
  cpu40k: medianRow('cpu/request, 40 KB', 'ms', 2),
  cpu200k: medianRow('cpu/request, 200 KB', 'ms', 2),
  cpu1m: medianRow('cpu/request, 1 MB', 'ms', 2),
  cpu4m: medianRow('cpu/request, 4 MB', 'ms', 1),
  cpu4mNew: medianRow('… of a new thread', 'ms', 1),
  p50At20x50: medianRow('latency p50, 20x50', 'us', 0),
  p99At20x50: medianRow('latency p99, 20x50', 'us', 0),
  p50At200x50: medianRow('latency p50, 200x50', 'us', 0),
  addedP50: medianRow('added latency p50', 'us', 0),
  addedP99: medianRow('added latency p99', 'us', 0),
  firstByte40k: medianRow('first byte, 40 KB', 'ms', 2),
  firstText40k: medianRow('first text, 40 KB', 'ms', 2),
  firstText200k: medianRow('first text, 200 KB', 'ms', 2),
  firstText1m: medianRow('first text, 1 MB', 'ms', 2),
  firstByte4m: medianRow('first byte, 4 MB', 'ms', 1),
  firstText4m: medianRow('first text, 4 MB', 'ms', 1),
  firstText4mNew: medianRow('… of a new thread', 'ms', 1),
  reply40k: medianRow('reply to 40 KB', 'bytes', 0),
  reply4m: medianRow('reply to 4 MB', 'bytes', 0),
  lost: { label: 'deltas lost', unit: '', decimals: 0, combine: 'sum', ratio: false },
  textErrors: { label: 'other text errors', unit: '', decimals: 0, combine: 'sum', ratio: false },
} as const satisfies Record<string, ReportRow>;
/** The name of a row. */
export type RowKey = keyof typeof ROWS;
/** The names of the rows, in the order of the report. */
export const ROW_KEYS = Object.keys(ROWS) as RowKey[];

/** A measurement that failed for a subject, and the reason. */
export interface Failure {
  readonly metric: string;
  readonly subject: string;
  readonly reason: string;
}

/** The value below which `share` of `values` lie, interpolated; NaN if `values` is empty. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const low = sorted[Math.floor(position)] ?? NaN;
  return low + ((sorted[Math.ceil(position)] ?? low) - low) * (position % 1);
}

/** The median of `values`; NaN if empty. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Collects values by row, subject and round. */
export class Results {
  readonly failures: Failure[] = [];
  private readonly values = new Map<string, number[]>();

  /** Records a value; ignores one that could not be measured. */
  record(row: RowKey, subject: string, round: number, value: number | undefined): void {
    if (value === undefined || Number.isNaN(value)) return;
    this.rounds(row, subject)[round] = value;
  }

  /** Records that a measurement failed. */
  fail(metric: string, subject: string, error: unknown): void {
    this.failures.push({ metric, subject, reason: error instanceof Error ? error.message : String(error) });
  }

  /** Returns the values by round, with gaps for failed rounds. */
  rounds(row: RowKey, subject: string): number[] {
    const key = `${row} ${subject}`;
    const rounds = this.values.get(key) ?? [];
    this.values.set(key, rounds);
    return rounds;
  }

  /** Returns the combined value for the report; undefined if nothing was measured. */
  value(row: RowKey, subject: string): number | undefined {
    const values = this.rounds(row, subject).filter((value) => value !== undefined);
    if (values.length === 0) return undefined;
    return ROWS[row].combine === 'sum' ? values.reduce((sum, value) => sum + value, 0) : median(values);
  }

  /** The median of `combine(value, base)` over the rounds: within a round, noise affects both subjects equally. */
  paired(
    row: RowKey, subject: string, base: string, combine: (value: number, base: number) => number,
  ): number | undefined {
    const bases = this.rounds(row, base);
    const pairs = this.rounds(row, subject).map((value, round) => combine(value, bases[round] ?? NaN));
    const complete = pairs.filter((value) => Number.isFinite(value));
    return complete.length === 0 ? undefined : median(complete);
  }

  /** The median ratio of `subject` to `base`; undefined unless the values are positive. */
  ratio(row: RowKey, subject: string, base: string): number | undefined {
    const ratio = this.paired(row, subject, base, (value, other) => (value > 0 && other > 0 ? value / other : NaN));
    return (this.value(row, base) ?? 0) > 0 ? ratio : undefined;
  }
}
