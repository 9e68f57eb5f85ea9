/** The story of a launch: find Codex, have a bridge, tell Codex of it on the command line, run it, let the bridge go. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { codeOf, messageOf } from '../base/thrown';
import { isBefore } from '../base/version';
import { renderSetupFailure } from '../codex/config-file';
import { renderOverrides } from '../codex/config-toml';
import { cureConfig } from '../codex/cure-config';
import type { ResolvedConfig, Environment, FlagTexts } from '../config/resolve';
import { LAUNCH_HEADER } from '../server/idle-shutdown';
import type { CommandIo } from '../command/command';
import { renderBase } from '../instance/target';
import { describeMissingKey } from '../command/missing-key';
import { findPaths, thisMachine, type Paths } from '../command/paths';
import { readVersion } from '../command/version';
import { attach, type Attached } from './attach';
import { chooseModel, findConfiguredModel } from '../codex/choose-model';
import { askCodexVersion, OLDEST_CODEX } from '../codex/codex-program';
import { fetchCatalog } from './fetch-catalog';
import { findInstalledProgram, type Program } from '../codex/program';
import { holdBridge } from './hold-bridge';
import { exceptLoopback } from './loopback';
import { needsBridge } from './needs-bridge';
import { runChild } from '../codex/run-child';

export interface LaunchJob {
  /** The program to run as Codex: a name on the PATH, or a path. */
  readonly name: string;
  /** The user's words for Codex. */
  readonly words: readonly string[];
  readonly flags: FlagTexts;
  readonly env: Environment;
  readonly io: CommandIo;
  readonly resolved: Extract<ResolvedConfig, { ok: true }>;
}

export type Outcome =
  | { readonly ok: true; readonly code: number }
  | { readonly ok: false; readonly problem: string; readonly code?: number };

/** What a shell answers for a command that it cannot find, or not start (POSIX, Shell Command Language, 2.8.2). */
const NOT_FOUND = 127;
const NOT_STARTED = 126;

/** Resolves when Codex has ended. */
export async function launchCodex(job: LaunchJob): Promise<Outcome> {
  const { name, words, env } = job;
  const program = findInstalledProgram(name, env);
  if (program === undefined) return { ok: false, code: NOT_FOUND, problem: describeMissing(name) };
  if (!needsBridge(words)) return runToEnd(program, words, env);
  const { config } = job.resolved;
  const places = findPaths(thisMachine(env), config.stateDir);
  const obstacle = describeMissingKey(job.resolved);
  const options = { config, flags: job.flags, env, places, version: readVersion(), obstacle };
  const [codexVersion, attached] = await Promise.all([askCodexVersion(program, env), attach(options)]);
  if (!attached.ok) return attached;
  const told = { ...options, config: { ...config, port: attached.port }, isTold: true };
  const release = holdBridge(attached, () => attach(told));
  try {
    if (codexVersion !== undefined && isBefore(codexVersion, OLDEST_CODEX)) {
      return { ok: false, problem: describeOld(codexVersion) };
    }
    const cure = await cureConfig(places.codexHome, codexVersion, job.io);
    if (!cure.ok) return { ok: false, problem: renderSetupFailure(cure) };
    for (const note of cure.notes) job.io.error(`aliyun-codex-bridge: ${note}\n`);
    const overrides = await describeBridge(job, attached, places, codexVersion);
    return await runToEnd(program, [...cure.overrides, ...overrides, ...words], exceptLoopback(env));
  } finally {
    release();
  }
}

/** Words for Codex in front of the user's, which win. */
async function describeBridge(
  { resolved: { config }, io }: LaunchJob, attached: Attached, places: Paths, codexVersion: string | undefined,
): Promise<readonly string[]> {
  const { models, file, problem } = await fetchCatalog({ ...attached, places, codexVersion });
  const configured = await readConfiguredModel(places.codexHome);
  const model = chooseModel({ wanted: config.defaultModel, configured, offered: models });
  const notes = [...attached.notes];
  if (problem !== undefined) notes.push(`Codex gets no model catalog, it could not be written: ${problem}.`);
  if (model === undefined) notes.push(NO_MODEL);
  for (const note of notes) io.error(`aliyun-codex-bridge: ${note}\n`);
  return renderOverrides({
    model,
    catalogFile: file,
    baseUrl: renderBase(attached),
    headers: { [LAUNCH_HEADER]: '1' },
    ...(!config.forceEnvAuth && { envKey: 'AI_API_KEY' }),
  });
}

async function readConfiguredModel(codexHome: string): Promise<string | undefined> {
  return findConfiguredModel(await readFile(join(codexHome, 'config.toml'), 'utf8').catch(() => ''));
}

async function runToEnd(program: Program, words: readonly string[], env: Environment): Promise<Outcome> {
  try {
    // Before Codex starts: the terminal can be closed while the child already runs and this line has not.
    const hadTerminal = hasTerminal();
    const code = await runChild(program, words, env, hadTerminal);
    if (hadTerminal && !hasTerminal()) await hangUp();
    return { ok: true, code };
  } catch (error) {
    const path = program.words[0] ?? program.command;
    return { ok: false, code: NOT_STARTED, problem: `Cannot run ${path} as Codex: ${explainStart(error)}.` };
  }
}

/** How long the signal may take to arrive; a process that ignores it (`nohup`) goes on. */
const HANG_UP_MS = 1_000;

/**
 * Ends this process as its terminal would: left to itself, Node aborts because it cannot reset a terminal that is closed
 * (`ResetStdio` in node.cc).
 */
async function hangUp(): Promise<void> {
  process.kill(process.pid, 'SIGHUP');
  await new Promise((resolve) => setTimeout(resolve, HANG_UP_MS));
}

/**
 * Ctrl-C reaches Codex by itself where any end of this process is a terminal: input or output may be a pipe. The streams of
 * `process` are left alone: Node makes a pipe that it opens non-blocking, for Codex as well.
 */
const hasTerminal = (): boolean => [0, 1, 2].some((end) => isatty(end));

/** Of a file whose first line (#!) or loader leads nowhere the system says that it is not there. */
function explainStart(error: unknown): string {
  return codeOf(error) === 'ENOENT' ? 'the interpreter or the loader that it needs is missing' : messageOf(error);
}

const NO_MODEL =
  'No model is known for this provider: name one with -m behind codex, or with --default-model before it.';

const INSTALL = 'Install it with: npm install -g @openai/codex';

function describeMissing(name: string): string {
  const isNamed = name !== 'codex';
  const problem = isNamed ? `Cannot run ${name} as Codex: there is no such program` : 'There is no codex on the PATH';
  return `${problem}. ${INSTALL}`;
}

const describeOld = (version: string): string =>
  `Codex ${version} is too old for the bridge, which works from ${OLDEST_CODEX} on. ${INSTALL}@latest`;
