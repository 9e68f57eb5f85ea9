/** Implements `--replicas`: measures turns per second and added latency of one and two replicas with each store. */
import { spawnSync } from 'node:child_process';
import { Agent, request as httpRequest } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { UpstreamCalls } from './messages';
import {
  freePort, startHelper, startProcess, startServer, stopProcess, temporaryFolder, type RunningServer,
} from './processes';
import { median } from './results';
import { projectRoot } from './subjects';

/** Turns in a chain of previous_response_id, so that histories have a realistic length. */
const CHAIN_TURNS = 8;
const CLIENTS = 16;
const LOAD_TURNS = 256;
const SINGLE_TURNS = 48;
const WARM_UP_TURNS = 64;
const ROUNDS = 2;
/** Deltas of each answer, which the provider sends at full speed. */
const DELTAS = 20;

const STORES = ['none', 'memory', 'folder', 'Redis'] as const;
type StoreKind = (typeof STORES)[number];

/** A number of replicas with a store. */
interface Deployment {
  readonly store: StoreKind;
  readonly count: number;
  /** The value of --store. */
  readonly storeOption: string | undefined;
}
interface RunningDeployment extends Deployment {
  readonly urls: readonly string[];
}
interface DeploymentResult {
  readonly turnsPerSecond: number;
  /** Median time to the first byte, with one turn at a time. */
  readonly firstByteMs: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Posts JSON and reads the response. @returns its text, and the time to its first byte */
function post(url: string, body: object): Promise<{ readonly text: string; readonly firstByteMs: number }> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test-bench' };
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      let [text, firstByteMs] = ['', 0];
      response.setEncoding('utf8').on('data', (piece: string) => {
        if (text === '') firstByteMs = performance.now() - start;
        text += piece;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ text, firstByteMs });
        else reject(new Error(`${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    request.on('error', reject).end(JSON.stringify(body));
  });
}

const PROMPT = `Please look at this. ${'This is a sentence of average length. '.repeat(40)}`;

/**
 * Runs one chain. Each turn goes to the next replica, except with the memory store, where only one replica has the
 * state. @returns times to the first byte
 */
async function runChain(
  { store, urls }: RunningDeployment, client: number, turns: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  let previous: string | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const replica = store === 'memory' ? client : client + turn;
    const link = previous === undefined ? {} : { previous_response_id: previous };
    const state = store === 'none' ? { store: false } : link;
    const body = { model: 'glm-4.7', input: PROMPT, stream: true, ...state };
    const { text, firstByteMs } = await post(`${urls[replica % urls.length]}/v1/responses`, body);
    if (!text.includes('event: response.completed')) throw new Error(`a turn failed: ${text.slice(-300)}`);
    previous = /"id":"(resp_\w+)"/.exec(text)?.[1];
    times.push(firstByteMs);
  }
  return times;
}

/** Runs `turns` turns in chains, with `clients` clients at the same time. @returns times to the first byte */
async function runChains(
  deployment: RunningDeployment, clients: number, turns: number,
): Promise<readonly number[]> {
  const chains = Array.from({ length: clients }, async (_, client) => {
    const times: number[] = [];
    for (let left = turns / clients; left > 0; left -= CHAIN_TURNS) {
      times.push(...await runChain(deployment, client, CHAIN_TURNS));
    }
    return times;
  });
  return (await Promise.all(chains)).flat();
}

async function measureTurns(deployment: RunningDeployment): Promise<DeploymentResult> {
  await runChains(deployment, CLIENTS, WARM_UP_TURNS);
  const single = await runChains(deployment, 1, SINGLE_TURNS);
  const start = performance.now();
  await runChains(deployment, CLIENTS, LOAD_TURNS);
  const seconds = (performance.now() - start) / 1_000;
  return { turnsPerSecond: LOAD_TURNS / seconds, firstByteMs: median(single) };
}

/** Measures the time to the first byte of the provider, without a bridge. */
async function measureDirect(upstream: string): Promise<number> {
  const body = { model: 'glm-4.7', messages: [{ role: 'user', content: PROMPT }], stream: true };
  const times: number[] = [];
  while (times.length < SINGLE_TURNS) times.push((await post(`${upstream}/chat/completions`, body)).firstByteMs);
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

/** Starts a Redis server without persistence. @returns its URL; undefined if no server is installed */
async function startRedis(): Promise<string | undefined> {
  const command = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (command === undefined) return undefined;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', temporaryFolder()];
  const child = startProcess(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', (code, signal) => reject(new Error(`${command} exited with ${code ?? signal}: ${output}`)));
  });
  return `redis://127.0.0.1:${port}`;
}

/** Starts the replicas of a deployment, measures them once, and stops them. */
async function measureDeployment(deployment: Deployment, upstreamUrl: string): Promise<DeploymentResult> {
  const replicas = await startReplicas(deployment.count, upstreamUrl, deployment.storeOption);
  try {
    return await measureTurns({ ...deployment, urls: replicas.map(({ port }) => `http://127.0.0.1:${port}`) });
  } finally {
    for (const { child } of replicas) await stopProcess(child);
  }
}

/** The best of several rounds: other work on the machine can only make a round worse. */
function best(results: readonly DeploymentResult[]): DeploymentResult {
  return {
    turnsPerSecond: Math.max(...results.map(({ turnsPerSecond }) => turnsPerSecond)),
    firstByteMs: Math.min(...results.map(({ firstByteMs }) => firstByteMs)),
  };
}

async function listDeployments(): Promise<readonly Deployment[]> {
  const redisUrl = await startRedis();
  if (redisUrl === undefined) process.stderr.write('Redis: not measured, no valkey-server or redis-server found\n');
  const storeOptions = {
    none: undefined, memory: undefined, folder: join(temporaryFolder(), 'responses'), Redis: redisUrl,
  };
  return STORES.filter((store) => store !== 'Redis' || redisUrl !== undefined)
    .flatMap((store) => [1, 2].map((count) => ({ store, count, storeOption: storeOptions[store] })));
}

/** Prints a row for each store and number of replicas. @returns the exit code */
export async function measureReplicas(): Promise<number> {
  const upstream = startHelper<UpstreamCalls>('fake-upstream.ts');
  const upstreamUrl = `http://127.0.0.1:${await upstream.call('listen', null)}/v1`;
  await upstream.call('mode', { deltas: DELTAS, rate: 0 });
  const load = (): string => (loadavg()[0] ?? 0).toFixed(1);
  const loadBefore = load();
  const deployments = await listDeployments();
  const results = deployments.map((): DeploymentResult[] => []);
  const direct: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    direct.push(await measureDirect(upstreamUrl));
    for (const [index, each] of deployments.entries()) results[index]?.push(await measureDeployment(each, upstreamUrl));
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  const directMs = Math.min(...direct);
  console.log('| store | replicas | turns per second | added latency |\n| --- | ---: | ---: | ---: |');
  deployments.forEach(({ store, count }, index) => {
    const { turnsPerSecond, firstByteMs } = best(results[index] ?? []);
    console.log(`| ${store} | ${count} | ${turnsPerSecond.toFixed(0)} | ${(firstByteMs - directMs).toFixed(1)} ms |`);
  });
  console.log(`\nThe provider alone: ${directMs.toFixed(1)} ms to the first byte. Best of ${ROUNDS} rounds.`);
  console.log(`Node ${process.version}, ${process.platform}, ${cpus().length} cores, load ${loadBefore} to ${load()}`);
  return 0;
}
