/** Keys: bare, quoted, dotted (TOML, "Keys"). */
import { describeNext, fail, skipSpace, take, takes, type Cursor } from './cursor';
import { readQuotedKey } from './read-string';

const BARE = /[\w-]+/y;

/** The key that begins here, part by part, with the spaces behind it. */
export function readKey(cursor: Cursor): readonly string[] {
  const parts: string[] = [];
  do {
    skipSpace(cursor);
    const part = take(cursor, BARE) ?? readQuotedKey(cursor);
    if (part === undefined) return fail(cursor, `expected a key, found ${describeNext(cursor)}`);
    parts.push(part);
    skipSpace(cursor);
  } while (takes(cursor, '.'));
  return parts;
}
