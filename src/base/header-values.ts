/** Validates the headers that a user adds to requests, and expands environment variables in their values. */

/** Header names of RFC 9110, 5.6.2, except those that control the connection. */
export const HEADER_NAME =
  /^(?!(?:host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect)$)[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** One line of ASCII text. */
export const HEADER_VALUE = /^[\t\x20-\x7e]+$/;

const VARIABLE = /\$(?:\$|(\w+)|\{(\w+)\})/g;

export interface Expanded {
  readonly value: string;
  /** Names of the variables in the text. */
  readonly used: readonly string[];
  /** Variables that are not set, or whose value is not valid in a header. */
  readonly missing: readonly string[];
}

/** Replaces `$NAME` and `${NAME}` with the variable, and `$$` with a dollar sign. */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  const used: string[] = [];
  const missing: string[] = [];
  const value = text.replace(VARIABLE, (reference, plain?: string, braced?: string) => {
    const name = plain ?? braced;
    if (name === undefined) return '$';
    used.push(name);
    const found = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
    if (!found || !HEADER_VALUE.test(found)) missing.push(name);
    return found ?? reference;
  });
  return { value, used, missing };
}
