/**
 * What one strict rule of the scripted upstream is: a check over a request, and the provider's own words for a
 * violation.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { asArray, asRecord, type UnknownRecord } from '../../../src/base/json';

/** The two families of wordings. `dashscope` stands for Alibaba's hosts, `openai` for the common denominator. */
export type UpstreamDialect = 'openai' | 'dashscope';

/** What differs from one scripted upstream to the next. */
export interface StrictSettings {
  /** The manners when `manners` is absent: those that a whole dialect has in common. */
  readonly dialect: UpstreamDialect;
  /** The manners of one provider (strict-providers.ts). */
  readonly manners?: Manners;
  /** When set, every other key is answered 401. */
  readonly apiKey?: string;
  /** When set, every other model is refused. */
  readonly models?: readonly string[];
  /** Highest `max_tokens` where the model's row has none. */
  readonly maxTokens: number;
  /** Field names accepted besides the dialect's own, at the top level and in messages. */
  readonly allowFields: readonly string[];
}

/** What a `tool_choice` may be. */
export type ChoiceKind = 'none' | 'auto' | 'required' | 'named';

/** What an upstream demands of one model, in the order of its checks. */
export interface StrictModel {
  /** Matches the id of the request. */
  readonly names: RegExp;
  /** What it does when the request says nothing about thinking; `always` and `never` cannot be changed. */
  readonly thinks: 'on' | 'off' | 'always' | 'never';
  /** Highest output limit. */
  readonly maxTokens?: number;
  /**
   * Values of `reasoning_effort`; those of its host when absent. An empty list is a model that does not know the field.
   */
  readonly efforts?: readonly string[];
  /** Highest `thinking_budget`. */
  readonly maxBudget?: number;
  /** Fields that its host knows and this model does not. */
  readonly lacks?: readonly string[];
  /** Fields that it wants in every request with tools, though it refuses none without: answers are worse then. */
  readonly wants?: readonly string[];
  /** It sees no images. */
  readonly blind?: true;
  /** Its host checks tool schemas by Moonshot's rules. */
  readonly picky?: true;
  /** Only one system message, and only in front. */
  readonly oneSystem?: true;
  /** The only temperature while it thinks and while it does not. */
  readonly temperature?: { readonly thinking: number; readonly plain: number };
  /** The words for a forced tool choice while it thinks. */
  readonly forced?: string;
  readonly replay?: ReplayDemand;
}

/** Which assistant messages must carry their reasoning while the model thinks, and the words when one does not. */
export interface ReplayDemand {
  readonly on: 'calls' | 'answers';
  readonly text: string;
}

/** How an upstream behaves: values for the checks, and words for the refusals. */
export interface Manners {
  readonly name: string;
  /** The column of the rule table that speaks where `says` is silent. */
  readonly column: UpstreamDialect;
  readonly roles: readonly string[];
  readonly partTypes: readonly string[];
  /** Top-level fields that it knows. */
  readonly fields: readonly string[];
  /** Fields of an assistant message in addition to those that every upstream knows. */
  readonly assistantFields: readonly string[];
  readonly functionFields: readonly string[];
  readonly choices: readonly ChoiceKind[];
  /** Types of `response_format`. */
  readonly formats: readonly string[];
  readonly efforts: readonly string[];
  /** The name of the output limit. */
  readonly limit: 'max_tokens' | 'max_completion_tokens';
  /** Values and neighbours of `thinking.type`. */
  readonly thinking: { readonly types: readonly string[]; readonly alongside: readonly string[] };
  /** What a tool name must match in addition to OpenAI's rule. */
  readonly toolName: RegExp;
  /** Callers that are turned away: their User-Agent, or the empty string for none. */
  readonly turnsAway?: RegExp;
  /** Whether it has a list of models. */
  readonly lists: boolean;
  /** What is known of its models; the first match counts, and the last one matches all. */
  readonly models: readonly StrictModel[];
  /** Its own words by rule; null switches a rule off, a name without words leaves it to the column. */
  readonly says: Readonly<Record<string, Wording | null | undefined>>;
  /** What it makes of the column's `{text}` where it has no words of its own. */
  readonly otherwise?: Wording;
  /** The body of the error answer. */
  readonly errorBody: (refusal: Refusal, requestId: string) => string;
}

/** What an error body is made of. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly type?: string;
}

/** A request as the rules see it. Lists are empty where the body has none, so that each rule has one concern. */
export interface JudgedRequest {
  readonly settings: StrictSettings;
  readonly manners: Manners;
  /** The row of the model that is asked. */
  readonly model: StrictModel;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: string;
  readonly isJsonObject: boolean;
  readonly body: UnknownRecord;
  readonly messages: readonly UnknownRecord[];
  readonly tools: readonly UnknownRecord[];
}

/** A violation: the path of the offending field and the words that the texts quote. */
export interface Fault {
  readonly param: string;
  readonly [word: string]: string;
}

/** The text of an error answer, with `{word}` where the fault's words go, and its `code`. */
export interface Wording {
  readonly text: string;
  readonly code: string | null;
  /** Where it is not the rule's. */
  readonly status?: number;
  /** Where it is not `invalid_request_error`. */
  readonly type?: string;
}

/** One row of the table. Manners without wording for it do not have the rule. */
export interface StrictRule {
  readonly name: string;
  /** HTTP status of the refusal; 400 when absent. */
  readonly status?: number;
  readonly check: (request: JudgedRequest) => Fault | undefined;
  readonly dashscope?: Wording;
  readonly openai?: Wording;
}

/** DashScope's model service: `<400> InternalError.Algo.InvalidParameter: …`, code `invalid_parameter_error`. */
export const algo = (text: string): Wording => ({
  text: `<400> InternalError.Algo.InvalidParameter: ${text}`,
  code: 'invalid_parameter_error',
});

/** DashScope's gateway, which checks a JSON Schema before the model is asked: bare text and `code: null`. */
export const gateway = (text: string): Wording => ({ text, code: null });

/**
 * Any other answer: the text as it stands, with its code, and its status and type where they are not the usual ones.
 */
export const says = (text: string, code: string | null = null, rest: Partial<Wording> = {}): Wording => ({
  text,
  code,
  ...rest,
});

/** The first fault that `find` sees in `list`. */
export function first<T>(
  list: readonly T[],
  find: (item: T, index: number) => Fault | undefined,
): Fault | undefined {
  for (const [index, item] of list.entries()) {
    const fault = find(item, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `value` as a list of records: `[]` when it is no array, `{}` for elements that are no objects. */
export const recordsOf = (value: unknown): readonly UnknownRecord[] =>
  (asArray(value) ?? []).map((element) => asRecord(element) ?? {});

/** `value` as JSON for a text: `undefined` becomes the empty string. */
export const quote = (value: unknown): string => JSON.stringify(value) ?? '';

/** `value` without quotes where it is a string, otherwise as JSON. */
export const plain = (value: unknown): string => (typeof value === 'string' ? value : quote(value));

/** The JSON type of `value` with its article, as OpenAI's texts name it: "a string", "an array", "null". */
export function typeWords(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
