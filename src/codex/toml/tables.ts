/** Tracks which keys and tables are defined, and which may still be extended (TOML, "Table", "Array of Tables"). */
import { showKey } from './hide-values';
import type { TomlTable, TomlValue } from './value';

/**
 * `header`: its own `[header]` was read. `implicit`: only headers of subtables were read. `dotted`: created by a dotted
 * key. `array`: `[[header]]`. `value`: anything after an equals sign, including inline tables; it cannot be extended.
 */
type Kind = 'header' | 'implicit' | 'dotted' | 'array' | 'value';

/** A defined key; for a table, also the table and its keys. */
export interface Definition {
  kind: Kind;
  readonly table: MutableTable;
  readonly keys: Map<string, Definition>;
  /** The tables of an array of tables, and the definition of the last one. */
  readonly array?: { readonly tables: TomlTable[]; last: Definition };
}

type MutableTable = { [key: string]: TomlValue };

/** Creates the definition of an empty table, or of another value of `kind`. */
export function createTable(kind: Kind): Definition {
  const table: MutableTable = Object.create(null);
  return { kind, table, keys: new Map() };
}

/** Opens `[path]`. @returns the table, or why it cannot be opened */
export function openTable(root: Definition, path: readonly string[]): Definition | string {
  const parent = descend(root, path.slice(0, -1));
  if (typeof parent === 'string') return parent;
  const name = path.at(-1) ?? '';
  const known = parent.keys.get(name);
  if (known === undefined) return addTable(parent, name, 'header');
  if (known.kind !== 'implicit') return `expected each table once; ${showKey(path)} is already defined`;
  known.kind = 'header';
  return known;
}

/** Opens the next table of `[[path]]`. @returns the table, or why it cannot be opened */
export function openArrayElement(root: Definition, path: readonly string[]): Definition | string {
  const parent = descend(root, path.slice(0, -1));
  if (typeof parent === 'string') return parent;
  const name = path.at(-1) ?? '';
  const known = parent.keys.get(name);
  const last = createTable('header');
  if (known === undefined) {
    const tables = [last.table];
    parent.table[name] = tables;
    parent.keys.set(name, { ...createTable('array'), array: { tables, last } });
    return last;
  }
  if (known.array === undefined) {
    return `expected [[${showKey(path)}]] to start or continue an array of tables, but the key is already defined`;
  }
  known.array.tables.push(last.table);
  known.array.last = last;
  return last;
}

/** Sets the dotted key `path`. @returns why it cannot be set; undefined on success */
export function setValue(table: Definition, path: readonly string[], value: TomlValue): string | undefined {
  let parent = table;
  for (const [index, name] of path.slice(0, -1).entries()) {
    const known = parent.keys.get(name) ?? addTable(parent, name, 'dotted');
    if (known.kind !== 'dotted' && known.kind !== 'implicit') {
      return `expected a new key; ${showKey(path.slice(0, index + 1))} is already defined`;
    }
    known.kind = 'dotted';
    parent = known;
  }
  const name = path.at(-1) ?? '';
  if (parent.keys.has(name)) return `expected each key once; ${showKey(path)} is already defined`;
  parent.table[name] = value;
  parent.keys.set(name, createTable('value'));
  return undefined;
}

/** Returns the table at `path`, in arrays the last one, and creates implicit tables; or says why it cannot. */
function descend(root: Definition, path: readonly string[]): Definition | string {
  let table = root;
  for (const [index, name] of path.entries()) {
    const known = table.keys.get(name) ?? addTable(table, name, 'implicit');
    if (known.kind === 'value') {
      return `expected a table; ${showKey(path.slice(0, index + 1))} already has a value`;
    }
    table = known.array?.last ?? known;
  }
  return table;
}

function addTable(parent: Definition, name: string, kind: Kind): Definition {
  const added = createTable(kind);
  parent.table[name] = added.table;
  parent.keys.set(name, added);
  return added;
}
