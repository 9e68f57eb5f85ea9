/** Starts the measured subjects, warms them up, lets them take turns, and stops them. */
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
  /** Names of subjects that did not start; they are not started again. */
  readonly unable: Set<string>;
  /** True if the time of the run is used up. */
  readonly expired: () => boolean;
}

/** A subject under measurement; `direct` has no server of its own. */
export interface Contender {
  readonly subject: Subject;
  readonly server: RunningServer | undefined;
  readonly port: number;
}
/** Runs one round of a contender; -1 is the warm-up. */
export type Visit = (contender: Contender, round: number) => Promise<void>;

const SETTLE_MS = 50;
const JOB_SLACK_MS = 20_000;

/** Starts the server of a subject; a failed start is not repeated. */
export async function start(bench: Bench, subject: Subject): Promise<Contender> {
  if (subject.role === 'direct') return { subject, server: undefined, port: bench.upstreamPort };
  const port = await freePort();
  try {
    const server = await startServer(subject.launch(port, `http://127.0.0.1:${bench.upstreamPort}/v1`), port);
    return { subject, server, port };
  } catch (error) {
    bench.unable.add(subject.name);
    throw error;
  }
}

/** The subjects of a measurement, without those that are not part of it and those that do not start. */
export const subjectsBut = ({ subjects, unable }: Bench, without: Role): Subject[] =>
  subjects.filter(({ name, role }) => role !== without && !unable.has(name));

/** Stops the subject's server. */
export async function stop({ server }: Contender): Promise<void> {
  if (server !== undefined) await stopProcess(server.child);
}

/**
 * Runs each contender once per round. Each round starts with the next one, so that no contender always has the same
 * position; a contender that fails is reported and dropped.
 */
export async function takeTurns(
  bench: Bench, metric: string, contenders: readonly Contender[], rounds: number, visit: Visit,
): Promise<void> {
  let active = [...contenders];
  for (let round = 0; round < rounds && !bench.expired(); round++) {
    const first = round % Math.max(1, active.length);
    for (const contender of [...active.slice(first), ...active.slice(0, first)]) {
      try {
        await visit(contender, round);
      } catch (error) {
        active = active.filter((other) => other !== contender);
        bench.results.fail(metric, contender.subject.name, error);
      }
    }
  }
}

/** Starts the subjects that carry load, warms them up, lets them take turns, and stops them. */
export async function withServers(
  bench: Bench, metric: string, rounds: number, warmUp: Visit, visit: Visit,
): Promise<void> {
  const contenders: Contender[] = [];
  try {
    for (const subject of subjectsBut(bench, 'listener')) {
      try {
        contenders.push(await start(bench, subject));
      } catch (error) {
        bench.results.fail(metric, subject.name, error);
      }
    }
    const ready = new Set(contenders);
    await takeTurns(bench, metric, contenders, 1, async (contender) => {
      ready.delete(contender);
      await warmUp(contender, -1);
      ready.add(contender);
    });
    await takeTurns(bench, metric, [...ready], rounds, visit);
  } finally {
    await Promise.all(contenders.map(stop));
  }
}

/** One load. Default: one stream with an empty history. */
export interface Work extends Partial<LoadJob> {
  readonly deltas: number;
  readonly rate: number;
  /** How the upstream answers large bodies during the load. */
  readonly large?: UpstreamMode['large'];
}

/** Runs a load and records text errors, except during warm-up; throws if a request failed. */
export async function runLoad(
  bench: Bench, { subject, port }: Contender, round: number, work: Work,
): Promise<LoadResult> {
  const { rate, large, ...fields } = work;
  await bench.upstream.call('mode', { deltas: work.deltas, rate, large });
  const paceMs = rate === 0 ? 0 : (work.deltas / rate) * 1000;
  const result = await bench.load.call('run', {
    port, protocol: subject.protocol, streams: 1, requests: 1, staggerMs: 0, historyBytes: 0, thread: 'grows',
    ignoreMs: 0,
    deadlineMs: paceMs + JOB_SLACK_MS, ...fields,
  });
  if (round >= 0) addVerdict(bench.results, subject.name, result);
  if (result.errors.length > 0) throw new Error(`${result.errors[0]} (${result.lost} deltas lost)`);
  const { toolCharacters } = await bench.upstream.call('stats', null);
  if (toolCharacters !== result.toolCharacters) {
    throw new Error(`the history was changed: sent ${result.toolCharacters}, arrived ${toolCharacters} characters`);
  }
  await sleep(SETTLE_MS);
  return result;
}

/** Losses in every measurement count, so each is a separate round of the two rows. */
function addVerdict(results: Results, subject: string, { lost, surplus, wrongFinals }: LoadResult): void {
  const place = results.rounds('lost', subject).length;
  results.record('lost', subject, place, lost);
  results.record('faults', subject, place, surplus + wrongFinals);
}

/** The subjects with a process, for measurements that start one per round. */
export const unstarted = (bench: Bench): Contender[] =>
  subjectsBut(bench, 'direct').map((subject) => ({ subject, server: undefined, port: 0 }));

/** CPU microseconds of its server so far. */
export const cpuOf = ({ server }: Contender): number | undefined =>
  (server === undefined ? undefined : cpuMicros(server.pid));

/** CPU used between two readings, divided by `count`; undefined if it cannot be read. */
export function cpuPer(before: number | undefined, after: number | undefined, count: number): number | undefined {
  return before === undefined || after === undefined || count === 0 ? undefined : (after - before) / count;
}
