/** Runs the benchmark: measures the cost of the bridge compared to a byte pipe, each in a separate process. */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { runMain, UsageError } from '../tools/command-line';
import type { LoadCalls, UpstreamCalls } from './messages';
import type { Bench } from './contenders';
import { measureKinds } from './kinds';
import { METRICS, type MetricName } from './metrics';
import { readOptions, USAGE, type BenchOptions } from './options';
import { FULL, QUICK } from './plan';
import { procAvailable } from './proc';
import { cleanUp, startHelper } from './processes';
import { evaluateGoals, renderReport } from './report';
import { measureReplicas } from './replicas';
import { Results, ROW_KEYS, ROWS } from './results';
import { createProfileFolder, profileFlags, renderProfiles } from './profile';
import { chooseSubjects, projectRoot } from './subjects';

/** Metrics that need /proc. */
const PROC_METRICS: readonly MetricName[] = ['memory', 'growth'];

/** Exit codes after a signal: 128 plus its number, as in a shell. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function chooseMetrics(only: readonly string[]): MetricName[] {
  const names = Object.keys(METRICS) as MetricName[];
  const unknown = only.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new UsageError(`Unknown metric '${unknown}': expected ${names.join(', ')}.`);
  return only.length === 0 ? names : names.filter((name) => only.includes(name));
}

async function createBench(options: BenchOptions, bridgeFlags: readonly string[]): Promise<Bench> {
  const plan = options.quick ? QUICK : FULL;
  const subjects = chooseSubjects(options.commands, options.subjects, bridgeFlags);
  const upstream = startHelper<UpstreamCalls>('fake-upstream.ts');
  const load = startHelper<LoadCalls>('load-generator.ts');
  const upstreamPort = await upstream.call('listen', null);
  const endsAt = performance.now() + plan.budgetSeconds * 1000;
  const expired = (): boolean => performance.now() > endsAt;
  return { plan, subjects, upstream, upstreamPort, load, results: new Results(), failedToStart: new Set(), expired };
}

function writeJson(file: string, { results, subjects, plan }: Bench, machine: object): void {
  const rows = ROW_KEYS.map((key) => ({
    row: key,
    ...ROWS[key],
    subjects: subjects.map(({ name }) => ({
      name,
      value: results.value(key, name),
      rounds: results.rounds(key, name),
    })),
  }));
  const content = { machine, plan, rows, goals: evaluateGoals(results, subjects), failures: results.failures };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** Whether every measurement succeeded and every reply arrived byte for byte; goals may be missed. */
function hasSucceeded({ results, subjects }: Bench): boolean {
  const errors = subjects.flatMap(({ name }) =>
    [results.value('lost', name) ?? 0, results.value('textErrors', name) ?? 0]);
  return results.failures.length === 0 && errors.every((count) => count === 0);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.kinds) return measureKinds();
  if (options.replicas) return measureReplicas();
  const metrics = chooseMetrics(options.only).filter((name) => procAvailable || !PROC_METRICS.includes(name));
  const profiles = options.profile ? createProfileFolder() : undefined;
  const bench = await createBench(options, profiles === undefined ? [] : profileFlags(profiles));
  const machine = { node: process.version, platform: process.platform, cores: cpus().length, load: loadavg()[0] ?? 0 };
  for (const name of metrics) {
    if (bench.expired()) break;
    const startedAt = performance.now();
    await METRICS[name](bench);
    process.stderr.write(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  }
  const busy = machine.load > machine.cores / 2 ? ' The machine was busy: trust only the ratios.' : '';
  const environment = `Node ${machine.node}, ${machine.platform}, ${machine.cores} cores`;
  const remarks = [
    `${environment}, load ${machine.load.toFixed(2)} at the start.${busy}`,
    ...(bench.expired() ? ['The time budget was spent: some rounds were left out.'] : []),
  ];
  console.log(`\n${renderReport(bench.results, bench.subjects, remarks)}`);
  if (profiles !== undefined) console.log(`\n${renderProfiles(profiles, projectRoot)}`);
  if (options.json !== undefined) writeJson(options.json, bench, machine);
  return hasSucceeded(bench) ? 0 : 1;
}

process.on('exit', cleanUp);
for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES)) process.on(signal, () => process.exit(code));

runMain(USAGE, main);
