/**
 * Sends requests of 200 clients through the built bridge to a faulty provider that restarts; some clients disconnect.
 * After each round the bridge is idle, and what it holds is measured: memory, sockets, timers and file descriptors must
 * not grow. For Linux: the figures come from /proc.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { asNumber, parseJsonObject } from '../../../src/base/json';
import { startBuiltBridge, type BuiltBridge, type Cleanup } from '../../support/cli/built-bridge';
import { readNumber, runMain } from '../../tools/command-line';
import { Random } from '../fuzz/random';
import { createTally, runClients, type Tally } from './clients';
import { startFaultyUpstream, type FaultyUpstream } from './faulty-upstream';

const USAGE = 'Usage: npm run soak -- [--minutes N] [--streams N] [--seed N]';

const OPTIONS = { minutes: { type: 'string' }, streams: { type: 'string' }, seed: { type: 'string' } } as const;

const ROUND_MS = 13_000;
/** Longer than connections to the provider are kept (4 s in undici). */
const REST_MS = 6_000;
const MB = 1024 * 1024;

/** What the bridge holds while no request runs. */
interface Sample {
  readonly heapMb: number;
  readonly residentMb: number;
  readonly sockets: number;
  readonly timers: number;
  readonly descriptors: number;
}

/** How much each figure may grow after the warm-up: V8 compiles code later, and a connection may still close. */
const ALLOWED: Readonly<Record<keyof Sample, number>> = {
  heapMb: 8, residentMb: 60, sockets: 2, timers: 3, descriptors: 4,
};

const FLAGS = [
  '--upstream-calls', '2', '--retry-wait-ms', '300', '--refusal-cache-ms', '0', '--log-level', 'error',
  '--upstream-first-byte-timeout-ms', '2000', '--upstream-idle-timeout-ms', '2000', '--store-max-responses', '50',
];

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const random = new Random(readNumber(values, 'seed', { min: 0 }) ?? 1);
  const minutes = readNumber(values, 'minutes', { min: 0, fractions: true }) ?? 1;
  const streams = readNumber(values, 'streams', { min: 1 }) ?? 200;
  const rounds = Math.max(2, Math.round((minutes * 60_000) / (ROUND_MS + REST_MS)));
  const cleanups: (() => unknown)[] = [];
  const upstream = await startFaultyUpstream(random);
  const context: Cleanup = { after: (cleanup) => void cleanups.unshift(cleanup) };
  const execArgv = ['--expose-gc', '--require', join(__dirname, 'inside.cjs')];
  try {
    const bridge = await startBuiltBridge(context, { upstream: upstream.url, flags: FLAGS, execArgv });
    const tally = createTally();
    const samples: Sample[] = [];
    console.log('round   answered  failed  abandoned   heap MB  resident MB  sockets  timers  descriptors');
    for (let round = 1; round <= rounds; round += 1) {
      await runRound(streams, bridge, upstream, tally, random);
      const sample = await measure(bridge);
      samples.push(sample);
      console.log(renderRow(round, tally, sample));
    }
    const problems = [...validateTally(tally), ...validateGrowth(samples), ...validateOutput(bridge.output())];
    console.log(problems.length === 0 ? `Flat. Highest resident memory: ${bridge.peakMb()} MB.` : problems.join('\n'));
    return problems.length === 0 ? 0 : 1;
  } finally {
    for (const cleanup of cleanups) await cleanup();
    await upstream.close();
  }
}

async function runRound(
  streams: number, bridge: BuiltBridge, upstream: FaultyUpstream, tally: Tally, random: Random,
): Promise<void> {
  const until = performance.now() + ROUND_MS;
  const clients = runClients(streams, bridge.port, tally, random, () => performance.now() >= until);
  await pause(ROUND_MS / 2);
  await upstream.restart();
  await clients;
  await pause(REST_MS);
}

async function measure(bridge: BuiltBridge): Promise<Sample> {
  const seen = bridge.output().length;
  bridge.child.kill('SIGUSR2');
  for (;;) {
    const line = /^soak (\{.*\})$/m.exec(bridge.output().slice(seen))?.[1];
    if (line !== undefined) {
      const found = parseJsonObject(line) ?? {};
      return {
        heapMb: Math.round((asNumber(found['heap']) ?? NaN) / MB),
        residentMb: bridge.residentMb(),
        sockets: asNumber(found['sockets']) ?? NaN,
        timers: asNumber(found['timers']) ?? NaN,
        descriptors: bridge.descriptors(),
      };
    }
    if (bridge.child.exitCode !== null || bridge.child.stdout === null) throw new Error('The bridge has ended.');
    await once(bridge.child.stdout, 'data');
  }
}

function renderRow(round: number, { answered, failed, abandoned }: Tally, sample: Sample): string {
  const { heapMb, residentMb, sockets, timers, descriptors } = sample;
  const widths = [5, 11, 8, 11, 10, 13, 9, 8, 13];
  const cells = [round, answered, failed, abandoned, heapMb, residentMb, sockets, timers, descriptors];
  return cells.map((cell, index) => String(cell).padStart(widths[index] ?? 0)).join('');
}

/** The first of three or more rounds is a warm-up. @returns one sentence for each figure that grew */
export function validateGrowth(samples: readonly Sample[]): readonly string[] {
  const [first, last] = [samples[Math.min(1, samples.length - 2)], samples.at(-1)];
  if (first === undefined || last === undefined) return ['There are too few rounds.'];
  return (Object.keys(ALLOWED) as (keyof Sample)[])
    .filter((name) => !(last[name] - first[name] <= ALLOWED[name]))
    .map((name) => `Grows: ${name} from ${first[name]} to ${last[name]}.`);
}

function validateTally({ answered, failed, abandoned, wrong }: Tally): readonly string[] {
  const idle = answered === 0 || failed === 0 || abandoned === 0 ? ['Not every outcome was seen.'] : [];
  return [...idle, ...[...wrong].map(([what, count]) => `Wrong, ${count} times: ${what}.`)];
}

/** At log level error, only the start and the measurements are printed: anything else is a defect. */
function validateOutput(output: string): readonly string[] {
  const lines = output.split('\n').filter((line) => line !== '' && !/^soak |is listening on/.test(line));
  return lines.length === 0 ? [] : [`The bridge printed: ${lines.slice(0, 5).join('\n')}`];
}

if (require.main === module) runMain(USAGE, main);
