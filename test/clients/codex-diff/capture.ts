/** Runs the scenarios with one version of Codex and records every request to the bridge. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startScriptedUpstream } from '../../support/upstream/scripted-upstream';
import { PROJECT_ROOT } from '../../house/source-tree';
import { EXEC_FLAGS } from '../codex/run-codex';
import { writeCodexHome } from '../codex/config';
import { CODEX_VERSIONS, codexCommand } from '../codex/versions';
import { startBridge } from '../support/bridge-process';
import { createClientEnv, runProgram } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { startRecorder, type RecordedRequest } from './recorder';
import { SCENARIOS, type DiffScenario } from './scenarios';

const MODEL = 'glm-4.7';
const KEY = 'sk-test-upstream';
const PATIENCE_MS = 60_000;

interface Command { readonly command: string; readonly args: readonly string[] }

/** Runs all scenarios; resolves with the requests of each, by the scenario's name. */
export async function captureScenarios(version: string): Promise<ReadonlyMap<string, readonly RecordedRequest[]>> {
  const codex = await findCodex(version);
  const captures = new Map<string, readonly RecordedRequest[]>();
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    captures.set(name, await runScenario(name, scenario, codex));
  }
  return captures;
}

/** Finds a version in the lock file, or installs it next to the work folders, which needs the network. */
async function findCodex(version: string): Promise<Command> {
  const pinned = CODEX_VERSIONS.find((each) => each === version);
  if (pinned !== undefined) return codexCommand(pinned);
  const folder = join(PROJECT_ROOT, 'test/clients/.work', `codex-${version}`);
  const script = join(folder, 'node_modules/@openai/codex/bin/codex.js');
  if (!existsSync(script)) {
    await mkdir(folder, { recursive: true });
    const flags = ['--no-save', '--no-audit', '--no-fund', '--prefix', folder];
    await promisify(execFile)('npm', ['install', ...flags, `@openai/codex@${version}`]);
  }
  return { command: process.execPath, args: [script] };
}

async function runScenario(name: string, scenario: DiffScenario, codex: Command): Promise<readonly RecordedRequest[]> {
  const { script = [], catalog, config, args, env: scenarioEnv } = scenario;
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: KEY, script: [...script] });
  const env = { AI_API_KEY: KEY, AI_PROVIDER: 'aliyun-coding', DEFAULT_MODEL: MODEL };
  const bridge = await startBridge({ upstreamUrl: upstream.url, folder: folder.root, env });
  const recorder = await startRecorder(bridge.url);
  try {
    await writeCodexHome(folder.codexHome, { model: MODEL, bridgeUrl: recorder.url, catalog, config });
    const { exitCode, stdout, stderr } = await runProgram({
      command: codex.command,
      args: [...codex.args, ...(args?.(recorder.url) ?? [...EXEC_FLAGS, 'Go on.'])],
      cwd: folder.workspace,
      env: {
        ...createClientEnv(folder.home, folder.tmp),
        AI_API_KEY: 'sk-test-client',
        CODEX_HOME: folder.codexHome,
        ...scenarioEnv,
      },
    }, PATIENCE_MS);
    assert.equal(exitCode, 0, `${name}: ${stdout}${stderr}`);
    upstream.assertClean();
    assert.ok(recorder.requests.length > script.length - 1, `${name}: Codex sent ${recorder.requests.length} requests`);
    return [...recorder.requests];
  } finally {
    recorder.close();
    await bridge.stop();
    await upstream.close();
    await folder.dispose({ name, requests: recorder.requests });
  }
}
