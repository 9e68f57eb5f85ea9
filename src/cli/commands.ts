/** COMMANDS, the one table of commands. Each loads its file only when it runs. */
import type { Command } from '../command/command';
import {
  CODEX_FLAGS,
  CONFIG_FLAGS,
  DOCTOR_FLAGS,
  LOGS_FLAGS,
  MODELS_FLAGS,
  SERVE_FLAGS,
  SERVICE_FLAGS,
  SETUP_FLAGS,
  STATUS_FLAGS,
} from '../command/own-flag-rows';

// `import()` would stay a native import in the CommonJS output and load Node's ESM machinery; `require` does not.
const TABLE = {
  serve: {
    summary: 'Run the bridge; the command when none is named.',
    own: Object.values(SERVE_FLAGS),
    load: (): typeof import('../serve/serve-command') => require('../serve/serve-command'),
  },
  codex: {
    summary: 'Run Codex through the bridge, which starts and ends with it; no file of yours is changed.',
    own: Object.values(CODEX_FLAGS),
    passesOn: '[codex arguments…]',
    load: (): typeof import('../launch/codex-command') => require('../launch/codex-command'),
  },
  setup: {
    summary: 'Tell your Codex about the bridge, in its config.toml.',
    own: Object.values(SETUP_FLAGS),
    load: (): typeof import('../setup/setup-command') => require('../setup/setup-command'),
  },
  start: {
    summary: 'Run the bridge in the background.',
    load: (): typeof import('../daemon/start-command') => require('../daemon/start-command'),
  },
  stop: {
    summary: 'Stop the bridge that runs in the background.',
    load: (): typeof import('../daemon/stop-command') => require('../daemon/stop-command'),
  },
  status: {
    summary: 'Say whether a bridge runs, which one, since when, and what it does.',
    own: Object.values(STATUS_FLAGS),
    load: (): typeof import('../daemon/status-command') => require('../daemon/status-command'),
  },
  logs: {
    summary: 'Show the log of the bridge that runs in the background.',
    own: Object.values(LOGS_FLAGS),
    load: (): typeof import('../daemon/logs-command') => require('../daemon/logs-command'),
  },
  service: {
    summary: 'Start the bridge whenever you log in.',
    own: Object.values(SERVICE_FLAGS),
    operand: { placeholder: 'ACTION', required: true, choices: () => ['install', 'remove'] },
    load: (): typeof import('../daemon/service-command') => require('../daemon/service-command'),
  },
  doctor: {
    summary: 'Check everything between Codex and the provider, and say how to mend it.',
    own: Object.values(DOCTOR_FLAGS),
    load: (): typeof import('../doctor/doctor-command') => require('../doctor/doctor-command'),
  },
  models: {
    summary: 'List the models, or write the catalog of them for Codex.',
    own: Object.values(MODELS_FLAGS),
    load: (): typeof import('./models-command') => require('./models-command'),
  },
  config: {
    summary: 'Show every option with its value and where that came from.',
    own: Object.values(CONFIG_FLAGS),
    load: (): typeof import('./config-command') => require('./config-command'),
  },
  demo: {
    summary: 'Show a tool round with a simulated model: no key, no network.',
    load: (): typeof import('../demo/demo-command') => require('../demo/demo-command'),
  },
  completions: {
    summary: 'Print the completions of a shell.',
    operand: { placeholder: 'SHELL', required: true, choices: () => ['bash', 'zsh', 'fish'] },
    load: (): typeof import('./completions-command') => require('./completions-command'),
  },
  help: {
    summary: 'Show this text, or all about one command.',
    flags: ['--help', '-h'],
    operand: { placeholder: 'COMMAND', required: false, choices: (): readonly string[] => COMMAND_NAMES },
    load: (): typeof import('./help-command') => require('./help-command'),
  },
  version: {
    summary: 'Show the version.',
    flags: ['--version', '-v'],
    load: (): typeof import('./version-command') => require('./version-command'),
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof TABLE;

/** The rows by the word that names them on the command line. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = TABLE;

/** What runs when no command is named. */
export const DEFAULT_COMMAND: CommandName = 'serve';

/** The words in the order of the table. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

/** The commands that have `flag` as their own. */
export function findOwners(flag: string): readonly CommandName[] {
  return COMMAND_NAMES.filter((name) => COMMANDS[name].own?.some((row) => row.flag === flag));
}

/** True when `word` names a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** The command that the flag `word` stands for: `--help` for help. */
export function findCommandOfFlag(word: string): CommandName | undefined {
  return COMMAND_NAMES.find((name) => COMMANDS[name].flags?.some((flag) => flag === word));
}
