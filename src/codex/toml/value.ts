/** Defines the values of a TOML document, and renders keys and strings. */

export type TomlValue = string | number | bigint | boolean | TomlDate | TomlTable | readonly TomlValue[];

/** An object without a prototype, so that `__proto__` is an ordinary key. */
export interface TomlTable {
  readonly [key: string]: TomlValue | undefined;
}

/** A date, a time or both, as written in the document. */
export class TomlDate {
  constructor(readonly text: string) {}
}

/** True for a table, however it was written. */
export function isTomlTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);
}

/** Renders `path` as a dotted key; a part that is not a bare key is quoted. */
export const renderKey = (path: readonly string[]): string =>
  path.map((part) => (/^[\w-]+$/.test(part) ? part : renderString(part))).join('.');

/** Renders `text` as a basic string on one line. */
export const renderString = (text: string): string =>
  // JSON escapes everything TOML requires, except DEL.
  JSON.stringify(text).replaceAll('\u007f', '\\u007f');
