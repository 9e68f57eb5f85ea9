/** Keys and texts as TOML. */

/** `path` as a dotted key; a part that is no bare key is quoted. */
export const renderKey = (path: readonly string[]): string =>
  path.map((part) => (/^[\w-]+$/.test(part) ? part : renderString(part))).join('.');

/** `text` as a basic string on one line. */
export const renderString = (text: string): string =>
  // JSON escapes what TOML wants escaped, but for the character DEL.
  JSON.stringify(text).replaceAll('\u007f', '\\u007f');
