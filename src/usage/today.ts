/** Reads today's usage and what is left of the plan or balance, and renders both as one line of `status`. */
import { renderDuration } from '../base/quantities';
import type { Config } from '../config/options';
import { ledgerFileOf } from '../observe/usage-ledger';
import { findProvider, PROVIDERS } from '../providers/catalog';
import type { QuotaReport } from '../providers/quota-answers';
import { countPlanRequests, MAX_WINDOW_MS } from './find-quota';
import { findKeptQuota } from './kept-quota';
import { readLedger } from './read-ledger';
import { renderQuotaInBrief } from './render-quota';
import { renderUsageInBrief } from './render-usage';
import { sumUsage, type UsageSum } from './sum-usage';

export interface Today {
  readonly usage: UsageSum;
  /** Counted from the ledger, or what the provider last reported to `quota`; null if neither is known. */
  readonly quota: (QuotaReport & { readonly at: number }) | null;
}

/** Reads the ledger and the stored quota; sends no request. */
export function readToday(stateFolder: string, config: Config, now: number): Today {
  const provider = findProvider(config.provider, config.aiBaseUrl, config.catalog);
  const isCounted = provider.plan?.limits !== undefined;
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const entries = readLedger(ledgerFileOf(stateFolder), isCounted ? now - MAX_WINDOW_MS : midnight);
  const today = entries.filter(({ time }) => Date.parse(time) >= midnight);
  return {
    usage: sumUsage(today, config.catalog ?? PROVIDERS),
    quota: isCounted
      ? { windows: countPlanRequests(provider, entries, now), balances: [], at: now }
      : (findKeptQuota(stateFolder, provider.name) ?? null),
  };
}

/** Renders `12 requests, in 340k, out 12k, cost plan; 5 hours 120 of 6,000 (2%)`. */
export function renderToday({ usage, quota }: Today, now: number): string {
  const left = quota === null ? undefined : renderQuotaInBrief(quota);
  if (quota === null || left === undefined) return renderUsageInBrief(usage);
  const age = now - quota.at < 60_000 ? '' : `, ${renderDuration(now - quota.at)} ago`;
  return `${renderUsageInBrief(usage)}; ${left}${age}`;
}
