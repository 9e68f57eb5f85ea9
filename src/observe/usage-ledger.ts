/**
 * Appends one JSON line per turn to a file, and one per other model that the turn called: tokens and requests, never
 * the conversation's text.
 */
import { join } from 'node:path';
import { compact } from '../base/json';
import { createLogFile } from './log-file';
import { finishOf, type TurnFacts } from './turn-record';

/** Returns the path of the ledger, which all bridges with the same state folder share. */
export const ledgerFileOf = (stateFolder: string): string => join(stateFolder, 'usage.jsonl');

/** A turn, or its calls to another model. Token counts are absent when the provider sent none. */
export interface UsageEntry {
  /** ISO 8601, UTC: when the turn ended. */
  readonly time: string;
  readonly provider: string;
  /** Base URL of the provider without its scheme: it distinguishes a plan from pay as you go. */
  readonly base: string;
  readonly model: string;
  readonly client: string;
  readonly thread?: string;
  /** The name of the access token. */
  readonly token?: string;
  /** Requests to the provider, retries included. */
  readonly requests: number;
  readonly input?: number;
  /** The part of the input that came from the provider's cache. */
  readonly cached?: number;
  readonly output?: number;
  /** The part of the output that is reasoning. */
  readonly reasoning?: number;
  /** The duration of the whole turn. */
  readonly ms: number;
  /**
   * The finish reason, the kind of failure, or `aborted`; for calls to another model, `replaced` (it failed, and a
   * fallback was called) or `pictures` (it described them).
   */
  readonly end: string;
}

/** Returns the entries of a turn, its own last; none when nothing was sent to a provider. */
function toUsageEntries(facts: TurnFacts, time: number): readonly UsageEntry[] {
  const { requested, sent, usage, calls, others } = facts;
  if (sent === undefined || calls === 0) return [];
  const ownCalls = others.reduce((remaining, other) => remaining - other.calls, calls);
  const all = [...others, { sent, calls: ownCalls, usage, end: finishOf(facts) }];
  return all.map(({ sent: target, calls: requests, usage: tokens, end }) => ({
    time: new Date(time).toISOString(),
    provider: target.provider,
    base: target.base,
    model: target.model,
    client: requested.program,
    ...compact({ thread: requested.thread, token: requested.tokenName }),
    requests,
    ...compact({
      input: tokens?.prompt, cached: tokens?.cached, output: tokens?.completion, reasoning: tokens?.reasoning,
    }),
    ms: Math.round(facts.totalMs),
    end,
  }));
}

export interface UsageLedger {
  /** Queues the entries of a turn; they are written after the current work is done. Never throws. */
  add(facts: TurnFacts): void;
  /** Writes what is queued. */
  close(): void;
}

export interface LedgerOptions {
  readonly path: string;
  /** The file is renamed to `<path>.1` before it grows beyond this size. */
  readonly maxBytes: number;
  /** Prepares the folder. @returns why it cannot be used; in that case nothing is written */
  readonly prepare: () => string | undefined;
  readonly warn: (problem: string) => void;
}

/** Several bridges may append to the same file, so the queued lines are written together, in one call. */
export function createUsageLedger({ path, maxBytes, prepare, warn }: LedgerOptions): UsageLedger {
  const file = createLogFile(path, maxBytes, { isOwn: true });
  let queue: string[] = [];
  let isUsable: boolean | undefined;
  const flush = (): void => {
    const lines = queue;
    queue = [];
    if (lines.length === 0) return;
    if (isUsable === undefined) {
      const problem = prepare() ?? file.open();
      if (problem !== undefined) warn(problem);
      isUsable = problem === undefined;
    }
    if (isUsable) file.write(lines.join(''));
  };
  return {
    add(facts) {
      const entries = isUsable === false ? [] : toUsageEntries(facts, Date.now());
      if (entries.length > 0 && queue.length === 0) setImmediate(flush);
      for (const entry of entries) queue.push(`${JSON.stringify(entry)}\n`);
    },
    close() {
      flush();
      file.close();
    },
  };
}
