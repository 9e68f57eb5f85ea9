/** Finds out how much of a plan or balance is left: from the provider's API, or else by counting recorded requests. */
import { messageOf } from '../base/thrown';
import { findConnection } from '../bridge/endpoint-options';
import { nameUpstream, buildUpstreamHeaders } from '../bridge/prepare';
import type { Config } from '../config/options';
import { BridgeError } from '../errors/bridge-error';
import { findReset } from '../errors/quota-reset';
import type { UsageEntry } from '../observe/usage-ledger';
import type { PlanLimit, Provider } from '../providers/provider';
import { readQuotaAnswer, type QuotaReport, type QuotaWindow } from '../providers/quota-answers';
import { fetchJson } from '../upstream/fetch-json';
import { isInPlan } from './price-turn';

const TIMEOUT_MS = 10_000;

const MAX_BYTES = 1024 * 1024;

/** The statuses of a route that does not accept this kind of key. */
const KEY_REJECTED: readonly (number | undefined)[] = [401, 403];

/**
 * Requests the provider's quota routes in order, until one accepts the key.
 *
 * @returns the report, or a sentence that says why it is missing; `undefined` if the provider does not report quotas
 */
export async function askQuota(provider: Provider, config: Config): Promise<QuotaReport | string | undefined> {
  const { connection } = findConnection(provider, true, config);
  let problem: string | undefined;
  for (const { path, form } of provider.quota ?? []) {
    // A path that starts with a slash is relative to the host, others to the base URL.
    const url = new URL(path.startsWith('/') ? path : `${config.aiBaseUrl}/${path}`, config.aiBaseUrl);
    const name = nameUpstream(provider, url.host);
    const headers = { ...buildUpstreamHeaders(config), accept: 'application/json' };
    try {
      const answer = await fetchJson({
        url: url.href, name, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, connection,
      });
      const report = readQuotaAnswer(form, answer, url.hostname);
      if (typeof report === 'object') return report;
      return `${name} answered: ${report ?? 'something other than a quota'}.`;
    } catch (error) {
      problem = messageOf(error);
      const status = error instanceof BridgeError ? error.details.upstreamStatus : undefined;
      if (!KEY_REJECTED.includes(status)) break;
    }
  }
  return problem;
}

const HOUR_MS = 3_600_000;

/** The longest window. The first day of a subscription is unknown, so a month is always 31 days. */
export const MAX_WINDOW_MS = 31 * 24 * HOUR_MS;

/** Counts the requests of a plan in each of its windows. @param entries at least those of the last `MAX_WINDOW_MS` */
export function countPlanRequests(
  provider: Provider, entries: readonly UsageEntry[], now: number,
): readonly QuotaWindow[] {
  const own = entries.filter((entry) => entry.provider === provider.name && isInPlan(entry, provider));
  return (provider.plan?.limits ?? []).map((limit): QuotaWindow => {
    const { begin, resetsAt } = findWindow(limit, now);
    const used = own.reduce((sum, { time, requests }) => sum + (Date.parse(time) >= begin ? requests : 0), 0);
    return { name: limit.window, used, limit: limit.requests, ...(resetsAt !== undefined && { resetsAt }) };
  });
}

function findWindow({ resets }: PlanLimit, now: number): { readonly begin: number; readonly resetsAt?: number } {
  if (resets === 'rolling') return { begin: now - 5 * HOUR_MS };
  const at = resets === 'monday' ? findReset(resets, '', now)?.at : undefined;
  return at === undefined ? { begin: now - MAX_WINDOW_MS } : { begin: at - 7 * 24 * HOUR_MS, resetsAt: at };
}
