/** Everyday use of plain codex: setup, start, turns, status, stop, undo, with the commands of the guide. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { answer } from '../../support/upstream/scripted-upstream';
import { untilFree } from '../../support/cli/until-free';
import { PROJECT_ROOT } from '../../house/source-tree';
import { runProgram, type ProgramRun } from '../support/program';
import { readTree } from '../support/work-folder';
import { parseEvents, textsOf } from './events';
import { createLaunchPlace, EXEC, PATIENCE_MS } from './launch-codex';
import { codexCommand, CURRENT_CODEX, shellCall } from './versions';

/** What undo leaves for threads of the bridge. */
const PROFILE = 'aliyun-codex-bridge.config.toml';

test(
  'Codex is set up, works without a key of its own, and undo restores its configuration',
  { timeout: 2 * PATIENCE_MS },
  async (context) => {
    const place = await createLaunchPlace(context, {
      script: [answer({ toolCalls: [shellCall('echo daily > done.txt')] }), answer({ text: 'Done.' })],
    });
    const { env, cwd } = place.program(CURRENT_CODEX, []);
    const bridge = async (...words: string[]): Promise<ProgramRun> => {
      const args = [join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), ...words];
      const run = await runProgram({ command: process.execPath, args, cwd, env }, PATIENCE_MS);
      assert.equal(run.exitCode, 0, `${words.join(' ')}: ${run.stdout}${run.stderr}`);
      return run;
    };
    const before = await readTree(place.folder.codexHome);
    await bridge('setup', '--yes');
    await bridge('start');

    // Codex knows the bridge only from its configuration.
    const { PATH = '', HOME = '', TMPDIR = '', CODEX_HOME = '', NO_PROXY = '', HTTPS_PROXY = '' } = env;
    const codex = codexCommand(CURRENT_CODEX);
    const bare = { PATH, HOME, TMPDIR, CODEX_HOME, NO_PROXY, HTTPS_PROXY };
    const run = await runProgram(
      { command: codex.command, args: [...codex.args, ...EXEC, 'Do it.'], cwd, env: bare },
      PATIENCE_MS,
    );
    assert.equal(run.exitCode, 0, run.stderr + (await place.log()));
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
