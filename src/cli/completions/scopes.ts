/** What can be completed where, read from the tables of commands and options; every shell's script is rendered from it. */
import type { ValueType } from '../../config/option';
import { OPTIONS, OPTION_NAMES, type OptionName } from '../../config/options';
import { PROVIDERS } from '../../providers/catalog';
import { COMMANDS, COMMAND_NAMES, DEFAULT_COMMAND, isCommandName, type CommandName } from '../commands';
import { HELP_PAGES } from '../help-pages';
import type { OwnFlag } from '../../command/own-flags';

/** What the value of a flag is completed with; nothing for numbers, addresses, texts and secrets. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'nothing' };

export interface Flag {
  readonly spelling: string;
  readonly help: string;
  /** Stands for the value in texts; absent for a switch, as is `value`. */
  readonly placeholder?: string;
  readonly value?: Value;
}

/** A place on the command line: before any command, or behind one. */
export interface Scope {
  /** Empty before any command. */
  readonly command: CommandName | '';
  readonly flags: readonly Flag[];
  /** What the next word may be. */
  readonly words: readonly string[];
  /** What that word is called. */
  readonly placeholder: string;
  /** Everything behind the command belongs to Codex. */
  readonly isCodex: boolean;
}

/** The scopes: the first is the one before any command. */
export function listScopes(): readonly Scope[] {
  return [findFirstScope(), ...COMMAND_NAMES.map(findScope)];
}

/** What a word of a scope means; empty for one that names no command. */
export const describeWord = (word: string): string => (isCommandName(word) ? COMMANDS[word].summary : '');

/** Every flag that takes a value, once; the same spelling means the same value in all scopes. */
export function listValueFlags(scopes: readonly Scope[]): readonly (Flag & { readonly value: Value })[] {
  const found = new Map<string, Flag & { readonly value: Value }>();
  for (const { spelling, value, ...flag } of scopes.flatMap(({ flags }) => flags)) {
    if (value !== undefined && !found.has(spelling)) found.set(spelling, { ...flag, spelling, value });
  }
  return [...found.values()];
}

/** Options of every command, those of the default command, and those that must stand before one that passes all on. */
function findFirstScope(): Scope {
  const names = [DEFAULT_COMMAND, ...COMMAND_NAMES.filter((name) => COMMANDS[name].passesOn !== undefined)];
  const meanings = COMMAND_NAMES.flatMap((name) =>
    (COMMANDS[name].flags ?? []).map((spelling): Flag => ({ spelling, help: COMMANDS[name].summary })));
  const own = names.flatMap((name) => COMMANDS[name].own ?? []);
  return {
    command: '',
    flags: [...OPTION_NAMES.flatMap(describeOption), ...own.map(describeOwn), ...meanings],
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
    flags: isCodex ? [] : [...own.map(describeOwn), ...shared.flatMap(describeOption), HELP],
    words: operand?.choices() ?? [],
    placeholder: operand?.placeholder ?? '',
    isCodex,
  };
}

const HELP: Flag = { spelling: '--help', help: 'Show all about this command.' };

function describeOwn({ flag, type, help }: OwnFlag): Flag {
  return { spelling: flag, help, ...describeValue(type, false) };
}

function describeOption(name: OptionName): readonly Flag[] {
  const { flags, type, help, secret } = OPTIONS[name];
  const given = flags.map((spelling): Flag => ({ spelling, help, ...describeValue(type, secret ?? false) }));
  if (!type.isSwitch) return given;
  return [...given, ...flags.map((flag): Flag => ({ spelling: `--no-${flag.slice(2)}`, help: `Not: ${help}` }))];
}

function describeValue(
  { isProvider, isSwitch, path, placeholder, words: own }: ValueType<unknown>,
  isSecret: boolean,
): Pick<Flag, 'placeholder' | 'value'> {
  const words = isProvider ? PROVIDERS.map(({ name }) => name) : own;
  if (isSwitch) return {};
  if (isSecret) return { placeholder, value: { kind: 'nothing' } };
  return { placeholder, value: words === undefined ? { kind: path ?? 'nothing' } : { kind: 'words', words } };
}
