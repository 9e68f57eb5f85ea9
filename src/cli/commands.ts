/** COMMANDS, the one table of commands. Each loads its file only when it runs. */
import type { Command } from './command';
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
} from './own-flag-rows';

// `import()` would stay a native import in the CommonJS output and load Node's ESM machinery; `require` does not.
const TABLE = {
  serve: {
    summary: 'Run the bridge; the command when none is named.',
    own: Object.values(SERVE_FLAGS),
    load: (): typeof import('./commands/serve') => require('./commands/serve'),
  },
  codex: {
    summary: 'Run Codex through the bridge, which starts and ends with it; no file of yours is changed.',
    own: Object.values(CODEX_FLAGS),
    passesOn: '[codex arguments…]',
    load: (): typeof import('./commands/codex') => require('./commands/codex'),
  },
  setup: {
    summary: 'Tell your Codex about the bridge, in its config.toml.',
    own: Object.values(SETUP_FLAGS),
    load: (): typeof import('./commands/setup') => require('./commands/setup'),
  },
  start: {
    summary: 'Run the bridge in the background.',
    load: (): typeof import('./commands/start') => require('./commands/start'),
  },
  stop: {
    summary: 'Stop the bridge that runs in the background.',
    load: (): typeof import('./commands/stop') => require('./commands/stop'),
  },
  status: {
    summary: 'Say whether a bridge runs, which one, since when, and what it does.',
    own: Object.values(STATUS_FLAGS),
    load: (): typeof import('./commands/status') => require('./commands/status'),
  },
  logs: {
    summary: 'Show the log of the bridge that runs in the background.',
    own: Object.values(LOGS_FLAGS),
    load: (): typeof import('./commands/logs') => require('./commands/logs'),
  },
  service: {
    summary: 'Start the bridge whenever you log in.',
    own: Object.values(SERVICE_FLAGS),
    operand: { placeholder: 'ACTION', required: true, choices: () => ['install', 'remove'] },
    load: (): typeof import('./commands/service') => require('./commands/service'),
  },
  doctor: {
    summary: 'Check everything between Codex and the provider, and say how to mend it.',
    own: Object.values(DOCTOR_FLAGS),
    load: (): typeof import('./commands/doctor') => require('./commands/doctor'),
  },
  models: {
    summary: 'List the models, or write the catalog of them for Codex.',
    own: Object.values(MODELS_FLAGS),
    load: (): typeof import('./commands/models') => require('./commands/models'),
  },
  config: {
    summary: 'Show every option with its value and where that came from.',
    own: Object.values(CONFIG_FLAGS),
    load: (): typeof import('./commands/config') => require('./commands/config'),
  },
  demo: {
    summary: 'Show a tool round with a simulated model: no key, no network.',
    load: (): typeof import('./commands/demo') => require('./commands/demo'),
  },
  completions: {
    summary: 'Print the completions of a shell.',
    operand: { placeholder: 'SHELL', required: true, choices: () => ['bash', 'zsh', 'fish'] },
    load: (): typeof import('./commands/completions') => require('./commands/completions'),
  },
  help: {
    summary: 'Show this text, or all about one command.',
    flags: ['--help', '-h'],
    operand: { placeholder: 'COMMAND', required: false, choices: (): readonly string[] => COMMAND_NAMES },
    load: (): typeof import('./commands/help') => require('./commands/help'),
  },
  version: {
    summary: 'Show the version.',
    flags: ['--version', '-v'],
    load: (): typeof import('./commands/version') => require('./commands/version'),
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
