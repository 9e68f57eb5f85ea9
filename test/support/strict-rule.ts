/** What one strict rule of the scripted upstream is: a check over a request, and the provider's own words for a violation. */
import type { IncomingHttpHeaders } from 'node:http';
import { asArray, asRecord } from '../../src/base/narrow';
import type { UnknownRecord } from '../../src/base/json';

/** Whose manners the scripted upstream has. `dashscope` stands for Alibaba's hosts, `openai` for the common denominator. */
export type UpstreamDialect = 'openai' | 'dashscope';

/** What differs from one scripted upstream to the next. */
export interface StrictSettings {
  readonly dialect: UpstreamDialect;
  /** When set, every other key is answered 401. */
  readonly apiKey?: string;
  /** When set, every other model is refused. */
  readonly models?: readonly string[];
  /** Highest `max_tokens`. */
  readonly maxTokens: number;
  /** Field names accepted besides the dialect's own, at the top level and in messages. */
  readonly allowFields: readonly string[];
}

/** A request as the rules see it. Lists are empty where the body has none, so that each rule has one concern. */
export interface JudgedRequest {
  readonly settings: StrictSettings;
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
}

/** One row of the table. A dialect without wording does not have the rule. */
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

/** Any other answer: the text as it stands, with its code. */
export const says = (text: string, code: string | null = null): Wording => ({ text, code });

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
