/**
 * A scenario: the real Codex, the built bridge and a scripted upstream with one script, for each upstream dialect.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import {
  startScriptedUpstream,
  type CapturedRequest,
  type ScriptedUpstream,
  type ScriptedUpstreamOptions,
  type UpstreamDialect,
} from '../../support/upstream/scripted-upstream';
import { startBridge, type BridgeProcess } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder, type WorkFolder } from '../support/work-folder';
import { assertChatRequest } from './chat-requests';
import { writeCodexHome, type CodexConfig, type ModelInfo } from './config';
import { runCodex, type CodexOptions, type CodexRun } from './run-codex';
import { CURRENT_CODEX, whyMissing, type CodexVersion } from './versions';

/** A thinking model for each dialect, and its provider, which is the default one for `openai`. */
const SETUPS: Readonly<
  Record<UpstreamDialect, { readonly model: string; readonly env: Readonly<Record<string, string>> }>
> = {
  dashscope: { model: 'glm-4.7', env: { AI_PROVIDER: 'aliyun-coding' } },
  openai: { model: 'scripted-model', env: {} },
};

/** The key that the upstream accepts; the bridge has it, and Codex has a different one. */
export const UPSTREAM_KEY = 'sk-test-upstream';
const CLIENT_KEY = 'sk-test-client';

export interface ScenarioOptions extends Omit<ScriptedUpstreamOptions, 'dialect' | 'apiKey'> {
  /** Default: both. */
  readonly dialects?: readonly UpstreamDialect[];
  /** Default: the current one. */
  readonly version?: CodexVersion;
  /** Why it cannot run on this machine, for a reason other than the version. */
  readonly skip?: string | false;
  /** Default: the dialect's model. */
  readonly model?: string;
  readonly config?: CodexConfig;
  /**
   * The model's entry in Codex's catalog; without it, Codex has no catalog and uses fallback metadata.
   */
  readonly catalog?: ModelInfo;
  /**
   * Bridge options as environment variables, which override those of the dialect; a function is called at the start.
   */
  readonly bridgeEnv?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** The rules by which the upstream is expected to reject requests, in order; default: none. */
  readonly refusals?: readonly string[];
}

export interface RunOptions extends Pick<CodexOptions, 'args' | 'timeoutMs' | 'isSupervised'> {
  /** Default: 0; `null` for a run that is killed. */
  readonly exitCode?: number | null;
  /** Additional variables for Codex. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The output of Codex, and the upstream requests during the run. */
export interface ScenarioRun extends CodexRun {
  readonly requests: readonly CapturedRequest[];
}

export interface Scenario {
  readonly dialect: UpstreamDialect;
  readonly version: CodexVersion;
  readonly model: string;
  readonly upstream: ScriptedUpstream;
  /** The running bridge. */
  readonly bridge: BridgeProcess;
  readonly folder: WorkFolder;
  /** The whole environment of Codex except CODEX_HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `codex exec` with this prompt; checks its exit code and the common parts of each chat request. */
  run(prompt?: string, options?: RunOptions): Promise<ScenarioRun>;
  /** Writes the same configuration as `run`, for a Codex that is started in another way. */
  configure(): Promise<void>;
  /** Restarts the bridge, which must not depend on state between turns. */
  restartBridge(): Promise<void>;
}

/**
 * Declares a test for each dialect. At the end, the script must be used up, the upstream must have rejected exactly the
 * expected requests, and the bridge must exit cleanly. A failing test prints the output of all processes.
 */
export function scenario(name: string, options: ScenarioOptions, body: (scenario: Scenario) => Promise<void>): void {
  for (const dialect of options.dialects ?? (['dashscope', 'openai'] as const)) {
    const skip = options.skip || whyMissing(options.version ?? CURRENT_CODEX);
    test(`${name} (${dialect})`, { skip }, (context) => runScenario(context, dialect, options, body));
  }
}

type Body = (scenario: Scenario) => Promise<void>;

async function runScenario(
  context: TestContext,
  dialect: UpstreamDialect,
  options: ScenarioOptions,
  body: Body,
): Promise<void> {
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({ ...options, dialect, apiKey: UPSTREAM_KEY });
  const running = new RunningScenario(dialect, options, upstream, folder);
  try {
    await running.startBridge();
    await body(running);
    assertUpstream(upstream, options.refusals);
    assert.equal(await running.bridge.stop(), 0, 'exit code of the bridge');
  } catch (error) {
    running.report(context);
    throw error;
  } finally {
    await running.stopBridge();
    await upstream.close();
    await folder.dispose({ runs: running.runs, rejections: upstream.rejections, log: running.log() });
  }
}

/** A running scenario. Scenarios destructure it, so its methods are bound. */
class RunningScenario implements Scenario {
  readonly runs: ScenarioRun[] = [];
  readonly version: CodexVersion;
  readonly model: string;
  readonly env: Readonly<Record<string, string>>;
  private readonly bridges: BridgeProcess[] = [];

  constructor(
    readonly dialect: UpstreamDialect,
    private readonly options: ScenarioOptions,
    readonly upstream: ScriptedUpstream,
    readonly folder: WorkFolder,
  ) {
    this.version = options.version ?? CURRENT_CODEX;
    this.model = options.model ?? SETUPS[dialect].model;
    this.env = { ...createClientEnv(folder.home, folder.tmp), AI_API_KEY: CLIENT_KEY };
  }

  get bridge(): BridgeProcess {
    const bridge = this.bridges.at(-1);
    assert.ok(bridge, 'no bridge was started');
    return bridge;
  }

  private bridgeEnv(): Readonly<Record<string, string>> {
    const { bridgeEnv = {} } = this.options;
    return typeof bridgeEnv === 'function' ? bridgeEnv() : bridgeEnv;
  }

  async startBridge(): Promise<void> {
    const env = { AI_API_KEY: UPSTREAM_KEY, ...SETUPS[this.dialect].env, ...this.bridgeEnv() };
    this.bridges.push(await startBridge({ upstreamUrl: this.upstream.url, folder: this.folder.root, env }));
  }

  readonly restartBridge = async (): Promise<void> => {
    assert.equal(await this.bridge.stop(), 0, 'exit code of the bridge');
    await this.startBridge();
  };

  async stopBridge(): Promise<void> {
    for (const bridge of this.bridges) await bridge.stop();
  }

  readonly configure = (): Promise<void> => {
    const { config, catalog } = this.options;
    return writeCodexHome(this.folder.codexHome, { model: this.model, bridgeUrl: this.bridge.url, config, catalog });
  };

  readonly run = async (prompt?: string, options: RunOptions = {}): Promise<ScenarioRun> => {
    const { exitCode = 0, env, ...rest } = options;
    const before = this.upstream.requests.length;
    await this.configure();
    const { workspace, codexHome } = this.folder;
    const codex = await runCodex({
      version: this.version,
      prompt,
      workspace,
      codexHome,
      env: { ...this.env, ...env },
      ...rest,
    });
    // The bridge requests the model list of a provider without model rows.
    const requests = this.upstream.requests.slice(before).filter(({ path }) => path !== '/v1/models');
    const run = { ...codex, requests };
    this.runs.push(run);
    assert.equal(run.exitCode, exitCode, 'exit code of Codex');
    const key = this.bridgeEnv()['AI_API_KEY'] ?? UPSTREAM_KEY;
    for (const request of run.requests) assertChatRequest(request, this.version, key);
    return run;
  };

  log(): string {
    return this.bridges.map((bridge) => bridge.log()).join('');
  }

  /** Prints the output of all processes. */
  report(context: TestContext): void {
    const { requests, rejections } = this.upstream;
    for (const { stdout, stderr } of this.runs) context.diagnostic(`Codex wrote:\n${stdout}${stderr}`);
    context.diagnostic(`The upstream got ${requests.length} requests and rejected: ${rejections.join('\n')}`);
    context.diagnostic(`The bridge wrote:\n${this.log()}`);
  }
}

function assertUpstream(upstream: ScriptedUpstream, refusals: readonly string[] | undefined): void {
  if (refusals === undefined) return upstream.assertClean();
  assert.deepEqual(upstream.rejections.map((rejection) => rejection.split(':', 1)[0]), refusals);
}
