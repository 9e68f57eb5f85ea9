/** What the checks look at: the configuration, the places, and the facts that several of them share. */
import { lookup } from 'node:dns/promises';
import type { Config } from '../config/options';
import type { Environment, FlagTexts, Origins } from '../config/resolve';
import { findProvider } from '../providers/catalog';
import type { Provider } from '../providers/provider';
import { probePort, type PortState } from '../instance/ask-health';
import { loadConfig, loadEnvironment, type LoadedEnvironment } from '../command/load-config';
import { findPaths, thisMachine, type Paths } from '../command/paths';
import { findCodex, type FoundCodex } from './codex-program';
import { readCodexConfig, type CodexConfig } from './codex-config';
import { once } from './once';
import { runTrial, type Trial } from './trial';

/** What a test replaces of the machine. */
export interface World {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly nodeVersion: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The addresses of a host name; rejects as `dns.lookup` does. */
  lookup(host: string): Promise<readonly string[]>;
}

/** A configuration without mistakes. */
export interface Setup {
  readonly config: Config;
  readonly origins: Origins;
  readonly provider: Provider;
}

/** What one run of the doctor looks at. */
export interface Examination {
  readonly world: World;
  /** Of this program. */
  readonly version: string;
  readonly flags: FlagTexts;
  /** As the process has it: what Codex would see. */
  readonly processEnv: Environment;
  /** With the file of variables below it: what the bridge sees. */
  readonly env: Environment;
  readonly envFile: LoadedEnvironment['file'];
  /** Undefined when the options have mistakes. */
  readonly setup: Setup | undefined;
  readonly mistakes: readonly string[];
  readonly places: Paths;
  /** Who listens where the bridge would. */
  askPort(port: number): Promise<PortState>;
  findCodex(): Promise<FoundCodex>;
  readCodexConfig(): Promise<CodexConfig>;
  /** One turn through the bridge's own code, which costs a request. */
  runTrial(): Promise<Trial>;
  /** Requests that were sent to the provider so far. */
  countRequests(): number;
}

/** What an examination is made from. */
export interface Occasion {
  readonly flags: FlagTexts;
  readonly env: Environment;
  /** `--codex-bin`, or the name of the program. */
  readonly codexName: string;
  readonly version: string;
  readonly world?: Partial<World>;
}

/** The machine as it is. */
const REAL_WORLD: World = {
  platform: process.platform,
  arch: process.arch,
  nodeVersion: process.versions.node,
  now: Date.now,
  lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};

/** Reads the configuration; everything else is asked for when a check wants it. */
export function createExamination({
  flags,
  env: processEnv,
  codexName,
  version,
  world: replaced,
}: Occasion): Examination {
  const world = { ...REAL_WORLD, ...replaced };
  const { env, file } = loadEnvironment(flags, processEnv);
  const loaded = loadConfig(flags, processEnv);
  const setup = loaded.ok ? describeSetup(loaded.config, loaded.origins) : undefined;
  const states = new Map<number, Promise<PortState>>();
  let requests = 0;
  const examination: Examination = {
    world,
    version,
    flags,
    processEnv,
    env,
    setup,
    envFile: file,
    mistakes: loaded.ok ? [] : loaded.mistakes,
    places: findPaths({ ...thisMachine(processEnv), platform: world.platform }, setup?.config.stateDir),
    askPort(port) {
      const host = setup?.config.host ?? LOOPBACK;
      const state = states.get(port) ?? probePort({ host, port });
      states.set(port, state);
      return state;
    },
    findCodex: once(() => findCodex(codexName, examination)),
    readCodexConfig: once(() => readCodexConfig(examination)),
    runTrial: once(() =>
      runTrial(examination, () => {
        requests += 1;
      }),
    ),
    countRequests: () => requests,
  };
  return examination;
}

const LOOPBACK = '127.0.0.1';

const describeSetup = (config: Config, origins: Origins): Setup =>
  ({ config, origins, provider: findProvider(config.provider, config.aiBaseUrl) });
