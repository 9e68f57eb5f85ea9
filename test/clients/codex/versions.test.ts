/** The aliases of package.json: each starts the native program of its own version. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createClientEnv, runProgram } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { CODEX_VERSIONS, findCodex } from './versions';

test('every Codex is the one it is taken for', async () => {
  const folder = await createWorkFolder();
  try {
    const env = { ...createClientEnv(folder.home, folder.tmp), CODEX_HOME: folder.codexHome };
    for (const version of CODEX_VERSIONS) {
      const args = [findCodex(version), '--version'];
      const { stdout } = await runProgram({ command: process.execPath, args, cwd: folder.workspace, env }, 20_000);
      assert.equal(stdout, `codex-cli ${version}\n`);
    }
  } finally {
    await folder.dispose({});
  }
});
