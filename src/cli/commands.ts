/** COMMANDS, the one table of commands. Each loads its file only when it runs. */
import { codexVersion, file, onOff } from '../config/value-types';
import type { Command } from './command';
import type { OwnFlag } from './own-flags';

/** The own flags of `models`. */
export const MODELS_FLAGS = {
  json: {
    flag: '--json',
    type: onOff,
    help: 'Print the body of GET /models.',
  },
  catalog: {
    flag: '--codex-catalog',
    type: file,
    help: 'Write the file for model_catalog_json in config.toml of Codex.',
  },
  force: {
    flag: '--force',
    type: onOff,
    help: 'Replace a file that the bridge did not write.',
  },
  version: {
    flag: '--codex-version',
    type: codexVersion,
    help: 'Leave out what this version of Codex cannot read; matters before 0.146.0.',
  },
} as const satisfies Record<string, OwnFlag>;

// `import()` would stay a native import in the CommonJS output and load Node's ESM machinery; `require` does not.
const TABLE = {
  serve: {
    summary: 'Run the bridge; the command when none is named.',
    load: (): typeof import('./commands/serve') => require('./commands/serve'),
  },
  demo: {
    summary: 'Show a tool round with a simulated model: no key, no network.',
    load: (): typeof import('./commands/demo') => require('./commands/demo'),
  },
  models: {
    summary: 'List the models, or write the catalogue of them for Codex.',
    own: Object.values(MODELS_FLAGS),
    load: (): typeof import('./commands/models') => require('./commands/models'),
  },
  help: {
    summary: 'Show this text.',
    flags: ['--help', '-h'],
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
