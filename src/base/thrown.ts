/** Reads message, code and stack of any thrown value. */

/** Its message. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The code of an error of Node.js or of the system: `ENOENT`. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;

/** Message and stack of what was thrown, as fields of a log line. */
export function describeThrown(thrown: unknown): { readonly cause: string; readonly stack?: string } {
  if (!(thrown instanceof Error)) return { cause: String(thrown) };
  return { cause: thrown.message, ...(thrown.stack !== undefined && { stack: thrown.stack }) };
}

/** What `action` returns, or `undefined` when it throws. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
