/** `help`: the commands in short, or all about one of them, printed from the tables. */
import { renderOptionsHelp } from '../config/help';
import { OPTIONS, OPTION_NAMES, type OptionName } from '../config/options';
import { EXIT, type CommandContext } from '../command/command';
import { COMMANDS, COMMAND_NAMES, isCommandName, type CommandName } from './commands';
import { FIRST_OPTIONS, HELP_GROUPS, HELP_PAGES, type HelpPage } from './help-pages';
import { createTerminalStyle, WIDTH, type TerminalStyle } from '../command/terminal-style';
import { reportMistakes } from '../command/mistakes';
import type { OwnFlag } from '../command/own-flags';
import { wrapWords } from '../command/wrap';

const PROGRAM = 'aliyun-codex-bridge';

/** Returns 0 when the help was shown, 2 when there is none for what was asked. */
export async function run({ operand, mistakes, env, io }: CommandContext): Promise<number> {
  if (mistakes.length > 0) return reportMistakes(mistakes, io);
  const look = createTerminalStyle(io.isTerminal?.() ?? false, env);
  io.out(operand !== undefined && isCommandName(operand) ? renderCommandHelp(operand, look) : renderHelp(look));
  return EXIT.done;
}

/** The plain help: the commands in groups, and the few options that everybody needs. */
export function renderHelp(look: TerminalStyle): string {
  const groups = Object.entries(HELP_GROUPS).map(([group, title]) => {
    const names = COMMAND_NAMES.filter((name) => HELP_PAGES[name].group === group);
    return renderSection(title, names.map((name) => renderRow(name, COMMANDS[name].summary, COMMAND_COLUMN)), look);
  });
  return [
    `Usage: ${PROGRAM} [flags] [command]\n`,
    wrap('Lets the Codex CLI (Responses API) work with a provider that speaks Chat Completions.'),
    renderSection('First steps', [FIRST_STEPS], look),
    ...groups,
    renderSection('Options that everybody needs', FIRST_OPTIONS.map(renderOption), look),
    `All options: ${PROGRAM} help serve\nAll about a command: ${PROGRAM} help COMMAND\n`,
  ].join('\n');
}

/** All about one command. */
export function renderCommandHelp(name: CommandName, look: TerminalStyle): string {
  const { own = [], flags = [], summary } = COMMANDS[name];
  const { details, examples, codes = [], options } = HELP_PAGES[name];
  const shared = options === 'all' ? OPTION_NAMES : options;
  const sections = [
    look.spell(`Usage: ${renderUsage(name, shared)}\n`),
    [summary, ...details].map((text) => wrap(text)).join('\n'),
    flags.length === 0 ? '' : `The same: ${flags.map((flag) => `${PROGRAM} ${flag}`).join(', ')}\n`,
    renderSection('Flags of this command', own.map(renderOwn), look),
    renderSection('Examples', renderExamples(examples), look),
    renderSection('Exit codes', renderCodes(codes), look),
    shared.length === 0 ? '' : `${renderTitle(OPTIONS_TITLE, look)}\n${look.spell(renderOptionsHelp(shared))}`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

const OPTIONS_TITLE = 'Options (a flag beats the environment variable)';

/** The name, what may stand beside it, and where: a command that passes words on wants its flags first. */
function renderUsage(name: CommandName, shared: readonly OptionName[]): string {
  const { operand, passesOn, own = [] } = COMMANDS[name];
  const flags = own.length + shared.length > 0 ? ['[flags]'] : [];
  if (passesOn !== undefined) return [PROGRAM, ...flags, name, passesOn].join(' ');
  const word = operand === undefined ? [] : [operand.required ? operand.placeholder : `[${operand.placeholder}]`];
  const choices = operand?.required ? `\n       ${operand.placeholder}: ${operand.choices().join(', ')}` : '';
  return `${[PROGRAM, name, ...word, ...flags].join(' ')}${choices}`;
}

const FIRST_STEPS = `  ${PROGRAM} demo
      Shows what happens, without a key.
  AI_API_KEY=sk-... ${PROGRAM} codex
      Codex through the bridge. In PowerShell, $env:AI_API_KEY = 'sk-...' first.
`;

const COMMAND_COLUMN = 15;

const FLAG_COLUMN = 28;

const CODE_COLUMN = 12;

const renderTitle = (title: string, look: TerminalStyle): string => `${look.paint('bold', `${title}:`)}\n`;

function renderSection(title: string, rows: readonly string[], look: TerminalStyle): string {
  return rows.length === 0 ? '' : `${renderTitle(title, look)}${look.spell(rows.join(''))}`;
}

function renderOwn({ flag, type, help }: OwnFlag): string {
  return renderRow(type.isSwitch ? flag : `${flag} ${type.placeholder}`, help, FLAG_COLUMN);
}

function renderOption(name: OptionName): string {
  const { flags, env, type, help } = OPTIONS[name];
  return renderRow(`${flags[0]} ${type.placeholder}`, `${help} (${env[0]})`, FLAG_COLUMN);
}

const renderExamples = (examples: HelpPage['examples']): readonly string[] =>
  examples.map(([line, meaning]) => `  ${PROGRAM} ${line}\n${wrap(meaning, 6)}`);

const MISUSED = ['2', 'it was asked in a wrong way'] as const;

function renderCodes(codes: HelpPage['codes'] = []): readonly string[] {
  if (codes.length === 0) return [];
  const after = codes.findIndex(([code]) => Number.parseInt(code, 10) > 2);
  const at = after === -1 ? codes.length : after;
  const all = [...codes.slice(0, at), MISUSED, ...codes.slice(at)];
  return all.map(([code, meaning]) => renderRow(code, meaning, CODE_COLUMN));
}

/** What something is called, and beside it what it does; below it where the name is too long. */
function renderRow(name: string, text: string, column: number): string {
  const head = `  ${name}`;
  const body = wrap(text, column);
  return head.length + 2 > column ? `${head}\n${body}` : `${head.padEnd(column)}${body.trimStart()}`;
}

/** Lines of at most 80 columns that begin at `column`. */
function wrap(text: string, column = 0): string {
  return wrapWords(text, WIDTH - column).map((line) => `${' '.repeat(column)}${line}\n`).join('');
}
