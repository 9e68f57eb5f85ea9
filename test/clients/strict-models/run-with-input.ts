/** Runs a program in another language with text as its input. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Sample } from './samples';

export interface FinishedRun {
  /** `null` if it was killed or could not be started. */
  readonly exitCode: number | null;
  readonly output: string;
  readonly error: string;
}

/** Runs `command` until it exits, for at most `timeoutMs`. */
export function runWithInput(
  command: string, args: readonly string[], input: string, timeoutMs: number,
): Promise<FinishedRun> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    let output = '';
    let error = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { error += text; });
    child.on('error', (cause) => resolve({ exitCode: null, output, error: cause.message }));
    child.on('close', (exitCode) => resolve({ exitCode, output, error }));
    // A program that exits without reading its input (EPIPE) reports the reason on standard error.
    child.stdin.on('error', () => undefined).end(input);
  });
}

/**
 * Runs a program that reads samples as JSON lines and prints their problems, then the number of samples; resolves with
 * its output lines, and throws if it crashes.
 */
export async function findProblems(
  samples: readonly Sample[], command: string, args: readonly string[],
): Promise<readonly string[]> {
  const input = samples.map((sample) => `${JSON.stringify(sample)}\n`).join('');
  const { exitCode, output, error } = await runWithInput(command, args, input, 120_000);
  assert.equal(exitCode, 0, error);
  return output.trimEnd().split('\n');
}
