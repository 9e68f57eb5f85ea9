/** Quotes user input in messages: on one line, truncated, and without secrets. */

const LONGEST_QUOTE = 80;

/** Takes any text, returns it in quotes; user name, password and query of a URL are left out. */
export function quote(input: string): string {
  const shown = input.replace(/\/\/[^/@\s]*@/, '//…@').replace(/^(\w+:\/\/[^?]*\?).+/s, '$1…');
  return JSON.stringify(shown.length > LONGEST_QUOTE ? `${shown.slice(0, LONGEST_QUOTE)}…` : shown);
}

/** Shows how a secret begins: three characters at most, and never more than a quarter of it. */
export const quoteSecret = (input: string): string => JSON.stringify(maskSecret(input));

/** The same without quotes. */
export const maskSecret = (input: string): string => `${input.slice(0, Math.min(3, Math.floor(input.length / 4)))}…`;
