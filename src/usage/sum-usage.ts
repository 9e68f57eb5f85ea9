/** Adds up entries of the usage ledger: by day, model, provider or thread. */
import type { UsageEntry } from '../observe/usage-ledger';
import type { Provider } from '../providers/provider';
import { priceTurn } from './price-turn';

export type Grouping = 'day' | 'model' | 'provider' | 'thread';

export interface UsageSum {
  /** Number of turns; calls to another model within a turn do not count. */
  readonly turns: number;
  readonly requests: number;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
  /** Turns whose provider sent no token counts, except for models that failed and were replaced. */
  readonly uncounted: number;
  /** By currency, for the turns with a known price. */
  readonly cost: Readonly<Record<string, number>>;
  /** Turns that a plan covers, or that the user's own machine serves. */
  readonly included: number;
  /** Turns without a price or token counts; the exception is as in `uncounted`. */
  readonly unpriced: number;
}

export interface UsageGroup extends UsageSum {
  readonly key: string;
}

const NOTHING: UsageSum = {
  turns: 0, requests: 0, input: 0, cached: 0, output: 0, reasoning: 0, uncounted: 0, cost: {}, included: 0, unpriced: 0,
};

/** Sums all entries. @param rows the catalog, for prices */
export const sumUsage = (entries: readonly UsageEntry[], rows: readonly Provider[]): UsageSum =>
  entries.reduce((sum, entry) => add(sum, entry, rows), NOTHING);

/** Creates one group per day, model, provider or thread, in the order of the entries. */
export function groupUsage(
  entries: readonly UsageEntry[], by: Grouping, rows: readonly Provider[],
): readonly UsageGroup[] {
  const sums = new Map<string, UsageSum>();
  for (const entry of entries) {
    const key = KEYS[by](entry);
    sums.set(key, add(sums.get(key) ?? NOTHING, entry, rows));
  }
  return [...sums].map(([key, sum]) => ({ key, ...sum }));
}

const KEYS: Readonly<Record<Grouping, (entry: UsageEntry) => string>> = {
  day: ({ time }) => renderDay(new Date(time)),
  model: ({ provider, model }) => `${provider}/${model}`,
  provider: ({ provider }) => provider,
  thread: ({ thread }) => thread ?? '(none)',
};

/** Renders the local day as `2026-11-28`. */
export const renderDay = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

function add(sum: UsageSum, entry: UsageEntry, rows: readonly Provider[]): UsageSum {
  const cost = priceTurn(entry, rows);
  const { input, cached = 0, output, reasoning = 0, requests, end } = entry;
  const isUncounted = input === undefined;
  const isFailedModel = isUncounted && end === 'replaced';
  return {
    turns: sum.turns + (end === 'replaced' || end === 'pictures' ? 0 : 1),
    requests: sum.requests + requests,
    input: sum.input + (input ?? 0),
    cached: sum.cached + cached,
    output: sum.output + (output ?? 0),
    reasoning: sum.reasoning + reasoning,
    uncounted: sum.uncounted + (isUncounted && !isFailedModel ? 1 : 0),
    cost: typeof cost === 'string'
      ? sum.cost
      : { ...sum.cost, [cost.currency]: (sum.cost[cost.currency] ?? 0) + cost.amount },
    included: sum.included + (cost === 'included' ? 1 : 0),
    unpriced: sum.unpriced + (cost === 'unknown' && !isFailedModel ? 1 : 0),
  };
}
