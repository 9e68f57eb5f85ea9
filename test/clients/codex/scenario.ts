/** A scenario: the real Codex, the built bridge and a scripted upstream, for one script, once for each upstream dialect. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import {
  startScriptedUpstream, type CapturedRequest, type ScriptedUpstream, type ScriptedUpstreamOptions, type UpstreamDialect,
} from '../../support/scripted-upstream';
import { startBridge, type BridgeProcess } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder, type WorkFolder } from '../support/work-folder';
import { assertChatRequest } from './chat-requests';
import { renderCodexConfig, type CodexConfig } from './config';
import { runCodex, type CodexOptions, type CodexRun } from './run-codex';
import { CURRENT_CODEX, whyMissing, type CodexVersion } from './versions';

/** What stands for each dialect: the bridge's provider by name or by default, and a model that thinks. */
const SETUPS: Readonly<Record<UpstreamDialect, { readonly model: string; readonly env: Readonly<Record<string, string>> }>> = {
  dashscope: { model: 'glm-4.7', env: { AI_PROVIDER: 'aliyun-coding' } },
  openai: { model: 'scripted-model', env: {} },
};

/** The key that the upstream accepts: the bridge has it, Codex has another one. */
const UPSTREAM_KEY = 'sk-test-upstream';
const CLIENT_KEY = 'sk-test-client';

export interface ScenarioOptions extends Omit<ScriptedUpstreamOptions, 'dialect' | 'apiKey'> {
  /** Both when absent. */
  readonly dialects?: readonly UpstreamDialect[];
  /** The current one when absent. */
  readonly version?: CodexVersion;
  /** The dialect's model when absent. */
  readonly model?: string;
  readonly config?: CodexConfig;
  /** Options of the bridge as environment variables, over those of the dialect. */
  readonly bridgeEnv?: Readonly<Record<string, string>>;
  /** The rules by which the upstream refuses, in order; none when absent. */
  readonly refusals?: readonly string[];
}

export interface RunOptions extends Pick<CodexOptions, 'args' | 'timeoutMs'> {
  /** 0 when absent. */
  readonly exitCode?: number;
  /** More variables for Codex. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What Codex said, and what reached the upstream meanwhile. */
export interface ScenarioRun extends CodexRun {
  readonly requests: readonly CapturedRequest[];
}

export interface Scenario {
  readonly dialect: UpstreamDialect;
  readonly version: CodexVersion;
  readonly model: string;
  readonly upstream: ScriptedUpstream;
  readonly bridge: BridgeProcess;
  readonly folder: WorkFolder;
  /** Runs `codex exec` with this prompt; checks its exit code, and of each chat request what all have in common. */
  run(prompt: string, options?: RunOptions): Promise<ScenarioRun>;
}

/**
 * Declares a test for each dialect. Afterwards the script must be used up, the upstream must have refused exactly what
 * the options say, and the bridge must end properly. A failing test prints what everyone wrote.
 */
export function scenario(name: string, options: ScenarioOptions, body: (scenario: Scenario) => Promise<void>): void {
  for (const dialect of options.dialects ?? (['dashscope', 'openai'] as const)) {
    const skip = whyMissing(options.version ?? CURRENT_CODEX);
    test(`${name} (${dialect})`, { skip }, (context) => play(context, dialect, options, body));
  }
}

type Body = (scenario: Scenario) => Promise<void>;

async function play(context: TestContext, dialect: UpstreamDialect, options: ScenarioOptions, body: Body): Promise<void> {
  const runs: ScenarioRun[] = [];
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({ ...options, dialect, apiKey: UPSTREAM_KEY });
  let bridge: BridgeProcess | undefined;
  try {
    const env = { AI_API_KEY: UPSTREAM_KEY, ...SETUPS[dialect].env, ...options.bridgeEnv };
    bridge = await startBridge({ upstreamUrl: upstream.url, folder: folder.root, env });
    await body(createScenario({ dialect, options, upstream, bridge, folder, runs }));
    assertUpstream(upstream, options.refusals);
    assert.equal(await bridge.stop(), 0, 'exit code of the bridge');
  } catch (error) {
    report(context, runs, upstream, bridge);
    throw error;
  } finally {
    await bridge?.stop();
    await upstream.close();
    await folder.dispose({ runs, rejections: upstream.rejections, log: bridge?.log() });
  }
}

interface Parts {
  readonly dialect: UpstreamDialect;
  readonly options: ScenarioOptions;
  readonly upstream: ScriptedUpstream;
  readonly bridge: BridgeProcess;
  readonly folder: WorkFolder;
  /** Grows with each run. */
  readonly runs: ScenarioRun[];
}

function createScenario({ dialect, options, upstream, bridge, folder, runs }: Parts): Scenario {
  const { version = CURRENT_CODEX, model = SETUPS[dialect].model, bridgeEnv } = options;
  const key = bridgeEnv?.['AI_API_KEY'] ?? UPSTREAM_KEY;
  const env = { ...createClientEnv(folder.home, folder.tmp), AI_API_KEY: CLIENT_KEY };
  const config = renderCodexConfig(model, bridge.url, options.config);
  return {
    dialect, version, model, upstream, bridge, folder,
    async run(prompt, { args, timeoutMs, exitCode = 0, env: more } = {}) {
      const before = upstream.requests.length;
      const { workspace, codexHome } = folder;
      const codex = await runCodex({
        version, prompt, workspace, codexHome, config,
        env: { ...env, ...more },
        ...(args && { args }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      });
      const run = { ...codex, requests: upstream.requests.slice(before) };
      runs.push(run);
      assert.equal(run.exitCode, exitCode, 'exit code of Codex');
      for (const request of run.requests) assertChatRequest(request, version, key);
      return run;
    },
  };
}

function assertUpstream(upstream: ScriptedUpstream, refusals: readonly string[] | undefined): void {
  if (refusals === undefined) return upstream.assertClean();
  assert.deepEqual(upstream.rejections.map((rejection) => rejection.split(':', 1)[0]), refusals);
}

function report(
  context: TestContext,
  runs: readonly ScenarioRun[],
  upstream: ScriptedUpstream,
  bridge: BridgeProcess | undefined,
): void {
  for (const { stdout, stderr } of runs) context.diagnostic(`Codex wrote:\n${stdout}${stderr}`);
  context.diagnostic(`The upstream got ${upstream.requests.length} requests and refused: ${upstream.rejections.join('\n')}`);
  context.diagnostic(`The bridge wrote:\n${bridge?.log() ?? ''}`);
}
