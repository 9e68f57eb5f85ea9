/** Everyday use of plain codex: setup, start, turns, status, stop, undo, with the commands of the guide. */
import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { startNativeUpstream } from '../../support/upstream/native-upstream';
import { answer, type Step } from '../../support/upstream/scripted-upstream';
import { untilFree } from '../../support/cli/until-free';
import { PROJECT_ROOT } from '../../house/source-tree';
import { runProgram, type ProgramRun } from '../support/program';
import { readTree } from '../support/work-folder';
import { parseEvents, textsOf } from './events';
import { createCodexLauncher, EXEC, PATIENCE_MS } from './launch-codex';
import { codexCommand, CURRENT_CODEX, shellCall, type CodexVersion } from './versions';

/** The profile that undo leaves, with which threads of the bridge can be resumed. */
const PROFILE = 'aliyun-codex-bridge.config.toml';

/**
 * Prepares the commands of the bridge, which find this Codex, and plain `codex exec`, which finds the bridge in its own
 * configuration.
 */
async function prepareCommands(context: TestContext, version: CodexVersion, script: readonly Step[]) {
  const launcher = await createCodexLauncher(context, { script });
  const { env: base, cwd } = launcher.program(version, []);
  const codex = codexCommand(version);
  const bin = join(launcher.folder.home, 'bin');
  await mkdir(bin);
  await symlink(codex.args[0] ?? codex.command, join(bin, 'codex'));
  const own: Readonly<Record<string, string>> = { ...base, PATH: `${bin}:${base['PATH']}` };
  const bridgeWith = async (more: Readonly<Record<string, string>>, ...words: string[]): Promise<ProgramRun> => {
    const args = [join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), ...words];
    const env = { ...own, ...more };
    const run = await runProgram({ command: process.execPath, args, cwd, env }, PATIENCE_MS);
    assert.equal(run.exitCode, 0, `${words.join(' ')}: ${run.stdout}${run.stderr}`);
    return run;
  };
  const { PATH = '', HOME = '', TMPDIR = '', CODEX_HOME = '', NO_PROXY = '', HTTPS_PROXY = '' } = own;
  const env = { PATH, HOME, TMPDIR, CODEX_HOME, NO_PROXY, HTTPS_PROXY };
  const run = async (...words: string[]): Promise<ProgramRun> => {
    const args = [...codex.args, ...EXEC, ...words];
    const done = await runProgram({ command: codex.command, args, cwd, env }, PATIENCE_MS);
    assert.equal(done.exitCode, 0, done.stderr + (await launcher.log()));
    return done;
  };
  return { launcher, run, bridgeWith, bridge: (...words: string[]) => bridgeWith({}, ...words) };
}

test(
  'Codex is set up, works without a key of its own, and undo restores its configuration',
  { timeout: 2 * PATIENCE_MS },
  async (context) => {
    const { launcher, run: exec, bridge } = await prepareCommands(context, CURRENT_CODEX, [
      answer({ toolCalls: [shellCall('echo daily > done.txt')] }), answer({ text: 'Done.' }),
    ]);
    const before = await readTree(launcher.folder.codexHome);
    await bridge('setup', '--yes');
    await bridge('start');

    const run = await exec('Do it.');
    assert.deepEqual(textsOf(parseEvents(run.stdout), 'agent_message'), ['Done.']);
    assert.equal((await readTree(launcher.folder.workspace))['done.txt'], 'daily\n');
    assert.doesNotMatch(run.stdout + run.stderr, /metadata/i);

    const status = JSON.parse((await bridge('status', '--json')).stdout);
    assert.deepEqual([status.running, status.background, status.openStreams], [true, true, 0]);
    assert.equal(
      (await bridge('logs')).stdout.match(/ info {2}turn codex_exec {3}glm-4\.7 .* (?:tool_calls|stop)/g)?.length,
      2,
    );
    const { stdout } = await bridge('doctor', '--offline', '--json');
    const findings = JSON.parse(stdout).checks as { level: string; id: string; group: string; seen: string }[];
    assert.deepEqual(
      findings.filter(({ level }) => level === 'failure'),
      [],
    );
    await bridge('stop');
    await untilFree(launcher.port);
    await bridge('setup', '--undo', '--yes');
    const after = await readTree(launcher.folder.codexHome);
    // Codex finds a thread by the id of its provider, so undo leaves the command that resumes it in a comment.
    const remaining = (after['config.toml'] ?? '').split('\n').filter((line) => line !== '');
    assert.equal(remaining.length, 2);
    for (const line of remaining) assert.match(line, /^# threads of aliyun-codex-bridge: /);
    assert.match(after[PROFILE] ?? '', /^model_provider = "aliyun"$/m);
    for (const name of new Set([
      ...Object.keys(before).filter((file) => file !== 'config.toml'),
      ...Object.keys(after).filter((file) => file.includes('bridge') && file !== PROFILE),
    ])) {
      assert.equal(after[name], before[name], name);
    }
    launcher.upstream.assertClean();
  },
);

for (const version of ['0.171.0', '0.169.0'] as const) {
  test(
    `without a catalog file, a thread goes to another provider and back, Codex ${version}`,
    { timeout: 4 * PATIENCE_MS },
    async (context) => {
      const { launcher, run, bridgeWith } = await prepareCommands(context, version, [
        answer({ reasoning: 'First.', text: 'One.' }), answer({ text: 'Three.' }),
      ]);
      const apiKey = 'sk-test-other';
      const call = { reasoning: 'Second.', toolCalls: [shellCall('echo two')] };
      const script = [answer(call), answer({ reasoning: 'Hm.', text: 'Two.' })];
      const other = await startNativeUpstream({ apiKey, reasoning: 'sealed', script });
      context.after(() => other.close());
      const otherProvider = {
        AI_PROVIDER: 'openai-compatible', AI_API_BASE: other.url, AI_API_KEY: apiKey, DEFAULT_MODEL: 'other-model',
        UPSTREAM_WIRE: 'responses',
      };
      const threads: unknown[] = [];
      for (const [env, words, text] of [
        [{}, ['Say one.'], 'One.'],
        [otherProvider, ['resume', '--last', 'Say two.'], 'Two.'],
        [{}, ['resume', '--last', 'Say three.'], 'Three.'],
      ] as const) {
        await bridgeWith(env, 'setup', '--yes');
        await bridgeWith(env, 'start');
        const { stdout, stderr } = await run(...words);
        const events = parseEvents(stdout);
        assert.deepEqual(textsOf(events, 'agent_message'), [text], stderr + (await launcher.log()));
        assert.doesNotMatch(stdout + stderr, /metadata/i);
        threads.push(events[0]?.thread_id);
        await bridgeWith(env, 'stop');
        await untilFree(launcher.port);
      }
      assert.equal(new Set(threads).size, 1, 'one thread');
      const { messages } = launcher.upstream.requests.at(-1)?.body;
      assert.match(JSON.stringify(messages), /Say one.*One\..*Two\..*Say three/);
      const files = Object.keys(await readTree(launcher.folder.root));
      const catalogs = files.filter((name) => /(models|catalog)[^/]*\.json$/.test(name));
      assert.deepEqual(catalogs, ['codex-home/models_cache.json'], "only Codex's own cache");
      launcher.upstream.assertClean();
      other.assertClean();
    },
  );
}
