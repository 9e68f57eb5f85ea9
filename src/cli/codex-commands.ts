/**
 * Lists Codex's own commands: if a user types one without `codex` before it, the error suggests the command with it.
 * Loaded only for an unknown command.
 */

/**
 * From `codex --help` of 0.146.0 and 0.171.0, except commands that the bridge has too, and `completion` and `update`,
 * which probably mean the bridge's `completions` and an update of the bridge.
 */
export const CODEX_COMMANDS: readonly string[] = [
  'agents', 'app-server', 'apply', 'archive', 'cloud', 'debug', 'delete', 'exec', 'exec-server', 'features', 'fork',
  'mcp', 'mcp-server', 'migrate-nfs-db', 'migrate-rollouts', 'plugin', 'queue', 'remote-control', 'resume', 'review',
  'sandbox', 'unarchive',
];
