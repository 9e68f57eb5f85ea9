/** Each alias in package.json starts the native program of its version. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createClientEnv, runProgram } from '../support/program';
import { createWorkFolder } from '../support/work-folder';
import { CODEX_VERSIONS, codexCommand, whyMissing } from './versions';

for (const version of CODEX_VERSIONS) {
  test(`the alias of Codex ${version} starts that version`, { skip: whyMissing(version) }, async () => {
    const folder = await createWorkFolder();
    try {
      const { command, args } = codexCommand(version);
      const env = { ...createClientEnv(folder.home, folder.tmp), CODEX_HOME: folder.codexHome };
      const program = { command, args: [...args, '--version'], cwd: folder.workspace, env };
      const { stdout } = await runProgram(program, 20_000);
      assert.equal(stdout, `codex-cli ${version}\n`);
    } finally {
      await folder.dispose({});
    }
  });
}
