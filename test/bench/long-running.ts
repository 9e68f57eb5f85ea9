/**
 * Measures effects over time: the first turn of a new process, memory growth, and the effect of large requests on a
 * stream.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  runLoad, start, stop, takeTurns, unstarted, withServers, type Bench, type Contender, type Visit,
} from './contenders';
import type { LoadCalls } from './messages';
import { residentMegabytes } from './proc';
import { startHelper } from './processes';
import { median } from './results';

const WARM_UP_REQUESTS = 200;
const LARGE_REPLY_DELTAS = 20;
const LARGE_BYTES = 1_000_000;

/** Runs each subject in a new process, except the listener, which answers no turns. */
function withFreshServers(
  bench: Bench, metric: string, rounds: number, visit: (contender: Contender, round: number) => Promise<void>,
): Promise<void> {
  const contenders = unstarted(bench).filter(({ subject }) => subject.role !== 'listener');
  return takeTurns(bench, metric, contenders, rounds, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    try {
      await visit(contender, round);
    } finally {
      await stop(contender);
    }
  });
}

/** A turn right after the start, and one that comes as late as Codex's first request after its launcher started. */
const FIRST_TURNS = [
  { waitMs: 0, text: 'firstTurn', extra: 'firstTurnExtra' },
  { waitMs: 500, text: 'firstTurnLater', extra: 'firstTurnLaterExtra' },
] as const;

/** Time to first text of the first turn after the start, and its difference to that of the second turn. */
export async function measureFirstTurn(bench: Bench): Promise<void> {
  const { rounds, historyBytes, deltas } = bench.plan.firstTurn;
  for (const { waitMs, text, extra } of FIRST_TURNS) {
    await withFreshServers(bench, 'first-turn', rounds, async (contender, round) => {
      const turn = async (): Promise<number> =>
        median((await runLoad(bench, contender, round, { deltas, rate: 0, historyBytes })).firstTextMs);
      await sleep(waitMs);
      const first = await turn();
      const second = await turn();
      bench.results.record(text, contender.subject.name, round, first);
      bench.results.record(extra, contender.subject.name, round, first - second);
    });
  }
}

/** Resident memory before and after many requests, and its growth in the second half. */
export function measureGrowth(bench: Bench): Promise<void> {
  const { rounds, requests, historyBytes, deltas } = bench.plan.growth;
  return withFreshServers(bench, 'growth', rounds, async (contender, round) => {
    const rssAfter = async (count: number): Promise<number> => {
      await runLoad(bench, contender, round, { deltas, rate: 0, historyBytes, requests: count });
      return residentMegabytes(contender.server?.pid ?? 0) ?? NaN;
    };
    const before = await rssAfter(WARM_UP_REQUESTS);
    const middle = await rssAfter(requests / 2);
    const after = await rssAfter(requests / 2);
    bench.results.record('growth', contender.subject.name, round, after - before);
    bench.results.record('growthLate', contender.subject.name, round, after - middle);
  });
}

/** The longest gap between deltas of a running stream while another client begins threads of 4 MB. */
export async function measureStall(bench: Bench): Promise<void> {
  const { rounds, rate, seconds, requests, historyBytes } = bench.plan.stall;
  // A separate process, because rendering and sending large bodies would delay the stream's clock.
  const heavy = startHelper<LoadCalls>('load-generator.ts');
  const deltas = rate * seconds;
  const warmUp: Visit = async (contender, round) => {
    await runLoad(bench, contender, round, { deltas: LARGE_REPLY_DELTAS, rate: 0, historyBytes, requests: 2 });
  };
  await withServers(bench, 'stall', rounds, warmUp, async (contender, round) => {
    const { subject, port } = contender;
    const large = { bytes: LARGE_BYTES, deltas: LARGE_REPLY_DELTAS };
    const stream = runLoad(bench, contender, round, { deltas, rate, large, ignoreMs: 300 });
    await sleep(400);
    const sent = await heavy.call('run', {
      port, protocol: subject.protocol, streams: 1, requests, staggerMs: 0, historyBytes, thread: 'new',
      deltas: LARGE_REPLY_DELTAS, ignoreMs: 0, deadlineMs: 20_000,
    });
    if (sent.errors.length > 0) throw new Error(sent.errors[0]);
    const { latencies } = await stream;
    bench.results.record('stall', subject.name, round, Math.max(...latencies) / 1000);
  });
}
