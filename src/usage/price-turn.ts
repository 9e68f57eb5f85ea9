/** Computes the cost of a turn from the price list in the catalog. */
import type { UsageEntry } from '../observe/usage-ledger';
import type { Price, Provider } from '../providers/provider';

/**
 * `included`: the requests are part of a plan, or served by the user's own machine. `unknown`: no price, or no token
 * counts.
 */
export type Cost = { readonly currency: string; readonly amount: number } | 'included' | 'unknown';

const MILLION = 1_000_000;

/** Computes the cost of a turn. @param rows the catalog */
export function priceTurn(entry: UsageEntry, rows: readonly Provider[]): Cost {
  const row = rows.find(({ name }) => name === entry.provider);
  if (row === undefined) return 'unknown';
  if (row.local || isInPlan(entry, row)) return 'included';
  const price = row.models.find(({ id }) => id.toLowerCase() === entry.model.toLowerCase())?.price;
  const { input, output, cached = 0 } = entry;
  if (price === undefined || price.bases?.test(entry.base) === false) return 'unknown';
  if (input === undefined || output === undefined) return 'unknown';
  const tokens = (input - cached) * price.input + cached * (price.cached ?? price.input) + output * price.output;
  return { currency: price.currency, amount: (tokens / MILLION) * peakFactor(price, Date.parse(entry.time)) };
}

/** Whether the requests of a turn count toward the provider's plan. */
export const isInPlan = ({ base }: Pick<UsageEntry, 'base'>, { plan }: Provider): boolean =>
  plan !== undefined && (plan.bases?.test(base) ?? true);

const UTC_8_MS = 8 * 3_600_000;

function peakFactor({ peak }: Price, time: number): number {
  const local = new Date(time + UTC_8_MS);
  const hour = local.getUTCHours();
  const isWeekday = local.getUTCDay() % 6 !== 0;
  return isWeekday && peak?.hours.some(([from, to]) => hour >= from && hour < to) ? peak.factor : 1;
}
