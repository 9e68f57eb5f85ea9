/** A config.toml that Codex rejects: the launcher overrides the problem or says what to do, and setup fixes it. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { PROJECT_ROOT } from '../../house/source-tree';
import { untilFree } from '../../support/cli/until-free';
import { answer } from '../../support/upstream/scripted-upstream';
import { runProgram } from '../support/program';
import { parseEvents, textsOf } from './events';
import { createCodexLauncher, EXEC, PATIENCE_MS, type CodexLauncher } from './launch-codex';
import { codexCommand, CURRENT_CODEX } from './versions';

const LIMIT = { timeout: 3 * PATIENCE_MS };

const BRIDGE = join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js');

/** A scratch home with the config.toml of a fixture. */
async function createBrokenHome(context: TestContext, fixture: string) {
  const launcher = await createCodexLauncher(context, { script: [answer({ text: 'It works.' })] });
  const file = join(launcher.folder.codexHome, 'config.toml');
  const before = await readFile(join(PROJECT_ROOT, 'test/fixtures/config-toml', fixture, 'before.toml'), 'utf8');
  await writeFile(file, before);
  return { launcher, file, before };
}

/** Runs Codex or the bridge's commands in the scratch home. */
function runIn({ program }: CodexLauncher, command: readonly string[]) {
  const { env, cwd } = program(CURRENT_CODEX, []);
  const [first = '', ...args] = command;
  return runProgram({ command: first, args, cwd, env }, PATIENCE_MS);
}

const codexIn = (launcher: CodexLauncher, ...words: readonly string[]) => {
  const { command, args } = codexCommand(CURRENT_CODEX);
  return runIn(launcher, [command, ...args, ...words]);
};

const bridgeIn = (launcher: CodexLauncher, ...words: readonly string[]) =>
  runIn(launcher, [process.execPath, BRIDGE, ...words]);

/** Fixtures whose problem the launcher's own settings override. */
const OVERRIDDEN = ['alibaba-codex-page', 'tencent-codex-page', 'rejected-inline-providers'];

for (const fixture of OVERRIDDEN) {
  test(`${fixture}: Codex rejects it, and the launcher runs a turn without changing it`, LIMIT, async (context) => {
    const { launcher, file, before } = await createBrokenHome(context, fixture);
    const direct = await codexIn(launcher, 'debug', 'models');
    assert.equal(direct.exitCode, 1);
    assert.match(direct.stderr, /`wire_api = "chat"` is no longer supported/);
    const run = await launcher.run(CURRENT_CODEX, [...EXEC, 'Hello.']);
    assert.equal(run.exitCode, 0, run.stderr + (await launcher.log()));
    assert.deepEqual(textsOf(parseEvents(run.stdout), 'agent_message'), ['It works.']);
    assert.match(run.stderr, /config\.toml:\d+: \[model_providers.*\]: wire_api = "chat", which Codex no longer/);
    // Codex may append a table that marks the folder as trusted.
    assert.ok((await readFile(file, 'utf8')).startsWith(before.trimEnd()), 'config.toml was changed');
    await untilFree(launcher.port);
    launcher.upstream.assertClean();
  });
}

const REJECTED = [...OVERRIDDEN, 'rejected-root-keys', 'reserved-providers'];

for (const fixture of REJECTED) {
  test(`${fixture}: doctor reports it, setup fixes it, and undo restores every byte`, LIMIT, async (context) => {
    const { launcher, file, before } = await createBrokenHome(context, fixture);
    const { command, args } = codexCommand(CURRENT_CODEX);
    const codex = args[0] ?? command;
    const report = await bridgeIn(launcher, '--codex-bin', codex, 'doctor', '--offline', '--json');
    const { checks } = JSON.parse(report.stdout) as { checks: { id: string; level: string; seen: string }[] };
    const found = checks.find(({ id }) => id === 'codex-file');
    assert.equal(found?.level, 'failure', report.stdout);
    const set = await bridgeIn(launcher, 'setup', '--yes');
    assert.equal(set.exitCode, 0, set.stderr);
    const models = await codexIn(launcher, 'debug', 'models');
    assert.equal(models.exitCode, 0, models.stderr);
    const undone = await bridgeIn(launcher, 'setup', '--undo', '--yes');
    assert.equal(undone.exitCode, 0, undone.stderr);
    assert.equal(await readFile(file, 'utf8'), before);
  });
}

test('a table of a built-in provider: without a terminal, the launcher says what to do', LIMIT, async (context) => {
  const { launcher, file, before } = await createBrokenHome(context, 'reserved-providers');
  const run = await launcher.run(CURRENT_CODEX, [...EXEC, 'Hello.']);
  assert.equal(run.exitCode, 1);
  assert.match(run.stderr, /openai is a built-in provider of Codex/);
  assert.match(run.stderr, /\nRename the table\. Or comment these lines out, reversibly, with: /);
  assert.equal(await readFile(file, 'utf8'), before);
  await untilFree(launcher.port);
});
