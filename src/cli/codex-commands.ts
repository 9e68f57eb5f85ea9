/** Codex's own commands, which people type without `codex` in front. Loaded only after an unknown word. */

/** From `codex --help` of 0.146.0 and 0.169.0, without what the bridge has itself and what may be meant for it. */
export const CODEX_COMMANDS: readonly string[] = [
  'agents',
  'app-server',
  'apply',
  'archive',
  'cloud',
  'debug',
  'delete',
  'exec',
  'exec-server',
  'features',
  'fork',
  'login',
  'logout',
  'mcp',
  'mcp-server',
  'plugin',
  'queue',
  'remote-control',
  'resume',
  'review',
  'sandbox',
  'unarchive',
];
