/** Runs `codex debug models`: the models that a Codex knows, from its catalog or its own list. */
import assert from 'node:assert/strict';
import { createClientEnv, runProgram } from '../support/program';
import type { WorkFolder } from '../support/work-folder';
import { CODEX_VERSIONS, codexCommand, type CodexVersion } from './versions';

/** Older versions, which read no catalog. */
const WITHOUT_CATALOG: readonly CodexVersion[] = ['0.99.0', '0.80.0'];

/** The versions that read a catalog. */
export const CATALOG_READERS = CODEX_VERSIONS.filter((version) => !WITHOUT_CATALOG.includes(version));

/** The fields of a model that tests compare. */
export interface ListedModel {
  readonly slug: string;
  readonly context_window?: number;
  readonly supported_reasoning_levels: readonly { readonly effort: string }[];
}

/**
 * The catalog as parsed by this Codex, with config.toml of the folder.
 *
 * @throws AssertionError with Codex's output, if it rejects the catalog
 */
export async function debugModels(
  folder: WorkFolder, version: CodexVersion, flags: readonly string[] = [],
): Promise<readonly ListedModel[]> {
  const codex = codexCommand(version);
  const { exitCode, stdout, stderr } = await runProgram(
    {
      command: codex.command,
      args: [...codex.args, ...flags, 'debug', 'models'],
      cwd: folder.workspace,
      env: { ...createClientEnv(folder.home, folder.tmp), CODEX_HOME: folder.codexHome },
    },
    30_000,
  );
  assert.equal(exitCode, 0, stderr);
  return (JSON.parse(stdout) as { models: ListedModel[] }).models;
}
