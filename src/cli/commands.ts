/** Defines COMMANDS, the table of commands. */
import type { Command } from '../command/command';
import {
  CODEX_FLAGS, CONFIG_FLAGS, DOCTOR_FLAGS, LOGIN_FLAGS, LOGS_FLAGS, MODELS_FLAGS, PROVIDERS_FLAGS, QUOTA_FLAGS,
  SERVE_FLAGS, SERVICE_FLAGS, SETUP_FLAGS, STATUS_FLAGS, USAGE_FLAGS,
} from '../command/own-flags';

const TABLE = {
  serve: {
    summary: 'Run the bridge in this terminal; the default command.',
    own: Object.values(SERVE_FLAGS),
  },
  codex: {
    summary: 'Run Codex through the bridge without changing any of your files.',
    own: Object.values(CODEX_FLAGS),
    passesOn: '[codex arguments…]',
  },
  login: {
    summary: 'Save a provider and its key, so that no variable is needed.',
    own: Object.values(LOGIN_FLAGS),
  },
  logout: { summary: 'Remove saved providers and keys.' },
  setup: {
    summary: 'Configure your Codex to use the bridge, in its config.toml.',
    own: Object.values(SETUP_FLAGS),
  },
  start: { summary: 'Run the bridge in the background.' },
  stop: { summary: 'Stop the background bridge.' },
  restart: { summary: 'Stop the background bridge and start it again.' },
  status: {
    summary: 'Show whether a bridge is running, and its version, uptime and load.',
    own: Object.values(STATUS_FLAGS),
  },
  logs: {
    summary: 'Show the log of the background bridge.',
    own: Object.values(LOGS_FLAGS),
  },
  usage: {
    summary: 'Show tokens, requests and cost of your turns.',
    own: Object.values(USAGE_FLAGS),
  },
  quota: {
    summary: 'Show how much of your plan or balance is left.',
    own: Object.values(QUOTA_FLAGS),
  },
  service: {
    summary: 'Start the bridge whenever you log in.',
    own: Object.values(SERVICE_FLAGS),
    operand: { placeholder: 'ACTION', required: true, noun: 'action', choices: () => ['install', 'remove'] },
  },
  doctor: {
    summary: 'Diagnose problems and suggest fixes.',
    own: Object.values(DOCTOR_FLAGS),
  },
  models: {
    summary: 'List the models, or write their catalog for Codex.',
    own: Object.values(MODELS_FLAGS),
  },
  providers: {
    summary: 'List providers with their origin, or test one of them.',
    own: Object.values(PROVIDERS_FLAGS),
    operand: {
      placeholder: 'ACTION',
      required: false,
      noun: 'action',
      choices: () => ['test', 'schema'],
      subject: { of: ['test'], placeholder: 'NAME' },
    },
  },
  config: {
    summary: 'Show every option with its value and origin.',
    own: Object.values(CONFIG_FLAGS),
  },
  demo: { summary: 'Show a turn with tool calls against a simulated model; needs no key.' },
  completions: {
    summary: 'Print the completion script for a shell.',
    operand: { placeholder: 'SHELL', required: true, noun: 'shell name', choices: () => ['bash', 'zsh', 'fish'] },
  },
  help: {
    summary: 'Show this text, or the help for one command.',
    flags: ['--help', '-h'],
    operand: { placeholder: 'COMMAND', required: false, noun: 'command', choices: listNames },
  },
  version: { summary: 'Show the version.', flags: ['--version', '-v'] },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof TABLE;

/** The rows by name. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = TABLE;

/** The command that runs when none is named. */
export const DEFAULT_COMMAND: CommandName = 'serve';

/** The names in the order of the table. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

/** A separate function, because the row of `help` refers to the table it is part of. */
function listNames(): readonly string[] {
  return COMMAND_NAMES;
}

/** Returns the commands that have `flag` among their own flags. */
export function findOwners(flag: string): readonly CommandName[] {
  return COMMAND_NAMES.filter((name) => COMMANDS[name].own?.some((row) => row.flag === flag));
}

/** Whether `text` is the name of a command. */
export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}

/** Returns the command that an argument selects as a flag, such as help for `--help`. */
export function findCommandForFlag(arg: string): CommandName | undefined {
  return COMMAND_NAMES.find((name) => COMMANDS[name].flags?.some((flag) => flag === arg));
}
