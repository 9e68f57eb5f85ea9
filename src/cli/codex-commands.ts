/**
 * Lists Codex's own commands: if a user types one without `codex` before it, the error suggests that. Loaded only for
 * an unknown command.
 */

/** From `codex --help` of 0.146.0 and 0.169.0, except those that are also commands of the bridge. */
export const CODEX_COMMANDS: readonly string[] = [
  'agents', 'app-server', 'apply', 'archive', 'cloud', 'debug', 'delete', 'exec', 'exec-server', 'features', 'fork',
  'mcp', 'mcp-server', 'plugin', 'queue', 'remote-control', 'resume', 'review', 'sandbox',
  'unarchive',
];
