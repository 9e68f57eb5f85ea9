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
import { createLaunchPlace, EXEC, PATIENCE_MS } from './launch-codex';
import { codexCommand, CURRENT_CODEX, shellCall, type CodexVersion } from './versions';

/** What undo leaves for threads of the bridge. */
const PROFILE = 'aliyun-codex-bridge.config.toml';

/**
 * The commands of the bridge, which find this Codex, and plain `codex exec`, which knows the bridge only from its
 * configuration.
 */
async function createDay(context: TestContext, version: CodexVersion, script: readonly Step[]) {
  const place = await createLaunchPlace(context, { script });
  const { env: plain, cwd } = place.program(version, []);
  const codex = codexCommand(version);
  const bin = join(place.folder.home, 'bin');
  await mkdir(bin);
  await symlink(codex.args[0] ?? codex.command, join(bin, 'codex'));
  const own: Readonly<Record<string, string>> = { ...plain, PATH: `${bin}:${plain['PATH']}` };
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
    assert.equal(done.exitCode, 0, done.stderr + (await place.log()));
    return done;
  };
  return { place, run, bridgeWith, bridge: (...words: string[]) => bridgeWith({}, ...words) };
}

test(
  'Codex is set up, works without a key of its own, and undo restores its configuration',
  { timeout: 2 * PATIENCE_MS },
  async (context) => {
    const { place, run: exec, bridge } = await createDay(context, CURRENT_CODEX, [
      answer({ toolCalls: [shellCall('echo daily > done.txt')] }), answer({ text: 'Done.' }),
    ]);
    const before = await readTree(place.folder.codexHome);
    await bridge('setup', '--yes');
    await bridge('start');

    const run = await exec('Do it.');
    assert.deepEqual(textsOf(parseEvents(run.stdout), 'agent_message'), ['Done.']);
    assert.equal((await readTree(place.folder.workspace))['done.txt'], 'daily\n');
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
    await untilFree(place.port);
    await bridge('setup', '--undo', '--yes');
    const after = await readTree(place.folder.codexHome);
    // Codex finds a thread by the id of its provider, so undo leaves the command that resumes it in a comment.
    const left = (after['config.toml'] ?? '').split('\n').filter((line) => line !== '');
    assert.equal(left.length, 2);
    for (const line of left) assert.match(line, /^# threads of aliyun-codex-bridge: /);
    assert.match(after[PROFILE] ?? '', /^model_provider = "aliyun"$/m);
    for (const name of new Set([
      ...Object.keys(before).filter((file) => file !== 'config.toml'),
      ...Object.keys(after).filter((file) => file.includes('bridge') && file !== PROFILE),
    ])) {
      assert.equal(after[name], before[name], name);
    }
    place.upstream.assertClean();
  },
);

for (const version of ['0.171.0', '0.169.0'] as const) {
  test(
    `without a catalog file, a thread goes to another provider and back, Codex ${version}`,
    { timeout: 4 * PATIENCE_MS },
    async (context) => {
      const { place, run, bridgeWith } = await createDay(context, version, [
        answer({ reasoning: 'First.', text: 'One.' }), answer({ text: 'Three.' }),
      ]);
      const apiKey = 'sk-test-other';
      const thoughtful = { reasoning: 'Second.', toolCalls: [shellCall('echo two')] };
      const script = [answer(thoughtful), answer({ reasoning: 'Hm.', text: 'Two.' })];
      const other = await startNativeUpstream({ apiKey, reasoning: 'sealed', script });
      context.after(() => other.close());
      const moved = {
        AI_PROVIDER: 'openai-compatible', AI_API_BASE: other.url, AI_API_KEY: apiKey, DEFAULT_MODEL: 'other-model',
        UPSTREAM_WIRE: 'responses',
      };
      const threads: unknown[] = [];
      for (const [env, words, text] of [
        [{}, ['Say one.'], 'One.'],
        [moved, ['resume', '--last', 'Say two.'], 'Two.'],
        [{}, ['resume', '--last', 'Say three.'], 'Three.'],
      ] as const) {
        await bridgeWith(env, 'setup', '--yes');
        await bridgeWith(env, 'start');
        const { stdout, stderr } = await run(...words);
        const events = parseEvents(stdout);
        assert.deepEqual(textsOf(events, 'agent_message'), [text], stderr + (await place.log()));
        assert.doesNotMatch(stdout + stderr, /metadata/i);
        threads.push(events[0]?.thread_id);
        await bridgeWith(env, 'stop');
        await untilFree(place.port);
      }
      assert.equal(new Set(threads).size, 1, 'one thread');
      assert.match(JSON.stringify(place.upstream.requests.at(-1)?.body.messages), /Say one.*One\..*Two\..*Say three/);
      const files = Object.keys(await readTree(place.folder.root));
      const catalogs = files.filter((name) => /(models|catalog)[^/]*\.json$/.test(name));
      assert.deepEqual(catalogs, ['codex-home/models_cache.json'], "Codex's own cache alone");
      place.upstream.assertClean();
      other.assertClean();
    },
  );
}
