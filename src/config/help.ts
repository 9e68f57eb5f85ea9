/** Renders the options table as command help and as docs/configuration.md. */
import type { Group } from './option';
import { OPTIONS, OPTION_NAMES, type OptionName } from './options';
import { resolveConfig } from './resolve';

const GROUP_TITLES: Readonly<Record<Group, string>> = {
  listen: 'Listening',
  upstream: 'Provider and models',
  limits: 'Limits',
  translation: 'Translation',
  reasoning: 'Reasoning',
  state: 'Stored responses and files',
  log: 'Logging',
};

type Column = readonly [title: string, cell: (name: OptionName) => string];

const FLAG: Column = ['Flag', (name) => renderCode(renderFlag(name))];
const VARIABLE: Column = ['Variable', (name) => OPTIONS[name].env.map(renderCode).join(' ')];
const DEFAULT: Column = [
  'Default', (name) => (OPTIONS[name].default === undefined ? '' : renderCode(renderDefault(name))),
];
const VALUE: Column = ['Value', (name) => OPTIONS[name].type.expected];
const MEANING: Column = ['Meaning', (name) => OPTIONS[name].help];

/** Renders the options in `wanted`, or all of them, as plain text for command help; empty groups are omitted. */
export function renderOptionsHelp(wanted: readonly OptionName[] = OPTION_NAMES): string {
  const sections = mapGroups((title, names) => {
    const shown = names.filter((name) => wanted.includes(name));
    return shown.length === 0 ? '' : `${title}:\n${shown.map(renderOptionHelp).join('')}`;
  });
  return sections.filter((section) => section !== '').join('\n');
}

/** Renders docs/configuration.md. */
export function renderConfigurationPage(): string {
  const sections = mapGroups(
    (title, names) => `## ${title}\n\n${renderTable(names, [FLAG, VARIABLE, DEFAULT, VALUE, MEANING])}`,
  );
  return `${INTRODUCTION}\n${renderExample()}\n${sections.join('\n')}`;
}

const INTRODUCTION = `# Configuration

<!-- Generated from src/config by \`npm run docs\`; do not edit. -->

Run \`aliyun-codex-bridge config\` to see the value of every option and where it comes from.

Every option is a flag and an environment variable. A flag overrides the variable, and the variable overrides the
default; an empty variable counts as not set. \`--port 8080\` and \`--port=8080\` are the same. Turn a switch on with its
flag (\`--web-search\`) and off with \`no-\` (\`--no-web-search\`), or give it a value (\`--web-search=0\`).

You can also put variables in a file of \`NAME=VALUE\` lines and name it with \`--config-file\` or
\`BRIDGE_ENV_FILE\`. A line applies if the variable itself is not set. Values may be in 'single' or "double" quotes;
lines that start with \`#\` are comments.

If an option is invalid, the bridge does not start. It lists every error, with the value, its source and what was
expected, and exits with code 2:
`;

function renderExample(): string {
  const resolved = resolveConfig({ port: '80800' }, { LOG_LEVEL: 'loud' });
  const errors = resolved.ok ? [] : resolved.errors;
  return ['```', ...errors, '```', ''].join('\n');
}

/** Calls `render` with each group of options, in the order of GROUP_TITLES. */
export function mapGroups(render: (title: string, names: readonly OptionName[]) => string): string[] {
  return Object.entries(GROUP_TITLES).map(([group, title]) =>
    render(title, OPTION_NAMES.filter((name) => OPTIONS[name].group === group)));
}

function renderOptionHelp(name: OptionName): string {
  const { default: preset, env, help } = OPTIONS[name];
  const source = `env ${env.join(', ')}${preset === undefined ? '' : `, default ${renderDefault(name)}`}`;
  return `  ${renderFlag(name).padEnd(42)} ${source}\n      ${help}\n`;
}

function renderFlag(name: OptionName): string {
  const { flags, type } = OPTIONS[name];
  return flags.map((flag) => (type.isSwitch ? `--[no-]${flag.slice(2)}` : `${flag} ${type.placeholder}`)).join(', ');
}

function renderDefault(name: OptionName): string {
  const preset = OPTIONS[name].default;
  return typeof preset === 'boolean' ? (preset ? 'on' : 'off') : String(preset);
}

function renderTable(names: readonly OptionName[], columns: readonly Column[]): string {
  const rows = [
    columns.map(([title]) => title),
    columns.map(() => '---'),
    ...names.map((name) => columns.map(([, cell]) => cell(name))),
  ];
  return rows.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

const renderCode = (content: string): string => `\`${content}\``;

/** A bar ends a table cell, even in a code span (GitHub Flavored Markdown, tables). */
const escapeCell = (cell: string): string => cell.replaceAll('|', '\\|');
