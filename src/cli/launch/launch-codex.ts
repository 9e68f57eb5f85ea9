/** The story of a launch: find Codex, have a bridge, tell Codex of it on the command line, run it, let the bridge go. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { renderOverrides } from '../../codex/config-toml';
import { parseToml } from '../../codex/toml/parse-toml';
import { asText } from '../../base/narrow';
import type { ResolvedConfig, Environment, FlagTexts } from '../../config/resolve';
import { LAUNCH_HEADER } from '../../server/use-watch';
import type { CommandIo } from '../command';
import { describeMissingKey } from '../missing-key';
import { findPlaces, thisMachine, type Places } from '../places';
import { renderUrl } from '../start-up-line';
import { readVersion } from '../version';
import { attach, type Attached } from './attach';
import { chooseModel } from './choose-model';
import { askCodexVersion, isBefore, OLDEST_CODEX } from './codex-version';
import { fetchCatalogue } from './fetch-catalogue';
import { findProgram, type Program } from './find-program';
import { holdBridge } from './hold-bridge';
import { isProgram } from './is-program';
import { exceptLoopback } from './loopback';
import { needsBridge } from './needs-bridge';
import { passSignals, runChild } from './run-child';

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

/** What a shell answers for a command that it cannot find, or not start (POSIX, Shell Command Language, section 2.8.2). */
const NOT_FOUND = 127;
const NOT_STARTED = 126;

/** Resolves when Codex has ended. */
export async function launchCodex(job: LaunchJob): Promise<Outcome> {
  const { name, words, env } = job;
  const program = findProgram(name, { env, platform: process.platform, isProgram, node: process.execPath });
  if (program === undefined) return { ok: false, code: NOT_FOUND, problem: describeMissing(name) };
  if (!needsBridge(words)) return runToEnd(program, words, env);
  const places = findPlaces(thisMachine(env), job.resolved.config.stateDir);
  const { config } = job.resolved;
  const options = { config, flags: job.flags, env, places, version: readVersion(), obstacle: describeMissingKey(job.resolved) };
  const [codexVersion, attached] = await Promise.all([askCodexVersion(program, env).catch(() => undefined), attach(options)]);
  if (!attached.ok) return attached;
  const release = holdBridge(attached, () => attach({ ...options, config: { ...config, port: attached.port }, isTold: true }));
  try {
    if (codexVersion !== undefined && isBefore(codexVersion, OLDEST_CODEX)) return { ok: false, problem: describeOld(codexVersion) };
    const overrides = await describeBridge(job, attached, places, codexVersion);
    return await runToEnd(program, [...overrides, ...words], exceptLoopback(env));
  } finally {
    release();
  }
}

/** Words for Codex in front of the user's, which win. */
async function describeBridge({ resolved, io }: LaunchJob, attached: Attached, places: Places, codexVersion: string | undefined): Promise<readonly string[]> {
  const { config } = resolved;
  const { models, file, problem } = await fetchCatalogue({ ...attached, places, codexVersion });
  const model = chooseModel({ wanted: config.defaultModel, configured: await readConfiguredModel(places.codexHome), offered: models });
  const notes = [...attached.notes];
  if (problem !== undefined) notes.push(`Codex gets no model catalogue, it could not be written: ${problem}.`);
  if (model === undefined) notes.push('No model is known for this provider: name one with -m behind codex, or with --default-model before it.');
  for (const note of notes) io.error(`aliyun-codex-bridge: ${note}\n`);
  return renderOverrides({
    model,
    catalogFile: file,
    baseUrl: `${renderUrl(attached)}/v1`,
    headers: { [LAUNCH_HEADER]: '1' },
    ...(!config.forceEnvAuth && { envKey: 'AI_API_KEY' }),
  });
}

async function readConfiguredModel(codexHome: string): Promise<string | undefined> {
  const text = await readFile(join(codexHome, 'config.toml'), 'utf8').catch(() => '');
  const parsed = parseToml(text);
  return parsed.ok ? asText(parsed.value['model']) : undefined;
}

async function runToEnd(program: Program, words: readonly string[], env: Environment): Promise<Outcome> {
  try {
    const child = runChild(program, words, env);
    const hadTerminal = hasTerminal();
    const forget = passSignals(child, hadTerminal);
    const code = await child.ended.finally(forget);
    // Node aborts when it ends by itself and cannot reset a terminal that is closed (`ResetStdio` in node.cc).
    if (hadTerminal && !hasTerminal()) process.kill(process.pid, 'SIGHUP');
    return { ok: true, code };
  } catch (error) {
    return { ok: false, code: NOT_STARTED, problem: `Cannot run ${program.words[0] ?? program.command} as Codex: ${explainStart(error)}.` };
  }
}

/**
 * Ctrl-C reaches Codex by itself where any end of this process is a terminal: input or output may be a pipe. The streams of
 * `process` are left alone: Node makes a pipe that it opens non-blocking, for Codex as well.
 */
const hasTerminal = (): boolean => [0, 1, 2].some((end) => isatty(end));

/** The system says of a file that is there, but whose first line (#!) or loader leads nowhere, that there is no such file. */
function explainStart(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'the interpreter or the loader that it needs is missing';
  return error instanceof Error ? error.message : String(error);
}

const INSTALL = 'Install it with: npm install -g @openai/codex';

const describeMissing = (name: string): string =>
  name === 'codex' ? `There is no codex on the PATH. ${INSTALL}` : `Cannot run ${name} as Codex: there is no such program. ${INSTALL}`;

const describeOld = (version: string): string =>
  `Codex ${version} is too old for the bridge, which works from ${OLDEST_CODEX} on. ${INSTALL}@latest`;
