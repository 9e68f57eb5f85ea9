/** Which keys and tables exist already, and who may add to them (TOML, "Table" and "Array of Tables"). */
import { renderKey } from './render';
import type { TomlTable, TomlValue } from './value';

/**
 * `header`: its own `[header]` was read. `implicit`: only the headers of its subtables were. `dotted`: made by a dotted
 * key. `list`: `[[header]]`. `value`: anything behind an equals sign, inline tables too: nobody adds to it.
 */
type Kind = 'header' | 'implicit' | 'dotted' | 'list' | 'value';

/** What is known about a key; where it stands for a table, that table and its keys. */
export interface Definition {
  kind: Kind;
  readonly table: Draft;
  readonly keys: Map<string, Definition>;
  /** The tables of a list, and what is known about the last one. */
  readonly list?: { readonly tables: TomlTable[]; last: Definition };
}

type Draft = { [key: string]: TomlValue };

/** A table that has no keys yet. */
export function createTable(kind: Kind): Definition {
  const table: Draft = Object.create(null);
  return { kind, table, keys: new Map() };
}

/** Opens `[path]`. @returns the table, or a sentence that says why it cannot be opened */
export function openTable(root: Definition, path: readonly string[]): Definition | string {
  const parent = descend(root, path.slice(0, -1));
  if (typeof parent === 'string') return parent;
  const name = path.at(-1) ?? '';
  const known = parent.keys.get(name);
  if (known === undefined) return addTable(parent, name, 'header');
  if (known.kind !== 'implicit') return `expected each table once, ${renderKey(path)} is there already`;
  known.kind = 'header';
  return known;
}

/** Opens the next table of `[[path]]`. @returns the table, or a sentence that says why it cannot be opened */
export function openListElement(root: Definition, path: readonly string[]): Definition | string {
  const parent = descend(root, path.slice(0, -1));
  if (typeof parent === 'string') return parent;
  const name = path.at(-1) ?? '';
  const known = parent.keys.get(name);
  const last = createTable('header');
  if (known === undefined) {
    const tables = [last.table];
    parent.table[name] = tables;
    parent.keys.set(name, { ...createTable('list'), list: { tables, last } });
    return last;
  }
  if (known.list === undefined) {
    return `expected [[${renderKey(path)}]] to begin or go on with a list of tables, the key is taken`;
  }
  known.list.tables.push(last.table);
  known.list.last = last;
  return last;
}

/** Sets the dotted key `path`. @returns a sentence when that cannot be */
export function setValue(table: Definition, path: readonly string[], value: TomlValue): string | undefined {
  let parent = table;
  for (const [index, name] of path.slice(0, -1).entries()) {
    const known = parent.keys.get(name) ?? addTable(parent, name, 'dotted');
    if (known.kind !== 'dotted' && known.kind !== 'implicit') {
      return `expected a new key, ${renderKey(path.slice(0, index + 1))} is complete already`;
    }
    known.kind = 'dotted';
    parent = known;
  }
  const name = path.at(-1) ?? '';
  if (parent.keys.has(name)) return `expected each key once, ${renderKey(path)} is there already`;
  parent.table[name] = value;
  parent.keys.set(name, createTable('value'));
  return undefined;
}

/** Walks to the table that the headers below it take for granted; of a list that is the last element. */
function descend(root: Definition, path: readonly string[]): Definition | string {
  let table = root;
  for (const [index, name] of path.entries()) {
    const known = table.keys.get(name) ?? addTable(table, name, 'implicit');
    if (known.kind === 'value') {
      return `expected a table, ${renderKey(path.slice(0, index + 1))} is a value that is complete`;
    }
    table = known.list?.last ?? known;
  }
  return table;
}

function addTable(parent: Definition, name: string, kind: Kind): Definition {
  const made = createTable(kind);
  parent.table[name] = made.table;
  parent.keys.set(name, made);
  return made;
}
