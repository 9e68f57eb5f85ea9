/** From a config.toml that Codex rejects to a first turn with one command. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { PROJECT_ROOT } from '../../house/source-tree';
import { untilFree } from '../../support/cli/until-free';
import { answer } from '../../support/upstream/scripted-upstream';
import { runProgram } from '../support/program';
import { parseEvents, textsOf } from './events';
import { createLaunchPlace, EXEC, PATIENCE_MS, type LaunchPlace } from './launch-codex';
import { codexCommand, CURRENT_CODEX } from './versions';

const LIMIT = { timeout: 3 * PATIENCE_MS };

const BRIDGE = join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js');

/** A scratch home with the config.toml of a fixture. */
async function createBrokenPlace(context: TestContext, fixture: string) {
  const place = await createLaunchPlace(context, { script: [answer({ text: 'It works.' })] });
  const file = join(place.folder.codexHome, 'config.toml');
  const before = await readFile(join(PROJECT_ROOT, 'test/fixtures/config-toml', fixture, 'before.toml'), 'utf8');
  await writeFile(file, before);
  return { place, file, before };
}

/** Runs Codex or the bridge's commands in the scratch home. */
function runIn({ program }: LaunchPlace, command: readonly string[]) {
  const { env, cwd } = program(CURRENT_CODEX, []);
  const [first = '', ...args] = command;
  return runProgram({ command: first, args, cwd, env }, PATIENCE_MS);
}

const codexIn = (place: LaunchPlace, ...words: readonly string[]) => {
  const { command, args } = codexCommand(CURRENT_CODEX);
  return runIn(place, [command, ...args, ...words]);
};

const bridgeIn = (place: LaunchPlace, ...words: readonly string[]) =>
  runIn(place, [process.execPath, BRIDGE, ...words]);

const OVERRIDDEN = ['alibaba-codex-page', 'tencent-codex-page', 'refused-inline-providers'];

for (const fixture of OVERRIDDEN) {
  test(`${fixture}: Codex rejects it, and the launcher runs a turn without changing it`, LIMIT, async (context) => {
    const { place, file, before } = await createBrokenPlace(context, fixture);
    const alone = await codexIn(place, 'debug', 'models');
    assert.equal(alone.exitCode, 1);
    assert.match(alone.stderr, /`wire_api = "chat"` is no longer supported/);
    const run = await place.run(CURRENT_CODEX, [...EXEC, 'Hello.']);
    assert.equal(run.exitCode, 0, run.stderr + (await place.log()));
    assert.deepEqual(textsOf(parseEvents(run.stdout), 'agent_message'), ['It works.']);
    assert.match(run.stderr, /config\.toml:\d+: \[model_providers.*\]: wire_api = "chat", which Codex no longer/);
    assert.ok((await readFile(file, 'utf8')).startsWith(before.trimEnd()), 'Codex may add that it trusts the folder');
    await untilFree(place.port);
    place.upstream.assertClean();
  });
}

const ALL = [...OVERRIDDEN, 'refused-root-keys', 'reserved-providers'];

for (const fixture of ALL) {
  test(`${fixture}: doctor names it, setup fixes it, and undo restores every byte`, LIMIT, async (context) => {
    const { place, file, before } = await createBrokenPlace(context, fixture);
    const { command, args } = codexCommand(CURRENT_CODEX);
    const codex = args[0] ?? command;
    const report = await bridgeIn(place, '--codex-bin', codex, 'doctor', '--offline', '--json');
    const { checks } = JSON.parse(report.stdout) as { checks: { id: string; level: string; seen: string }[] };
    const found = checks.find(({ id }) => id === 'codex-file');
    assert.equal(found?.level, 'failure', report.stdout);
    const set = await bridgeIn(place, 'setup', '--yes');
    assert.equal(set.exitCode, 0, set.stderr);
    const models = await codexIn(place, 'debug', 'models');
    assert.equal(models.exitCode, 0, models.stderr);
    const undone = await bridgeIn(place, 'setup', '--undo', '--yes');
    assert.equal(undone.exitCode, 0, undone.stderr);
    assert.equal(await readFile(file, 'utf8'), before);
  });
}

test('a table of a built-in provider: without a terminal the launcher says what to do', LIMIT, async (context) => {
  const { place, file, before } = await createBrokenPlace(context, 'reserved-providers');
  const run = await place.run(CURRENT_CODEX, [...EXEC, 'Hello.']);
  assert.equal(run.exitCode, 1);
  assert.match(run.stderr, /openai is a built-in provider of Codex/);
  assert.match(run.stderr, /\nRename the table\. Or comment it out, reversibly: /);
  assert.equal(await readFile(file, 'utf8'), before);
  await untilFree(place.port);
});
