/** Defines the types of provider and model rows, and values that many rows share. */
import type { JsonObject } from '../base/json';
import type { ErrorRule } from '../errors/error-rule';
import type { QuotaReset } from '../errors/quota-reset';
import type { Dialect } from './dialect';
import type { QuotaForm } from './quota-answers';

/**
 * The source of a fact, in this order: the provider's documentation, a client's source code, an issue, an inference,
 * the user's file.
 */
export type Evidence = 'documented' | 'source' | 'reported' | 'inferred' | 'configured';

/** Settings of connections to a provider that differ from Node's defaults. */
export interface ConnectionSettings {
  /** URL of an HTTP proxy, or `none`. Default: the proxy variables. May contain a password. */
  readonly proxy?: string;
  /** A PEM file with further certificate authorities. */
  readonly ca?: string;
  /** PEM files with a client certificate and its key, which may be in the same file. */
  readonly cert?: string;
  readonly certKey?: string;
}

/** Changes to each request after its translation. */
export interface RequestChanges {
  /** Headers to add. They may contain secrets and are never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Top-level fields to add or replace. */
  readonly body?: JsonObject;
  /** Top-level fields to remove. */
  readonly drop?: readonly string[];
  /** The user's choice of protocol for this provider or model, regardless of UPSTREAM_WIRE. */
  readonly wire?: 'chat' | 'responses';
  /** `provider/model` names that are used instead, in this order, while the model cannot answer. */
  readonly fallback?: readonly string[];
  /** `provider/model` that describes pictures for a model that accepts none. */
  readonly visionModel?: string;
}

/**
 * Limits assumed for an unknown model. Most models that support tools have higher limits. If the real window is larger,
 * Codex only compacts too early; if it is smaller, requests fail.
 */
export const ASSUMED_LIMITS = { contextWindow: 128_000, maxOutput: 8_192 } as const;

export interface Model extends RequestChanges {
  /** The exact id that the provider expects. */
  readonly id: string;
  readonly name: string;
  /** Tokens. */
  readonly contextWindow: number;
  readonly maxOutput: number;
  readonly input: readonly ('text' | 'image')[];
  /** Reasoning efforts that the user can pick; empty if the model has no such control. */
  readonly efforts: readonly string[];
  /** The provider's default effort, if it documents one. */
  readonly defaultEffort?: string;
  readonly dialect?: Partial<Dialect>;
  /** Only if it is billed by tokens and the price is known. */
  readonly price?: Price;
  /** Differences of the dialect at the provider's Responses endpoint. */
  readonly native?: Partial<Dialect>;
  readonly evidence: Evidence;
  /** Disagreements between sources, or peculiarities. Ends with a full stop. */
  readonly remark?: string;
}

/** Prices per million tokens. */
export interface Price {
  /** Matches base URLs without their scheme; absent if the price is the same at all of them. */
  readonly bases?: RegExp;
  /** ISO 4217. */
  readonly currency: string;
  readonly input: number;
  /** Input from the provider's cache. Default: the same as other input. */
  readonly cached?: number;
  readonly output: number;
  /** Weekday hours in UTC+8 in which everything costs `factor` times as much. */
  readonly peak?: { readonly factor: number; readonly hours: readonly (readonly [from: number, to: number])[] };
  /** When the price was read, and where; absent for the user's own prices. */
  readonly date?: string;
  readonly source?: string;
}

/** A subscription that covers requests. */
export interface Plan {
  /** Matches base URLs without their scheme; absent if the plan covers all of the provider's. */
  readonly bases?: RegExp;
  /** Limits on requests, for a provider whose API does not report how much is left. */
  readonly limits?: readonly PlanLimit[];
  /** Name of the tier that the limits are for, and where they are documented. */
  readonly tier?: string;
  readonly source?: string;
}

export interface PlanLimit {
  readonly window: '5 hours' | 'week' | 'month';
  readonly requests: number;
  readonly resets: QuotaReset;
}

export interface QuotaRoute {
  /** Relative to the provider's host if it begins with a slash, otherwise to the base URL. */
  readonly path: string;
  readonly form: QuotaForm;
}

/** Dialect values for all matching model ids of a provider. */
export interface IdRule {
  readonly ids: RegExp;
  readonly dialect: Partial<Dialect>;
  readonly evidence: Evidence;
}

/** A key, and the variable or the place in the user's file that holds it. */
export interface ProviderKey {
  readonly variable: string;
  readonly key: string;
}

/** The provider's own Responses endpoint. */
export interface NativeEndpoint {
  /** Its base path on the provider's host, such as `/api/v1`; absent if it is that of the base URL. */
  readonly basePath?: string;
  /** Ids of the models that it serves; absent if it serves all. */
  readonly models?: readonly string[];
  /** Ids of the models that use it unless the user chooses a protocol: those known to work there with Codex. */
  readonly preferred?: readonly string[];
  /** Differences from the dialect of all Responses endpoints (translate/native-request.ts). */
  readonly dialect?: Partial<Dialect>;
  /** What does not work there in Codex's requests, with its source; the bridge adapts it. Ends with a full stop. */
  readonly rejects?: string;
  readonly evidence: Evidence;
}

export interface Provider extends RequestChanges {
  /** The name used in AI_PROVIDER and in `provider/model`. Lower case. */
  readonly name: string;
  /** Other names that AI_PROVIDER accepts. */
  readonly aliases?: readonly string[];
  readonly title: string;
  /** Base URLs; the first one is used if AI_PROVIDER names the provider and AI_API_BASE is not set. */
  readonly baseUrls: readonly string[];
  /** Further hosts of the provider, whose names contain a region or a workspace. */
  readonly hosts?: readonly RegExp[];
  /** A server on the user's own machine. It needs no key, and its loopback address does not identify it. */
  readonly local?: true;
  /** Environment variables for the key, in addition to AI_API_KEY; the first one that is set is used. */
  readonly keyEnv: readonly string[];
  /** Keys that the user's file lists, in place of `keyEnv`. */
  readonly keys?: readonly ProviderKey[];
  /** Why several keys may not be rotated: a sentence about the terms of the plan. */
  readonly oneKey?: string;
  /** Maximum number of concurrent requests that the provider accepts for one account. */
  readonly maxConcurrency?: number;
  readonly connection?: ConnectionSettings;
  /** Why this row of the user's file cannot be used, as a sentence; absent for a usable row. */
  readonly disabled?: string;
  /** The format of its keys; `advice` is shown for a key of another format. */
  readonly keyShape?: { readonly pattern: RegExp; readonly advice: string };
  /** Header with the id of a request, if it is not one of the common ones. */
  readonly requestIdHeader?: Lowercase<string>;
  /** Its own error codes and quota rules; they take precedence over the general wordings. */
  readonly errors?: readonly ErrorRule[];
  readonly docs: string;
  /** Absent if requests are billed by tokens, or nothing is known. */
  readonly plan?: Plan;
  /** APIs that report how much of a plan or balance is left, tried in this order until one accepts the key. */
  readonly quota?: readonly QuotaRoute[];
  /** Absent if the provider has none; all requests then use Chat Completions. */
  readonly responses?: NativeEndpoint;
  readonly defaultModel?: string;
  /** Path of a list with the context windows that models were loaded with (`readLoadedWindows`). */
  readonly loadedPath?: `/${string}`;
  /** Its model ids contain slashes, so `provider/model` names are not read as routes. */
  readonly slashedIds?: true;
  /** Suffixes that some clients append to model ids and that this provider rejects; they are removed. */
  readonly idSuffix?: RegExp;
  /** What a user of this provider should know; each ends with a full stop. */
  readonly remarks?: readonly string[];
  readonly dialect: Partial<Dialect>;
  /** What models need at this provider, by their full ids; later rules override earlier ones. */
  readonly idRules?: readonly IdRule[];
  readonly models: readonly Model[];
  /** Examples of models that call tools, for a server whose models the user installs. */
  readonly toolModels?: readonly string[];
  /** Path of the user's file that defines the row or a part of it; absent for built-in rows. */
  readonly origin?: string;
}

/**
 * The default base URL: the first provider's first address. Defined outside its row, so that the options table loads no
 * rows.
 */
export const DEFAULT_BASE_URL = 'https://coding.dashscope.aliyuncs.com/v1';

/** Input of a text-only model. */
export const TEXT: Model['input'] = ['text'];

/** Input of a model that accepts images too. */
export const VISION: Model['input'] = ['text', 'image'];

/** Efforts of a model whose thinking can only be on or off. */
export const TOGGLE = ['none', 'high'] as const;

/** The effort of a model that always thinks. */
export const ALWAYS = ['high'] as const;

/** Efforts of a hybrid model with a thinking budget. */
export const GRADED = ['none', 'low', 'medium', 'high'] as const;

/** Replaces missing reasoning (upstreams.md, section 3: DeepSeek, MiMo and Kimi only). */
export const NO_REASONING = '(reasoning not kept)';

/** For APIs that do not document these OpenAI fields (upstreams.md, quirk 22: only known fields are sent). */
export const CORE_FIELDS_ONLY = { user: false, logitBias: false } as const;

/**
 * Creates a row for a text model without a reasoning control; `overrides` replaces any field.
 *
 * @param contextWindow tokens
 * @param maxOutput tokens
 */
export function model(
  id: string, name: string, contextWindow: number, maxOutput: number,
  overrides: Partial<Model> & Pick<Model, 'evidence'>,
): Model {
  return { id, name, contextWindow, maxOutput, input: TEXT, efforts: [], ...overrides };
}
