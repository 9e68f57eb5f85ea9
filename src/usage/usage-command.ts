/** `usage`: shows tokens, requests and cost of the recorded turns. */
import { PROVIDERS } from '../providers/catalog';
import { EXIT, type CommandContext } from '../command/command';
import { loadWithoutKeyStore, requireConfig } from '../command/load-config';
import { readOwnFlag, USAGE_FLAGS } from '../command/own-flags';
import { describeMachine, findPaths } from '../command/paths';
import { createTerminalStyle } from '../command/terminal-style';
import type { Since } from '../config/value-types';
import { ledgerFileOf } from '../observe/usage-ledger';
import { readLedger } from './read-ledger';
import { renderUsageTable } from './render-usage';
import { groupUsage, renderDay, sumUsage } from './sum-usage';

const DEFAULT_SINCE: Since = { spanMs: 30 * 86_400_000 };

/** Returns 0, or 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own, env } = context;
  const resolved = requireConfig(context, undefined, loadWithoutKeyStore);
  if (typeof resolved === 'number') return resolved;
  const { stateDir, usageLedger, catalog = PROVIDERS } = resolved.config;
  const path = ledgerFileOf(findPaths(describeMachine(env), stateDir).state);
  const since = startOf(readOwnFlag(USAGE_FLAGS.since, own) ?? DEFAULT_SINCE, Date.now());
  const by = readOwnFlag(USAGE_FLAGS.by, own) ?? 'day';
  const entries = readLedger(path, since);
  const groups = groupUsage(entries, by, catalog);
  const total = sumUsage(entries, catalog);
  if (readOwnFlag(USAGE_FLAGS.json, own) === true) {
    io.out(`${JSON.stringify({ since: new Date(since).toISOString(), by, groups, total })}\n`);
    return EXIT.done;
  }
  const day = renderDay(new Date(since));
  if (entries.length === 0) {
    const reason = usageLedger ? '' : ' Recording is off (--no-usage-ledger).';
    io.out(`No turns since ${day} in ${path}.${reason}\n`);
    return EXIT.done;
  }
  const isTerminal = io.isTerminal?.() ?? false;
  const style = createTerminalStyle(isTerminal, env);
  const table = renderUsageTable({ by, groups, total }, isTerminal ? style : undefined);
  io.out(style.spell(`Usage since ${day}\n\n${table}`));
  return EXIT.done;
}

/** Returns the start in milliseconds since the epoch. @param now in the same unit */
function startOf(since: Since, now: number): number {
  // Without a time zone, the day begins at local midnight.
  return 'day' in since ? Date.parse(`${since.day}T00:00`) : now - since.spanMs;
}
