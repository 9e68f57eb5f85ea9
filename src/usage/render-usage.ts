/** Renders sums of usage as a table, with bars on a terminal, and in brief for `status`. */
import { renderCount, renderTokens } from '../base/quantities';
import type { TerminalStyle } from '../command/terminal-style';
import type { Grouping, UsageGroup, UsageSum } from './sum-usage';

export interface UsageTable {
  readonly by: Grouping;
  readonly groups: readonly UsageGroup[];
  readonly total: UsageSum;
}

type Cell = (sum: UsageSum) => string;

const COLUMNS: readonly (readonly [title: string, cell: Cell])[] = [
  ['requests', ({ requests }) => String(requests)],
  ['input', ({ input }) => renderTokens(input)],
  ['cached', ({ input, cached }) => (input === 0 ? '-' : `${Math.round((cached / input) * 100)}%`)],
  ['output', ({ output }) => renderTokens(output)],
  ['reasoning', ({ reasoning }) => renderTokens(reasoning)],
  ['cost', renderCost],
];

const MAX_KEY_LENGTH = 40;

const BAR_WIDTH = 10;

/** Renders one line per group, then the total. @param style for bars, which are omitted without it */
export function renderUsageTable({ by, groups, total }: UsageTable, style?: TerminalStyle): string {
  const head = [by, ...COLUMNS.map(([title]) => title)];
  const rows = [...groups, { key: 'total', ...total }].map((group) =>
    [shorten(group.key), ...COLUMNS.map(([, cell]) => cell(group))]);
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const pad = (text: string, at: number): string =>
    (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0));
  const largest = Math.max(1, ...groups.map(sizeOf));
  const bars = groups.map((group) => (style === undefined ? '' : renderBar(sizeOf(group) / largest, style)));
  const lines = [head, ...rows].map((row) => row.map(pad).join('  '));
  return [...lines.map((line, at) => `${line}  ${bars[at - 1] ?? ''}`.trimEnd()), ...describeGaps(total)]
    .map((line) => `${line}\n`).join('');
}

const sizeOf = ({ input, output }: UsageSum): number => input + output;

const shorten = (key: string): string => (key.length > MAX_KEY_LENGTH ? `${key.slice(0, MAX_KEY_LENGTH - 1)}…` : key);

/** Renders a bar for a share from 0 to 1. */
export function renderBar(share: number, style: TerminalStyle, width = BAR_WIDTH): string {
  const glyph = style.spell('█') === '█' ? '█' : '#';
  const length = share <= 0 ? 0 : Math.max(1, Math.round(Math.min(1, share) * width));
  return style.paint('cyan', glyph.repeat(length));
}

/** Renders, for example, `1.20 CNY`, `plan` or `0.35 USD + plan + ?`; `-` without turns. */
function renderCost({ cost, included, unpriced }: UsageSum): string {
  const amounts = Object.entries(cost).map(([currency, amount]) => `${amount.toFixed(2)} ${currency}`);
  const parts = [...amounts, ...(included > 0 ? ['plan'] : []), ...(unpriced > 0 ? ['?'] : [])];
  return parts.length === 0 ? '-' : parts.join(' + ');
}

function describeGaps({ unpriced, uncounted }: UsageSum): readonly string[] {
  const gaps = [
    unpriced > 0
      && `?  ${renderCount(unpriced, 'turn')} without a price or token counts. Set prices in your providers file.`,
    uncounted > 0 && `${renderCount(uncounted, 'turn')} without token counts from the provider.`,
  ].filter((line) => line !== false);
  return gaps.length === 0 ? [] : ['', ...gaps];
}

/** Renders `12 requests, in 340k, out 12k, cost 0.40 CNY`. */
export function renderUsageInBrief(sum: UsageSum): string {
  if (sum.requests === 0) return 'no requests';
  const tokens = `in ${renderTokens(sum.input)}, out ${renderTokens(sum.output)}`;
  return `${renderCount(sum.requests, 'request')}, ${tokens}, cost ${renderCost(sum)}`;
}
