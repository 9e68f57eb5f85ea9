/** Runs the command that the command line names: the entry point of the program. */
import { EXIT, STOP_SIGNALS } from '../command/command';
import type { CommandIo, CommandModule, CrashOrigin, StopSignal } from '../command/command';
import type { Environment } from '../config/resolve';
import { DEFAULT_COMMAND, type CommandName } from './commands';
import { parseArguments } from './parse-arguments';

/**
 * Load the modules of the commands. Only the command that runs is loaded, to save start-up time. `import()` would
 * remain a native import in the CommonJS output and load Node's ESM loader; `require` does not.
 */
const LOADERS: Readonly<Record<CommandName, () => CommandModule>> = {
  serve: (): typeof import('../serve/serve-command') => require('../serve/serve-command'),
  codex: (): typeof import('../launch/launch-codex') => require('../launch/launch-codex'),
  login: (): typeof import('../login/login-command') => require('../login/login-command'),
  logout: (): typeof import('../login/logout-command') => require('../login/logout-command'),
  setup: (): typeof import('../setup/setup-command') => require('../setup/setup-command'),
  start: (): typeof import('../daemon/start-command') => require('../daemon/start-command'),
  stop: (): typeof import('../daemon/stop-command') => require('../daemon/stop-command'),
  restart: (): typeof import('../daemon/restart-command') => require('../daemon/restart-command'),
  status: (): typeof import('../daemon/status-command') => require('../daemon/status-command'),
  logs: (): typeof import('../daemon/logs-command') => require('../daemon/logs-command'),
  usage: (): typeof import('../usage/usage-command') => require('../usage/usage-command'),
  quota: (): typeof import('../usage/quota-command') => require('../usage/quota-command'),
  service: (): typeof import('../daemon/service-command') => require('../daemon/service-command'),
  doctor: (): typeof import('../doctor/doctor-command') => require('../doctor/doctor-command'),
  models: (): typeof import('./models-command') => require('./models-command'),
  providers: (): typeof import('./providers-command') => require('./providers-command'),
  config: (): typeof import('./config-command') => require('./config-command'),
  demo: (): typeof import('../demo/demo-command') => require('../demo/demo-command'),
  completions: (): typeof import('./completions-command') => require('./completions-command'),
  help: (): typeof import('./help-command') => require('./help-command'),
  version: (): typeof import('./version-command') => require('./version-command'),
};

/** Parses the arguments after the program name, runs their command, and returns the exit code. */
export async function run(argv: readonly string[], env: Environment, io: CommandIo): Promise<number> {
  const { command = DEFAULT_COMMAND, ...given } = parseArguments(argv);
  return LOADERS[command]().run({ ...given, env, io });
}

/** Runs the command of this process and sets its exit code. */
export function main(): void {
  run(process.argv.slice(2), process.env, createProcessIo()).then(exitWith, (error: unknown) => {
    process.exitCode = EXIT.failed;
    console.error(error);
  });
}

/** Exits at once after a second stop signal; otherwise the process exits when its work is done. */
function exitWith(code: number): void {
  process.exitCode = code;
  if (STOP_CODES.includes(code)) process.exit();
}

const STOP_CODES: readonly number[] = Object.values(STOP_SIGNALS);

const CRASH_ORIGINS: readonly CrashOrigin[] = ['uncaughtException', 'unhandledRejection'];

const STOP_SIGNAL_NAMES: readonly StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/** Gives a command access to the real process. */
function createProcessIo(): CommandIo {
  return addInput({
    out: createWriter(() => process.stdout),
    error: createWriter(() => process.stderr),
    isTerminal: () => process.stdout.isTTY === true,
    isErrorTerminal: () => process.stderr.isTTY === true,
    onReaderGone(handler) {
      process.stdout.on('error', handler);
      return () => process.stdout.off('error', handler);
    },
    onCrash(handler) {
      const listeners = CRASH_ORIGINS.map((origin) => [origin, (cause: unknown) => handler(cause, origin)] as const);
      for (const [origin, listener] of listeners) process.on(origin, listener);
      return () => {
        for (const [origin, listener] of listeners) process.off(origin, listener);
      };
    },
    onSignal(handler) {
      for (const signal of STOP_SIGNAL_NAMES) process.on(signal, handler);
      return () => {
        for (const signal of STOP_SIGNAL_NAMES) process.off(signal, handler);
      };
    },
  });
}

/**
 * Adds the functions that read standard input. Checks for terminals only when a command uses such a function:
 * opening standard input takes start-up time.
 */
function addInput(io: CommandIo): CommandIo {
  const load = (): typeof import('./ask-user') => require('./ask-user');
  const isInteractive = (): boolean => process.stdout.isTTY === true && process.stdin.isTTY === true;
  return Object.defineProperties(io, {
    ask: { get: () => (isInteractive() ? load().askUser : undefined) },
    askHidden: { get: () => (isInteractive() ? load().askHidden : undefined) },
    readInput: { value: () => load().readInput() },
  });
}

/** Opens the stream at the first write. Ignores write errors, such as EPIPE after `… --help | head -1`. */
function createWriter(open: () => NodeJS.WriteStream): (text: string) => void {
  let stream: NodeJS.WriteStream | undefined;
  return (text) => {
    stream ??= open().on('error', () => undefined);
    // A pipe may also end at a terminal, as in `… | less`.
    stream.write(protectTerminal(text));
  };
}

/**
 * Replaces control characters with `?`, except the line endings, colors and spinner that commands print: others come
 * from files, providers and clients, and could rewrite the screen, the title or the clipboard. Also replaces characters
 * that reverse the text direction (Unicode TR 36, section 3.2).
 */
export function protectTerminal(text: string): string {
  return text.replace(CONTROLS, (_, allowed: string | undefined) => allowed ?? '?');
}

const ALLOWED = /\u001b\[(?:1|2|22|31|32|33|36|39)m|\u001b\[K|^\r|\r?\n/;

const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const CONTROLS = new RegExp(`(${ALLOWED.source})|${UNSAFE.source}`, 'g');

if (require.main === module) main();
