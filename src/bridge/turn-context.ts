/** Defines what all turns of a bridge share: options, runtime, and learned repairs. */
import type { Clock, MakeId } from '../base/clock';
import type { Config } from '../config/options';
import type { Logger } from '../observe/log';
import type { Provider } from '../providers/provider';
import type { StateServices } from '../state/open-store';
import type { FailureBudget, RejectionCache } from '../upstream/call-limits';
import type { LearnedRepairs } from '../upstream/learned-repairs';
import type { RequestSerializer } from '../upstream/request-bytes';
import type { Transport } from '../upstream/transport';

/** The resolved options that the bridge reads. */
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
  | 'storePrefix'
  | 'storeCa'
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
  /** Keys of other providers, by provider name, for model names that select them. */
  readonly providerKeys?: Readonly<Record<string, string>>;
};

/** Everything needed to call one provider. */
export type ProviderSettings = Pick<BridgeSettings, 'aiBaseUrl' | 'aiApiKey' | 'forceEnvAuth' | 'userAgent'>;

/** Side effects that the pure layers must not have: time, ids and network. Tests replace parts of it. */
export interface Runtime {
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly transport: Transport;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** Resolves after this many milliseconds, or at once if the signal is aborted. */
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
  /** Addresses from which web search may open pages; default: public ones. */
  readonly mayConnect?: (address: string) => boolean;
}

/** What the bridge remembers of failed calls until it exits. */
export interface FailureMemory {
  /** Repairs that models have needed. */
  readonly repairs: LearnedRepairs;
  /** Failed calls of the running turns. */
  readonly budget: FailureBudget;
  readonly rejections: RejectionCache;
}

export interface TurnContext {
  readonly settings: BridgeSettings;
  readonly provider: Provider;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** What failed calls have taught; empty until the first failure. */
  readonly failures: { memory?: FailureMemory };
  readonly serializer: RequestSerializer;
  /** Stored responses; loaded on first use. */
  readonly state: StateServices;
  /** Receives each upstream read if LOG_STREAM_RAW is on. */
  readonly tap?: (bytes: Uint8Array) => void;
}
