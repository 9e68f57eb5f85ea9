/** What a provider and a model are, as data. */
import type { ErrorRule } from '../errors/error-rule';
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
  /** The effort that the provider itself starts with, where it documents one. */
  readonly defaultEffort?: string;
  readonly dialect?: Partial<Dialect>;
  readonly evidence: Evidence;
  /** What sources disagree about, or what is special. Ends in a full stop. */
  readonly remark?: string;
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
  /** As in providers/names.ts. */
  readonly name: string;
  readonly title: string;
  /** Base URLs; the first is where requests go when AI_PROVIDER names the provider and AI_API_BASE is not set. */
  readonly baseUrls: readonly string[];
  /** Further hosts of the provider, beside those of `baseUrls`: host names that hold a region or a workspace. */
  readonly hosts?: readonly RegExp[];
  /** A server on the user's own machine. It needs no key, and its loopback address does not tell it from another one. */
  readonly local?: true;
  /** Environment variables that may hold the key, beside AI_API_KEY; the first that is set counts. */
  readonly keyEnv: readonly string[];
  /** What its keys look like; `advice` is said of a refused key that looks different. */
  readonly keyShape?: { readonly pattern: RegExp; readonly advice: string };
  /** What its own error codes mean and when its quotas come back, where words that anyone may use do not say it. */
  readonly errors?: readonly ErrorRule[];
  readonly docs: string;
  /** Absent where there is none: everything is then asked over Chat Completions. */
  readonly responses?: NativeEndpoint;
  readonly defaultModel?: string;
  /** Its model ids have slashes themselves: `provider/model` names are then not read as routes. */
  readonly slashedIds?: true;
  /** What other clients put behind model ids and this provider refuses: it is taken off. */
  readonly idSuffix?: RegExp;
  /** What a user of this provider should know; each ends in a full stop. */
  readonly remarks?: readonly string[];
  readonly dialect: Partial<Dialect>;
  readonly models: readonly Model[];
}
