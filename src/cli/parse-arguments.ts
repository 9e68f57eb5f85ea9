/** Parses the command line into a command and its flags, using the tables of commands and options. */
import { renderList } from '../base/quantities';
import { quote, quoteSecret } from '../base/quote';
import type { OwnFlag, OwnTexts } from '../command/own-flags';
import type { ValueType } from '../config/option';
import { OPTIONS, OPTION_NAMES, type OptionName } from '../config/options';
import { describeInvalidValue, type FlagTexts } from '../config/resolve';
import {
  COMMANDS, COMMAND_NAMES, DEFAULT_COMMAND, findCommandForFlag, findOwners, isCommandName, type CommandName,
} from './commands';

export interface ParsedArguments {
  /** Undefined if none was named. */
  readonly command: CommandName | undefined;
  readonly flags: FlagTexts;
  /** The command's own flags; invalid ones are reported in `errors`. */
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
export function parseArguments(args: readonly string[]): ParsedArguments {
  const state: ParseState = {
    command: undefined, isCommandFixed: false, flags: {}, own: {}, operand: undefined, errors: [],
  };
  let index = 0;
  while (index < args.length && !isForCodex(state)) index += readArgument(args[index] ?? '', args[index + 1], state);
  const { command, flags, own, operand, subject } = state;
  return {
    command,
    flags,
    own,
    operand,
    ...(subject !== undefined && { subject }),
    rest: args.slice(index),
    errors: listErrors(state),
  };
}

interface ParseState {
  command: CommandName | undefined;
  /** Set by `--help` and `--version`, which override any command. */
  isCommandFixed: boolean;
  /** The first argument that should have been a command. */
  unknown?: UnknownCommand;
  readonly flags: { [N in OptionName]?: string };
  readonly own: Record<string, string>;
  operand: string | undefined;
  subject?: string;
  /** Errors in flags, and in the arguments after the command. */
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

/** Each reader below returns the number of arguments it consumed: one, or two with a value. */
function readArgument(arg: string, next: string | undefined, state: ParseState): 1 | 2 {
  if (!arg.startsWith('-')) return readCommand(arg, state);
  const command = findCommandForFlag(arg);
  if (command === undefined) return readFlag(arg, next, state);
  if (!state.isCommandFixed) fixCommand(command, state);
  return 1;
}

/** Selects a command by a flag: `setup --help` means `help setup`. */
function fixCommand(command: CommandName, state: ParseState): void {
  if (command !== state.command) state.operand = COMMANDS[command].operand === undefined ? undefined : state.command;
  state.command = command;
  state.isCommandFixed = true;
}

function readCommand(arg: string, state: ParseState): 1 {
  if (state.command !== undefined) readOperand(arg, state.command, state);
  else if (isCommandName(arg)) state.command = arg;
  else state.unknown ??= describeUnknown(arg);
  return 1;
}

function readOperand(arg: string, command: CommandName, state: ParseState): void {
  const isFirst = state.operand === undefined;
  if (isFirst && COMMANDS[command].operand !== undefined) state.operand = arg;
  else if (state.subject === undefined && takesSubject(command, state.operand)) state.subject = arg;
  else if (!state.isCommandFixed) state.errors.push(`Unexpected argument ${quoteArgument(arg)} after ${command}.`);
}

const takesSubject = (command: CommandName, operand = ''): boolean =>
  COMMANDS[command].operand?.subject?.of.includes(operand) ?? false;

function describeUnknown(arg: string): UnknownCommand {
  const { CODEX_COMMANDS }: typeof import('./codex-commands') = require('./codex-commands');
  const isCodexCommand = CODEX_COMMANDS.includes(arg);
  const advice = isCodexCommand
    ? `Did you mean: aliyun-codex-bridge codex ${arg}`
    : suggest(arg, COMMAND_NAMES, 'Run: aliyun-codex-bridge help');
  return { error: `Unknown command ${quoteArgument(arg)}. ${advice}`, isCodexCommand };
}

function readFlag(arg: string, next: string | undefined, state: ParseState): 1 | 2 {
  const [flag, attached] = splitAtEquals(arg);
  const own = OWN_FLAGS.get(flag);
  if (own !== undefined)
    return readValue(flag, own.type, { attached, next }, state, (text) => (state.own[flag] = text));
  const spelling = SPELLINGS.get(flag);
  if (spelling === undefined) {
    const help = `Run: aliyun-codex-bridge ${state.command ?? DEFAULT_COMMAND} --help`;
    const shown = /^-[\w-]{1,40}$/.test(flag) ? flag : quoteArgument(flag);
    state.errors.push(`Unknown flag ${shown}. ${suggest(flag, listFlags(), help)}`);
    // The next argument may be the flag's value, and a secret, so it is skipped unless it names a command.
    const isCommand = state.command === undefined && isCommandName(next ?? '');
    return attached === undefined && isValue(next) && !isCommand ? 2 : 1;
  }
  const { name, isNegation } = spelling;
  if (isNegation) return readNegation(flag, name, attached, state);
  return readValue(flag, OPTIONS[name].type, { attached, next }, state, (text) => (state.flags[name] = text));
}

function readNegation(flag: string, name: OptionName, attached: string | undefined, state: ParseState): 1 {
  if (attached === undefined) state.flags[name] = '0';
  else state.errors.push(`${flag} takes no value.`);
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
  state: ParseState,
  store: (text: string) => void,
): 1 | 2 {
  const isOptional = isSwitch === true || isCommandName(next ?? '');
  const isNextValue = isValue(next) && (!isOptional || parse(next) !== undefined);
  const value = attached ?? (isNextValue ? next : isSwitch && '1');
  if (value === undefined) state.errors.push(`${flag} needs a value: ${expected}.`);
  else store(value);
  return attached === undefined && isNextValue ? 2 : 1;
}

/**
 * With `--help` or `--version`, flags are not validated, because users add these to a command line that failed. After
 * an unknown command, own flags are not validated either.
 */
function listErrors(state: ParseState): readonly string[] {
  const { unknown, isCommandFixed, errors } = state;
  return [
    ...(unknown === undefined ? [] : [unknown.error]),
    ...(isCommandFixed ? [] : errors),
    ...(isCommandFixed || unknown !== undefined ? [] : checkOwnFlags(state)),
    ...checkOperand(state),
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
  return [`Unknown ${row.noun} ${quoteArgument(operand)}. ${suggest(operand, choices, advice)}`];
}

/** Splits `--name=value`; without `=` there is no value. */
function splitAtEquals(arg: string): readonly [flag: string, value: string | undefined] {
  const end = arg.indexOf('=');
  return end === -1 ? [arg, undefined] : [arg.slice(0, end), arg.slice(end + 1)];
}

/** Whether an argument can be a value. `-1` can, and is then rejected as a port number; a flag cannot. */
const isValue = (arg: string | undefined): arg is string =>
  arg !== undefined && !arg.startsWith('--') && findCommandForFlag(arg) === undefined;

/** Suggests the closest of the known names, or returns `advice`. */
function suggest(arg: string, known: Iterable<string>, advice: string): string {
  const { findNearest }: typeof import('../base/nearest') = require('../base/nearest');
  const nearest = findNearest(arg, known);
  return nearest === undefined ? advice : `Did you mean ${nearest}?`;
}

/** A long argument in the wrong place may be a key, so it is masked. */
const quoteArgument = (arg: string): string => (arg.length > 40 ? quoteSecret(arg) : quote(arg));

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
