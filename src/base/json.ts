/** Defines JSON types; checks and parses unknown data, complete or in chunks. */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}
export type UnknownRecord = Readonly<Record<string, unknown>>;

/** True for a plain JSON object: not null, not an array. */
export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON value that is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses `text`; returns `undefined` if it is not JSON. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses `text`; returns `undefined` unless it is a JSON object. */
export function parseJsonObject(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return isJsonObject(value) ? value : undefined;
}

/** Whether two values are the same JSON. The order of an object's keys does not matter. */
export function isSameJson(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  if (Array.isArray(first) && Array.isArray(second)) {
    return first.length === second.length && first.every((value, index) => isSameJson(value, second[index]));
  }
  if (!isRecord(first) || !isRecord(second)) return false;
  const keys = Object.keys(first);
  return keys.length === Object.keys(second).length && keys.every((key) => isSameJson(first[key], second[key]));
}

/**
 * Serializes a value, replacing lone surrogates with U+FFFD: strict parsers reject them ("lone leading surrogate in hex
 * escape"). A tool that truncates its output in the middle of an emoji leaves one behind.
 */
export const toJsonText = (value: unknown): string => replaceLoneSurrogates(JSON.stringify(value));

/** Replaces escaped lone surrogates in JSON text; escaped pairs stay. */
export const replaceLoneSurrogates = (json: string): string =>
  /\\u[dD]/.test(json)
    ? json.replace(ESCAPES, (escape) => (escape.length === 6 ? '\\ufffd' : escape))
    : json;

const ESCAPES = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\[^u]/g;

/** A request field of the wrong type. `path` is empty for the request itself. */
export class UnreadableField extends Error {
  override readonly name = 'UnreadableField';

  constructor(readonly path: string, message: string) {
    super(message);
  }
}

/** The value if it is a string. */
export const asString = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The value if it is a non-empty string: providers send `""` to mean absent. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The value if it is a finite number. */
export const asNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The value if it is a boolean. */
export const asBoolean = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** The value if it is a JSON object. */
export const asRecord = (value: unknown): UnknownRecord | undefined => (isRecord(value) ? value : undefined);

/** The value if it is an array. */
export const asArray = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

/** Copies `record` without its `undefined` values, which `exactOptionalPropertyTypes` forbids and JSON lacks. */
export function compact<T extends object>(record: T): Compact<T> {
  const result: Partial<T> = {};
  for (const key in record) {
    if (record[key] !== undefined) result[key] = record[key];
  }
  return result as never;
}

/** `T` with its possibly undefined properties made optional. */
type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Replaces lone surrogates with U+FFFD (String.prototype.toWellFormed requires Node 20). */
export const toWellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? text.replace(LONE_SURROGATE, '\ufffd') : text;

// Character codes. Of brackets, those of the opening ones.
const QUOTE = 34;
const BACKSLASH = 92;
const BRACE = 123;
const BRACKET = 91;
const SPACE = 32;
/** Longer than any number or literal that a model writes as a complete value. */
const MAX_SCALAR_LENGTH = 40;

type ProgressState = 'blank' | 'inside' | 'string' | 'escape' | 'closed' | 'scalar';

/**
 * Detects when a JSON value that arrives in chunks is complete, without buffering it. Counts brackets and skips
 * strings, so each character is read once. Does not validate the JSON: an object is complete at its closing brace.
 */
export class JsonProgress {
  private state: ProgressState = 'blank';
  private depth = 0;
  private scalar = '';

  /** True while only whitespace has arrived. */
  get isBlank(): boolean {
    return this.state === 'blank';
  }

  /** True if the value is complete: a string, object or list if it is closed, a number or literal if it parses. */
  get isComplete(): boolean {
    return this.state === 'closed' || (this.state === 'scalar' && parseJson(this.scalar) !== undefined);
  }

  /** True if an object, list or string is open, so that the text so far is not valid JSON. */
  get isUnfinished(): boolean {
    return this.state === 'inside' || this.state === 'string' || this.state === 'escape';
  }

  /** Reads the next chunk. Returns how many of its characters belong to this value; the rest is another value. */
  push(text: string): number {
    let at = 0;
    while (at < text.length && this.state !== 'closed' && this.state !== 'scalar') {
      this.state = this.next(text.charCodeAt(at));
      at += 1;
    }
    if (this.state !== 'scalar') return at;
    if (this.scalar.length <= MAX_SCALAR_LENGTH) this.scalar += text.slice(Math.max(0, at - 1), MAX_SCALAR_LENGTH + 1);
    return text.length;
  }

  private next(code: number): ProgressState {
    if (this.state === 'escape') return 'string';
    if (this.state === 'string') {
      if (code === BACKSLASH) return 'escape';
      if (code !== QUOTE) return 'string';
      return this.depth === 0 ? 'closed' : 'inside';
    }
    if (code === QUOTE) return 'string';
    if (code === BRACE || code === BRACKET) this.depth += 1;
    else if (this.state === 'blank') return code > SPACE ? 'scalar' : 'blank';
    // The code of a closing bracket is that of the opening one plus two.
    else if (code === BRACE + 2 || code === BRACKET + 2) this.depth -= 1;
    return this.depth === 0 ? 'closed' : 'inside';
  }
}
