/** Quotes user input in messages: on one line, truncated, and without secrets. */

const MAX_QUOTE_LENGTH = 80;

/** Returns the text in quotes; `…` replaces what follows 80 characters, and a URL's user name, password and query. */
export function quote(input: string): string {
  const masked = maskCredentials(input).replace(/^(\w+:\/\/[^?]*\?).+/s, '$1…');
  return JSON.stringify(masked.length > MAX_QUOTE_LENGTH ? `${masked.slice(0, MAX_QUOTE_LENGTH)}…` : masked);
}

/** Replaces the user name and password of a URL with an ellipsis. A password may contain @, and an invalid one /. */
export const maskCredentials = (input: string): string =>
  input.replace(/\/\/(?:[^/\s]*|[^/\s:@]*:(?!\d+[/?#])\S*)@/, '//…@');

/** Quotes the beginning of a secret: at most three characters, and at most a quarter of the secret. */
export const quoteSecret = (input: string): string => JSON.stringify(maskSecret(input));

/** Returns the same beginning of a secret, without quotes. */
export const maskSecret = (input: string): string => `${input.slice(0, Math.min(3, Math.floor(input.length / 4)))}…`;
