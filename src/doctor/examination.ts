/** Gathers the facts that checks share: configuration, paths, ports, Codex and its config.toml, the trial. */
import { isLoopback, portOf } from '../base/base-url';
import { lookup } from 'node:dns/promises';
import { compact } from '../base/json';
import { attempt } from '../base/thrown';
import { askCodexVersion, findConfigRejection, type ConfigRejection } from '../codex/codex-program';
import { readConfigFile, type SetupFailure } from '../codex/config-file';
import { PROVIDER_ID } from '../codex/config-toml';
import { listProviders } from '../codex/config-meaning';
import { planSetup, type SetupPlan } from '../codex/plan-setup';
import { findInstalledProgram, pathOf } from '../codex/program';
import { parseToml } from '../codex/toml/parse-toml';
import { isTomlTable, type TomlTable } from '../codex/toml/value';
import { loadConfig, loadEnvironment, type Loaded, type LoadedEnvironment } from '../command/load-config';
import { describeMachine, findPaths, type Paths } from '../command/paths';
import type { Config } from '../config/options';
import type { Environment, FlagTexts, Logins, Origins } from '../config/resolve';
import { probePort, type PortState } from '../instance/bridge-client';
import { findProvider, findSiblingUrl } from '../providers/catalog';
import { describeForCodex } from '../providers/codex-models';
import { listEntries } from '../providers/model-list';
import type { Provider } from '../providers/provider';
import { runTrial, type Trial } from './trial';

/** Access to the machine; tests replace it. */
export interface DoctorRuntime {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly nodeVersion: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves a host name to its addresses; rejects like `dns.lookup`. */
  lookup(host: string): Promise<readonly string[]>;
  /** Returns another address of the same provider, such as its international one. */
  findSiblingEndpoint(settings: DoctorSettings): string | undefined;
}

/** A valid configuration of the bridge. */
export interface DoctorSettings {
  readonly config: Config;
  readonly origins: Origins;
  readonly provider: Provider;
  /** The logins that `login` saved, if any. */
  readonly logins?: Logins;
}

export type InstalledCodex =
  | { readonly kind: 'missing'; readonly name: string }
  | {
    readonly kind: 'found';
    readonly path: string;
    /** Undefined if the program does not print its version. */
    readonly version: string | undefined;
    /** Why Codex does not start with its configuration; `unknown` if it cannot tell. */
    readonly rejection: ConfigRejection | 'none' | 'unknown';
  };

/** Codex's configuration, and how it relates to the bridge. */
export interface CodexView {
  /** The parsed config.toml; an empty table if it is missing or cannot be read. */
  readonly config: TomlTable;
  /** What `setup` would change, or why it cannot; undefined if the bridge's options are invalid. */
  readonly plan: SetupPlan | SetupFailure | undefined;
  /** The provider that `model_provider` names, if config.toml has its table. */
  readonly provider: TomlTable | undefined;
  /** Whether that provider is the bridge. */
  readonly usesBridge: boolean;
}

/** The facts that the checks of one run share. */
export interface Examination {
  readonly runtime: DoctorRuntime;
  /** The version of this program. */
  readonly version: string;
  readonly flags: FlagTexts;
  /** The process environment, as Codex would see it. */
  readonly processEnv: Environment;
  /** The environment with the environment file, as the bridge sees it. */
  readonly env: Environment;
  /** Undefined if none is named or it cannot be read. */
  readonly envFile: LoadedEnvironment['file'];
  /** Undefined if the options are invalid. */
  readonly settings: DoctorSettings | undefined;
  /** What is wrong with the options. */
  readonly errors: readonly string[];
  readonly paths: Paths;
  /** Finds out what listens on a port of the bridge's host. */
  askPort(port: number): Promise<PortState>;
  findCodex(): Promise<InstalledCodex>;
  viewCodexConfig(): Promise<CodexView>;
  /** Runs one turn through the bridge's own code, which costs a request; later calls return the same trial. */
  runTrial(): Promise<Trial>;
  /** Runs the same turn at another base URL; each call costs a request. */
  runTrialAt(aiBaseUrl: string): Promise<Trial>;
  /** Returns the number of requests sent to the provider so far. */
  countRequests(): number;
}

/** The inputs of an examination. */
export interface ExaminationOptions {
  readonly flags: FlagTexts;
  readonly env: Environment;
  /** The value of `--codex-bin`; default: `codex`. */
  readonly codexName: string;
  readonly version: string;
  readonly runtime?: Partial<DoctorRuntime>;
}

const REAL_RUNTIME: DoctorRuntime = {
  platform: process.platform,
  arch: process.arch,
  nodeVersion: process.versions.node,
  now: Date.now,
  lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  findSiblingEndpoint: ({ config: { aiBaseUrl }, provider }) => findSiblingUrl(provider, aiBaseUrl),
};

/** Reads the configuration; everything else is looked up on first use. */
export function createExamination(options: ExaminationOptions): Examination {
  const { flags, env: processEnv, codexName, version } = options;
  const runtime = { ...REAL_RUNTIME, ...options.runtime };
  const { env, file } = loadEnvironment(flags, processEnv);
  const loaded = loadConfig(flags, processEnv);
  const settings = loaded.ok ? toDoctorSettings(loaded) : undefined;
  const paths = findPaths({ ...describeMachine(processEnv), platform: runtime.platform }, settings?.config.stateDir);
  const states = new Map<number, Promise<PortState>>();
  const askPort = (port: number): Promise<PortState> => {
    const state = states.get(port) ?? probePort({ host: settings?.config.host ?? LOOPBACK, port });
    states.set(port, state);
    return state;
  };
  const findCodex = once(() => findInstalledCodex(codexName, processEnv, runtime.platform));
  const viewCodexConfig = once(async () => {
    const codex = await findCodex();
    return viewConfig(paths.codexHome, codex.kind === 'found' ? codex.version : undefined, settings, askPort);
  });
  let requests = 0;
  const runTrialAt = async (aiBaseUrl?: string): Promise<Trial> => {
    if (!settings) throw new Error('there is no configuration');
    const view = await viewCodexConfig();
    const [model, envKey] = [textOf(view.config['model']), textOf(view.provider?.['env_key'])];
    const config = aiBaseUrl === undefined ? settings.config : { ...settings.config, aiBaseUrl };
    const options = { ...settings, config, version, env, processEnv, codex: view.usesBridge ? { model, envKey } : {} };
    return runTrial(options, () => {
      requests += 1;
    });
  };
  return {
    runtime, version, flags, processEnv, env, envFile: file, settings, paths, askPort, findCodex, viewCodexConfig,
    errors: loaded.ok ? [] : loaded.errors,
    runTrial: once(() => runTrialAt()),
    runTrialAt,
    countRequests: () => requests,
  };
}

const LOOPBACK = '127.0.0.1';

function toDoctorSettings({ config, origins, logins }: Loaded): DoctorSettings {
  const provider = findProvider(config.provider, config.aiBaseUrl, config.catalog);
  return { config, origins, provider, ...compact({ logins }) };
}

/** Returns a function that calls `ask` only once, and returns the same promise every time. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

async function findInstalledCodex(name: string, env: Environment, platform: NodeJS.Platform): Promise<InstalledCodex> {
  const program = findInstalledProgram(name, env, platform);
  if (!program) return { kind: 'missing', name };
  const [version, rejection] = await Promise.all([askCodexVersion(program, env), findConfigRejection(program, env)]);
  return { kind: 'found', path: pathOf(program), version, rejection };
}

async function viewConfig(
  codexHome: string, codexVersion: string | undefined, settings: DoctorSettings | undefined,
  askPort: Examination['askPort'],
): Promise<CodexView> {
  const file = await readConfigFile(codexHome);
  const parsed = file.ok ? parseToml(file.text) : undefined;
  const config = parsed?.ok ? parsed.value : {};
  const id = textOf(config['model_provider']);
  const providers = listProviders(config);
  const named = id !== undefined && Object.hasOwn(providers, id) ? providers[id] : undefined;
  const provider = isTomlTable(named) ? named : undefined;
  const usesBridge = id === PROVIDER_ID || (await pointsToBridge(provider?.['base_url'], settings, askPort));
  const plan = settings && (await planSetup({
    codexHome, config: settings.config, codexVersion, models: listModels(settings, codexVersion),
  }));
  return { config, plan, provider, usesBridge };
}

/** Lists the models in the provider's row; to get the list that the provider serves would take a connection. */
function listModels({ provider, config }: DoctorSettings, codexVersion: string | undefined) {
  const entries = listEntries(provider, {
    preferred: config.defaultModel, aliases: config.modelMap, catalog: config.catalog,
  });
  return describeForCodex(entries, codexVersion);
}

/** Whether `address` is a loopback URL with the configured port, or with a port on which a bridge answers. */
export async function pointsToBridge(
  address: unknown, settings: DoctorSettings | undefined, askPort: Examination['askPort'],
): Promise<boolean> {
  const url = attempt(() => new URL(textOf(address) ?? ''));
  if (!url || !isLoopback(url.hostname)) return false;
  const port = portOf(url);
  return port === settings?.config.port || (await askPort(port)).kind === 'bridge';
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
