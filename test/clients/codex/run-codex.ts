/** Runs one `codex exec --json` to its end. */
import { runProgram, type ProgramRun } from '../support/program';
import { parseEvents, type CodexEvent } from './events';
import { codexCommand, type CodexVersion } from './versions';

/** A run takes only a few seconds; this limit is for one that hangs. */
const PATIENCE_MS = 60_000;

export interface CodexOptions {
  readonly version: CodexVersion;
  /** Arguments between the common flags and the prompt, such as `resume --last`. */
  readonly args?: readonly string[];
  /** The last argument, if any. */
  readonly prompt?: string | undefined;
  readonly workspace: string;
  readonly codexHome: string;
  /** The whole environment except CODEX_HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Keeps the sandbox and the approvals of config.toml. Default: neither of them. */
  readonly isSupervised?: boolean;
}

export interface CodexRun extends ProgramRun {
  readonly events: readonly CodexEvent[];
}

const EXEC = ['exec', '--json', '--skip-git-repo-check'];

/** No approvals and no sandbox, which often cannot be set up inside a CI container. */
export const EXEC_FLAGS = [...EXEC, '--dangerously-bypass-approvals-and-sandbox'];

/** @throws Error with the output of Codex, if it does not exit in time */
export async function runCodex(options: CodexOptions): Promise<CodexRun> {
  const { version, args = [], prompt, workspace, codexHome, env, timeoutMs = PATIENCE_MS } = options;
  const flags = options.isSupervised ? EXEC : EXEC_FLAGS;
  const codex = codexCommand(version);
  const run = await runProgram({
    command: codex.command,
    args: [...codex.args, ...flags, ...args, ...(prompt === undefined ? [] : [prompt])],
    cwd: workspace,
    env: { ...env, CODEX_HOME: codexHome },
  }, timeoutMs);
  if (run.timedOut) throw new Error(`Codex did not end within ${timeoutMs} ms\n${run.stdout}\n${run.stderr}`);
  return { ...run, events: parseEvents(run.stdout) };
}
