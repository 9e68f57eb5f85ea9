/** Renders a quota: as lines with bars, and in brief for `status`. */
import { renderDuration } from '../base/quantities';
import type { TerminalStyle } from '../command/terminal-style';
import type { QuotaBalance, QuotaReport, QuotaWindow } from '../providers/quota-answers';
import { renderBar } from './render-usage';

/** Renders one line per window and balance. @param style for bars, which are omitted without it */
export function renderQuota({ windows, balances }: QuotaReport, now: number, style?: TerminalStyle): string {
  const rows = [
    ...windows.map((window) => [window.name, renderUse(window), renderResets(window, now), shareOf(window)] as const),
    ...balances.map((balance) => ['balance', renderBalance(balance), '', undefined] as const),
  ];
  const widths = [0, 1, 2].map((at) => Math.max(0, ...rows.map((row) => String(row[at] ?? '').length)));
  return rows.map(([name, use, resets, share]) => {
    const cells = [name, use, resets].map((cell, at) => cell.padEnd(widths[at] ?? 0));
    const bar = style === undefined || share === undefined ? '' : `  ${renderBar(share, style)}`;
    return `${`  ${cells.join('  ')}${bar}`.trimEnd()}\n`;
  }).join('');
}

/** Renders the most used window, or the balances: `5 hours 42% used`, `12.50 CNY left`. */
export function renderQuotaInBrief({ windows, balances }: QuotaReport): string | undefined {
  const [fullest] = [...windows].sort((one, other) => (shareOf(other) ?? 0) - (shareOf(one) ?? 0));
  if (fullest !== undefined) return `${fullest.name} ${renderUse(fullest)}`;
  return balances.length === 0 ? undefined : `${balances.map(renderBalance).join(' + ')} left`;
}

const shareOf = ({ share, used, limit }: QuotaWindow): number | undefined =>
  share ?? (used === undefined || limit === undefined || limit === 0 ? undefined : used / limit);

const renderBalance = ({ currency, amount }: QuotaBalance): string => `${amount.toFixed(2)} ${currency}`;

function renderUse(window: QuotaWindow): string {
  const { used, limit } = window;
  const share = shareOf(window);
  const percent = share === undefined ? '' : `${Math.round(share * 100)}%`;
  if (used === undefined) return percent === '' ? 'unknown' : `${percent} used`;
  if (limit === undefined) return `${renderCount(used)} used`;
  return `${renderCount(used)} of ${renderCount(limit)} (${percent})`;
}

/** Renders up to two decimals, with separators between thousands. */
const renderCount = (count: number): string => count.toLocaleString('en-US', { maximumFractionDigits: 2 });

const renderResets = ({ resetsAt }: QuotaWindow, now: number): string =>
  (resetsAt === undefined || resetsAt <= now ? '' : `resets in ${renderDuration(resetsAt - now)}`);
