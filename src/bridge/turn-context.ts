/** What every turn of a bridge shares. */
import type { Logger } from '../observe/log';
import type { Provider } from '../providers/provider';
import type { LearnedAmendments } from '../upstream/amendments';
import type { FailureBudget } from '../upstream/failure-budget';
import type { RefusalCache } from '../upstream/refusal-cache';
import type { ResponseStore } from '../state/response-store';
import type { Runtime } from './runtime';
import type { BridgeSettings } from './settings';

export interface TurnContext {
  readonly settings: BridgeSettings;
  readonly provider: Provider;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** What models were seen to refuse since the start. */
  readonly learned: LearnedAmendments;
  /** Failed calls of the turns that are running. */
  readonly budget: FailureBudget;
  readonly refusals: RefusalCache;
  /** What is kept of answers; loads the store when it is first called. */
  readonly openStore: () => ResponseStore;
  /** Sees each upstream read when LOG_STREAM_RAW is on. */
  readonly tap?: (bytes: Uint8Array) => void;
}
