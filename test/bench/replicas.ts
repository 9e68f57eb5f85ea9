/** Measures turns per second and added latency for one and two replicas with each store, and prints the table. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UpstreamCalls } from './messages';
import { freePort, startHelper, startServer, stopProcess, type RunningServer } from './processes';
import { projectRoot } from './subjects';

/** The turns of one chain by previous_response_id: the history of a turn has a usual length. */
const CHAIN = 8;
const CLIENTS = 16;
const LOAD_TURNS = 256;
const SINGLE_TURNS = 48;
const WARM_UP_TURNS = 64;
const ROUNDS = 2;
/** Pieces of an answer, which the provider sends at once. */
const PIECES = 20;

type StoreKind = 'none' | 'memory' | 'folder' | 'Redis';
const STORES: readonly StoreKind[] = ['none', 'memory', 'folder', 'Redis'];
const REDIS = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);

interface Setup {
  readonly store: StoreKind;
  readonly urls: readonly string[];
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Posts JSON and reads the answer. @returns its text, and milliseconds until its first byte */
function post(url: string, body: object): Promise<{ readonly text: string; readonly firstMs: number }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test-bench' };
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      let [text, firstMs] = ['', 0];
      response.setEncoding('utf8').on('data', (piece: string) => {
        if (text === '') firstMs = performance.now() - start;
        text += piece;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ text, firstMs });
        else reject(new Error(`${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    request.on('error', reject).end(JSON.stringify(body));
  });
}

const PROMPT = `Please look at this. ${'A sentence of the usual length stands here. '.repeat(40)}`;

/** One chain; each turn goes to the next replica, except where only one has the state. @returns first-byte times */
async function runChain({ store, urls }: Setup, client: number, turns: number): Promise<readonly number[]> {
  const times: number[] = [];
  let previous: string | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const replica = store === 'memory' ? client : client + turn;
    const chain = previous === undefined ? {} : { previous_response_id: previous };
    const state = store === 'none' ? { store: false } : chain;
    const body = { model: 'glm-4.7', input: PROMPT, stream: true, ...state };
    const { text, firstMs } = await post(`${urls[replica % urls.length]}/v1/responses`, body);
    if (!text.includes('event: response.completed')) throw new Error(`a turn failed: ${text.slice(-300)}`);
    previous = /"id":"(resp_\w+)"/.exec(text)?.[1];
    times.push(firstMs);
  }
  return times;
}

async function runChains(setup: Setup, clients: number, turns: number): Promise<readonly number[]> {
  const chains = Array.from({ length: clients }, async (_, client) => {
    const times: number[] = [];
    for (let left = turns / clients; left > 0; left -= CHAIN) times.push(...await runChain(setup, client, CHAIN));
    return times;
  });
  return (await Promise.all(chains)).flat();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

interface Row {
  readonly turnsPerSecond: number;
  /** Milliseconds to the first byte, one turn at a time; the median. */
  readonly firstMs: number;
}

async function measure(setup: Setup): Promise<Row> {
  await runChains(setup, CLIENTS, WARM_UP_TURNS);
  const single = await runChains(setup, 1, SINGLE_TURNS);
  const start = performance.now();
  await runChains(setup, CLIENTS, LOAD_TURNS);
  const seconds = (performance.now() - start) / 1_000;
  return { turnsPerSecond: LOAD_TURNS / seconds, firstMs: median(single) };
}

/** The provider alone: the same request without a bridge. */
async function measureDirect(upstream: string): Promise<number> {
  const body = { model: 'glm-4.7', messages: [{ role: 'user', content: PROMPT }], stream: true };
  const times: number[] = [];
  while (times.length < SINGLE_TURNS) times.push((await post(`${upstream}/chat/completions`, body)).firstMs);
  return median(times);
}

async function startReplicas(
  count: number, upstream: string, store: string | undefined,
): Promise<readonly RunningServer[]> {
  return Promise.all(Array.from({ length: count }, async () => {
    const port = await freePort();
    const args = [join(projectRoot, 'bin', 'aliyun-codex-bridge.js'), 'serve', '--port', String(port)];
    const environment = {
      AI_API_BASE: upstream, AI_PROVIDER: 'aliyun-coding', LOG_LEVEL: 'warn', STORE_MAX_RESPONSES: '5000',
      ...(store !== undefined && { BRIDGE_STORE: store }),
    };
    return startServer({ file: process.execPath, args, environment }, port);
  }));
}

async function startRedis(folder: string): Promise<{ readonly child: ChildProcess; readonly url: string } | undefined> {
  if (REDIS === undefined) return undefined;
  const port = await freePort();
  const child = spawn(REDIS, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]);
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (text) => String(text).includes('Ready to') && resolve());
  });
  return { child, url: `redis://127.0.0.1:${port}` };
}

interface Place {
  readonly store: StoreKind;
  readonly count: number;
  /** The value of --store. */
  readonly name: string | undefined;
}

/** Starts the replicas of one row, measures them once, and ends them. */
async function measurePlace({ store, count, name }: Place, upstreamUrl: string): Promise<Row> {
  const replicas = await startReplicas(count, upstreamUrl, name);
  try {
    return await measure({ store, urls: replicas.map(({ port }) => `http://127.0.0.1:${port}`) });
  } finally {
    for (const { child } of replicas) await stopProcess(child);
  }
}

/** The best of several rounds: other work on the machine only ever makes a round worse. */
function best(rows: readonly Row[]): Row {
  return {
    turnsPerSecond: Math.max(...rows.map(({ turnsPerSecond }) => turnsPerSecond)),
    firstMs: Math.min(...rows.map(({ firstMs }) => firstMs)),
  };
}

/** Prints a row for each store and number of replicas. */
export async function measureReplicas(): Promise<number> {
  const upstream = startHelper<UpstreamCalls>('fake-upstream.ts');
  const upstreamUrl = `http://127.0.0.1:${await upstream.call('listen', null)}/v1`;
  await upstream.call('mode', { deltas: PIECES, rate: 0 });
  const folder = mkdtempSync(join(tmpdir(), 'codex-bridge-bench-store-'));
  const redis = await startRedis(folder);
  const load = (): string => (loadavg()[0] ?? 0).toFixed(1);
  const before = load();
  const names = { none: undefined, memory: undefined, folder: join(folder, 'kept'), Redis: redis?.url };
  const stores = STORES.filter((store) => store !== 'Redis' || redis !== undefined);
  const places = stores.flatMap((store) => [1, 2].map((count): Place => ({ store, count, name: names[store] })));
  const rows = places.map((): Row[] => []);
  const direct: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      direct.push(await measureDirect(upstreamUrl));
      for (const [index, place] of places.entries()) rows[index]?.push(await measurePlace(place, upstreamUrl));
      process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
    }
  } finally {
    redis?.child.kill('SIGKILL');
    agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
  const directMs = Math.min(...direct);
  console.log('| store | replicas | turns per second | added latency |\n| --- | ---: | ---: | ---: |');
  places.forEach(({ store, count }, index) => {
    const { turnsPerSecond, firstMs } = best(rows[index] ?? []);
    console.log(`| ${store} | ${count} | ${turnsPerSecond.toFixed(0)} | ${(firstMs - directMs).toFixed(1)} ms |`);
  });
  console.log(`\nThe provider alone: ${directMs.toFixed(1)} ms to the first byte. Best of ${ROUNDS} rounds.`);
  console.log(`Node ${process.version}, ${process.platform}, ${cpus().length} cores, load ${before} to ${load()}`);
  return 0;
}
