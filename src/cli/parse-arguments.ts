/** Parses the command line into a command and its flags, using the tables of commands and options. */
import { renderList } from '../base/quantities';
import { quote, quoteSecret } from '../base/quote';
import type { OwnFlag, OwnTexts } from '../command/own-flags';
import type { ValueType } from '../config/option';
import { OPTIONS, OPTION_NAMES, type OptionName } from '../config/options';
import { describeInvalidValue, type FlagTexts } from '../config/resolve';
import {
  COMMANDS, COMMAND_NAMES, DEFAULT_COMMAND, findCommandOfFlag, findOwners, isCommandName, type CommandName,
} from './commands';

export interface ParsedArguments {
  /** Undefined if none was named. */
  readonly command: CommandName | undefined;
  readonly flags: FlagTexts;
  /** The command's own flags; every value is valid for its row. */
  readonly own: OwnTexts;
  readonly operand: string | undefined;
  readonly subject?: string;
  /** The arguments after a command that passes them on. */
  readonly rest: readonly string[];
  /** One message for each invalid argument. */
  readonly errors: readonly string[];
}

/**
 * Parses the arguments after the program name. Flags are `--name value`, `--name=value`, `--name` and `--no-name`; if a
 * flag is given twice, the last one applies. Flags may come before or after the command, unless the command passes its
 * arguments on.
 */
export function parseArguments(words: readonly string[]): ParsedArguments {
  const draft: ParseState = {
    command: undefined, isCommandFixed: false, flags: {}, own: {}, operand: undefined, errors: [],
  };
  let index = 0;
  while (index < words.length && !isForCodex(draft)) index += readWord(words[index] ?? '', words[index + 1], draft);
  const { command, flags, own, operand, subject } = draft;
  return {
    command,
    flags,
    own,
    operand,
    ...(subject !== undefined && { subject }),
    rest: words.slice(index),
    errors: listErrors(draft),
  };
}

interface ParseState {
  command: CommandName | undefined;
  /** Set by `--help` and `--version`, which override any command. */
  isCommandFixed: boolean;
  /** The first word that should have been a command. */
  unknown?: UnknownCommand;
  readonly flags: { [N in OptionName]?: string };
  readonly own: Record<string, string>;
  operand: string | undefined;
  subject?: string;
  /** Errors in flags, and in the words after the command. */
  readonly errors: string[];
}

interface UnknownCommand {
  readonly error: string;
  readonly isCodexCommand: boolean;
}

/** Whether the rest is for Codex, or would be if `codex` were not missing. */
function isForCodex({ command, unknown }: ParseState): boolean {
  return unknown?.isCodexCommand === true || (command !== undefined && COMMANDS[command].passesOn !== undefined);
}

/** Each reader below returns the number of words it consumed: one, or two with a value. */
function readWord(word: string, next: string | undefined, draft: ParseState): 1 | 2 {
  if (!word.startsWith('-')) return readCommand(word, draft);
  const command = findCommandOfFlag(word);
  if (command === undefined) return readFlag(word, next, draft);
  if (!draft.isCommandFixed) fixCommand(command, draft);
  return 1;
}

/** Selects a command by a flag: `setup --help` means `help setup`. */
function fixCommand(command: CommandName, draft: ParseState): void {
  if (command !== draft.command) draft.operand = COMMANDS[command].operand === undefined ? undefined : draft.command;
  draft.command = command;
  draft.isCommandFixed = true;
}

function readCommand(word: string, draft: ParseState): 1 {
  if (draft.command !== undefined) readOperand(word, draft.command, draft);
  else if (isCommandName(word)) draft.command = word;
  else draft.unknown ??= describeUnknown(word);
  return 1;
}

function readOperand(word: string, command: CommandName, draft: ParseState): void {
  const isFirst = draft.operand === undefined;
  if (isFirst && COMMANDS[command].operand !== undefined) draft.operand = word;
  else if (draft.subject === undefined && takesSubject(command, draft.operand)) draft.subject = word;
  else if (!draft.isCommandFixed) draft.errors.push(`Unexpected argument ${quoteWord(word)} after ${command}.`);
}

const takesSubject = (command: CommandName, operand = ''): boolean =>
  COMMANDS[command].operand?.subject?.of.includes(operand) ?? false;

function describeUnknown(word: string): UnknownCommand {
  const { CODEX_COMMANDS }: typeof import('./codex-commands') = require('./codex-commands');
  const isCodexCommand = CODEX_COMMANDS.includes(word);
  const advice = isCodexCommand
    ? `Did you mean: aliyun-codex-bridge codex ${word}`
    : suggest(word, COMMAND_NAMES, 'Run: aliyun-codex-bridge help');
  return { error: `Unknown command ${quoteWord(word)}. ${advice}`, isCodexCommand };
}

function readFlag(word: string, next: string | undefined, draft: ParseState): 1 | 2 {
  const [flag, attached] = splitAtEquals(word);
  const own = OWN_FLAGS.get(flag);
  if (own !== undefined)
    return readValue(flag, own.type, { attached, next }, draft, (text) => (draft.own[flag] = text));
  const spelling = SPELLINGS.get(flag);
  if (spelling === undefined) {
    const help = `Run: aliyun-codex-bridge ${draft.command ?? DEFAULT_COMMAND} --help`;
    const shown = /^-[\w-]{1,40}$/.test(flag) ? flag : quoteWord(flag);
    draft.errors.push(`Unknown flag ${shown}. ${suggest(flag, listFlags(), help)}`);
    // The next word may be its value, and a secret, so it is skipped unless it is the command.
    const isCommand = draft.command === undefined && isCommandName(next ?? '');
    return attached === undefined && isValue(next) && !isCommand ? 2 : 1;
  }
  const { name, isNegation } = spelling;
  if (isNegation) return readNegation(flag, name, attached, draft);
  return readValue(flag, OPTIONS[name].type, { attached, next }, draft, (text) => (draft.flags[name] = text));
}

function readNegation(flag: string, name: OptionName, attached: string | undefined, draft: ParseState): 1 {
  if (attached === undefined) draft.flags[name] = '0';
  else draft.errors.push(`${flag} takes no value.`);
  return 1;
}

interface FlagValue {
  readonly attached: string | undefined;
  readonly next: string | undefined;
}

function readValue(
  flag: string,
  { isSwitch, expected, parse }: ValueType<unknown>,
  { attached, next }: FlagValue,
  draft: ParseState,
  store: (text: string) => void,
): 1 | 2 {
  const isOptional = isSwitch === true || isCommandName(next ?? '');
  const isNextValue = isValue(next) && (!isOptional || parse(next) !== undefined);
  const value = attached ?? (isNextValue ? next : isSwitch && '1');
  if (value === undefined) draft.errors.push(`${flag} needs a value: ${expected}.`);
  else store(value);
  return attached === undefined && isNextValue ? 2 : 1;
}

/**
 * With `--help` or `--version`, flags are not validated, because users add these to a command line that failed. After
 * an unknown command, own flags are not validated either.
 */
function listErrors(draft: ParseState): readonly string[] {
  const { unknown, isCommandFixed, errors } = draft;
  return [
    ...(unknown === undefined ? [] : [unknown.error]),
    ...(isCommandFixed ? [] : errors),
    ...(isCommandFixed || unknown !== undefined ? [] : checkOwnFlags(draft)),
    ...checkOperand(draft),
  ];
}

/** Validates the command's own flags, once the command is known. */
function checkOwnFlags({ own, command = DEFAULT_COMMAND }: ParseState): readonly string[] {
  return Object.entries(own).flatMap(([flag, text]) => {
    const row = COMMANDS[command].own?.find((each) => each.flag === flag);
    if (row === undefined) return [`${flag} works only with ${renderList(findOwners(flag), 'and')}.`];
    return row.type.parse(text) === undefined
      ? [describeInvalidValue(row, { text, origin: { kind: 'flag', name: flag } })]
      : [];
  });
}

function checkOperand({ command = DEFAULT_COMMAND, operand, subject }: ParseState): readonly string[] {
  const row = COMMANDS[command].operand;
  if (row === undefined) return [];
  const choices = row.choices();
  if (operand === undefined) return row.required ? [`Missing ${row.noun}: ${renderList(choices, 'or')}.`] : [];
  if (choices.includes(operand)) {
    const isMissing = subject === undefined && takesSubject(command, operand);
    return isMissing ? [`Missing ${row.subject?.placeholder ?? ''} after ${command} ${operand}.`] : [];
  }
  const advice = row.required ? `Use ${renderList(choices, 'or')}.` : 'Run: aliyun-codex-bridge help';
  return [`Unknown ${row.noun} ${quoteWord(operand)}. ${suggest(operand, choices, advice)}`];
}

/** Splits `--name=value`; without `=` there is no value. */
function splitAtEquals(word: string): readonly [flag: string, value: string | undefined] {
  const end = word.indexOf('=');
  return end === -1 ? [word, undefined] : [word.slice(0, end), word.slice(end + 1)];
}

/** Whether a word can be a value. `-1` can, and is then rejected as a port number; a flag cannot. */
const isValue = (word: string | undefined): word is string =>
  word !== undefined && !word.startsWith('--') && findCommandOfFlag(word) === undefined;

/** Suggests the closest known word, or returns `advice`. */
function suggest(word: string, known: Iterable<string>, advice: string): string {
  const { findNearest }: typeof import('../base/nearest') = require('../base/nearest');
  const nearest = findNearest(word, known);
  return nearest === undefined ? advice : `Did you mean ${nearest}?`;
}

/** A long word in the wrong place may be a key, so it is masked. */
const quoteWord = (word: string): string => (word.length > 40 ? quoteSecret(word) : quote(word));

interface FlagSpelling {
  readonly name: OptionName;
  /** The form `--no-name` of a switch. */
  readonly isNegation: boolean;
}

const SPELLINGS: ReadonlyMap<string, FlagSpelling> = new Map(OPTION_NAMES.flatMap(listSpellings));

function listSpellings(name: OptionName): readonly (readonly [string, FlagSpelling])[] {
  const { flags, type } = OPTIONS[name];
  const negations = type.isSwitch ? flags.map((flag) => `--no-${flag.slice(2)}`) : [];
  return [
    ...flags.map((flag) => [flag, { name, isNegation: false }] as const),
    ...negations.map((flag) => [flag, { name, isNegation: true }] as const),
  ];
}

/** One row per spelling, which is enough to know whether a value follows. */
const OWN_FLAGS: ReadonlyMap<string, OwnFlag> = new Map(
  COMMAND_NAMES.flatMap((name) => COMMANDS[name].own ?? []).map((row) => [row.flag, row]),
);

function listFlags(): readonly string[] {
  return [...SPELLINGS.keys(), ...OWN_FLAGS.keys(), ...COMMAND_NAMES.flatMap((name) => COMMANDS[name].flags ?? [])];
}
