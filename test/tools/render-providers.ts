/** Renders docs/providers.md from the rows in src/providers. */
import { FAMILIES, type Family } from '../../src/providers/families';
import { prefersNative, PROVIDERS } from '../../src/providers/catalog';
import { DEFAULT_DIALECT, type Dialect, type ThinkingControl } from '../../src/providers/dialect';
import { renderUserProviders } from './user-providers-section';
import type { Evidence, IdRule, Model, Provider } from '../../src/providers/provider';

/** The marks of evidence in the tables. */
const MARKS: Readonly<Record<Evidence, string>> = {
  documented: 'D', source: 'S', reported: 'I', inferred: 'inf', configured: 'yours',
};

/** Renders the whole page. */
export function renderProvidersPage(rows = PROVIDERS): string {
  const parts = [INTRODUCTION, renderOverview(rows), renderUserProviders(), ...rows.map(renderProvider)];
  return [...parts, renderFamilies()].join('\n');
}

/** Wraps a line at 120 columns; continuation lines begin with `indent`. */
function wrap(line: string, indent = ''): string {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(word);
    else if (last.length + 1 + word.length > 120) lines.push(indent + word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}

const INTRODUCTION = `# Providers and models

<!-- Generated from src/providers by \`npm run docs\`; do not edit. -->

The bridge recognizes the provider by the host of \`AI_API_BASE\`. If the host does not identify it, as with a gateway
or a server on your own machine, name it with \`--provider NAME\` or \`AI_PROVIDER\`. If you name a provider without
\`AI_API_BASE\`, requests go to its first address. The key is \`--ai-api-key\`, else \`AI_API_KEY\`, else the first
variable of the provider that is set; variables of other providers are never read.

Nothing here was measured against a live provider. Each row is marked with its evidence: **D** documented by the
provider, **S** read in the source or data of a client for that provider, **I** reported in a public issue, **inf**
inferred. If a provider behaves differently, change its row: see [how to add a provider](how-to-add-a-provider.md).

A model id without a row is sent unchanged, with the values of the provider and of the model's family (see the end of
this page).
`;

function renderOverview(providers: readonly Provider[]): string {
  const rows = providers.map(({ name, title, baseUrls, keyEnv, defaultModel }) => [
    title,
    code(name),
    baseUrls[0] ?? 'AI_API_BASE',
    keyEnv.map(code).join(' '),
    defaultModel === undefined ? '' : code(defaultModel),
  ]);
  const head = ['Provider', 'Name', 'Default address', 'Key variables', 'Default model'];
  return `## At a glance\n\n${renderTable(head, rows)}`;
}

function renderProvider(provider: Provider): string {
  const { title, docs, remarks = [], dialect, models } = provider;
  return [
    `## ${title}\n`,
    ...[...renderFacts(provider), ...remarks].map((fact) => wrap(`- ${fact}`, '  ')),
    `- Documentation: <${docs}>`,
    '',
    ...(Object.keys(dialect).length === 0
      ? []
      : [wrap(`Differences from the default request: ${renderDialect(dialect)}.`), '']),
    models.length === 0 ? 'No models listed: use the ids of the server.\n' : renderModels(provider, models),
  ].join('\n');
}

/** Renders the dialect of the models with certain ids at one provider. */
const renderRule = ({ ids, dialect, evidence }: IdRule): string =>
  `Ids like ${code(ids.source)}: ${renderDialect(dialect)} (${MARKS[evidence]})`;

function renderFacts(provider: Provider): readonly string[] {
  const { name, aliases = [], baseUrls, hosts = [], local, keyEnv, responses, idSuffix } = provider;
  return [
    `Name: ${code(name)}${aliases.length > 0 ? `, also ${aliases.map(code).join(', ')}` : ''}`,
    ...(baseUrls.length > 0 ? [`Addresses: ${baseUrls.map((url) => `<${url}>`).join(', ')}`] : []),
    ...(hosts.length > 0 ? [`Other hosts: ${hosts.map(({ source }) => code(source)).join(', ')}`] : []),
    ...(local
      ? ['Needs no key. Name it with `--provider`: a loopback address does not identify it.']
      : []),
    ...(keyEnv.length > 0 ? [`Key: ${keyEnv.map(code).join(', ')}`] : []),
    ...(provider.idRules ?? []).map(renderRule),
    ...(idSuffix ? [`Removed from model ids: ${code(idSuffix.source)}`] : []),
    ...(responses
      ? [
          `Has its own Responses endpoint${responses.models ?
            ` for ${responses.models.map(code).join(', ')}` : ''} (${MARKS[responses.evidence]})${
            responses.rejects ? `. ${responses.rejects}` : ''}`,
        ]
      : []),
  ];
}

function renderModels(provider: Provider, models: readonly Model[]): string {
  const head = ['Model', 'Protocol', 'Context', 'Output', 'Input', 'Thinking', 'Efforts', 'Mark', 'Remark'];
  const rows = models.map((model) => [
    code(model.id),
    prefersNative(provider, model.id) ? 'Responses' : 'Chat',
    renderNumber(model.contextWindow),
    renderNumber(model.maxOutput),
    model.input.join(', '),
    describeThinking(model.dialect?.thinking ?? provider.dialect.thinking ?? DEFAULT_DIALECT.thinking),
    model.efforts.map((effort) => (effort === model.defaultEffort ? `**${effort}**` : effort)).join(', '),
    MARKS[model.evidence],
    model.remark ?? '',
  ]);
  return renderTable(head, rows);
}

function renderFamilies(): string {
  const row = ({ title, names, dialect, evidence }: Family): readonly string[] => [
    title,
    code(names.source),
    renderDialect(dialect),
    MARKS[evidence],
  ];
  return `## Families

Values that a model needs at every provider. The family is found by the model's name, without the prefix of its maker.
A provider's own values override these, and a model's row overrides both.

${renderTable(['Family', 'Names', 'Values', 'Mark'], FAMILIES.map(row))}`;
}

/** Renders the fields that a dialect sets; their doc comments are in src/providers/dialect.ts. */
function renderDialect(dialect: Partial<Dialect>): string {
  const fields = Object.entries(dialect).map(
    ([field, value]) => `${code(field)} ${field === 'thinking' ? describeThinking(dialect.thinking) : describe(value)}`,
  );
  return fields.join('; ');
}

function describe(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.map((entry) => code(String(entry))).join(' ') : code(String(value));
}

function describeThinking(control: ThinkingControl = DEFAULT_DIALECT.thinking): string {
  const levels = 'levels' in control && control.levels ? ` + \`reasoning_effort\` ${control.levels.join('/')}` : '';
  const always = 'fixed' in control && control.fixed ? ', always on' : '';
  switch (control.kind) {
    case 'none':
      return 'nothing is sent';
    case 'effort':
      return `\`reasoning_effort\`${control.levels ? ` ${control.levels.join('/')}` : ''}`;
    case 'enable_thinking':
      return `\`enable_thinking\`${levels}${control.budgets ? ' + `thinking_budget`' : ''}${always}`;
    case 'thinking':
      return `\`thinking: {type: ${control.on}}\`${levels}${always}`;
    case 'chat_template':
      return '`chat_template_kwargs`';
    case 'reasoning':
      return '`reasoning: {effort}`';
    default:
      return control satisfies never;
  }
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('');
}

const code = (text: string): string => `\`${text}\``;

/** Renders 983616 as 983,616, whatever the locale. */
const renderNumber = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
