/**
 * Lists the completions for each position on the command line, from the tables of commands and options. The script of
 * every shell is rendered from this list.
 */
import type { OwnFlag } from '../../command/own-flags';
import type { ValueType } from '../../config/option';
import { OPTIONS, OPTION_NAMES, type OptionName } from '../../config/options';
import { PROVIDERS } from '../../providers/catalog';
import { COMMANDS, COMMAND_NAMES, DEFAULT_COMMAND, isCommandName, type CommandName } from '../commands';
import { HELP_PAGES } from '../help-pages';

/** How the value of a flag is completed. Numbers, addresses, free text and secrets are not completed. */
export type ValueCompletion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'nothing' };

export interface Flag {
  readonly spelling: string;
  readonly help: string;
  /** Absent for a switch, as is `value`. */
  readonly placeholder?: string;
  readonly value?: ValueCompletion;
}

/** A position on the command line: before any command, or after one. */
export interface Scope {
  /** Empty before any command. */
  readonly command: CommandName | '';
  readonly flags: readonly Flag[];
  /** The words that may come next. */
  readonly words: readonly string[];
  /** The placeholder for such a word. */
  readonly placeholder: string;
  /** Whether everything after the command is for Codex. */
  readonly isCodex: boolean;
}

/** Lists all scopes; the first one is before any command. */
export function listScopes(): readonly Scope[] {
  return [findFirstScope(), ...COMMAND_NAMES.map(findScope)];
}

/** Returns the summary of a word that names a command; otherwise empty. */
export const describeWord = (word: string): string => (isCommandName(word) ? COMMANDS[word].summary : '');

/** Lists every flag that takes a value, once; a spelling has the same meaning in all scopes. */
export function listValueFlags(scopes: readonly Scope[]): readonly (Flag & { readonly value: ValueCompletion })[] {
  const found = new Map<string, Flag & { readonly value: ValueCompletion }>();
  for (const { spelling, value, ...flag } of scopes.flatMap(({ flags }) => flags)) {
    if (value !== undefined && !found.has(spelling)) found.set(spelling, { ...flag, spelling, value });
  }
  return [...found.values()];
}

/**
 * Lists what may come before a command: the options, the flags of the default command, the flags of commands that pass
 * arguments on, and the flags that select a command.
 */
function findFirstScope(): Scope {
  const names = [DEFAULT_COMMAND, ...COMMAND_NAMES.filter((name) => COMMANDS[name].passesOn !== undefined)];
  const commandFlags = COMMAND_NAMES.flatMap((name) =>
    (COMMANDS[name].flags ?? []).map((spelling): Flag => ({ spelling, help: COMMANDS[name].summary })));
  const own = names.flatMap((name) => COMMANDS[name].own ?? []);
  return {
    command: '',
    flags: [...OPTION_NAMES.flatMap(describeOption), ...own.map(describeOwn), ...commandFlags],
    words: COMMAND_NAMES,
    placeholder: 'COMMAND',
    isCodex: false,
  };
}

function findScope(command: CommandName): Scope {
  const { own = [], operand, passesOn } = COMMANDS[command];
  const { options } = HELP_PAGES[command];
  const isCodex = passesOn !== undefined;
  const shared = options === 'all' ? OPTION_NAMES : options;
  return {
    command,
    flags: isCodex ? [] : [...own.map(describeOwn), ...shared.flatMap(describeOption), HELP_FLAG],
    words: operand?.choices() ?? [],
    placeholder: operand?.placeholder ?? '',
    isCodex,
  };
}

const HELP_FLAG: Flag = { spelling: '--help', help: 'Show the help for this command.' };

function describeOwn({ flag, type, help }: OwnFlag): Flag {
  return { spelling: flag, help, ...describeValue(type, false) };
}

function describeOption(name: OptionName): readonly Flag[] {
  const { flags, type, help, secret } = OPTIONS[name];
  const valueType = name === 'defaultModel' || name === 'smallModel' ? { ...type, words: listModels() } : type;
  const plain = flags.map((spelling): Flag => ({ spelling, help, ...describeValue(valueType, secret ?? false) }));
  if (!type.isSwitch) return plain;
  return [...plain, ...flags.map((flag): Flag => ({ spelling: `--no-${flag.slice(2)}`, help: `Turn off: ${help}` }))];
}

/** Lists the ids of all models in the catalog, except those that need quoting in a shell. */
const listModels = (): readonly string[] =>
  [...new Set(PROVIDERS.flatMap(({ models }) => models.map(({ id }) => id)))].filter((id) => /^[\w./-]+$/.test(id));

function describeValue(
  { isProvider, isSwitch, path, placeholder, words: own }: ValueType<unknown>, isSecret: boolean,
): Pick<Flag, 'placeholder' | 'value'> {
  const words = isProvider ? PROVIDERS.map(({ name }) => name) : own;
  if (isSwitch) return {};
  if (isSecret) return { placeholder, value: { kind: 'nothing' } };
  return { placeholder, value: words === undefined ? { kind: path ?? 'nothing' } : { kind: 'words', words } };
}
