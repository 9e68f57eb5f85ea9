/** Defines which headers users may add to requests, and expands environment variables in headers, keys and proxies. */

/** Header names (RFC 9110, section 5.6.2), except `host` and those that control the connection. */
export const HEADER_NAME =
  /^(?!(?:host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect)$)[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** One line of ASCII text. */
export const HEADER_VALUE = /^[\t\x20-\x7e]+$/;

const VARIABLE = /\$(?:\$|(\w+)|\{(\w+)\})/g;

export interface ExpandedText {
  readonly value: string;
  /** Names of all variables in the text. */
  readonly used: readonly string[];
  /** Names of variables that are not set, or empty, or whose value is not valid in a header. */
  readonly missing: readonly string[];
}

/** Replaces `$NAME` and `${NAME}` with the variable's value, and `$$` with a dollar sign. */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): ExpandedText {
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
