/** The options the bridge's core reads, as the config layer resolves them. */
import type { Config } from '../config/options';

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
> & {
  /** Keys of further providers, by provider name: for model names that lead to them. */
  readonly providerKeys?: Readonly<Record<string, string>>;
};

export type ProviderSettings = Pick<BridgeSettings, 'aiBaseUrl' | 'aiApiKey' | 'forceEnvAuth' | 'userAgent'>;
