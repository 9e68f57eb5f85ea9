/** `quota`: shows how much of the plan or balance is left. */
import { EXIT, type CommandContext } from '../command/command';
import { describeMissingKey } from '../command/api-key';
import { requireConfig } from '../command/load-config';
import { QUOTA_FLAGS, readOwnFlag } from '../command/own-flags';
import { describeMachine, findPaths } from '../command/paths';
import { createTerminalStyle } from '../command/terminal-style';
import { ledgerFileOf } from '../observe/usage-ledger';
import { findProvider } from '../providers/catalog';
import { askQuota, countPlanRequests, MAX_WINDOW_MS } from './find-quota';
import { keepQuota } from './kept-quota';
import { readLedger } from './read-ledger';
import { renderQuota } from './render-quota';

/** Returns 0, 1 if there is no key or no usable answer, 2 for invalid usage. */
export async function run(context: CommandContext): Promise<number> {
  const { io, own, env } = context;
  const resolved = requireConfig(context);
  if (typeof resolved === 'number') return resolved;
  const { config } = resolved;
  const { state } = findPaths(describeMachine(env), config.stateDir);
  const provider = findProvider(config.provider, config.aiBaseUrl, config.catalog);
  const now = Date.now();
  const hasQuotaApi = provider.quota !== undefined;
  const obstacle = hasQuotaApi ? describeMissingKey(config, env) : undefined;
  const answer = obstacle ?? (await askQuota(provider, config));
  if (typeof answer === 'string') {
    io.error(`${answer}\n`);
    return EXIT.failed;
  }
  if (answer !== undefined) keepQuota(state, { provider: provider.name, at: now, ...answer });
  const counted = countPlanRequests(provider, readLedger(ledgerFileOf(state), now - MAX_WINDOW_MS), now);
  const report = answer ?? { windows: counted, balances: [] };
  if (readOwnFlag(QUOTA_FLAGS.json, own) === true) {
    const source = hasQuotaApi ? 'provider' : counted.length > 0 ? 'ledger' : null;
    io.out(`${JSON.stringify({ provider: provider.name, source, ...report })}\n`);
    return EXIT.done;
  }
  if (report.windows.length + report.balances.length === 0) {
    io.out(`${provider.title} does not report how much is left. See your usage with: aliyun-codex-bridge usage\n`);
    return EXIT.done;
  }
  const isTerminal = io.isTerminal?.() ?? false;
  const style = createTerminalStyle(isTerminal, env);
  const plan = hasQuotaApi ? report.plan : provider.plan?.tier;
  const lines = renderQuota(report, now, isTerminal ? style : undefined);
  const title = `${provider.title}${plan === undefined ? '' : `, ${plan}`}`;
  io.out(style.spell(`${title}\n${lines}${hasQuotaApi ? '' : COUNTED}`));
  return EXIT.done;
}

const COUNTED = `Counted by the bridge, as the provider has no API for it; other programs and machines are not included.
A month is the last 31 days; the plan's own month begins on the day you subscribed.
`;
