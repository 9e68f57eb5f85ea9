/** The Codex that is installed. */
import { askCodexVersion } from '../launch/codex-version';
import { findProgram } from '../launch/find-program';
import { isProgram } from '../launch/is-program';
import type { Examination } from './examination';

export type FoundCodex =
  | { readonly kind: 'missing'; readonly name: string }
  /** The version is undefined when the program does not say it. */
  | { readonly kind: 'found'; readonly name: string; readonly path: string; readonly version: string | undefined };

/** @param name a name to look for on the PATH, or a path */
export async function findCodex(name: string, { processEnv: env, world: { platform } }: Examination): Promise<FoundCodex> {
  const program = findProgram(name, { env, platform, isProgram, node: process.execPath });
  if (!program) return { kind: 'missing', name };
  const path = program.words[0] ?? program.command;
  // A program that cannot be started at all is found, and says nothing.
  const version = await askCodexVersion(program, env).catch(() => undefined);
  return { kind: 'found', name, path, version };
}
