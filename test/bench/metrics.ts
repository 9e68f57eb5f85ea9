/**
 * The measurements. In each, all subjects take turns in every round: A B C, A B C, so that noise falls on all alike.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadCalls, LoadJob, LoadResult, UpstreamCalls } from './messages';
import type { Plan, RequestPlan } from './plan';
import { cpuMicros, residentMegabytes } from './proc';
import { freePort, startServer, stopProcess, type Helper, type RunningServer } from './processes';
import { median, quantile, type Results, type RowKey } from './results';
import type { Role, Subject } from './subjects';

/** What a measurement works with. */
export interface Bench {
  readonly plan: Plan;
  readonly subjects: readonly Subject[];
  readonly upstream: Helper<UpstreamCalls>;
  readonly upstreamPort: number;
  readonly load: Helper<LoadCalls>;
  readonly results: Results;
  /** Names of subjects that did not start: they are not tried again. */
  readonly unable: Set<string>;
  /** True when the time of the run is used up. */
  readonly expired: () => boolean;
}

/** A subject under measurement; `direct` has no server of its own. */
interface Contender {
  readonly subject: Subject;
  readonly server: RunningServer | undefined;
  readonly port: number;
}
type Visit = (contender: Contender, round: number) => Promise<void>;

const SETTLE_MS = 50;
const IDLE_MS = 500;
const RAMP_MS = 700;
const TAIL_MS = 300;
const JOB_SLACK_MS = 20_000;
const SAMPLE_MS = 100;

async function start(bench: Bench, subject: Subject): Promise<Contender> {
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

/** The subjects of a measurement, without those that have no part in it and those that do not start. */
const subjectsBut = ({ subjects, unable }: Bench, without: Role): Subject[] =>
  subjects.filter(({ name, role }) => role !== without && !unable.has(name));

async function stop({ server }: Contender): Promise<void> {
  if (server !== undefined) await stopProcess(server.child);
}

/**
 * Visits each contender once a round, each round begun by the next one so that no place in the row is always the same
 * contender's; one that fails is reported and dropped.
 */
async function takeTurns(
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
async function withServers(bench: Bench, metric: string, rounds: number, warmUp: Visit, visit: Visit): Promise<void> {
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

interface Work extends Partial<LoadJob> {
  readonly deltas: number;
  readonly rate: number;
}

/** Runs a load and keeps its verdict on the text, warm-ups aside; throws when a request failed. */
async function runLoad(bench: Bench, { subject, port }: Contender, round: number, work: Work): Promise<LoadResult> {
  const { rate, ...fields } = work;
  await bench.upstream.call('mode', { deltas: work.deltas, rate });
  const paceMs = rate === 0 ? 0 : (work.deltas / rate) * 1000;
  const result = await bench.load.call('run', {
    port, protocol: subject.protocol, streams: 1, requests: 1, staggerMs: 0, historyBytes: 0, ignoreMs: 0,
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

/** Losses of every measurement count, so each gets a place of its own among the rounds of the two rows. */
function addVerdict(results: Results, subject: string, { lost, surplus, wrongFinals }: LoadResult): void {
  const place = results.rounds('lost', subject).length;
  results.record('lost', subject, place, lost);
  results.record('faults', subject, place, surplus + wrongFinals);
}

/** The subjects with a process, for measurements that start one in each round. */
const unstarted = (bench: Bench): Contender[] =>
  subjectsBut(bench, 'direct').map((subject) => ({ subject, server: undefined, port: 0 }));

const cpuOf = ({ server }: Contender): number | undefined => (server === undefined ? undefined : cpuMicros(server.pid));

/** CPU used between two readings, for each of `count` things; undefined where it cannot be read. */
function cpuPer(before: number | undefined, after: number | undefined, count: number): number | undefined {
  return before === undefined || after === undefined || count === 0 ? undefined : (after - before) / count;
}

/** Cold start: from the spawn to the first 200 on /health, the first start of each (cold disk) left out. */
async function measureStart(bench: Bench): Promise<void> {
  const contenders = unstarted(bench);
  await takeTurns(bench, 'start', contenders, bench.plan.start.rounds + 1, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    await stop(contender);
    if (round > 0) bench.results.record('start', subject.name, round - 1, contender.server?.startMs);
  });
}

/** CPU and times of requests made one after the other, each on a connection of its own. */
async function measureRequests(
  bench: Bench, metric: string, plan: RequestPlan, rows: Record<'cpu' | 'firstByte' | 'firstText' | 'reply', RowKey>,
): Promise<void> {
  const work = { deltas: plan.deltas, rate: 0, historyBytes: plan.historyBytes };
  const warmUp: Visit = async (contender, round) => {
    await runLoad(bench, contender, round, { ...work, requests: plan.warmUp });
  };
  await withServers(bench, metric, plan.rounds, warmUp, async (contender, round) => {
    const { results } = bench;
    const { name } = contender.subject;
    const before = cpuOf(contender);
    const result = await runLoad(bench, contender, round, { ...work, requests: plan.requests });
    const cpu = cpuPer(before, cpuOf(contender), plan.requests);
    results.record(rows.cpu, name, round, cpu === undefined ? undefined : cpu / 1000);
    results.record(rows.firstByte, name, round, median(result.firstByteMs));
    results.record(rows.firstText, name, round, median(result.firstTextMs));
    results.record(rows.reply, name, round, median(result.replyBytes));
  });
}

const measureSmallRequests = (bench: Bench): Promise<void> =>
  measureRequests(bench, 'request-40k', bench.plan.smallRequest, {
    cpu: 'cpuSmall', firstByte: 'firstByteSmall', firstText: 'firstTextSmall', reply: 'replySmall',
  });

const measureLargeRequests = (bench: Bench): Promise<void> =>
  measureRequests(bench, 'request-4m', bench.plan.largeRequest, {
    cpu: 'cpuLarge', firstByte: 'firstByteLarge', firstText: 'firstTextLarge', reply: 'replyLarge',
  });

/** CPU for each delta when the upstream sends as fast as it can. */
async function measureSaturated(bench: Bench): Promise<void> {
  const { rounds, streams, deltas } = bench.plan.saturated;
  const visit: Visit = async (contender, round) => {
    const before = cpuOf(contender);
    await runLoad(bench, contender, round, { deltas, rate: 0, streams });
    const cpu = cpuPer(before, cpuOf(contender), deltas * streams);
    if (round >= 0) bench.results.record('cpuSaturated', contender.subject.name, round, cpu);
  };
  await withServers(bench, 'saturated', rounds, visit, visit);
}

/** CPU and latency at token rate, in a window that leaves out how the streams open and close. */
async function measurePaced(bench: Bench): Promise<void> {
  const { rounds, streams, rate, seconds } = bench.plan.paced;
  const deltas = Math.ceil((rate * (RAMP_MS + seconds * 1000 + TAIL_MS)) / 1000);
  const reading = async (contender: Contender): Promise<{ cpu: number | undefined; sent: number }> => ({
    cpu: cpuOf(contender),
    sent: (await bench.upstream.call('stats', null)).sent,
  });
  const warmUp: Visit = async (contender, round) => {
    await runLoad(bench, contender, round, { deltas: 2000, rate: 0, streams: 2 });
  };
  await withServers(bench, 'paced', rounds, warmUp, async (contender, round) => {
    const { name } = contender.subject;
    const whole = runLoad(bench, contender, round, { deltas, rate, streams, staggerMs: 1, ignoreMs: RAMP_MS });
    const [result, before, after] = await Promise.all([
      whole,
      sleep(RAMP_MS).then(() => reading(contender)),
      sleep(RAMP_MS + seconds * 1000).then(() => reading(contender)),
    ]);
    bench.results.record('cpuPaced', name, round, cpuPer(before.cpu, after.cpu, after.sent - before.sent));
    bench.results.record('p50', name, round, median(result.latencies));
    bench.results.record('p99', name, round, quantile(result.latencies, 0.99));
  });
  recordAdded(bench, 'p50', 'addedP50');
  recordAdded(bench, 'p99', 'addedP99');
}

/** Added latency: what a subject shows above `direct` in the same round. */
function recordAdded({ results, subjects }: Bench, from: RowKey, to: RowKey): void {
  const direct = results.rounds(from, 'direct');
  for (const { name, role } of subjects) {
    if (role === 'direct') continue;
    results.rounds(from, name).forEach((value, round) => {
      const base = direct[round];
      if (base !== undefined) results.record(to, name, round, value - base);
    });
  }
}

/** Memory of a fresh process: at rest, then while slow streams are open. */
async function measureMemory(bench: Bench): Promise<void> {
  const { rounds, streams, rate, seconds } = bench.plan.memory;
  const contenders = unstarted(bench);
  await takeTurns(bench, 'memory', contenders, rounds, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    const pid = contender.server?.pid ?? 0;
    try {
      await sleep(IDLE_MS);
      bench.results.record('rssIdle', subject.name, round, residentMegabytes(pid));
      if (subject.role === 'listener') return;
      const samples: number[] = [];
      const sampler = setInterval(() => samples.push(residentMegabytes(pid) ?? NaN), SAMPLE_MS);
      const work = { deltas: rate * seconds, rate, streams, staggerMs: 5 };
      await runLoad(bench, contender, round, work).finally(() => clearInterval(sampler));
      const { peakStreams } = await bench.upstream.call('stats', null);
      if (peakStreams < streams) throw new Error(`only ${peakStreams} of ${streams} streams were open side by side`);
      bench.results.record('rssStreams', subject.name, round, median(samples.slice(samples.length / 2)));
    } finally {
      await stop(contender);
    }
  });
}

/** Every group of measurements by the name `--only` takes, in the order they run. */
export const METRICS = {
  start: measureStart,
  'request-40k': measureSmallRequests,
  'request-4m': measureLargeRequests,
  saturated: measureSaturated,
  paced: measurePaced,
  memory: measureMemory,
} as const satisfies Record<string, (bench: Bench) => Promise<void>>;
/** A group's name. */
export type MetricName = keyof typeof METRICS;
