/** Reads the command line: a command, and the texts of flags as the tables of options and commands know them. */
import { OPTIONS, OPTION_NAMES, type OptionName } from '../config/options';
import { describeMistake } from '../config/resolve';
import type { ValueType } from '../config/option';
import { quote, quoteSecret } from '../base/quote';
import type { FlagTexts } from '../config/resolve';
import {
  COMMANDS, COMMAND_NAMES, DEFAULT_COMMAND, findCommandOfFlag, findOwners, isCommandName, type CommandName,
} from './commands';
import type { OwnFlag, OwnTexts } from '../command/own-flags';

/** What the words say. `command` is undefined when none was named. */
export interface ParsedArguments {
  readonly command: CommandName | undefined;
  readonly flags: FlagTexts;
  /** The flags that only this command has; each text fits its row. */
  readonly own: OwnTexts;
  readonly operand: string | undefined;
  /** What stands behind a command that passes it on. */
  readonly rest: readonly string[];
  /** A sentence for each word that makes no sense. */
  readonly mistakes: readonly string[];
}

/**
 * Takes the words behind the program's name. Flags are `--name value`, `--name=value`, `--name` and `--no-name`; of the
 * same flag given twice the last one wins. Where a flag stands, before or behind the command, makes no difference, unless
 * the command passes on what stands behind it.
 */
export function parseArguments(words: readonly string[]): ParsedArguments {
  const draft: Draft = {
    command: undefined,
    isCommandFixed: false,
    flags: {},
    own: {},
    operand: undefined,
    mistakes: [],
  };
  let index = 0;
  while (index < words.length && !isForCodex(draft)) index += readWord(words[index] ?? '', words[index + 1], draft);
  const { command, flags, own, operand } = draft;
  return { command, flags, own, operand, rest: words.slice(index), mistakes: listMistakes(draft) };
}

interface Draft {
  command: CommandName | undefined;
  /** Set by `--help` and `--version`: they stand above any command word. */
  isCommandFixed: boolean;
  /** The first word that should have been a command, when there is no such one. */
  stranger?: Stranger;
  readonly flags: { [N in OptionName]?: string };
  readonly own: Record<string, string>;
  operand: string | undefined;
  /** About flags, and words behind the command. */
  readonly mistakes: string[];
}

interface Stranger {
  readonly mistake: string;
  readonly isCodexCommand: boolean;
}

/** True when what comes next belongs to another program, or would if its name had not been forgotten. */
function isForCodex({ command, stranger }: Draft): boolean {
  return stranger?.isCodexCommand === true || (command !== undefined && COMMANDS[command].passesOn !== undefined);
}

/** Every reader below returns how many words it took: one, or two with a value. */
function readWord(word: string, next: string | undefined, draft: Draft): 1 | 2 {
  if (!word.startsWith('-')) return readCommand(word, draft);
  const command = findCommandOfFlag(word);
  if (command === undefined) return readFlag(word, next, draft);
  if (!draft.isCommandFixed) fixCommand(command, draft);
  return 1;
}

/** `setup --help` means `help setup`. */
function fixCommand(command: CommandName, draft: Draft): void {
  if (command !== draft.command) draft.operand = COMMANDS[command].operand === undefined ? undefined : draft.command;
  draft.command = command;
  draft.isCommandFixed = true;
}

function readCommand(word: string, draft: Draft): 1 {
  if (draft.command !== undefined) readOperand(word, draft.command, draft);
  else if (isCommandName(word)) draft.command = word;
  else draft.stranger ??= describeStranger(word);
  return 1;
}

function readOperand(word: string, command: CommandName, draft: Draft): void {
  const isFirst = draft.operand === undefined;
  if (isFirst && COMMANDS[command].operand !== undefined) draft.operand = word;
  else if (!draft.isCommandFixed) draft.mistakes.push(`Unexpected word ${quoteWord(word)} after the command.`);
}

function describeStranger(word: string): Stranger {
  const { CODEX_COMMANDS }: typeof import('./codex-commands') = require('./codex-commands');
  const isCodexCommand = CODEX_COMMANDS.includes(word);
  const meant = isCodexCommand
    ? `did you mean aliyun-codex-bridge codex ${word} …?`
    : suggest(word, COMMAND_NAMES, 'help');
  return { mistake: `Unknown command ${quoteWord(word)}: ${meant}`, isCodexCommand };
}

function readFlag(word: string, next: string | undefined, draft: Draft): 1 | 2 {
  const [flag, attached] = splitAtEquals(word);
  const own = OWN_FLAGS.get(flag);
  if (own !== undefined)
    return readValue(flag, own.type, { attached, next }, draft, (text) => (draft.own[flag] = text));
  const spelling = SPELLINGS.get(flag);
  if (spelling === undefined) {
    const meant = suggest(flag, listFlags(), helpOf(draft.command ?? DEFAULT_COMMAND));
    draft.mistakes.push(`Unknown flag ${quoteWord(flag)}: ${meant}`);
    // The word behind it may be meant as its value, and may be a secret: it is passed over.
    return attached === undefined && isValue(next) ? 2 : 1;
  }
  const { name, isNegation } = spelling;
  if (isNegation) return readNegation(flag, name, attached, draft);
  return readValue(flag, OPTIONS[name].type, { attached, next }, draft, (text) => (draft.flags[name] = text));
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

function readValue(
  flag: string,
  { isSwitch, expected, parse }: ValueType<unknown>,
  { attached, next }: Given,
  draft: Draft,
  keep: (text: string) => void,
): 1 | 2 {
  const isTaken = isValue(next) && (isSwitch !== true || parse(next) !== undefined);
  const value = attached ?? (isTaken ? next : isSwitch && '1');
  if (value === undefined) draft.mistakes.push(`Flag ${flag} has no value: expected ${expected}.`);
  else keep(value);
  return attached === undefined && isTaken ? 2 : 1;
}

/**
 * Whoever asks for help or the version by a flag may come from another flag that makes no sense: then only words are
 * judged. Which own flags an unknown command has is not known.
 */
function listMistakes(draft: Draft): readonly string[] {
  const { stranger, isCommandFixed, mistakes } = draft;
  return [
    ...(stranger === undefined ? [] : [stranger.mistake]),
    ...(isCommandFixed ? [] : mistakes),
    ...(isCommandFixed || stranger !== undefined ? [] : judgeOwn(draft)),
    ...judgeOperand(draft),
  ];
}

/** What is wrong with the own flags, now that the command is known. */
function judgeOwn({ own, command = DEFAULT_COMMAND }: Draft): readonly string[] {
  return Object.entries(own).flatMap(([flag, text]) => {
    const row = COMMANDS[command].own?.find((each) => each.flag === flag);
    if (row === undefined) return [`Flag ${flag} belongs to ${listCommands(findOwners(flag))}.`];
    return row.type.parse(text) === undefined
      ? [describeMistake(row, { text, origin: { kind: 'flag', name: flag } })]
      : [];
  });
}

/** `the command a`, `the commands a, b and c`. */
function listCommands(names: readonly CommandName[]): string {
  if (names.length < 2) return `the command ${names.join()}`;
  return `the commands ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** What is wrong with the word behind the command. */
function judgeOperand({ command = DEFAULT_COMMAND, operand }: Draft): readonly string[] {
  const row = COMMANDS[command].operand;
  if (row === undefined) return [];
  const choices = row.choices();
  const missing = `The command ${command} needs a word behind it: ${choices.join(' or ')}.`;
  if (operand === undefined) return row.required ? [missing] : [];
  if (choices.includes(operand)) return [];
  return [`Unknown word ${quoteWord(operand)} after ${command}: ${suggest(operand, choices, helpOf(command))}`];
}

/** The words that show all about a command. */
const helpOf = (command: CommandName): string => (command === 'help' ? command : `help ${command}`);

/** Takes `--name=value` apart; without `=` there is no value. */
function splitAtEquals(word: string): readonly [flag: string, value: string | undefined] {
  const end = word.indexOf('=');
  return end === -1 ? [word, undefined] : [word.slice(0, end), word.slice(end + 1)];
}

/** A word that can be a value: `-1` can, to be called no port number later; a flag cannot. */
const isValue = (word: string | undefined): word is string => word !== undefined && !word.startsWith('--');

/** Ends a message about `word`: the known word that was probably meant, or where to look. */
function suggest(word: string, known: Iterable<string>, help: string): string {
  const { findNearest }: typeof import('../base/nearest') = require('../base/nearest');
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

/** One row for each spelling: enough to know whether a value follows. */
const OWN_FLAGS: ReadonlyMap<string, OwnFlag> = new Map(
  COMMAND_NAMES.flatMap((name) => COMMANDS[name].own ?? []).map((row) => [row.flag, row]),
);

function listFlags(): readonly string[] {
  return [...SPELLINGS.keys(), ...OWN_FLAGS.keys(), ...COMMAND_NAMES.flatMap((name) => COMMANDS[name].flags ?? [])];
}
