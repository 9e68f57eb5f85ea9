/** Which words of Codex ask a model. */

/** Subcommands and flags of Codex 0.99 to 0.169 that only look at or change the installation (`codex --help`). */
const WITHOUT_MODEL: ReadonlySet<string> = new Set([
  '--help', '-h', 'help', '--version', '-V', 'login', 'logout', 'mcp', 'plugin', 'completion', 'update', 'features',
  'apply', 'a', 'archive', 'unarchive', 'delete', 'sandbox', 'cloud',
]);

/** Only the first word counts: behind a flag of Codex there may be anything. */
export function needsBridge([first]: readonly string[]): boolean {
  return first === undefined || !WITHOUT_MODEL.has(first);
}
