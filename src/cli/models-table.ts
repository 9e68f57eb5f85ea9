/** The model catalog as a table for people, in 80 columns where the names allow it. */
import type { Basis, CatalogEntry } from '../providers/model-list';
import type { Provider } from '../providers/provider';
import { WIDTH } from '../command/terminal-style';

/** What the letters of the last column say, in the order in which they are explained. */
const BASES: Readonly<Record<Basis, readonly [letter: string, meaning: string]>> = {
  documented: ['D', 'documented by the provider'],
  source: ['S', "read in a client's source"],
  reported: ['R', 'reported by users'],
  inferred: ['I', 'inferred'],
  listed: ['L', "from the provider's own list"],
  assumed: ['?', 'nothing is known, careful guesses'],
};

interface Column {
  readonly title: string;
  readonly cell: (entry: CatalogEntry) => string;
  readonly right?: true;
}

const COLUMNS: readonly Column[] = [
  { title: 'model', cell: ({ model, isDefault }) => `${model.id}${isDefault ? '*' : ''}` },
  { title: 'name', cell: ({ model: { id, name } }) => (name === id ? '-' : name) },
  { title: 'ctx', cell: ({ model }) => renderTokens(model.contextWindow), right: true },
  { title: 'out', cell: ({ model }) => renderTokens(model.maxOutput), right: true },
  { title: 'input', cell: ({ model }) => (model.input.includes('image') ? '+image' : 'text') },
  { title: 'efforts', cell: ({ model }) => model.efforts.join(' ') || '-' },
  { title: '', cell: ({ basis }) => BASES[basis][0] },
];

/** @returns text that ends with a line feed */
export function renderModels(entries: readonly CatalogEntry[], provider: Provider, baseUrl: string): string {
  const head = `${provider.title} (${provider.name})\n${baseUrl}\n\n`;
  if (entries.length === 0) {
    return `${head}No model is known here. Name one with --default-model,\nor ask the provider with --discover-models.\n`;
  }
  const rows = entries.map((entry) => COLUMNS.map(({ cell }) => cell(entry)));
  return `${head}${renderTable([COLUMNS.map(({ title }) => title), ...rows])}\n${renderLegend(entries)}`;
}

/** Columns stand two spaces apart, or one where that saves the width; a name that is still too long is cut. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const total = (gap: number): number => widths.reduce((sum, width) => sum + width) + gap * (widths.length - 1);
  const gap = total(2) <= WIDTH ? 2 : 1;
  const surplus = Math.max(0, total(gap) - WIDTH);
  const fitted = widths.map((width, column) => (column === NAME ? Math.max(SHORTEST_NAME, width - surplus) : width));
  const pad = (cell: string, column: number): string => {
    const width = fitted[column] ?? 0;
    return COLUMNS[column]?.right ? cell.padStart(width) : cell.slice(0, width).padEnd(width);
  };
  return rows.map((cells) => `${cells.map(pad).join(' '.repeat(gap)).trimEnd()}\n`).join('');
}

const NAME = COLUMNS.findIndex(({ title }) => title === 'name');
const SHORTEST_NAME = 8;

function renderLegend(entries: readonly CatalogEntry[]): string {
  const used = new Set<string>(entries.map(({ basis }) => basis));
  const letters = Object.entries(BASES)
    .filter(([basis]) => used.has(basis))
    .map(([, words]) => `${words.join('  ')}\n`);
  const mark = entries.some(({ isDefault }) => isDefault) ? '*  the default model\n' : '';
  return `${mark}${letters.join('')}`;
}

/** `984k`, `1.0M`: tokens as people say them. */
const renderTokens = (count: number): string =>
  count < 999_500 ? `${Math.round(count / 1_000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
