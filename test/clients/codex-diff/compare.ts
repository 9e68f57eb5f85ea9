/** Compares the requests of two versions, scenario by scenario, and looks up the explanation of each difference. */
import { EXPLAINED } from './explained';
import type { RecordedRequest } from './recorder';
import { describeRequest } from './shape';

/** A line that only one of the versions sent. */
export interface Difference {
  readonly scenario: string;
  /** `-` for the older version, `+` for the newer. */
  readonly sign: '-' | '+';
  readonly line: string;
  /** The fact that explains it, if any. */
  readonly why: string | undefined;
}

type Captures = ReadonlyMap<string, readonly RecordedRequest[]>;

/** Every difference, in the order of the scenarios. */
export function compareScenarios(older: Captures, newer: Captures): readonly Difference[] {
  return [...older.keys()].flatMap((scenario) => {
    const [before, after] = [older, newer].map((captures) => linesOf(captures.get(scenario) ?? []));
    const removed = [...before!].filter((line) => !after!.has(line)).map((line) => ({ sign: '-' as const, line }));
    const added = [...after!].filter((line) => !before!.has(line)).map((line) => ({ sign: '+' as const, line }));
    return [...removed, ...added].map(({ sign, line }) => ({ scenario, sign, line, why: explain(line) }));
  });
}

/** The lines of all requests of a scenario, and the number of requests to each path. */
function linesOf(requests: readonly RecordedRequest[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { method, path } of requests) {
    const name = `${method} ${path.split('?', 1)[0]}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const countLines = [...counts].map(([name, count]) => `${count} × ${name}`);
  return new Set([...countLines, ...requests.flatMap(describeRequest)]);
}

const explain = (line: string): string | undefined => EXPLAINED.find(({ pattern }) => pattern.test(line))?.why;

/** The unexplained differences by scenario, then the explained ones by fact. */
export function renderDifferences(differences: readonly Difference[]): string {
  const unexplained = differences.filter(({ why }) => why === undefined);
  const scenarios = [...new Set(unexplained.map(({ scenario }) => scenario))];
  const lines = scenarios.map((scenario) => {
    const found = unexplained.filter((each) => each.scenario === scenario);
    return [`${scenario}:`, ...found.map(({ sign, line }) => `  ${sign} ${line}`)].join('\n');
  });
  const facts = [...new Set(differences.flatMap(({ why }) => why ?? []))].map((fact) => {
    const count = differences.filter(({ why }) => why === fact).length;
    return `  ${count} × ${fact}`;
  });
  return [
    ...(lines.length === 0 ? ['No unexplained difference.'] : ['Unexplained differences:', ...lines]),
    ...(facts.length === 0 ? [] : ['Explained differences:', ...facts]),
  ].join('\n');
}
