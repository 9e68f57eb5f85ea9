/** The Codex that is installed. */
import { askCodexVersion } from '../codex/codex-program';
import { findInstalledProgram } from '../codex/program';
import type { Examination } from './examination';

export type FoundCodex =
  | { readonly kind: 'missing'; readonly name: string }
  /** The version is undefined when the program does not say it. */
  | { readonly kind: 'found'; readonly name: string; readonly path: string; readonly version: string | undefined };

/** @param name a name to look for on the PATH, or a path */
export async function findCodex(name: string, { processEnv, world }: Examination): Promise<FoundCodex> {
  const program = findInstalledProgram(name, processEnv, world.platform);
  if (!program) return { kind: 'missing', name };
  const version = await askCodexVersion(program, processEnv);
  return { kind: 'found', name, path: program.words[0] ?? program.command, version };
}
