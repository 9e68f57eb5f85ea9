/** Which Codex is installed. */
import { execFile } from 'node:child_process';
import type { Environment } from '../../config/resolve';
import type { Program } from './find-program';
import { toSpawn } from './run-child';

/** Before this one Codex goes on asking a provider that has refused (codex-protocol.md, section 8). */
export const OLDEST_CODEX = '0.99.0';

const PATIENCE_MS = 10_000;

/** Asks `codex --version`; `undefined` when it does not say. */
export function askCodexVersion(program: Program, env: Environment): Promise<string | undefined> {
  const { command, args, options } = toSpawn(program, ['--version']);
  return new Promise((resolve) => {
    execFile(command, args, { ...options, env, timeout: PATIENCE_MS, killSignal: 'SIGKILL', windowsHide: true }, (error, stdout) => {
      resolve(error === null ? readCodexVersion(stdout) : undefined);
    });
  });
}

/** `codex-cli 0.169.0` is what 0.80 to 0.169 print. */
export function readCodexVersion(text: string): string | undefined {
  return /^codex\S* (\d+\.\d+\.\d+)/m.exec(text)?.[1];
}

/** Whether `version` comes before `limit`; both are `major.minor.patch`. */
export function isBefore(version: string, limit: string): boolean {
  const [left, right] = [version.split('.').map(Number), limit.split('.').map(Number)];
  for (const [index, number] of left.entries()) {
    const other = right[index] ?? 0;
    if (number !== other) return number < other;
  }
  return false;
}
