/** Gets the version of the installed Codex, and checks whether Codex accepts its configuration. */
import { execFile } from 'node:child_process';
import type { Environment } from '../config/resolve';
import { toSpawn, type Program } from './program';

/** Older versions keep retrying a provider that has rejected a request (codex-protocol.md, section 8). */
export const OLDEST_CODEX = '0.99.0';

const TIMEOUT_MS = 10_000;

interface ProgramOutput {
  readonly ok: boolean;
  readonly out: string;
  readonly error: string;
}

/** Runs the program. Never rejects: a program that cannot be started or times out counts as failed. */
function runForOutput(program: Program, args: readonly string[], env: Environment): Promise<ProgramOutput> {
  const { command, args: all, options } = toSpawn(program, args);
  const limits = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', windowsHide: true, maxBuffer: 64 << 20 } as const;
  return new Promise((resolve) => {
    try {
      const child = execFile(command, all, { ...options, ...limits, env }, (failure, out, error) =>
        resolve({ ok: failure === null, out, error }));
      child.stdin?.end();
    } catch {
      resolve({ ok: false, out: '', error: '' });
    }
  });
}

/** Runs `codex --version`; `undefined` if it prints no version or cannot be started. Never rejects. */
export async function askCodexVersion(program: Program, env: Environment): Promise<string | undefined> {
  const { ok, out } = await runForOutput(program, ['--version'], env);
  return ok ? readCodexVersion(out) : undefined;
}

/** Reads the version in output such as `codex-cli 0.169.0`, which 0.80 to 0.171 print. */
export function readCodexVersion(text: string): string | undefined {
  return /^codex\S* (\d+\.\d+\.\d+)/m.exec(text)?.[1];
}

/** Why Codex does not start with its configuration. */
export interface ConfigRejection {
  /** Codex's own message, on one line. */
  readonly problem: string;
  /** The file and position in Codex's message, such as `/home/me/.codex/config.toml:4:12`. */
  readonly position?: string;
}

/**
 * Runs `codex debug models`, which loads the whole configuration and prints the models that it would offer. It takes
 * 0.2 s and sends no request to a model (measured with 0.125 to 0.171).
 *
 * @returns why Codex does not start; `none` if it does; `unknown` for other output, as without the command (0.99)
 */
export async function findConfigRejection(
  program: Program, env: Environment,
): Promise<ConfigRejection | 'none' | 'unknown'> {
  const { ok, out, error } = await runForOutput(program, ['debug', 'models'], env);
  if (ok) return /^\s*\{/.test(out) ? 'none' : 'unknown';
  return readRejection(error) ?? 'unknown';
}

/** Parses the errors of Codex 0.125 to 0.171: `Error: [FILE:LINE:COLUMN: ]SENTENCE`, then causes and a backtrace. */
function readRejection(text: string): ConfigRejection | undefined {
  const [, message = ''] = /^Error(?: loading \S+)?: ([^]*?)(?:\n\s*\n|\n?$)/.exec(text) ?? [];
  const [, position, sentence = message] = /^(\S.*?\.toml:\d+:\d+): ([^]*)$/.exec(message) ?? [];
  const problem = sentence.replace(/\s+/g, ' ').trim();
  if (problem === '') return undefined;
  return { problem: problem.replace(/\.$/, ''), ...(position !== undefined && { position }) };
}
