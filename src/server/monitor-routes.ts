/** Handles the routes for monitors and load balancers: GET /health/live, GET /health/ready and GET /metrics. */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Metrics, METRICS_TYPE, type Measurement } from '../observe/metrics';
import type { Handler, HttpExchange, Services } from './http-exchange';
import { JSON_HEADERS, writeBody, writeJson } from './write-response';

const NO_STORE = { 'cache-control': 'no-store' } as const;

/** GET /health/live: 200 as long as the process answers. */
export const answerLive: Handler = ({ response }) => writeJson(response, { live: true }, NO_STORE);

/** GET /health/ready: 503 while the bridge is draining, and while a required store cannot be reached. */
export const answerReady: Handler = async ({ response, services }) => {
  services.monitoring.hasBalancer = true;
  const reason = await findObstacle(services);
  if (reason === undefined) return writeJson(response, { ready: true }, NO_STORE);
  writeBody(response, 503, { ...JSON_HEADERS, ...NO_STORE }, JSON.stringify({ ready: false, reason }));
};

async function findObstacle({ turns, config, bridge }: Services): Promise<string | undefined> {
  if (turns.isDraining) return 'The bridge is shutting down.';
  if (config.storeRequired !== true || (await isReachable(bridge))) return undefined;
  return 'The store cannot be reached.';
}

const isReachable = (bridge: Services['bridge']): Promise<boolean> =>
  bridge.checkStore().then(() => true, () => false);

/** GET /metrics. Turns are counted, and delays measured, only from the first such request on. */
export const answerMetrics: Handler = async (exchange) => {
  const { response, services: { monitoring, bridge } } = exchange;
  const metrics = (monitoring.metrics ??= new Metrics());
  const delay = (monitoring.eventLoopDelay ??= startMeasuring());
  const text = metrics.render(measure(exchange, delay, await isReachable(bridge)));
  delay.reset();
  writeBody(response, 200, { 'content-type': METRICS_TYPE, ...NO_STORE }, text);
};

/** Milliseconds between two samples of the delay. */
const RESOLUTION_MS = 10;

function startMeasuring(): IntervalHistogram {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return delay;
}

function measure(
  { services: { version, turns, bodies, launches } }: HttpExchange, delay: IntervalHistogram, isStoreUp: boolean,
): readonly Measurement[] {
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number): Measurement => ({ name, type: 'gauge', help, value });
  const delayHelp = 'Delay of the event loop since the last scrape';
  return [
    { ...gauge('build_info', 'The version of the bridge; the value is always 1.', 1), labels: { version } },
    gauge('open_turns', 'Turns in progress, background responses included.', turns.count()),
    gauge('open_streams', 'Turns that stream to their clients.', turns.countStreams()),
    gauge('queue_length', 'Requests that wait for memory (--bodies-in-flight-mb).', bodies.queued),
    gauge('launches', 'Launched Codex sessions that are using this bridge.', launches.size),
    gauge('store_up', '1 when the store of --store can be used, otherwise 0.', isStoreUp ? 1 : 0),
    gauge('event_loop_delay_p50_seconds', `${delayHelp}, median.`, toSeconds(delay.percentile(50))),
    gauge('event_loop_delay_p99_seconds', `${delayHelp}, 99th percentile.`, toSeconds(delay.percentile(99))),
    gauge('event_loop_delay_max_seconds', `${delayHelp}, maximum.`, toSeconds(delay.max)),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'Start time of the process since the Unix epoch in seconds.', readStartTime()),
    {
      name: 'process_cpu_seconds_total', type: 'counter', value: (user + system) / 1_000_000,
      help: 'Total user and system CPU time spent in seconds.',
    },
  ];
}

/** Converts a delay to seconds. Node's samples include the sampling interval; without samples, its maximum is 0. */
const toSeconds = (nanoseconds: number): number =>
  Math.max(0, Math.round(nanoseconds / 1_000 - RESOLUTION_MS * 1_000) / 1_000_000) || 0;

const readStartTime = (): number => Math.round((Date.now() - process.uptime() * 1_000)) / 1_000;
