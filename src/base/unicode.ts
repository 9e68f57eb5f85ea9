/** Makes Unicode text well-formed. */

const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Replaces lone surrogates with U+FFFD (String.prototype.toWellFormed requires Node 20). */
export const toWellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? text.replace(HALF_PAIR, '\ufffd') : text;
