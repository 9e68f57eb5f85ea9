/** Reads the command line: a command, and the texts of flags as the tables of options and commands know them. */
import { OPTIONS, OPTION_NAMES, type OptionName } from '../config/options';
import { quote, quoteSecret } from '../config/quote';
import type { FlagTexts } from '../config/resolve';
import { COMMANDS, COMMAND_NAMES, findCommandOfFlag, isCommandName, type CommandName } from './commands';

/** What the words say. `command` is undefined when none was named. */
export interface ParsedArguments {
  readonly command: CommandName | undefined;
  readonly flags: FlagTexts;
  /** A sentence for each word that makes no sense. */
  readonly mistakes: readonly string[];
}

/**
 * Takes the words behind the program's name. Flags are `--name value`, `--name=value`, `--name` and `--no-name`; of the
 * same flag given twice the last one wins.
 */
export function parseArguments(words: readonly string[]): ParsedArguments {
  const draft: Draft = { command: undefined, isCommandFixed: false, flags: {}, mistakes: [] };
  for (let index = 0; index < words.length; ) {
    index += readWord(words[index] ?? '', words[index + 1], draft);
  }
  return { command: draft.command, flags: draft.flags, mistakes: draft.mistakes };
}

interface Draft {
  command: CommandName | undefined;
  /** Set by `--help` and `--version`: they stand above any command word. */
  isCommandFixed: boolean;
  readonly flags: { [N in OptionName]?: string };
  readonly mistakes: string[];
}

/** Every reader below returns how many words it took: one, or two with a value. */
function readWord(word: string, next: string | undefined, draft: Draft): 1 | 2 {
  if (!word.startsWith('-')) return readCommand(word, draft);
  const command = findCommandOfFlag(word);
  if (command === undefined) return readFlag(word, next, draft);
  if (!draft.isCommandFixed) draft.command = command;
  draft.isCommandFixed = true;
  return 1;
}

function readCommand(word: string, draft: Draft): 1 {
  if (draft.isCommandFixed) return 1;
  if (draft.command !== undefined) draft.mistakes.push(`Unexpected word ${quoteWord(word)} after the command.`);
  else if (isCommandName(word)) draft.command = word;
  else draft.mistakes.push(`Unknown command ${quoteWord(word)}: ${suggest(word, COMMAND_NAMES, 'help')}`);
  return 1;
}

function readFlag(word: string, next: string | undefined, draft: Draft): 1 | 2 {
  const [flag, attached] = splitAtEquals(word);
  const spelling = SPELLINGS.get(flag);
  if (spelling === undefined) {
    draft.mistakes.push(`Unknown flag ${quoteWord(flag)}: ${suggest(flag, listFlags(), '--help')}`);
    // The word behind it may be meant as its value, and may be a secret: it is passed over.
    return attached === undefined && isValue(next) ? 2 : 1;
  }
  return spelling.isNegation
    ? readNegation(flag, spelling.name, attached, draft)
    : readOption(flag, spelling.name, { attached, next }, draft);
}

function readNegation(flag: string, name: OptionName, attached: string | undefined, draft: Draft): 1 {
  if (attached === undefined) draft.flags[name] = '0';
  else draft.mistakes.push(`Flag ${flag} takes no value.`);
  return 1;
}

interface Given {
  readonly attached: string | undefined;
  readonly next: string | undefined;
}

function readOption(flag: string, name: OptionName, { attached, next }: Given, draft: Draft): 1 | 2 {
  const { isSwitch, expected, parse } = OPTIONS[name].type;
  const isTaken = isValue(next) && (isSwitch !== true || parse(next) !== undefined);
  const value = attached ?? (isTaken ? next : isSwitch && '1');
  if (value === undefined) draft.mistakes.push(`Flag ${flag} has no value: expected ${expected}.`);
  else draft.flags[name] = value;
  return attached === undefined && isTaken ? 2 : 1;
}

/** Takes `--name=value` apart; without `=` there is no value. */
function splitAtEquals(word: string): readonly [flag: string, value: string | undefined] {
  const end = word.indexOf('=');
  return end === -1 ? [word, undefined] : [word.slice(0, end), word.slice(end + 1)];
}

/** A word that can be a value: `-1` can, to be called no port number later; a flag cannot. */
const isValue = (word: string | undefined): word is string => word !== undefined && !word.startsWith('--');

/** Ends a message about `word`: the known word that was probably meant, or where to look. */
function suggest(word: string, known: Iterable<string>, help: string): string {
  const { findNearest }: typeof import('./nearest') = require('./nearest');
  const nearest = findNearest(word, known);
  return nearest === undefined ? `see ${help}.` : `did you mean ${nearest}?`;
}

/** A long word in the wrong place may be a key. */
const quoteWord = (word: string): string => (word.length > 40 ? quoteSecret(word) : quote(word));

interface Spelling {
  readonly name: OptionName;
  /** The spelling `--no-name` of a switch. */
  readonly isNegation: boolean;
}

const SPELLINGS: ReadonlyMap<string, Spelling> = new Map(OPTION_NAMES.flatMap(listSpellings));

function listSpellings(name: OptionName): readonly (readonly [string, Spelling])[] {
  const { flags, type } = OPTIONS[name];
  const negations = type.isSwitch ? flags.map((flag) => `--no-${flag.slice(2)}`) : [];
  return [
    ...flags.map((flag) => [flag, { name, isNegation: false }] as const),
    ...negations.map((flag) => [flag, { name, isNegation: true }] as const),
  ];
}

function listFlags(): readonly string[] {
  return [...SPELLINGS.keys(), ...COMMAND_NAMES.flatMap((name) => COMMANDS[name].flags ?? [])];
}
