/** Lists the Codex versions that are installed side by side, and how to start each. */
import { join } from 'node:path';
import type { ScriptedCall } from '../../support/upstream/chat-stream';
import { PROJECT_ROOT } from '../../house/source-tree';

/** Version → its file in node_modules; a script starts the native program of this platform. */
const FILES = {
  '0.171.0': '@openai/codex/bin/codex.js',
  '0.169.0': 'codex-0-169/bin/codex.js',
  '0.146.0': 'codex-0-146/bin/codex.js',
  '0.125.0': 'codex-0-125/bin/codex.js',
  // Only this platform's program of 0.99.0 is in the registry: `npm ci` rejects a lock file with the launcher's
  // package.
  '0.99.0': 'codex-0-99-linux-x64/vendor/x86_64-unknown-linux-musl/codex/codex',
  '0.80.0': 'codex-0-80/bin/codex.js',
} as const;

export type CodexVersion = keyof typeof FILES;

/** The default version of scenarios. */
export const CURRENT_CODEX: CodexVersion = '0.171.0';

/** All versions, newest first. */
export const CODEX_VERSIONS = Object.keys(FILES) as CodexVersion[];

/** Why a version cannot run on this machine, or `false`; for the `skip` option of a test. */
export const whyMissing = (version: CodexVersion): string | false =>
  version === '0.99.0' && `${process.platform} ${process.arch}` !== 'linux x64'
    ? 'Codex 0.99.0 is installed only on Linux x64'
    : false;

/** The command of a version and its first arguments. */
export function codexCommand(version: CodexVersion): { readonly command: string; readonly args: readonly string[] } {
  const file = join(PROJECT_ROOT, 'test/clients/node_modules', FILES[version]);
  return file.endsWith('.js') ? { command: process.execPath, args: [file] } : { command: file, args: [] };
}

/** A call that runs `command` in a shell, for the version's shell tool. */
export const shellCall = (command: string, version: CodexVersion = CURRENT_CODEX): ScriptedCall =>
  version === '0.80.0'
    ? { name: 'shell', arguments: { command: ['bash', '-lc', command] } }
    : { name: 'exec_command', arguments: { cmd: command } };
