/** Starts the subjects of a measurement, warms them up, runs rounds in which they alternate, and stops them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadCalls, LoadJob, LoadResult, UpstreamCalls, UpstreamMode } from './messages';
import type { Plan } from './plan';
import { cpuMicros } from './proc';
import { freePort, startServer, stopProcess, type Helper, type RunningServer } from './processes';
import type { Results } from './results';
import type { Role, Subject } from './subjects';

/** The context of a measurement. */
export interface Bench {
  readonly plan: Plan;
  readonly subjects: readonly Subject[];
  readonly upstream: Helper<UpstreamCalls>;
  readonly upstreamPort: number;
  readonly load: Helper<LoadCalls>;
  readonly results: Results;
  /** Names of subjects that failed to start; they are not started again. */
  readonly failedToStart: Set<string>;
  /** True if the time budget of the run is spent. */
  readonly expired: () => boolean;
}

/** A subject in a measurement; `direct` has no server. */
export interface Contender {
  readonly subject: Subject;
  readonly server: RunningServer | undefined;
  readonly port: number;
}
/** Runs one round of a contender; round -1 is the warm-up. */
export type RunRound = (contender: Contender, round: number) => Promise<void>;

const PAUSE_MS = 50;
/** Time that a load may take beyond the time at which its last delta is due. */
const JOB_SLACK_MS = 20_000;

/** Starts the server of a subject. If that fails, later measurements leave the subject out. */
export async function start(bench: Bench, subject: Subject): Promise<Contender> {
  if (subject.role === 'direct') return { subject, server: undefined, port: bench.upstreamPort };
  const port = await freePort();
  try {
    const server = await startServer(subject.launch(port, `http://127.0.0.1:${bench.upstreamPort}/v1`), port);
    return { subject, server, port };
  } catch (error) {
    bench.failedToStart.add(subject.name);
    throw error;
  }
}

/** The subjects without those of a role and those that failed to start. */
const subjectsExcept = ({ subjects, failedToStart }: Bench, excluded: Role): Subject[] =>
  subjects.filter(({ name, role }) => role !== excluded && !failedToStart.has(name));

/** Stops the subject's server. */
export async function stop({ server }: Contender): Promise<void> {
  if (server !== undefined) await stopProcess(server.child);
}

/**
 * Runs each contender once per round. Each round starts with another one, so that no contender always has the same
 * position. A contender that fails is reported, and left out of later rounds.
 */
export async function runRounds(
  bench: Bench, metric: string, contenders: readonly Contender[], rounds: number, runRound: RunRound,
): Promise<void> {
  let active = [...contenders];
  for (let round = 0; round < rounds && !bench.expired(); round++) {
    const first = round % Math.max(1, active.length);
    for (const contender of [...active.slice(first), ...active.slice(0, first)]) {
      try {
        await runRound(contender, round);
      } catch (error) {
        active = active.filter((other) => other !== contender);
        bench.results.fail(metric, contender.subject.name, error);
      }
    }
  }
}

/** Starts all subjects that answer turns, warms them up, runs the rounds, and stops the subjects. */
export async function withServers(
  bench: Bench, metric: string, rounds: number, warmUp: RunRound, runRound: RunRound,
): Promise<void> {
  const contenders: Contender[] = [];
  try {
    for (const subject of subjectsExcept(bench, 'listener')) {
      try {
        contenders.push(await start(bench, subject));
      } catch (error) {
        bench.results.fail(metric, subject.name, error);
      }
    }
    const ready = new Set(contenders);
    await runRounds(bench, metric, contenders, 1, async (contender) => {
      ready.delete(contender);
      await warmUp(contender, -1);
      ready.add(contender);
    });
    await runRounds(bench, metric, [...ready], rounds, runRound);
  } finally {
    await Promise.all(contenders.map(stop));
  }
}

/** The load of a measurement. Default: one request with an empty history. */
export interface LoadOptions extends Partial<LoadJob> {
  readonly deltas: number;
  readonly rate: number;
  /** How the upstream answers large requests during the load. */
  readonly large?: UpstreamMode['large'];
}

/** Runs a load, and records text errors except during warm-up; throws if a request failed. */
export async function runLoad(
  bench: Bench, { subject, port }: Contender, round: number, load: LoadOptions,
): Promise<LoadResult> {
  const { rate, large, ...fields } = load;
  await bench.upstream.call('mode', { deltas: load.deltas, rate, large });
  const sendingMs = rate === 0 ? 0 : (load.deltas / rate) * 1000;
  const result = await bench.load.call('run', {
    port, protocol: subject.protocol, streams: 1, requests: 1, staggerMs: 0, historyBytes: 0, thread: 'growing',
    ignoreMs: 0, deadlineMs: sendingMs + JOB_SLACK_MS, ...fields,
  });
  if (round >= 0) recordTextErrors(bench.results, subject.name, result);
  if (result.errors.length > 0) throw new Error(`${result.errors[0]} (${result.lost} deltas lost)`);
  const { toolCharacters } = await bench.upstream.call('stats', null);
  if (toolCharacters !== result.toolCharacters) {
    throw new Error(`the history was changed: sent ${result.toolCharacters} characters, but ${toolCharacters} arrived`);
  }
  await sleep(PAUSE_MS);
  return result;
}

/** The rows of text errors are sums over all measurements, so each load adds a round to them. */
function recordTextErrors(results: Results, subject: string, { lost, surplus, wrongFinals }: LoadResult): void {
  const round = results.rounds('lost', subject).length;
  results.record('lost', subject, round, lost);
  results.record('textErrors', subject, round, surplus + wrongFinals);
}

/** The subjects that have a process, for measurements that start a new one in each round. */
export const unstarted = (bench: Bench): Contender[] =>
  subjectsExcept(bench, 'direct').map((subject) => ({ subject, server: undefined, port: 0 }));

/** CPU microseconds that the contender's server has used so far. */
export const cpuOf = ({ server }: Contender): number | undefined =>
  (server === undefined ? undefined : cpuMicros(server.pid));

/** The CPU time between two readings, divided by `count`; undefined without readings. */
export function cpuPer(before: number | undefined, after: number | undefined, count: number): number | undefined {
  return before === undefined || after === undefined || count === 0 ? undefined : (after - before) / count;
}
