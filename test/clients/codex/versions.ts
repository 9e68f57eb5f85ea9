/** The Codex CLIs that are installed side by side, and how each one is started. */
import { join } from 'node:path';
import type { ScriptedCall } from '../../support/upstream/chat-stream';
import { PROJECT_ROOT } from '../../house/source-tree';

/** Version → its file below node_modules; a script starts the native program of this platform. */
const FILES = {
  '0.171.0': '@openai/codex/bin/codex.js',
  '0.169.0': 'codex-0-169/bin/codex.js',
  '0.146.0': 'codex-0-146/bin/codex.js',
  '0.125.0': 'codex-0-125/bin/codex.js',
  // Of 0.99.0 only this platform's program is in the registry: `npm ci` refuses a lock file of the launcher's package.
  '0.99.0': 'codex-0-99-linux-x64/vendor/x86_64-unknown-linux-musl/codex/codex',
  '0.80.0': 'codex-0-80/bin/codex.js',
} as const;

export type CodexVersion = keyof typeof FILES;

/** The version that scenarios use unless they say otherwise. */
export const CURRENT_CODEX: CodexVersion = '0.171.0';

/** All versions, newest first. */
export const CODEX_VERSIONS = Object.keys(FILES) as CodexVersion[];

/** Why a version cannot run on this machine; `false` when it can. As the `skip` option of a test. */
export const whyMissing = (version: CodexVersion): string | false =>
  version === '0.99.0' && `${process.platform} ${process.arch}` !== 'linux x64'
    ? 'Codex 0.99.0 is there for Linux x64 only'
    : false;

/** The command of a version and its first arguments. */
export function codexCommand(version: CodexVersion): { readonly command: string; readonly args: readonly string[] } {
  const file = join(PROJECT_ROOT, 'test/clients/node_modules', FILES[version]);
  return file.endsWith('.js') ? { command: process.execPath, args: [file] } : { command: file, args: [] };
}

/** A call that runs `command` in a shell, in the words of the version's shell tool. */
export const shellCall = (command: string, version: CodexVersion = CURRENT_CODEX): ScriptedCall =>
  version === '0.80.0'
    ? { name: 'shell', arguments: { command: ['bash', '-lc', command] } }
    : { name: 'exec_command', arguments: { cmd: command } };
