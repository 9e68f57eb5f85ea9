/** Appends one line of JSON per turn to a file: tokens and requests, never text of the conversation. */
import { join } from 'node:path';
import { compact } from '../base/json';
import { createLogFile } from './log-file';
import type { TurnFacts } from './turn-record';

/** The ledger of all bridges that share a state folder. */
export const ledgerFileOf = (stateFolder: string): string => join(stateFolder, 'usage.jsonl');

/** One turn. Token counts are absent when the provider sent none. */
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
  readonly ms: number;
  /** The finish reason, the kind of failure, or `aborted`. */
  readonly end: string;
}

/** The entry of a turn; `undefined` when nothing was sent to the provider. */
function toUsageEntry(facts: TurnFacts, time: number): UsageEntry | undefined {
  const { asked, sent, usage, outcome } = facts;
  if (sent === undefined || facts.calls === 0) return undefined;
  const ends = {
    answered: () => facts.reason ?? 'stop',
    left: () => 'aborted',
    failed: () => (outcome.type === 'failed' ? outcome.error.kind : ''),
  };
  return {
    time: new Date(time).toISOString(),
    provider: sent.provider,
    base: sent.base,
    model: sent.model,
    client: asked.program,
    ...compact({ thread: asked.thread, token: asked.holder }),
    requests: facts.calls,
    ...compact({
      input: usage?.prompt, cached: usage?.cached, output: usage?.completion, reasoning: usage?.reasoning,
    }),
    ms: Math.round(facts.totalMs),
    end: ends[outcome.type](),
  };
}

export interface UsageLedger {
  /** Queues the entry of a turn; it is written after the current work is done. Never throws. */
  add(facts: TurnFacts): void;
  /** Writes what is queued. */
  close(): void;
}

export interface LedgerOptions {
  readonly path: string;
  /** The file is renamed to `<path>.1` before it grows beyond this size. */
  readonly maxBytes: number;
  /** Prepares the folder. @returns why it cannot be used; nothing is then written */
  readonly prepare: () => string | undefined;
  readonly warn: (problem: string) => void;
}

/** Several bridges may append to the same file: each line is written at once. */
export function createUsageLedger({ path, maxBytes, prepare, warn }: LedgerOptions): UsageLedger {
  const file = createLogFile(path, maxBytes, { isOwn: true });
  let queue: string[] = [];
  let isUsable: boolean | undefined;
  const isReady = (): boolean => {
    if (isUsable !== undefined) return isUsable;
    const problem = prepare() ?? file.open();
    if (problem !== undefined) warn(problem);
    return (isUsable = problem === undefined);
  };
  const flush = (): void => {
    const lines = queue;
    queue = [];
    if (lines.length > 0 && isReady()) file.write(lines.join(''));
  };
  return {
    add(facts) {
      const entry = toUsageEntry(facts, Date.now());
      if (entry === undefined || isUsable === false) return;
      if (queue.length === 0) setImmediate(flush);
      queue.push(`${JSON.stringify(entry)}\n`);
    },
    close() {
      flush();
      file.close();
    },
  };
}
