/** Defines providers and models as data, and values that many rows share. */
import type { JsonObject } from '../base/json';
import type { ErrorRule } from '../errors/error-rule';
import type { QuotaReset } from '../errors/quota-reset';
import type { Dialect } from './dialect';

/** How a fact is known: documented by the provider, from a client's source, from an issue, inferred, set by the user. */
export type Evidence = 'documented' | 'source' | 'reported' | 'inferred' | 'configured';

/** What is changed in each request, after its translation. */
export interface RequestChanges {
  /** Headers that are added. They may hold secrets: they are never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Top-level fields that are added, or replace what the bridge sends. */
  readonly body?: JsonObject;
  /** Top-level fields that are removed. */
  readonly drop?: readonly string[];
  /** The protocol, regardless of UPSTREAM_WIRE. */
  readonly wire?: 'chat' | 'responses';
}

export interface Model extends RequestChanges {
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
  /** Where it is billed by tokens; absent when unknown. */
  readonly price?: Price;
  readonly evidence: Evidence;
  /** What sources disagree about, or what is special. Ends in a full stop. */
  readonly remark?: string;
}

/** What a million tokens cost. */
export interface Price {
  /** Base URLs without their scheme; absent when it is the same for all. */
  readonly bases?: RegExp;
  /** ISO 4217. */
  readonly currency: string;
  readonly input: number;
  /** Input from the provider's cache. Default: the same as other input. */
  readonly cached?: number;
  readonly output: number;
  /** Weekday hours in UTC+8 in which everything costs `factor` times as much. */
  readonly peak?: { readonly factor: number; readonly hours: readonly (readonly [from: number, to: number])[] };
  /** When the price was read, and where; absent for prices of the user. */
  readonly date?: string;
  readonly source?: string;
}

/** A subscription that requests are part of. */
export interface Plan {
  /** Base URLs without their scheme; absent when all of the provider's belong to the plan. */
  readonly bases?: RegExp;
  /** Limits on requests, for a provider whose API does not tell how much is left. */
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

/** A Responses endpoint of the provider's own, asked when the user sets UPSTREAM_WIRE=responses. */
export interface NativeEndpoint {
  /** Path of its base on the provider's host, such as `/api/v1`; absent when it is the path of the base URL. */
  readonly basePath?: string;
  /** Ids of the models that it serves; absent when it serves all. */
  readonly models?: readonly string[];
  readonly evidence: Evidence;
}

export interface Provider extends RequestChanges {
  /** What AI_PROVIDER and `provider/model` names say. Lower case. */
  readonly name: string;
  /** Other names that AI_PROVIDER accepts. */
  readonly aliases?: readonly string[];
  readonly title: string;
  /** Base URLs; the first is where requests go when AI_PROVIDER names the provider and AI_API_BASE is not set. */
  readonly baseUrls: readonly string[];
  /** Hosts of the provider other than those of `baseUrls`: host names that contain a region or a workspace. */
  readonly hosts?: readonly RegExp[];
  /** A server on the user's own machine. It needs no key, and its loopback address does not identify it. */
  readonly local?: true;
  /** Environment variables that may hold the key, in addition to AI_API_KEY; the first one that is set is used. */
  readonly keyEnv: readonly string[];
  /** What its keys look like; `advice` is shown when a key that looks different is rejected. */
  readonly keyShape?: { readonly pattern: RegExp; readonly advice: string };
  /** Header with the id of a request, if it is not one of the common ones. */
  readonly requestIdHeader?: Lowercase<string>;
  /** Its own error codes and quota rules, as far as the general wordings do not cover them. */
  readonly errors?: readonly ErrorRule[];
  readonly docs: string;
  /** Absent where requests are billed by tokens, or nothing is known. */
  readonly plan?: Plan;
  /** Absent where there is none: everything is then asked over Chat Completions. */
  readonly responses?: NativeEndpoint;
  readonly defaultModel?: string;
  /** Path on its host of a list with the context windows that models were loaded with (`readLoadedWindows`). */
  readonly loadedPath?: `/${string}`;
  /** Its model ids have slashes themselves: `provider/model` names are then not read as routes. */
  readonly slashedIds?: true;
  /** Suffixes that other clients append to model ids and this provider rejects; they are removed. */
  readonly idSuffix?: RegExp;
  /** What a user of this provider should know; each ends in a full stop. */
  readonly remarks?: readonly string[];
  readonly dialect: Partial<Dialect>;
  readonly models: readonly Model[];
  /** The user's file that the row, or a part of it, comes from; absent for the bridge's own. */
  readonly origin?: string;
}

/** Where requests go by default: the first provider's first address. Apart from its row, so that options load no row. */
export const DEFAULT_BASE_URL = 'https://coding.dashscope.aliyuncs.com/v1';

/** Input of a text-only model. */
export const TEXT: Model['input'] = ['text'];

/** Input of a model that accepts images too. */
export const SIGHT: Model['input'] = ['text', 'image'];

/** Efforts of a model whose thinking is on or off. */
export const TOGGLE = ['none', 'high'] as const;

/** The effort of a model that always thinks. */
export const ALWAYS = ['high'] as const;

/** Efforts of a hybrid model with a thinking budget. */
export const GRADED = ['none', 'low', 'medium', 'high'] as const;

/** Replaces reasoning that was not kept (upstreams.md, section 3: DeepSeek, MiMo and Kimi only). */
export const NO_REASONING = '(reasoning not kept)';

/** For APIs whose parameter list lacks these fields of OpenAI (upstreams.md, quirk 22: only known fields are sent). */
export const CORE_FIELDS_ONLY = { user: false, logitBias: false } as const;

/**
 * A model that reads text and has no reasoning control, unless `rest` says otherwise.
 *
 * @param contextWindow tokens
 * @param maxOutput tokens
 */
export function model(
  id: string,
  name: string,
  contextWindow: number,
  maxOutput: number,
  rest: Partial<Model> & Pick<Model, 'evidence'>,
): Model {
  return { id, name, contextWindow, maxOutput, input: TEXT, efforts: [], ...rest };
}
