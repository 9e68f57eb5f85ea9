/** What a provider and a model are, as data. */
import type { Dialect } from './dialect';

/** How sure a fact is: documented by the provider, read in a client's source, reported in an issue, inferred. */
export type Evidence = 'documented' | 'source' | 'reported' | 'inferred';

export interface Model {
  /** The exact id the provider expects. */
  readonly id: string;
  readonly name: string;
  /** Tokens. */
  readonly contextWindow: number;
  readonly maxOutput: number;
  readonly input: readonly ('text' | 'image')[];
  /** Reasoning efforts a user may pick; empty when the model has no such control. */
  readonly efforts: readonly string[];
  readonly dialect?: Partial<Dialect>;
  readonly evidence: Evidence;
}

/** A Responses endpoint of the provider's own, asked when the user sets UPSTREAM_WIRE=responses. */
export interface NativeEndpoint {
  /** Path of its base on the provider's host, such as `/api/v1`; absent when it is the path of the base URL. */
  readonly basePath?: string;
  /** Ids of the models that it serves; absent when it serves all. */
  readonly models?: readonly string[];
  readonly evidence: Evidence;
}

export interface Provider {
  readonly name: string;
  readonly title: string;
  /** Base URLs; the first is the default. */
  readonly baseUrls: readonly string[];
  /** Environment variables that may hold the key, beside AI_API_KEY. */
  readonly keyEnv: readonly string[];
  readonly docs: string;
  /** Absent where there is none: everything is then asked over Chat Completions. */
  readonly responses?: NativeEndpoint;
  readonly defaultModel?: string;
  readonly dialect: Partial<Dialect>;
  readonly models: readonly Model[];
}
