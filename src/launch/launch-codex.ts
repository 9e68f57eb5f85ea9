/** `codex`: finds Codex, attaches to a bridge, runs Codex with overrides for the bridge, and releases the bridge. */
import { isatty } from 'node:tty';
import { codeOf, messageOf } from '../base/thrown';
import { isBefore } from '../base/version';
import { askCodexVersion, OLDEST_CODEX } from '../codex/codex-program';
import { renderSetupFailure } from '../codex/config-file';
import { fixConfig } from '../codex/fix-config';
import { findInstalledProgram, pathOf, type Program } from '../codex/program';
import { runChild } from '../codex/run-child';
import { describeMissingKey } from '../command/api-key';
import { EXIT, type CommandContext } from '../command/command';
import { requireConfig, type Loaded } from '../command/load-config';
import { CODEX_FLAGS, readOwnFlag } from '../command/own-flags';
import { describeMachine, findPaths } from '../command/paths';
import { readVersion } from '../command/version';
import type { Environment } from '../config/resolve';
import { attach, holdBridge, type Attached, type AttachOptions, type NotAttached } from './hold-bridge';
import { createCodexEnvironment, prepareArguments } from './prepare-codex';

/** A shell's exit codes for a command that is not found, or cannot be run (POSIX, Shell Command Language, 2.8.2). */
const NOT_FOUND = 127;
const NOT_STARTED = 126;

/** Returns Codex's exit code; or 127 if Codex is missing, 126 if it cannot be run, 2 for invalid usage, 1 otherwise. */
export async function run(context: CommandContext): Promise<number> {
  const { own, env, io, rest } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const fail = (problem: string, code: number = EXIT.failed): number => {
    io.error(`${problem}\n`);
    return code;
  };
  const name = readOwnFlag(CODEX_FLAGS.codexBin, own) ?? 'codex';
  const program = findInstalledProgram(name, env);
  if (program === undefined) return fail(describeMissing(name), NOT_FOUND);
  if (!needsBridge(rest)) return runCodex(program, rest, createCodexEnvironment(env, resolved.config), fail);
  const [codexVersion, found] = await Promise.all([askCodexVersion(program, env), attachOrAsk(resolved, context)]);
  if (typeof found === 'number') return found;
  const { attached, options } = found;
  const { config, paths } = options;
  const onPort = { ...options, config: { ...config, port: attached.port }, isPortFixed: true, token: attached.token };
  const release = holdBridge(attached, () => attach(onPort));
  try {
    if (codexVersion !== undefined && isBefore(codexVersion, OLDEST_CODEX)) return fail(describeOld(codexVersion));
    const fix = await fixConfig(paths.codexHome, codexVersion, io);
    if (!fix.ok) return fail(renderSetupFailure(fix));
    const prepared = await prepareArguments({ ...attached, config, paths, codexVersion, args: rest, io });
    if ('problem' in prepared) return fail(prepared.problem);
    const { args, notes, envKey } = prepared;
    for (const note of [...fix.notes, ...attached.notes, ...notes]) io.error(`aliyun-codex-bridge: ${note}\n`);
    const codexEnv = createCodexEnvironment(env, config, attached.token, envKey);
    const noDaemon = needsNoDaemon(codexVersion, rest) ? ['--no-daemon'] : [];
    return await runCodex(program, [...noDaemon, ...fix.overrides, ...args, ...rest], codexEnv, fail);
  } finally {
    release();
  }
}

/** The bridge, and the options with which it was found or started. */
interface Attachment {
  readonly attached: Attached;
  readonly options: AttachOptions;
}

/** Finds or starts the bridge; without a key, asks for one on the terminal. @returns an exit code if that failed */
async function attachOrAsk(resolved: Loaded, context: CommandContext): Promise<Attachment | number> {
  const { env, io } = context;
  const first = await attachWith(resolved, context);
  if ('attached' in first) return first;
  const canAsk = first.problem === describeMissingKey(resolved.config, env) && io.askHidden !== undefined;
  const last = canAsk ? await attachAfterLogin(resolved, context) : first;
  if (typeof last === 'number' || 'attached' in last) return last;
  io.error(`${last.problem}\n`);
  return EXIT.failed;
}

async function attachWith({ config }: Loaded, context: CommandContext): Promise<Attachment | NotAttached> {
  const { flags, env } = context;
  const paths = findPaths(describeMachine(env), config.stateDir);
  const options = { config, flags, env, paths, version: readVersion(), obstacle: describeMissingKey(config, env) };
  const attached = await attach(options);
  return attached.ok ? { attached, options } : attached;
}

async function attachAfterLogin(
  resolved: Loaded, context: CommandContext,
): Promise<Attachment | NotAttached | number> {
  const { login }: typeof import('../login/login-command') = require('../login/login-command');
  context.io.error('There is no API key yet. Choose a provider; then Codex starts.\n\n');
  const code = await login(resolved, { ...context, own: {} });
  const renewed = code === EXIT.done ? requireConfig(context) : code;
  return typeof renewed === 'number' ? renewed : attachWith(renewed, context);
}

/** Subcommands and flags of Codex 0.99 to 0.169 that never call a model (`codex --help`). */
const WITHOUT_MODEL: ReadonlySet<string> = new Set([
  '--help', '-h', 'help', '--version', '-V', 'login', 'logout', 'mcp', 'plugin', 'completion', 'update', 'features',
  'apply', 'a', 'archive', 'unarchive', 'delete', 'sandbox', 'cloud',
]);

/**
 * Whether Codex may call a model with these arguments. Only the first one is checked: another may be a flag's value.
 */
export function needsBridge([first]: readonly string[]): boolean {
  return first === undefined || !WITHOUT_MODEL.has(first);
}

/** The first Codex whose terminals share a background server. It prints a warning if it cannot use the server. */
const FIRST_WITH_DAEMON = '0.169.0';

/**
 * Whether Codex needs the flag --no-daemon. Because of the settings on its command line, Codex cannot use the shared
 * server; without the flag, each start prints a warning ("Running without the shared background server").
 */
export function needsNoDaemon(codexVersion: string | undefined, args: readonly string[]): boolean {
  return codexVersion !== undefined && !isBefore(codexVersion, FIRST_WITH_DAEMON) && !args.includes('--no-daemon');
}

async function runCodex(
  program: Program, args: readonly string[], env: Environment, fail: (problem: string, code: number) => number,
): Promise<number> {
  try {
    // Checked before Codex starts, because the terminal may be closed while it runs.
    const hadTerminal = hasTerminal();
    const code = await runChild(program, args, env, hadTerminal);
    if (hadTerminal && !hasTerminal()) await hangUp();
    return code;
  } catch (error) {
    return fail(`Cannot run ${pathOf(program)} as Codex: ${explainStart(error)}.`, NOT_STARTED);
  }
}

/** How long the signal may take to arrive. A process that ignores it (`nohup`) continues. */
const HANG_UP_MS = 1_000;

/**
 * Ends this process with SIGHUP, as its terminal would. Otherwise Node aborts, because it cannot reset a closed
 * terminal (`ResetStdio` in node.cc).
 */
async function hangUp(): Promise<void> {
  process.kill(process.pid, 'SIGHUP');
  await new Promise((resolve) => setTimeout(resolve, HANG_UP_MS));
}

/**
 * Whether any standard stream is a terminal; Ctrl-C then reaches Codex directly. Does not use `process.stdin` and the
 * like, because Node would make the pipes non-blocking, for Codex too.
 */
const hasTerminal = (): boolean => [0, 1, 2].some((descriptor) => isatty(descriptor));

/** If the interpreter (#!) or the loader of a file is missing, the system reports the file itself as missing. */
function explainStart(error: unknown): string {
  return codeOf(error) === 'ENOENT' ? 'its interpreter or loader is missing' : messageOf(error);
}

const INSTALL = 'Install it with: npm install -g @openai/codex';

function describeMissing(name: string): string {
  if (name === 'codex') return `Cannot find codex on the PATH. ${INSTALL}`;
  return `Cannot run ${name} as Codex: no such program. ${INSTALL}`;
}

const describeOld = (version: string): string =>
  `Codex ${version} is too old: the bridge needs ${OLDEST_CODEX} or later. ${INSTALL}@latest`;
