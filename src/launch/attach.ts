/** A bridge for a Codex that is about to start: the one that runs, or a new one. */
import { messageOf } from '../base/thrown';
import type { Config } from '../config/options';
import type { Environment, FlagTexts } from '../config/resolve';
import { probePort, reachableHost } from '../instance/ask-health';
import { startBridge } from '../instance/start-bridge';
import { createLaunch, type Launch } from '../instance/launch-connection';
import type { Paths } from '../command/paths';

export interface AttachOptions {
  readonly config: Config;
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly places: Paths;
  /** Of this program: a running bridge of another version is used, and told. */
  readonly version: string;
  /** Why no bridge can be started with this configuration, as for a missing key; a running one is used all the same. */
  readonly obstacle: string | undefined;
  /** Codex knows the port already: no bridge on another one is of use, and whatever bridge is on this one is used. */
  readonly isTold?: boolean;
}

export interface Attached {
  readonly ok: true;
  readonly host: string;
  readonly port: number;
  /** Keeps the bridge running as long as it is open. */
  readonly launch: Launch;
  /** What is not as the user may expect; each is a sentence. */
  readonly notes: readonly string[];
}

export interface NotAttached {
  readonly ok: false;
  readonly problem: string;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly notes: readonly string[];
}

type Found = Target | NotAttached | 'look again';

/** A bridge may end, and another launch may begin one, between the look at the port and the connection. */
const TRIES = 5;

/** Finds or starts a bridge and holds it by a launch connection. */
export async function attach(options: AttachOptions): Promise<Attached | NotAttached> {
  let problem = 'it ended again and again while Codex was to be connected';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const target = await findBridge(options);
    if (target === 'look again') continue;
    if ('ok' in target) return target;
    const { host, port, notes } = target;
    try {
      const launch = await createLaunch({ host, port });
      return { ok: true, host, port, launch, notes };
    } catch (error) {
      problem = messageOf(error);
    }
  }
  return { ok: false, problem: `Cannot use the bridge: ${problem}.` };
}

async function findBridge(options: AttachOptions): Promise<Found> {
  const { config, version, isTold = false } = options;
  const { host, port } = config;
  if (port === 0) return begin(options, 0, []);
  const state = await probePort({ host, port });
  if (state.kind === 'free') return begin(options, port, []);
  if (state.kind === 'stranger') {
    if (isTold) return 'look again';
    return begin(options, 0, [`Port ${port} belongs to another program: the bridge took a free one.`]);
  }
  const { health } = state;
  const { upstream = 'a provider it does not name', version: running = '(unknown)' } = health;
  if (upstream !== config.aiBaseUrl && !isTold) {
    return begin(options, 0, [
      `The bridge on port ${port} asks ${upstream}: this one, for ${config.aiBaseUrl}, took a free port.`,
    ]);
  }
  const isOther = running !== version;
  const advice = 'aliyun-codex-bridge stop ends it, and the next start is the new one';
  return {
    host: reachableHost(host),
    port,
    notes: isOther ? [`The bridge on port ${port} is version ${running}, installed is ${version}: ${advice}.`] : [],
  };
}

async function begin(
  { flags, env, places, config, obstacle }: AttachOptions, port: number, notes: readonly string[],
): Promise<Found> {
  if (obstacle !== undefined) return { ok: false, problem: obstacle };
  const started = await startBridge({ flags, env, places, host: config.host, port, stopWhenUnused: true });
  if (started.ok) return { host: reachableHost(started.host), port: started.port, notes };
  const isTaken = port !== 0 && (await probePort({ host: config.host, port })).kind !== 'free';
  return isTaken ? 'look again' : { ok: false, problem: started.problem };
}
