/** COMMANDS, the one table of commands. Each loads its file only when it runs. */
import type { Command } from './command';

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

/** The words in the order of the table. */
export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

/** True when `word` names a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** The command that the flag `word` stands for: `--help` for help. */
export function findCommandOfFlag(word: string): CommandName | undefined {
  return COMMAND_NAMES.find((name) => COMMANDS[name].flags?.some((flag) => flag === word));
}
