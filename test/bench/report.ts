/** Renders the report of a run: a table of values and ratios, then the goals. */
import { procAvailable } from './proc';
import { ROW_KEYS, ROWS, type Results, type RowKey } from './results';
import type { Subject } from './subjects';

const FLOORS = ['pipe-fetch', 'pipe-http'] as const;

interface Goal {
  readonly label: string;
  /** The row of the goal; without a value there, the goal was not part of the run. */
  readonly row: RowKey;
  readonly limit: number;
  readonly render: (value: number) => string;
  readonly measure: (results: Results, subject: string) => number | undefined;
}

const sum = (first: number | undefined, second: number | undefined): number | undefined =>
  first === undefined || second === undefined ? undefined : first + second;

/** Creates a goal: at most `limit` times the value of a floor in the same round. */
const atMost = (label: string, row: RowKey, limit: number, floor: (typeof FLOORS)[number]): Goal => ({
  label: `${label} within ${limit} of ${floor}`,
  row,
  limit,
  render: (value) => `${value.toFixed(2)} x`,
  measure: (results, subject) => results.ratio(row, subject, floor),
});

/** Creates a goal: at most `limit` in the row's unit. */
const below = (label: string, row: RowKey, limit: number): Goal => ({
  label: `${label} at most ${limit} ${ROWS[row].unit}`,
  row,
  limit,
  render: (value) => `${value.toFixed(1)} ${ROWS[row].unit}`,
  measure: (results, subject) => results.value(row, subject),
});

/** The goals of the project. */
const GOALS: readonly Goal[] = [
  {
    label: 'start-up within 12 ms of the bare listener',
    row: 'start',
    limit: 12,
    render: (value) => `${value.toFixed(1)} ms above listener`,
    measure: (results, subject) => results.paired('start', subject, 'listener', (value, base) => value - base),
  },
  below('first text of the first turn later than of the second by', 'firstTurnExtra', 10),
  below('the same, 500 ms after the start', 'firstTurnLaterExtra', 10),
  atMost('cpu/delta 1x50', 'cpuPacedOne', 1.15, 'pipe-fetch'),
  atMost('cpu/delta 20x50', 'cpuPaced', 1.15, 'pipe-fetch'),
  atMost('cpu/delta 200x50', 'cpuPacedMany', 1.15, 'pipe-fetch'),
  atMost('cpu/delta saturated', 'cpuSaturated', 1.8, 'pipe-http'),
  atMost('cpu/request 40 KB', 'cpuSmall', 1.5, 'pipe-fetch'),
  atMost('cpu/request 1 MB', 'cpuBig', 3, 'pipe-http'),
  atMost('cpu/request 4 MB', 'cpuLarge', 3.5, 'pipe-http'),
  below('stall of a running stream', 'stall', 15),
  atMost('memory with 100 streams', 'rssStreams', 1.15, 'pipe-fetch'),
  below('memory growth over many requests', 'growth', 5),
  {
    label: 'no delta lost, no other text fault',
    row: 'lost',
    limit: 0,
    render: (value) => `${value} faults`,
    measure: (results, subject) => sum(results.value('lost', subject), results.value('faults', subject)),
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

/** Evaluates each measured goal for each candidate. */
export function evaluateGoals(results: Results, subjects: readonly Subject[]): GoalVerdict[] {
  const asked = GOALS.filter(({ row }) => subjects.some(({ name }) => results.value(row, name) !== undefined));
  return candidatesOf(subjects).flatMap((subject) =>
    asked.map(({ label, limit, measure }) => {
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

function valueTable(results: Results, subjects: readonly Subject[]): string {
  const ratios = candidatesOf(subjects).flatMap((name) => FLOORS.map((floor) => ({ name, floor })));
  const names = subjects.map(({ name }) => name);
  const header = ['', 'unit', ...names, ...ratios.map(({ name, floor }) => `${name}/${floor}`)];
  const lines = ROW_KEYS.flatMap((key) => {
    const { label, unit, decimals, ratio } = ROWS[key];
    const values = names.map((name) => results.value(key, name));
    if (values.every((value) => value === undefined)) return [];
    const cells = values.map((value) => value?.toFixed(decimals) ?? '-');
    const factors = ratios.map(({ name, floor }) => {
      const factor = ratio ? results.ratio(key, name, floor) : undefined;
      return factor?.toFixed(2) ?? '-';
    });
    return [[label, unit, ...cells, ...factors]];
  });
  return renderTable([header, ...lines]);
}

function goalLines(results: Results, subjects: readonly Subject[]): string {
  return evaluateGoals(results, subjects)
    .map(({ subject, goal, value, verdict }) => {
      const shown = value === undefined ? '' : `: ${GOALS.find(({ label }) => label === goal)?.render(value)}`;
      return `${verdict.padEnd(12)}  ${subject}: ${goal}${shown}`;
    })
    .join('\n');
}

/** Renders one line per subject and reason: the same failure in several metrics is one failure. */
function failureLines(results: Results): string[] {
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
    valueTable(results, subjects),
    goalLines(results, subjects),
    [...proc, ...remarks, ...failureLines(results)].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
