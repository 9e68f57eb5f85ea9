/** Defines what all turns of a bridge share: options, runtime, and learned repairs. */
import type { Clock, MakeId } from '../base/clock';
import type { Config } from '../config/options';
import type { Logger } from '../observe/log';
import type { Provider } from '../providers/provider';
import type { StateServices } from '../state/open-store';
import type { FailureBudget, RejectionCache } from '../upstream/call-limits';
import type { Connection } from '../upstream/connect';
import type { InFlight } from '../upstream/in-flight';
import type { LearnedRepairs } from '../upstream/learned-repairs';
import type { PlanState } from '../upstream/plan-state';
import type { RequestSerializer } from '../upstream/request-bytes';
import type { Transport } from '../upstream/transport';

/** The resolved options that the bridge reads. */
export type BridgeSettings = Pick<
  Config,
  'aiBaseUrl' | 'wire' | 'provider' | 'aiApiKey' | 'apiKeys' | 'fallback' | 'visionModel' | 'proxies' | 'upstreamCa'
  | 'upstreamCert' | 'defaultModel' | 'smallModel' | 'allowTools' | 'allowSystem' | 'suppressReasoningText'
  | 'reasoningOutput' | 'forwardReasoning' | 'allowMultiToolCalls' | 'forceEnvAuth' | 'toolMarkup' | 'webSearch'
  | 'search' | 'searchUrl' | 'searchKey' | 'userAgent' | 'upstreamConnectTimeoutMs' | 'upstreamFirstByteTimeoutMs'
  | 'upstreamIdleTimeoutMs' | 'upstreamCalls' | 'retryWaitMs' | 'refusalCacheMs' | 'store' | 'storePrefix' | 'storeCa'
  | 'storeMaxResponses' | 'storeMaxMb' | 'storeMaxAgeHours' | 'discoverModels' | 'modelMap' | 'logStreamRaw'
  | 'logStreamMax' | 'catalog' | 'upstreamHeader'
> & {
  /** Keys of other providers, by provider name, for model names that select them. */
  readonly providerKeys?: Readonly<Record<string, readonly string[]>>;
  /** Returns the saved key of a provider without a configured key; may read the system's key store. */
  readonly loadSavedKey?: ((provider: string, baseUrl: string) => Promise<string | undefined>) | undefined;
};

/** Everything needed to call one provider. */
export type ProviderSettings =
  Pick<BridgeSettings, 'aiBaseUrl' | 'aiApiKey' | 'apiKeys' | 'forceEnvAuth' | 'userAgent'>;

/** The options of connections to providers. */
export type ConnectionOptions = Partial<Pick<BridgeSettings, 'proxies' | 'upstreamCa' | 'upstreamCert'>>;

/** Side effects that the pure layers must not have: time, ids and network. Tests replace some of them. */
export interface Runtime {
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly transport: Transport;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** Resolves after this many milliseconds, or at once if the signal is aborted. */
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
  /** Whether web search may open a page at this address. Default: only public addresses. */
  readonly mayConnect?: (address: string) => boolean;
}

/** What is configured for an endpoint beyond its address and key; empty if nothing is. */
export interface EndpointOptions {
  /** The provider's limit on concurrent requests. */
  readonly maxConcurrency?: number | undefined;
  /** How to connect; absent for Node's default. */
  readonly connection?: Connection;
  /** Other keys and models that the turn may use; absent if there are none. */
  readonly substitutes?: SubstituteSettings;
}

/** Keys and models that may replace those of a turn. */
export interface SubstituteSettings {
  /** All keys of the provider, in order. */
  readonly keys: readonly string[];
  /** Models to use when this one cannot answer. */
  readonly models: readonly string[];
  /** Describes pictures; undefined if none is configured or the model accepts pictures itself. */
  readonly visionModel: string | undefined;
}

/** The requests in flight. */
export interface Traffic {
  /** The number of requests, by provider. */
  readonly counts: Map<string, number>;
  /** Absent until a limit is configured or learned. */
  limits?: InFlight;
  /** Returns `limits`; loads them on the first call. */
  readonly loadLimits: () => InFlight;
}

/** What the bridge remembers about failed calls until it exits. */
export interface FailureMemory {
  /** Repairs that models have needed. */
  readonly repairs: LearnedRepairs;
  /** Failed calls of the running turns. */
  readonly budget: FailureBudget;
  readonly rejections: RejectionCache;
  /** `HOST MODEL` of models that turned out to have no Responses endpoint. */
  readonly chatOnly: Map<string, true>;
}

export interface TurnContext {
  readonly settings: BridgeSettings;
  readonly provider: Provider;
  readonly runtime: Runtime;
  readonly log: Logger;
  /** What was learned from failed calls; empty until the first failure. */
  readonly failures: { memory?: FailureMemory };
  readonly serializer: RequestSerializer;
  readonly traffic: Traffic;
  /** Which keys and models cannot be used at the moment; loaded only if there are others to use instead. */
  readonly plan: () => PlanState;
  /** Stored responses; loaded on first use. */
  readonly state: StateServices;
  /** Receives each upstream read if LOG_STREAM_RAW is on. */
  readonly tap?: (bytes: Uint8Array) => void;
}
