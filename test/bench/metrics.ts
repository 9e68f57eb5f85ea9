/**
 * The measurements. In each, all subjects take turns in every round (A B C, A B C), so that noise affects all of them
 * equally.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cpuOf, cpuPer, runLoad, start, stop, takeTurns, unstarted, withServers, type Bench, type Contender, type Visit,
} from './contenders';
import { measureFirstTurn, measureGrowth, measureStall } from './long-running';
import type { Thread } from './messages';
import type { PacedPlan, RequestPlan } from './plan';
import { residentMegabytes } from './proc';
import { median, quantile, type RowKey } from './results';

const IDLE_MS = 500;
const RAMP_MS = 700;
const TAIL_MS = 300;
const SAMPLE_MS = 100;

/** Long enough for the bridge to save its code cache. */
const FIRST_START_MS = 1_500;

/** From spawn to the first 200 on /health, without the first start of each subject: cold disk, no code cache. */
async function measureStart(bench: Bench): Promise<void> {
  const contenders = unstarted(bench);
  await takeTurns(bench, 'start', contenders, bench.plan.start.rounds + 1, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    if (round === 0) await sleep(FIRST_START_MS);
    await stop(contender);
    if (round > 0) bench.results.record('start', subject.name, round - 1, contender.server?.startMs);
  });
}

/** CPU and times of consecutive requests, each on its own connection. */
async function measureRequests(
  bench: Bench,
  metric: string,
  { thread, ...plan }: RequestPlan & { readonly thread: Thread },
  rows: Partial<Record<'cpu' | 'firstByte' | 'firstText' | 'reply', RowKey>>,
): Promise<void> {
  const work = { deltas: plan.deltas, rate: 0, historyBytes: plan.historyBytes, thread };
  const warmUp: Visit = async (contender, round) => {
    await runLoad(bench, contender, round, { ...work, requests: plan.warmUp });
  };
  await withServers(bench, metric, plan.rounds, warmUp, async (contender, round) => {
    const { results } = bench;
    const { name } = contender.subject;
    const before = cpuOf(contender);
    const result = await runLoad(bench, contender, round, { ...work, requests: plan.requests });
    const cpu = cpuPer(before, cpuOf(contender), plan.requests);
    const values = {
      cpu: cpu === undefined ? undefined : cpu / 1000,
      firstByte: median(result.firstByteMs),
      firstText: median(result.firstTextMs),
      reply: median(result.replyBytes),
    };
    for (const [value, row] of Object.entries(rows)) {
      results.record(row, name, round, values[value as keyof typeof rows]);
    }
  });
}

const REQUEST_ROWS = {
  small: { cpu: 'cpuSmall', firstByte: 'firstByteSmall', firstText: 'firstTextSmall', reply: 'replySmall' },
  middle: { cpu: 'cpuMiddle', firstText: 'firstTextMiddle' },
  big: { cpu: 'cpuBig', firstText: 'firstTextBig' },
  largeNew: { cpu: 'cpuLargeNew', firstText: 'firstTextLargeNew' },
  large: { cpu: 'cpuLarge', firstByte: 'firstByteLarge', firstText: 'firstTextLarge', reply: 'replyLarge' },
} as const;

/** A measurement of requests of one size, in rounds of one thread. */
const requestsOf = (size: Exclude<keyof typeof REQUEST_ROWS, 'largeNew'>, name: string) => (bench: Bench) =>
  measureRequests(bench, name, { ...bench.plan.requests[size], thread: 'grows' }, REQUEST_ROWS[size]);

/** The same as `request-4m` for threads of which nothing is known yet. */
const measureNewThreads = (bench: Bench): Promise<void> => {
  const plan = { ...bench.plan.requests.large, thread: 'new' } as const;
  return measureRequests(bench, 'request-4m-new', plan, REQUEST_ROWS.largeNew);
};

/** CPU per delta when the upstream sends as fast as possible. */
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

/** CPU and latency at token rate, in a window without the opening and closing of streams. */
async function measurePace(
  bench: Bench, { rounds, streams, rate, seconds }: PacedPlan, rows: Partial<Record<'cpu' | 'p50' | 'p99', RowKey>>,
): Promise<void> {
  const deltas = Math.ceil((rate * (RAMP_MS + seconds * 1000 + TAIL_MS)) / 1000);
  const reading = async (contender: Contender): Promise<{ cpu: number | undefined; sent: number }> => ({
    cpu: cpuOf(contender),
    sent: (await bench.upstream.call('stats', null)).sent,
  });
  const warmUp: Visit = async (contender, round) => {
    await runLoad(bench, contender, round, { deltas: 2000, rate: 0, streams: 2 });
  };
  await withServers(bench, `paced ${streams}x${rate}`, rounds, warmUp, async (contender, round) => {
    const { name } = contender.subject;
    const whole = runLoad(bench, contender, round, { deltas, rate, streams, staggerMs: 1, ignoreMs: RAMP_MS });
    const [result, before, after] = await Promise.all([
      whole,
      sleep(RAMP_MS).then(() => reading(contender)),
      sleep(RAMP_MS + seconds * 1000).then(() => reading(contender)),
    ]);
    const values = {
      cpu: cpuPer(before.cpu, after.cpu, after.sent - before.sent),
      p50: median(result.latencies),
      p99: quantile(result.latencies, 0.99),
    };
    for (const [value, row] of Object.entries(rows)) {
      bench.results.record(row, name, round, values[value as keyof typeof rows]);
    }
  });
}

/** One stream, twenty, and the number of a team. */
async function measurePaced(bench: Bench): Promise<void> {
  const { one, twenty, many } = bench.plan.paced;
  await measurePace(bench, one, { cpu: 'cpuPacedOne' });
  await measurePace(bench, twenty, { cpu: 'cpuPaced', p50: 'p50', p99: 'p99' });
  await measurePace(bench, many, { cpu: 'cpuPacedMany', p50: 'p50Many' });
  recordAdded(bench, 'p50', 'addedP50');
  recordAdded(bench, 'p99', 'addedP99');
}

/** Added latency: the difference to `direct` in the same round. */
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

/** Memory of a new process: idle, then with slow streams open. */
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

/** The groups of measurements by their name for `--only`, in order of execution. */
export const METRICS = {
  start: measureStart,
  'first-turn': measureFirstTurn,
  'request-40k': requestsOf('small', 'request-40k'),
  'request-200k': requestsOf('middle', 'request-200k'),
  'request-1m': requestsOf('big', 'request-1m'),
  'request-4m': requestsOf('large', 'request-4m'),
  'request-4m-new': measureNewThreads,
  stall: measureStall,
  saturated: measureSaturated,
  paced: measurePaced,
  memory: measureMemory,
  growth: measureGrowth,
} as const satisfies Record<string, (bench: Bench) => Promise<void>>;
/** The name of a group. */
export type MetricName = keyof typeof METRICS;
