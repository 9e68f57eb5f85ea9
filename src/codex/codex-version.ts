/** Which Codex is installed. */
import { execFile } from 'node:child_process';
import type { Environment } from '../config/resolve';
import type { Program } from './find-program';
import { toSpawn } from './run-child';

/** Before this one Codex goes on asking a provider that has refused (codex-protocol.md, section 8). */
export const OLDEST_CODEX = '0.99.0';

const PATIENCE_MS = 10_000;

/** Asks `codex --version`; `undefined` when it does not say, or cannot be started at all. Never rejects. */
export async function askCodexVersion(program: Program, env: Environment): Promise<string | undefined> {
  const { command, args, options } = toSpawn(program, ['--version']);
  const limits = { timeout: PATIENCE_MS, killSignal: 'SIGKILL', windowsHide: true } as const;
  const output = new Promise<string>((resolve, reject) => {
    execFile(command, args, { ...options, ...limits, env }, (error, text) => (error ? reject(error) : resolve(text)));
  });
  return output.then(readCodexVersion, () => undefined);
}

/** `codex-cli 0.169.0` is what 0.80 to 0.169 print. */
export function readCodexVersion(text: string): string | undefined {
  return /^codex\S* (\d+\.\d+\.\d+)/m.exec(text)?.[1];
}
