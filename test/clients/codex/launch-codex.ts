/** Runs the real Codex with `aliyun-codex-bridge codex` in a scratch home. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { killBridges } from '../../support/cli/kill-bridges';
import { PROJECT_ROOT } from '../../house/source-tree';
import {
  startScriptedUpstream, type ScriptedUpstream, type ScriptedUpstreamOptions,
} from '../../support/upstream/scripted-upstream';
import { createClientEnv, runProgram, type Program, type ProgramRun } from '../support/program';
import { createWorkFolder, type WorkFolder } from '../support/work-folder';
import { codexCommand, type CodexVersion } from './versions';
import { findFreePort } from '../../support/free-port';

const KEY = 'sk-test-upstream';

/** A launch takes only a few seconds; this limit is for one that hangs. */
export const PATIENCE_MS = 60_000;

/** Flags of `codex exec` that every run has. */
export const EXEC = ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];

export interface CodexLauncher {
  readonly upstream: ScriptedUpstream;
  readonly folder: WorkFolder;
  /** The port of the bridge that a launch starts. */
  readonly port: number;
  /** The state folder of that bridge. */
  readonly state: string;
  /** The command line of a launch with these arguments for Codex. */
  program(version: CodexVersion, words: readonly string[]): Program;
  /** Runs that command line to its end. */
  run(version: CodexVersion, words: readonly string[]): Promise<ProgramRun>;
  /** The log of the bridge that a launch started. */
  log(): Promise<string>;
}

/** The scripted upstream, and additional bridge options as environment variables. */
export interface CodexLauncherOptions extends ScriptedUpstreamOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Prepares launches in a scratch home. When the test ends, it is deleted and remaining processes are killed. */
export async function createCodexLauncher(
  context: TestContext, { env = {}, ...options }: CodexLauncherOptions,
): Promise<CodexLauncher> {
  const folder = await createWorkFolder();
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: KEY, ...options });
  const port = await findFreePort();
  const state = join(folder.root, 'state');
  const program = (version: CodexVersion, words: readonly string[]): Program => {
    const codex = codexCommand(version);
    // Codex's own launcher is a Node script, started by its shebang line.
    const file = codex.args[0] ?? codex.command;
    return {
      command: process.execPath,
      args: [join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), '--codex-bin', file, 'codex', ...words],
      cwd: folder.workspace,
      env: {
        ...createClientEnv(folder.home, folder.tmp),
        CODEX_HOME: folder.codexHome,
        BRIDGE_STATE_DIR: state,
        PORT: String(port),
        AI_PROVIDER: 'aliyun-coding',
        AI_API_BASE: upstream.url,
        AI_API_KEY: KEY,
        DEFAULT_MODEL: 'glm-4.7',
        ...env,
      },
    };
  };
  context.after(async () => {
    killBridges(state);
    await upstream.close();
    await folder.dispose({ rejections: upstream.rejections });
  });
  return {
    upstream, folder, port, state, program,
    run: (version, words) => runProgram(program(version, words), PATIENCE_MS),
    log: () => readFile(join(state, `bridge-${port}.log`), 'utf8').catch(() => ''),
  };
}
