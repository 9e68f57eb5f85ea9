/** The values of a TOML document. */

export type TomlValue = string | number | bigint | boolean | TomlDate | TomlTable | readonly TomlValue[];

/** An object without a prototype, so that `__proto__` is a key like any other. */
export interface TomlTable {
  readonly [key: string]: TomlValue | undefined;
}

/** A date, a time or both, as it stands in the document: nobody here computes with them. */
export class TomlDate {
  constructor(readonly text: string) {}
}

/** True for a table, whichever way it was written. */
export function isTomlTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);
}
