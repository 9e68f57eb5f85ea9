/** Narrows `unknown` to a typed value or `undefined`, for lenient readers of untrusted data. */
import { isRecord, type UnknownRecord } from './json';

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

/** Copies `record` without its `undefined` values: `exactOptionalPropertyTypes` forbids them, JSON cannot express them. */
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
