/** Reads the message, code and stack of any thrown value. */

/** The message of any thrown value. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The code of a Node.js or system error, such as `ENOENT`. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;

/** Message and stack of a thrown value, as fields of a log line. */
export function describeThrown(thrown: unknown): { readonly cause: string; readonly stack?: string } {
  if (!(thrown instanceof Error)) return { cause: String(thrown) };
  return { cause: thrown.message, ...(thrown.stack !== undefined && { stack: thrown.stack }) };
}

/** Returns the result of `action`, or `undefined` if it throws. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
