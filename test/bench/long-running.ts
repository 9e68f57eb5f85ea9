/** Measures the first turn of a new process, memory growth, and the effect of large requests on another stream. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  runLoad, runRounds, start, stop, unstarted, withServers, type Bench, type RunRound,
} from './contenders';
import type { LoadCalls } from './messages';
import { residentMegabytes } from './proc';
import { startHelper } from './processes';
import { median } from './results';

const WARM_UP_REQUESTS = 200;
const LARGE_REPLY_DELTAS = 20;
const LARGE_BYTES = 1_000_000;

/** Starts a new process for each round of each subject, except the listener, which answers no turns. */
function withFreshServers(
  bench: Bench, metric: string, rounds: number, runRound: RunRound,
): Promise<void> {
  const contenders = unstarted(bench).filter(({ subject }) => subject.role !== 'listener');
  return runRounds(bench, metric, contenders, rounds, async ({ subject }, round) => {
    const contender = await start(bench, subject);
    try {
      await runRound(contender, round);
    } finally {
      await stop(contender);
    }
  });
}

/** Right after the start, and about as late as Codex sends its first request after it was launched. */
const FIRST_TURNS = [
  { waitMs: 0, row: 'firstTurn', extraRow: 'firstTurnExtra' },
  { waitMs: 500, row: 'firstTurnLater', extraRow: 'firstTurnLaterExtra' },
] as const;

/** Measures the time to the first text of a process's first turn, and how much longer it is than in the second. */
export async function measureFirstTurn(bench: Bench): Promise<void> {
  const { rounds, historyBytes, deltas } = bench.plan.firstTurn;
  for (const { waitMs, row, extraRow } of FIRST_TURNS) {
    await withFreshServers(bench, 'first-turn', rounds, async (contender, round) => {
      const turn = async (): Promise<number> =>
        median((await runLoad(bench, contender, round, { deltas, rate: 0, historyBytes })).firstTextMs);
      await sleep(waitMs);
      const first = await turn();
      const second = await turn();
      bench.results.record(row, contender.subject.name, round, first);
      bench.results.record(extraRow, contender.subject.name, round, first - second);
    });
  }
}

/** Measures the growth of resident memory over many requests, and in their second half. */
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

/** Measures the highest latency of one stream's deltas while another client sends 4 MB requests of new threads. */
export async function measureStall(bench: Bench): Promise<void> {
  const { rounds, rate, seconds, requests, historyBytes } = bench.plan.stall;
  // A separate process, because building and sending large bodies would delay the reading of the stream.
  const heavyLoad = startHelper<LoadCalls>('load-generator.ts');
  const deltas = rate * seconds;
  const warmUp: RunRound = async (contender, round) => {
    await runLoad(bench, contender, round, { deltas: LARGE_REPLY_DELTAS, rate: 0, historyBytes, requests: 2 });
  };
  await withServers(bench, 'stall', rounds, warmUp, async (contender, round) => {
    const { subject, port } = contender;
    const large = { bytes: LARGE_BYTES, deltas: LARGE_REPLY_DELTAS };
    const sendLarge = async (): Promise<void> => {
      await sleep(400);
      const { errors } = await heavyLoad.call('run', {
        port, protocol: subject.protocol, streams: 1, requests, staggerMs: 0, historyBytes, thread: 'new',
        deltas: LARGE_REPLY_DELTAS, ignoreMs: 0, deadlineMs: 20_000,
      });
      if (errors.length > 0) throw new Error(errors[0]);
    };
    const stream = runLoad(bench, contender, round, { deltas, rate, large, ignoreMs: 300 });
    const [{ latencies }] = await Promise.all([stream, sendLarge()]);
    bench.results.record('stall', subject.name, round, Math.max(...latencies) / 1000);
  });
}
