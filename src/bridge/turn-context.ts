/** What every turn of a bridge shares. */
import type { Logger } from '../observe/log';
import type { Provider } from '../providers/provider';
import type { LearnedAmendments } from '../upstream/amendments';
import type { Runtime } from './runtime';
import type { BridgeSettings } from './settings';

export interface TurnContext {
  readonly settings: BridgeSettings;
  readonly provider: Provider;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** What models were seen to refuse since the start. */
  readonly learned: LearnedAmendments;
  /** Sees each upstream read when LOG_STREAM_RAW is on. */
  readonly tap?: (bytes: Uint8Array) => void;
}
