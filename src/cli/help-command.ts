/** `help`: prints the overview, or the help for one command, from the tables. */
import { EXIT, reportUsageErrors, type CommandContext } from '../command/command';
import type { OwnFlag } from '../command/own-flags';
import { WIDTH, wrapWords } from '../command/render';
import { createTerminalStyle, type TerminalStyle } from '../command/terminal-style';
import { renderOptionsHelp } from '../config/help';
import { OPTIONS, type OptionName } from '../config/options';
import { COMMANDS, COMMAND_NAMES, isCommandName, type CommandName } from './commands';
import { HELP_GROUPS, HELP_PAGES, MAIN_OPTIONS, type HelpPage } from './help-pages';

const PROGRAM_NAME = 'aliyun-codex-bridge';

/** Returns 0, or 2 for invalid usage. */
export async function run({ operand, errors, env, io }: CommandContext): Promise<number> {
  if (errors.length > 0) return reportUsageErrors(errors, io);
  const style = createTerminalStyle(io.isTerminal?.() ?? false, env);
  io.out(operand !== undefined && isCommandName(operand) ? renderCommandHelp(operand, style) : renderHelp(style));
  return EXIT.done;
}

/** Renders the overview: the commands in groups, and the most important options. */
export function renderHelp(style: TerminalStyle): string {
  const groups = Object.entries(HELP_GROUPS).map(([group, title]) => {
    const names = COMMAND_NAMES.filter((name) => HELP_PAGES[name].group === group);
    return renderSection(title, names.map((name) => renderRow(name, COMMANDS[name].summary, COMMAND_COLUMN)), style);
  });
  return [
    `Usage: ${PROGRAM_NAME} [flags] [command]\n`,
    wrap('Makes the Codex CLI (Responses API) work with Chat Completions providers.'),
    renderSection('First steps', [FIRST_STEPS], style),
    ...groups,
    renderSection('Main options', MAIN_OPTIONS.map(renderOption), style),
    `All options: ${PROGRAM_NAME} help serve\nHelp for a command: ${PROGRAM_NAME} help COMMAND\n`,
  ].join('\n');
}

/** Renders the help for one command: its own flags first; shared options are only named, except for `serve`. */
export function renderCommandHelp(name: CommandName, style: TerminalStyle): string {
  const { own = [], flags = [], summary } = COMMANDS[name];
  const { details, examples, codes = [], options } = HELP_PAGES[name];
  const isFull = name === 'serve';
  const sections = [
    style.spell(`Usage: ${renderUsage(name, options)}\n`),
    [summary, ...details].map((text) => wrap(text)).join('\n'),
    flags.length === 0 ? '' : `Same as: ${flags.map((flag) => `${PROGRAM_NAME} ${flag}`).join(', ')}\n`,
    renderSection('Flags', own.map(renderOwnFlag), style),
    renderSection('Examples', renderExamples(examples), style),
    renderSection('Exit codes', renderCodes(codes), style),
    isFull ? `${renderTitle(OPTIONS_TITLE, style)}\n${style.spell(renderOptionsHelp())}` : wrap(nameOptions(options)),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

const OPTIONS_TITLE = 'Options (a flag overrides the environment variable)';

function nameOptions(options: HelpPage['options']): string {
  if (options === 'all') return `Accepts every option of serve. See: ${PROGRAM_NAME} help serve`;
  if (options.length === 0) return '';
  return `Options: ${options.map((name) => OPTIONS[name].flags[0]).join(', ')}. See: ${PROGRAM_NAME} help serve`;
}

/** If a command passes arguments on, its own flags must come before its name. */
function renderUsage(name: CommandName, options: HelpPage['options']): string {
  const { operand, passesOn, own = [] } = COMMANDS[name];
  const flags = own.length + options.length > 0 ? ['[flags]'] : [];
  if (passesOn !== undefined) return [PROGRAM_NAME, ...flags, name, passesOn].join(' ');
  const argument = operand === undefined ? [] : [operand.required ? operand.placeholder : `[${operand.placeholder}]`];
  const choices = operand?.required ? `\n       ${operand.placeholder}: ${operand.choices().join(', ')}` : '';
  return `${[PROGRAM_NAME, name, ...argument, ...flags].join(' ')}${choices}`;
}

const FIRST_STEPS = `  ${PROGRAM_NAME} demo
      Show what the bridge does, without a key.
  AI_API_KEY=sk-... ${PROGRAM_NAME} codex
      Run Codex through the bridge. In PowerShell: $env:AI_API_KEY = 'sk-...'
`;

const COMMAND_COLUMN = 15;

const FLAG_COLUMN = 28;

const CODE_COLUMN = 17;

const renderTitle = (title: string, style: TerminalStyle): string => `${style.paint('bold', `${title}:`)}\n`;

function renderSection(title: string, rows: readonly string[], style: TerminalStyle): string {
  return rows.length === 0 ? '' : `${renderTitle(title, style)}${style.spell(rows.join(''))}`;
}

function renderOwnFlag({ flag, type, help }: OwnFlag): string {
  return renderRow(type.isSwitch ? flag : `${flag} ${type.placeholder}`, help, FLAG_COLUMN);
}

function renderOption(name: OptionName): string {
  const { flags, env, type, help } = OPTIONS[name];
  return renderRow(`${flags[0]} ${type.placeholder}`, `${help} (${env[0]})`, FLAG_COLUMN);
}

const renderExamples = (examples: HelpPage['examples']): readonly string[] =>
  examples.map(([line, meaning]) => `  ${PROGRAM_NAME} ${line}\n${wrap(meaning, 6)}`);

const INVALID_USAGE = ['2', 'invalid usage'] as const;

/** Adds the code for invalid usage in its place, unless the page explains it. */
function renderCodes(codes: HelpPage['codes'] = []): readonly string[] {
  if (codes.length === 0) return [];
  const next = codes.findIndex(([code]) => Number.parseInt(code, 10) >= 2);
  const index = next === -1 ? codes.length : next;
  const added = codes[index]?.[0] === INVALID_USAGE[0] ? [] : [INVALID_USAGE];
  const all = [...codes.slice(0, index), ...added, ...codes.slice(index)];
  return all.map(([code, meaning]) => renderRow(code, meaning, CODE_COLUMN));
}

/** Renders a name and its description, on the next line if the name is too long. */
function renderRow(name: string, text: string, column: number): string {
  const head = `  ${name}`;
  const body = wrap(text, column);
  return head.length + 2 > column ? `${head}\n${body}` : `${head.padEnd(column)}${body.trimStart()}`;
}

/** Wraps text to 80 columns, indented to `column`. */
function wrap(text: string, column = 0): string {
  if (text === '') return '';
  return wrapWords(text, WIDTH - column).map((line) => `${' '.repeat(column)}${line}\n`).join('');
}
