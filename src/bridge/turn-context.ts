/** What every turn of a bridge shares: its options, its runtime, and what it has learned. */
import type { Clock, MakeId } from '../base/clock';
import type { Config } from '../config/options';
import type { Logger } from '../observe/log';
import type { Provider } from '../providers/provider';
import type { StateServices } from '../state/open-store';
import type { FailureBudget, RefusalCache } from '../upstream/call-limits';
import type { LearnedRepairs } from '../upstream/learned-repairs';
import type { Transport } from '../upstream/transport';

/** The options that the bridge reads, as the config layer resolves them. */
export type BridgeSettings = Pick<
  Config,
  | 'aiBaseUrl'
  | 'wire'
  | 'provider'
  | 'aiApiKey'
  | 'defaultModel'
  | 'smallModel'
  | 'allowTools'
  | 'allowSystem'
  | 'suppressReasoningText'
  | 'reasoningOutput'
  | 'forwardReasoning'
  | 'allowMultiToolCalls'
  | 'forceEnvAuth'
  | 'toolMarkup'
  | 'webSearch'
  | 'search'
  | 'searchUrl'
  | 'searchKey'
  | 'userAgent'
  | 'upstreamConnectTimeoutMs'
  | 'upstreamFirstByteTimeoutMs'
  | 'upstreamIdleTimeoutMs'
  | 'upstreamCalls'
  | 'retryWaitMs'
  | 'refusalCacheMs'
  | 'store'
  | 'storeMaxResponses'
  | 'storeMaxMb'
  | 'storeMaxAgeHours'
  | 'discoverModels'
  | 'modelMap'
  | 'logStreamRaw'
  | 'logStreamMax'
  | 'catalog'
  | 'upstreamHeader'
> & {
  /** Keys of further providers, by provider name: for model names that lead to them. */
  readonly providerKeys?: Readonly<Record<string, string>>;
};

/** What it takes to call one provider. */
export type ProviderSettings = Pick<BridgeSettings, 'aiBaseUrl' | 'aiApiKey' | 'forceEnvAuth' | 'userAgent'>;

/** What the pure half must not ask the machine for: time, ids and the wire. A test replaces parts of it. */
export interface Runtime {
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly transport: Transport;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
  /** Which addresses web search may open pages at; default: public ones. */
  readonly mayConnect?: (address: string) => boolean;
}

export interface TurnContext {
  readonly settings: BridgeSettings;
  readonly provider: Provider;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** What models were seen to refuse since the start. */
  readonly learned: LearnedRepairs;
  /** Failed calls of the turns that are running. */
  readonly budget: FailureBudget;
  readonly refusals: RefusalCache;
  /** What is kept of responses; nothing of it is loaded before it is used. */
  readonly state: StateServices;
  /** Sees each upstream read when LOG_STREAM_RAW is on. */
  readonly tap?: (bytes: Uint8Array) => void;
}
