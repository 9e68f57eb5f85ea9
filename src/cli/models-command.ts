/** `models`: shows the models as a table or as the JSON of GET /models, or writes the catalog file that Codex reads. */
import { renderCount, renderTokens } from '../base/quantities';
import type { ModelCatalog } from '../bridge/models';
import { writeCatalogFile } from '../codex/catalog-file';
import { EXIT, type CommandContext, type CommandIo } from '../command/command';
import { requireConfig } from '../command/load-config';
import { NO_MODEL, openCatalog } from '../command/open-catalog';
import { MODELS_FLAGS, readOwnFlag, type OwnTexts } from '../command/own-flags';
import { WIDTH } from '../command/render';
import type { Basis, CatalogEntry } from '../providers/model-list';
import type { Provider } from '../providers/provider';

/** Returns 0 on success, 1 if the file could not be written, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { own, errors, io } = context;
  const options = readOptions(own);
  const resolved = requireConfig({ ...context, errors: [...errors, ...options.errors] });
  if (typeof resolved === 'number') return resolved;
  const { config } = resolved;
  const { catalog, provider } = openCatalog(config, io);
  if (options.file !== undefined) return writeFile({ ...options, file: options.file }, catalog, io);
  if (options.json) io.out(`${JSON.stringify((await catalog.list(options.version)).body)}\n`);
  else io.out(renderModels(await catalog.entries(), provider, config.aiBaseUrl));
  return EXIT.done;
}

interface ModelsOptions {
  readonly json: boolean;
  readonly file: string | undefined;
  readonly force: boolean;
  readonly version: string | undefined;
}

function readOptions(own: OwnTexts): ModelsOptions & { readonly errors: readonly string[] } {
  const json = readOwnFlag(MODELS_FLAGS.json, own) ?? false;
  const file = readOwnFlag(MODELS_FLAGS.catalog, own);
  const force = readOwnFlag(MODELS_FLAGS.force, own) ?? false;
  const version = readOwnFlag(MODELS_FLAGS.version, own);
  const errors = json && file !== undefined ? ['--json and --codex-catalog cannot be combined.'] : [];
  return { json, file, force, version, errors };
}

async function writeFile(
  { file, force, version }: ModelsOptions & { readonly file: string }, catalog: ModelCatalog, io: CommandIo,
): Promise<number> {
  const { models } = (await catalog.list(version)).body;
  const [first] = models;
  if (first === undefined) {
    io.error(`Cannot write the --codex-catalog file ${file}: ${NO_MODEL}.\n`);
    return EXIT.failed;
  }
  const written = await writeCatalogFile(file, models, force);
  if (!written.ok) {
    io.error(`Cannot write the --codex-catalog file ${file}: ${written.problem}.\n`);
    return EXIT.failed;
  }
  // JSON strings are valid TOML strings, with the backslashes of Windows paths escaped.
  io.out(`Wrote ${renderCount(models.length, 'model')} to ${written.path}

Add these lines to Codex's config.toml, above its first [table]:
  model = ${JSON.stringify(first.slug)}
  model_catalog_json = ${JSON.stringify(written.path)}
`);
  return EXIT.done;
}

/** The letter for the last column and the meaning of each basis, in the order of the legend. */
const BASES: Readonly<Record<Basis, readonly [letter: string, meaning: string]>> = {
  documented: ['D', 'documented by the provider'],
  source: ['S', "from a client's source code"],
  reported: ['R', 'reported by users'],
  inferred: ['I', 'inferred'],
  configured: ['U', 'from your providers file'],
  listed: ['L', "from the provider's own list"],
  assumed: ['?', 'unknown model, conservative defaults'],
};

interface ModelColumn {
  readonly title: string;
  readonly cell: (entry: CatalogEntry) => string;
  readonly isRightAligned?: true;
}

const COLUMNS: readonly ModelColumn[] = [
  { title: 'model', cell: ({ model, isDefault }) => `${model.id}${isDefault ? '*' : ''}` },
  { title: 'name', cell: ({ model: { id, name } }) => (name === id ? '-' : name) },
  { title: 'ctx', cell: ({ model }) => renderTokens(model.contextWindow), isRightAligned: true },
  { title: 'out', cell: ({ model }) => renderTokens(model.maxOutput), isRightAligned: true },
  { title: 'input', cell: ({ model }) => (model.input.includes('image') ? '+image' : 'text') },
  { title: 'efforts', cell: ({ model }) => model.efforts.join(' ') || '-' },
  { title: '', cell: ({ basis }) => BASES[basis][0] },
];

/** Renders the models as a table, in 80 columns unless the ids are too long. */
export function renderModels(entries: readonly CatalogEntry[], provider: Provider, baseUrl: string): string {
  const head = `${provider.title} (${provider.name})\n${baseUrl}\n\n`;
  if (entries.length === 0) {
    return `${head}No model is known, and the provider lists none. Choose one with --default-model.\n`;
  }
  const rows = entries.map((entry) => COLUMNS.map(({ cell }) => cell(entry)));
  return `${head}${renderTable([COLUMNS.map(({ title }) => title), ...rows])}\n${renderLegend(entries)}`;
}

/** Separates columns by two spaces, or by one to make them fit; names that are still too long are truncated. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const sumWidths = (gap: number): number => widths.reduce((sum, width) => sum + width) + gap * (widths.length - 1);
  const gap = sumWidths(2) <= WIDTH ? 2 : 1;
  const surplus = Math.max(0, sumWidths(gap) - WIDTH);
  const fitted = widths.map((width, column) =>
    column === NAME_COLUMN ? Math.max(MIN_NAME_LENGTH, width - surplus) : width);
  const pad = (cell: string, column: number): string => {
    const width = fitted[column] ?? 0;
    return COLUMNS[column]?.isRightAligned ? cell.padStart(width) : cell.slice(0, width).padEnd(width);
  };
  return rows.map((cells) => `${cells.map(pad).join(' '.repeat(gap)).trimEnd()}\n`).join('');
}

const NAME_COLUMN = COLUMNS.findIndex(({ title }) => title === 'name');
const MIN_NAME_LENGTH = 8;

function renderLegend(entries: readonly CatalogEntry[]): string {
  const used = new Set<string>(entries.map(({ basis }) => basis));
  const letters = Object.entries(BASES)
    .filter(([basis]) => used.has(basis))
    .map(([, row]) => `${row.join('  ')}\n`);
  const mark = entries.some(({ isDefault }) => isDefault) ? '*  the default model\n' : '';
  return `${mark}${letters.join('')}`;
}
