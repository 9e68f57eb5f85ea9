/** What all edge readers share: optional fields, mistakes with a path, records without undefined values. */
import { isJsonObject, parseJsonObject, type JsonObject, type JsonValue, type UnknownRecord } from '../base/json';

/** A tool's or format's JSON Schema: an object, or the text of one. */
export function readSchema(value: unknown): JsonObject | undefined {
  if (typeof value === 'string') return parseJsonObject(value);
  const record = value as JsonValue | undefined;
  return isJsonObject(record) ? record : undefined;
}

/** Reads an optional field; null counts as absent, a value of the wrong form is a mistake of the client. */
export function optional<T>(
  body: UnknownRecord,
  field: string,
  read: (value: unknown) => T | undefined,
  expected: string,
): T | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const result = read(value);
  if (result === undefined) throw invalid(field, expected, value);
  return result;
}

/** A request field that is not of the expected form. `path` is empty for the request itself. */
export class UnreadableField extends Error {
  override readonly name = 'UnreadableField';

  constructor(readonly path: string, message: string) {
    super(message);
  }
}

/** The error for a field that is not of the expected form: `Cannot read input[3].role: expected "user" …, got 7`. */
export function invalid(path: string, expected: string, value: unknown): UnreadableField {
  const shown = JSON.stringify(value) ?? 'nothing';
  const where = path === '' ? 'the request' : path;
  const got = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
  return new UnreadableField(path, `Cannot read ${where}: expected ${expected}, got ${got}`);
}

/** Copies a record without its undefined values. */
export function dropAbsent<T extends object>(
  record: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
} {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
