/** Stores the quota that a provider last reported, so that `status` can show it without a request. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, asNumber, asText, compact, isRecord, parseJsonObject } from '../base/json';
import { attempt } from '../base/thrown';
import type { QuotaReport } from '../providers/quota-answers';
import { prepareStateFolder } from '../instance/bridge-record';
import { replaceFile } from '../state/replace-file';

export interface KeptQuota extends QuotaReport {
  readonly provider: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const fileOf = (stateFolder: string): string => join(stateFolder, 'quota.json');

/** Stores a quota. Never throws: without it, `status` only shows less. */
export function keepQuota(stateFolder: string, quota: KeptQuota): void {
  if (prepareStateFolder(stateFolder) !== undefined) return;
  attempt(() => replaceFile(fileOf(stateFolder), `${JSON.stringify(quota)}\n`, 0o600));
}

/** Returns the stored quota; undefined if there is none, or it is another provider's. */
export function findKeptQuota(stateFolder: string, provider: string): KeptQuota | undefined {
  const stored = parseJsonObject(attempt(() => readFileSync(fileOf(stateFolder), 'utf8')) ?? '');
  const at = asNumber(stored?.['at']);
  if (stored === undefined || at === undefined || stored['provider'] !== provider) return undefined;
  const rows = (name: string) => (asArray(stored[name]) ?? []).filter(isRecord);
  return {
    provider, at,
    windows: rows('windows').map((row) => ({
      name: asText(row['name']) ?? 'window',
      ...compact({
        used: asNumber(row['used']), limit: asNumber(row['limit']),
        share: asNumber(row['share']), resetsAt: asNumber(row['resetsAt']),
      }),
    })),
    balances: rows('balances').map((row) =>
      ({ currency: asText(row['currency']) ?? '?', amount: asNumber(row['amount']) ?? 0 })),
  };
}
