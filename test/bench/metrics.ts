/**
 * Defines the measurements. In each, all subjects run once per round (A B C, B C A, …), so that noise affects all of
 * them equally.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cpuOf, cpuPer, runLoad, runRounds, start, stop, unstarted, withServers, type Bench, type Contender, type RunRound,
} from './contenders';
import { measureFirstTurn, measureGrowth, measureStall } from './long-running';
import type { Thread } from './messages';
import type { PacedPlan, Plan, RequestPlan } from './plan';
import { residentMegabytes } from './proc';
import { median, quantile, type RowKey } from './results';

const IDLE_MS = 500;
/** Time for opening and closing streams, before and after the measured window. */
const RAMP_UP_MS = 700;
const RAMP_DOWN_MS = 300;
const SAMPLE_INTERVAL_MS = 100;

/** Long enough for the bridge to save its code cache. */
const FIRST_START_MS = 1_500;

/**
 * Measures the time from the spawn to the first 200 on /health. The first start of each subject is discarded: it reads
 * from a cold disk cache, and the bridge has no code cache yet.
 */
async function measureStart(bench: Bench): Promise<void> {
  const contenders = unstarted(bench);
  await runRounds(bench, 'start', contenders, bench.plan.start.rounds + 1, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    if (round === 0) await sleep(FIRST_START_MS);
    await stop(contender);
    if (round > 0) bench.results.record('start', subject.name, round - 1, contender.server?.startMs);
  });
}

/** Measures CPU time, time to first byte and text, and reply size of consecutive requests. */
async function measureRequests(
  bench: Bench,
  metric: string,
  { thread, ...plan }: RequestPlan & { readonly thread: Thread },
  rows: Partial<Record<'cpu' | 'firstByte' | 'firstText' | 'reply', RowKey>>,
): Promise<void> {
  const load = { deltas: plan.deltas, rate: 0, historyBytes: plan.historyBytes, thread };
  const warmUp: RunRound = async (contender, round) => {
    await runLoad(bench, contender, round, { ...load, requests: plan.warmUp });
  };
  await withServers(bench, metric, plan.rounds, warmUp, async (contender, round) => {
    const { results } = bench;
    const { name } = contender.subject;
    const before = cpuOf(contender);
    const result = await runLoad(bench, contender, round, { ...load, requests: plan.requests });
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
  '40k': { cpu: 'cpu40k', firstByte: 'firstByte40k', firstText: 'firstText40k', reply: 'reply40k' },
  '200k': { cpu: 'cpu200k', firstText: 'firstText200k' },
  '1m': { cpu: 'cpu1m', firstText: 'firstText1m' },
  '4m': { cpu: 'cpu4m', firstByte: 'firstByte4m', firstText: 'firstText4m', reply: 'reply4m' },
  '4m-new': { cpu: 'cpu4mNew', firstText: 'firstText4mNew' },
} as const;

/** Creates the measurement of requests of one size in a growing thread. */
const requestsOf = (size: keyof Plan['requests']) => (bench: Bench) =>
  measureRequests(bench, `request-${size}`, { ...bench.plan.requests[size], thread: 'growing' }, REQUEST_ROWS[size]);

/** The same as `request-4m`, but each request is the first of its thread, so no cache applies. */
const measureNewThreads = (bench: Bench): Promise<void> => {
  const plan = { ...bench.plan.requests['4m'], thread: 'new' } as const;
  return measureRequests(bench, 'request-4m-new', plan, REQUEST_ROWS['4m-new']);
};

/** Measures CPU per delta when the upstream sends as fast as it can. */
async function measureSaturated(bench: Bench): Promise<void> {
  const { rounds, streams, deltas } = bench.plan.saturated;
  const runRound: RunRound = async (contender, round) => {
    const before = cpuOf(contender);
    await runLoad(bench, contender, round, { deltas, rate: 0, streams });
    const cpu = cpuPer(before, cpuOf(contender), deltas * streams);
    if (round >= 0) bench.results.record('cpuSaturated', contender.subject.name, round, cpu);
  };
  await withServers(bench, 'saturated', rounds, runRound, runRound);
}

/** Measures CPU and latency at token rate, in a window without the opening and closing of streams. */
async function measurePacedStreams(
  bench: Bench, { rounds, streams, rate, seconds }: PacedPlan, rows: Partial<Record<'cpu' | 'p50' | 'p99', RowKey>>,
): Promise<void> {
  const deltas = Math.ceil((rate * (RAMP_UP_MS + seconds * 1000 + RAMP_DOWN_MS)) / 1000);
  const read = async (contender: Contender): Promise<{ cpu: number | undefined; sent: number }> => ({
    cpu: cpuOf(contender),
    sent: (await bench.upstream.call('stats', null)).sent,
  });
  const warmUp: RunRound = async (contender, round) => {
    await runLoad(bench, contender, round, { deltas: 2000, rate: 0, streams: 2 });
  };
  await withServers(bench, `paced ${streams}x${rate}`, rounds, warmUp, async (contender, round) => {
    const { name } = contender.subject;
    const load = runLoad(bench, contender, round, { deltas, rate, streams, staggerMs: 1, ignoreMs: RAMP_UP_MS });
    const [result, before, after] = await Promise.all([
      load,
      sleep(RAMP_UP_MS).then(() => read(contender)),
      sleep(RAMP_UP_MS + seconds * 1000).then(() => read(contender)),
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

/** Measures one stream, twenty, and as many as a team has. */
async function measurePaced(bench: Bench): Promise<void> {
  const { paced } = bench.plan;
  await measurePacedStreams(bench, paced['1x50'], { cpu: 'cpu1x50' });
  await measurePacedStreams(bench, paced['20x50'], { cpu: 'cpu20x50', p50: 'p50At20x50', p99: 'p99At20x50' });
  await measurePacedStreams(bench, paced['200x50'], { cpu: 'cpu200x50', p50: 'p50At200x50' });
  recordAddedLatency(bench, 'p50At20x50', 'addedP50');
  recordAddedLatency(bench, 'p99At20x50', 'addedP99');
}

/** Records added latency: the latency minus that of `direct` in the same round. */
function recordAddedLatency({ results, subjects }: Bench, from: RowKey, to: RowKey): void {
  const direct = results.rounds(from, 'direct');
  for (const { name, role } of subjects) {
    if (role === 'direct') continue;
    results.rounds(from, name).forEach((value, round) => {
      const directValue = direct[round];
      if (directValue !== undefined) results.record(to, name, round, value - directValue);
    });
  }
}

/** Measures the memory of a new process: idle, then with slow streams open. */
async function measureMemory(bench: Bench): Promise<void> {
  const { rounds, streams, rate, seconds } = bench.plan.memory;
  const contenders = unstarted(bench);
  await runRounds(bench, 'memory', contenders, rounds, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    const pid = contender.server?.pid ?? 0;
    try {
      await sleep(IDLE_MS);
      bench.results.record('rssIdle', subject.name, round, residentMegabytes(pid));
      if (subject.role === 'listener') return;
      const samples: number[] = [];
      const sampler = setInterval(() => samples.push(residentMegabytes(pid) ?? NaN), SAMPLE_INTERVAL_MS);
      const load = { deltas: rate * seconds, rate, streams, staggerMs: 5 };
      await runLoad(bench, contender, round, load).finally(() => clearInterval(sampler));
      const { peakStreams } = await bench.upstream.call('stats', null);
      if (peakStreams < streams) throw new Error(`only ${peakStreams} of ${streams} streams were open together`);
      bench.results.record('rssStreams', subject.name, round, median(samples.slice(samples.length / 2)));
    } finally {
      await stop(contender);
    }
  });
}

/** The measurements by their name for `--only`, in order of execution. */
export const METRICS = {
  start: measureStart,
  'first-turn': measureFirstTurn,
  'request-40k': requestsOf('40k'),
  'request-200k': requestsOf('200k'),
  'request-1m': requestsOf('1m'),
  'request-4m': requestsOf('4m'),
  'request-4m-new': measureNewThreads,
  stall: measureStall,
  saturated: measureSaturated,
  paced: measurePaced,
  memory: measureMemory,
  growth: measureGrowth,
} as const satisfies Record<string, (bench: Bench) => Promise<void>>;
/** The name of a measurement. */
export type MetricName = keyof typeof METRICS;
