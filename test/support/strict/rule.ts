/**
 * Defines a strict rule of the scripted upstream: a check of a request, and the provider's own message for a violation.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { asArray, asRecord, type UnknownRecord } from '../../../src/base/json';

/** The two families of messages: `dashscope` is that of Alibaba's hosts, `openai` that of all others. */
export type UpstreamDialect = 'openai' | 'dashscope';

/** The settings of one scripted upstream. */
export interface StrictSettings {
  /** If `behavior` is absent, the upstream has the behavior that all providers of this dialect share. */
  readonly dialect: UpstreamDialect;
  /** The behavior of one provider (providers.ts). */
  readonly behavior?: Behavior;
  /** If set, every other key gets a 401. */
  readonly apiKey?: string | readonly string[];
  /** If set, every other model is rejected. */
  readonly models?: readonly string[];
  /** Highest `max_tokens` for models whose row has none. */
  readonly maxTokens: number;
  /** Names of fields that are accepted in addition to the dialect's own, at the top level and in messages. */
  readonly allowFields: readonly string[];
}

/** The kinds of `tool_choice`. */
export type ChoiceKind = 'none' | 'auto' | 'required' | 'named';

/** What an upstream requires in requests for one model. */
export interface StrictModel {
  /** Matches the id of the request. */
  readonly names: RegExp;
  /** The default for thinking; `always` and `never` cannot be changed by the request. */
  readonly thinks: 'on' | 'off' | 'always' | 'never';
  /** Highest output limit. */
  readonly maxTokens?: number;
  /** Values of `reasoning_effort`; default: those of its host. Empty if the model does not accept the field. */
  readonly efforts?: readonly string[];
  /** Highest `thinking_budget`. */
  readonly maxBudget?: number;
  /** Fields that its host accepts and this model does not. */
  readonly lacks?: readonly string[];
  /** Fields that a request with tools should have: it is accepted without them, but the answers are worse. */
  readonly expects?: readonly string[];
  /** It does not accept images. */
  readonly textOnly?: true;
  /** Its host validates tool schemas by Moonshot's rules. */
  readonly moonshotSchemas?: true;
  /** It accepts only one system message, at the beginning. */
  readonly oneSystem?: true;
  /** The only accepted temperatures, with and without thinking. */
  readonly temperature?: { readonly thinking: number; readonly plain: number };
  /** The message for a forced tool choice while it thinks. */
  readonly forced?: string;
  readonly replay?: ReplayDemand;
}

/** Which assistant messages must include their reasoning while the model thinks, and the message if one does not. */
export interface ReplayDemand {
  readonly on: 'calls' | 'answers';
  readonly text: string;
}

/** How an upstream behaves: values for the checks, and messages for the rejections. */
export interface Behavior {
  readonly name: string;
  /** The column of the rule table that applies if `says` has no entry. */
  readonly column: UpstreamDialect;
  readonly roles: readonly string[];
  readonly partTypes: readonly string[];
  /** Accepted top-level fields. */
  readonly fields: readonly string[];
  /** Fields of an assistant message in addition to those that every upstream accepts. */
  readonly assistantFields: readonly string[];
  readonly functionFields: readonly string[];
  readonly choices: readonly ChoiceKind[];
  /** Types of `response_format`. */
  readonly formats: readonly string[];
  readonly efforts: readonly string[];
  /** The name of the output limit. */
  readonly limit: 'max_tokens' | 'max_completion_tokens';
  /** The accepted values of `thinking.type`, and the accepted fields next to it. */
  readonly thinking: { readonly types: readonly string[]; readonly alongside: readonly string[] };
  /** What a tool name must match in addition to OpenAI's rule. */
  readonly toolName: RegExp;
  /** Matches the User-Agent of rejected callers; an absent header counts as the empty string. */
  readonly rejectsCallers?: RegExp;
  /** Whether GET /models is supported. */
  readonly hasModelList: boolean;
  /** Its models: the first match applies, and the last one matches all. */
  readonly models: readonly StrictModel[];
  /** Its own messages by rule; null turns a rule off, and undefined uses the message of the column. */
  readonly says: Readonly<Record<string, Wording | null | undefined>>;
  /** Wraps the column's message as `{text}`, for rules without a message of its own. */
  readonly otherwise?: Wording;
  /** Renders the body of the error response. */
  readonly errorBody: (error: ErrorFields, requestId: string) => string;
}

/** The values in an error body. */
export interface ErrorFields {
  readonly status: number;
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly type?: string;
}

/** The input of the rules. Lists are empty if the body has none, so that each rule checks only one thing. */
export interface CheckedRequest {
  readonly settings: StrictSettings;
  readonly behavior: Behavior;
  /** The row of the requested model. */
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

/** A violation: the path of the field, and the values for the placeholders of the message. */
export interface Fault {
  readonly param: string;
  readonly [word: string]: string;
}

/** The message of an error, with placeholders such as `{word}`, and its `code`. */
export interface Wording {
  readonly text: string;
  readonly code: string | null;
  /** Default: the status of the rule. */
  readonly status?: number;
  /** Default: `invalid_request_error`. */
  readonly type?: string;
}

/** One row of the table. A rule without a message does not apply. */
export interface StrictRule {
  readonly name: string;
  /** HTTP status of the rejection. Default: 400. */
  readonly status?: number;
  readonly check: (request: CheckedRequest) => Fault | undefined;
  readonly dashscope?: Wording;
  readonly openai?: Wording;
}

/** DashScope's model service: `<400> InternalError.Algo.InvalidParameter: …`, code `invalid_parameter_error`. */
export const algo = (text: string): Wording => ({
  text: `<400> InternalError.Algo.InvalidParameter: ${text}`,
  code: 'invalid_parameter_error',
});

/** DashScope's gateway, which validates with a JSON Schema before the model is called: bare text and `code: null`. */
export const gateway = (text: string): Wording => ({ text, code: null });

/** Any other error: the text unchanged, with its code, and with its status and type if they are unusual. */
export const says = (text: string, code: string | null = null, overrides: Partial<Wording> = {}): Wording => ({
  text,
  code,
  ...overrides,
});

/** Returns the first fault that `find` returns for an element of `list`. */
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

/** Returns a list of records: `[]` if `value` is not an array, `{}` for elements that are not objects. */
export const recordsOf = (value: unknown): readonly UnknownRecord[] =>
  (asArray(value) ?? []).map((element) => asRecord(element) ?? {});

/** Renders `value` as JSON; `undefined` becomes the empty string. */
export const quote = (value: unknown): string => JSON.stringify(value) ?? '';

/** Renders a string without quotes, and any other value as JSON. */
export const plain = (value: unknown): string => (typeof value === 'string' ? value : quote(value));

/** The JSON type of `value` with its article, as in OpenAI's messages: "a string", "an array", "null". */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
