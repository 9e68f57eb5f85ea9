/**
 * The config.toml that `setup` writes: every Codex loads it, Codex edits it, and undo removes only the bridge.
 */
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { parseToml } from '../../../src/codex/toml/parse-toml';
import { writeThread } from '../../support/cli/codex-threads';
import { PROJECT_ROOT } from '../../house/source-tree';
import { createClientEnv, runProgram } from '../support/program';
import { createWorkFolder, type WorkFolder } from '../support/work-folder';
import { codexCommand, CODEX_VERSIONS, CURRENT_CODEX, whyMissing, type CodexVersion } from './versions';

const BRIDGE = { command: process.execPath, args: [join(PROJECT_ROOT, 'bin', 'aliyun-codex-bridge.js')] };

/** Unusual files that Codex itself accepts. */
const FILES = [
  'typical',
  'comments-everywhere',
  'dotted-root',
  'inline-providers',
  'inline-providers-with-ours',
  'multi-line-strings',
  'subtables',
  'no-final-newline',
];

/** The bridge does not support 0.80. */
const VERSIONS = CODEX_VERSIONS.filter((version) => version !== '0.80.0');

async function createHome(context: TestContext, file: string): Promise<WorkFolder> {
  const folder = await createWorkFolder();
  context.after(() => folder.dispose({ file }));
  await cp(join(PROJECT_ROOT, 'test/fixtures/config-toml', file, 'before.toml'), join(folder.codexHome, 'config.toml'));
  return folder;
}

/** @throws if the program does not exit with 0 */
async function runHere(
  folder: WorkFolder,
  program: { readonly command: string; readonly args: readonly string[] },
  words: readonly string[],
): Promise<string> {
  const env = { ...createClientEnv(folder.home, folder.tmp), CODEX_HOME: folder.codexHome };
  const run = { command: program.command, args: [...program.args, ...words], cwd: folder.workspace, env };
  const { exitCode, stdout, stderr } = await runProgram(run, 60_000);
  assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`);
  return stdout;
}

const readConfig = (folder: WorkFolder): Promise<string> => readFile(join(folder.codexHome, 'config.toml'), 'utf8');

/** The file without the server that Codex added, ignoring empty lines. */
const withoutServer = (text: string): string =>
  text
    .replace('[mcp_servers.demo]\ncommand = "echo"\n', '')
    .replace(/\n{2,}/g, '\n')
    .trim();

for (const version of VERSIONS) {
  test(`Codex ${version} loads what setup has written`, { skip: whyMissing(version) }, async (context) => {
    for (const file of FILES) {
      const folder = await createHome(context, file);
      await setUpFor(folder, version);
      await runHere(folder, codexCommand(version), ['mcp', 'list']);
    }
  });
}

/** Runs setup, then writes the catalog for this version, which may not be the one on the PATH. */
async function setUpFor(folder: WorkFolder, version: CodexVersion): Promise<void> {
  await runHere(folder, BRIDGE, ['setup', '--yes']);
  const catalog = join(folder.codexHome, 'aliyun-codex-bridge-models.json');
  await runHere(folder, BRIDGE, ['models', '--codex-catalog', catalog, '--codex-version', version]);
}

for (const file of FILES) {
  test(`${file}: a server that Codex adds survives undo, and the rest is restored`, async (context) => {
    const folder = await createHome(context, file);
    const before = await readConfig(folder);
    await setUpFor(folder, CURRENT_CODEX);
    await runHere(folder, codexCommand(CURRENT_CODEX), ['mcp', 'add', 'demo', '--', 'echo']);
    await runHere(folder, BRIDGE, ['setup', '--undo', '--yes']);
    const after = await readConfig(folder);
    const parsed = parseToml(after);
    assert.ok(parsed.ok, after);
    assert.match(after, /^\[mcp_servers\.demo\]$/m);
    assert.equal(withoutServer(after), withoutServer(before));
    await runHere(folder, codexCommand(CURRENT_CODEX), ['mcp', 'remove', 'demo']);
  });
}

test('after undo, the profile works with a file that Codex rejects', async (context) => {
  const folder = await createHome(context, 'alibaba-codex-page');
  await runHere(folder, BRIDGE, ['setup', '--yes']);
  await writeThread(folder.codexHome, 'aliyun');
  await runHere(folder, BRIDGE, ['setup', '--undo', '--yes']);
  const list = ['mcp', 'list'];
  await assert.rejects(runHere(folder, codexCommand(CURRENT_CODEX), list), /wire_api = "chat"/);
  await runHere(folder, codexCommand(CURRENT_CODEX), ['--profile', 'aliyun-codex-bridge', ...list]);
});

test('after undo, Codex no longer uses the bridge', async (context) => {
  const folder = await createHome(context, 'typical');
  await setUpFor(folder, CURRENT_CODEX);
  assert.doesNotMatch(await runHere(folder, codexCommand(CURRENT_CODEX), ['debug', 'models']), /gpt-/);
  await runHere(folder, BRIDGE, ['setup', '--undo', '--yes']);
  assert.match(await runHere(folder, codexCommand(CURRENT_CODEX), ['debug', 'models']), /gpt-/);
});
