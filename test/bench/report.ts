/** Renders the report of a run: a table of values and ratios, then the goals. */
import { procAvailable } from './proc';
import { ROW_KEYS, ROWS, type Results, type RowKey } from './results';
import type { Subject } from './subjects';

const BASELINES = ['pipe-fetch', 'pipe-http'] as const;

interface Goal {
  readonly label: string;
  /** The row that the goal judges; a goal whose row has no value is left out of the report. */
  readonly row: RowKey;
  readonly limit: number;
  readonly render: (value: number) => string;
  readonly measure: (results: Results, subject: string) => number | undefined;
}

const sum = (first: number | undefined, second: number | undefined): number | undefined =>
  first === undefined || second === undefined ? undefined : first + second;

/** Creates a goal: at most `limit` times the value of a baseline in the same round. */
const ratioAtMost = (label: string, row: RowKey, limit: number, baseline: (typeof BASELINES)[number]): Goal => ({
  label: `${label} within ${limit}x of ${baseline}`,
  row,
  limit,
  render: (value) => `${value.toFixed(2)}x`,
  measure: (results, subject) => results.ratio(row, subject, baseline),
});

/** Creates a goal: at most `limit` in the row's unit. */
const valueAtMost = (label: string, row: RowKey, limit: number): Goal => ({
  label: `${label} at most ${limit} ${ROWS[row].unit}`,
  row,
  limit,
  render: (value) => `${value.toFixed(1)} ${ROWS[row].unit}`,
  measure: (results, subject) => results.value(row, subject),
});

/** The performance goals of the project. */
const GOALS: readonly Goal[] = [
  {
    label: 'start-up within 12 ms of the bare listener',
    row: 'start',
    limit: 12,
    render: (value) => `${value.toFixed(1)} ms above listener`,
    measure: (results, subject) => results.paired('start', subject, 'listener', (value, base) => value - base),
  },
  valueAtMost('first text, first turn minus second:', 'firstTurnExtra', 10),
  valueAtMost('the same 500 ms after the start:', 'firstTurnLaterExtra', 10),
  ratioAtMost('cpu/delta 1x50', 'cpu1x50', 1.15, 'pipe-fetch'),
  ratioAtMost('cpu/delta 20x50', 'cpu20x50', 1.15, 'pipe-fetch'),
  ratioAtMost('cpu/delta 200x50', 'cpu200x50', 1.15, 'pipe-fetch'),
  ratioAtMost('cpu/delta saturated', 'cpuSaturated', 1.8, 'pipe-http'),
  ratioAtMost('cpu/request 40 KB', 'cpu40k', 1.5, 'pipe-fetch'),
  ratioAtMost('cpu/request 1 MB', 'cpu1m', 3, 'pipe-http'),
  ratioAtMost('cpu/request 4 MB', 'cpu4m', 3.5, 'pipe-http'),
  valueAtMost('stall of a running stream', 'stall', 15),
  ratioAtMost('memory with 100 streams', 'rssStreams', 1.15, 'pipe-fetch'),
  valueAtMost('memory growth over many requests', 'growth', 5),
  {
    label: 'no lost deltas, no other text errors',
    row: 'lost',
    limit: 0,
    render: (value) => `${value} errors`,
    measure: (results, subject) => sum(results.value('lost', subject), results.value('textErrors', subject)),
  },
];

/** The result of a candidate for a goal. */
export interface GoalVerdict {
  readonly subject: string;
  readonly goal: string;
  readonly value: number | undefined;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

const candidatesOf = (subjects: readonly Subject[]): string[] =>
  subjects.filter(({ role }) => role === 'candidate').map(({ name }) => name);

/** Evaluates each goal whose row was measured, for each candidate. */
export function evaluateGoals(results: Results, subjects: readonly Subject[]): GoalVerdict[] {
  const judged = GOALS.filter(({ row }) => subjects.some(({ name }) => results.value(row, name) !== undefined));
  return candidatesOf(subjects).flatMap((subject) =>
    judged.map(({ label, limit, measure }) => {
      const value = measure(results, subject);
      const verdict = value === undefined ? 'not measured' : value <= limit ? 'met' : 'missed';
      return { subject, goal: label, value, verdict };
    }),
  );
}

function renderTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

function renderValues(results: Results, subjects: readonly Subject[]): string {
  const ratioColumns = candidatesOf(subjects).flatMap((name) => BASELINES.map((baseline) => ({ name, baseline })));
  const names = subjects.map(({ name }) => name);
  const header = ['', 'unit', ...names, ...ratioColumns.map(({ name, baseline }) => `${name}/${baseline}`)];
  const lines = ROW_KEYS.flatMap((key) => {
    const { label, unit, decimals, ratio } = ROWS[key];
    const values = names.map((name) => results.value(key, name));
    if (values.every((value) => value === undefined)) return [];
    const cells = values.map((value) => value?.toFixed(decimals) ?? '-');
    const ratioCells = ratioColumns.map(({ name, baseline }) => {
      const value = ratio ? results.ratio(key, name, baseline) : undefined;
      return value?.toFixed(2) ?? '-';
    });
    return [[label, unit, ...cells, ...ratioCells]];
  });
  return renderTable([header, ...lines]);
}

function renderGoals(results: Results, subjects: readonly Subject[]): string {
  return evaluateGoals(results, subjects)
    .map(({ subject, goal, value, verdict }) => {
      const shown = value === undefined ? '' : `: ${GOALS.find(({ label }) => label === goal)?.render(value)}`;
      return `${verdict.padEnd(12)}  ${subject}: ${goal}${shown}`;
    })
    .join('\n');
}

/** Renders one line per subject and reason, because one cause often fails several metrics. */
function renderFailures(results: Results): string[] {
  const metrics = new Map<string, string[]>();
  for (const { metric, subject, reason } of results.failures) {
    const key = `${subject}: ${reason}`;
    metrics.set(key, [...(metrics.get(key) ?? []), metric]);
  }
  return [...metrics].map(([key, names]) => `FAILED in ${names.join(', ')}: ${key}`);
}

/** Renders the whole report as text. */
export function renderReport(results: Results, subjects: readonly Subject[], remarks: readonly string[]): string {
  const proc = procAvailable ? [] : ['CPU and memory metrics are unavailable: this platform has no /proc.'];
  return [
    renderValues(results, subjects),
    renderGoals(results, subjects),
    [...proc, ...remarks, ...renderFailures(results)].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
