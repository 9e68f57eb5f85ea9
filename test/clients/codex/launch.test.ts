/** `aliyun-codex-bridge codex` with the real Codex: a turn, every version, Ctrl-C, the terminal interface. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { countThreads } from '../../../src/codex/threads';
import { PROJECT_ROOT } from '../../house/source-tree';
import { answer, startScriptedUpstream } from '../../support/upstream/scripted-upstream';
import { untilFree } from '../../support/cli/until-free';
import { exitOf, killGroup, runProgram, startProgram } from '../support/program';
import { readTree } from '../support/work-folder';
import { parseEvents, textsOf } from './events';
import { createCodexLauncher, EXEC, PATIENCE_MS } from './launch-codex';
import { runTui, whyNoTerminal } from './run-tui';
import { codexCommand, CODEX_VERSIONS, CURRENT_CODEX, shellCall, whyMissing, type CodexVersion } from './versions';

/** Versions that fetch the catalog from the bridge. */
const FETCHES_CATALOG: readonly CodexVersion[] = ['0.171.0', '0.169.0'];

const LIMIT = { timeout: 2 * PATIENCE_MS };

for (const version of CODEX_VERSIONS.filter((name) => name !== '0.80.0')) {
  test(
    `Codex ${version} runs a tool round and leaves no files or processes`,
    { ...LIMIT, skip: whyMissing(version) },
    async (context) => {
      const launcher = await createCodexLauncher(context, {
        script: [
          answer({ toolCalls: [shellCall('echo launched > done.txt', version)] }),
          answer({ text: 'Done, 完了.' }),
        ],
      });
      const run = await launcher.run(version, [...EXEC, 'Do it.']);
      assert.equal(run.exitCode, 0, run.stderr + (await launcher.log()));
      const events = parseEvents(run.stdout);
      assert.deepEqual(textsOf(events, 'agent_message'), ['Done, 完了.']);
      assert.equal((await readTree(launcher.folder.workspace))['done.txt'], 'launched\n');
      assert.equal(launcher.upstream.requests[0]?.body.model, 'glm-4.7');
      // 0.99 reads no catalog: it warns that it does not know the model, and continues.
      if (version !== '0.99.0') assert.doesNotMatch(run.stdout + run.stderr, /metadata/i);
      const files = await readTree(launcher.folder.root);
      const catalogs = Object.keys(files).filter((name) => /state\/.*(models|catalog).*\.json$/.test(name));
      if (FETCHES_CATALOG.includes(version)) assert.deepEqual(catalogs, [], 'no file is needed');
      // 0.125 and 0.146 write there that the workspace is trusted.
      assert.doesNotMatch((await readTree(launcher.folder.codexHome))['config.toml'] ?? '', /aliyun|model/);
      await untilFree(launcher.port);
      launcher.upstream.assertClean();
    },
  );
}

for (const version of CODEX_VERSIONS.filter((name) => name !== '0.80.0')) {
  test(
    `Codex ${version} sends its own key to the provider and the access token to the bridge`,
    { ...LIMIT, skip: whyMissing(version) },
    async (context) => {
      const env = { FORCE_ENV_AUTH: '0', BRIDGE_ACCESS_TOKEN: 'token-of-the-user-0123456789-012345' };
      const launcher = await createCodexLauncher(context, { script: [answer({ text: 'Done.' })], env });
      const run = await launcher.run(version, [...EXEC, 'Do it.']);
      assert.equal(run.exitCode, 0, run.stderr + (await launcher.log()));
      assert.deepEqual(textsOf(parseEvents(run.stdout), 'agent_message'), ['Done.']);
      assert.doesNotMatch(JSON.stringify(launcher.upstream.requests[0]?.headers), /token-of-the-user/);
      await untilFree(launcher.port);
      launcher.upstream.assertClean();
    },
  );
}

for (const version of FETCHES_CATALOG) {
  test(`a thread continues at another provider, Codex ${version}`, { timeout: 3 * PATIENCE_MS }, async (context) => {
    const launcher = await createCodexLauncher(context, { script: [answer({ text: 'One.' })] });
    const first = await launcher.run(version, [...EXEC, 'Say one.']);
    assert.deepEqual(textsOf(parseEvents(first.stdout), 'agent_message'), ['One.'], first.stderr);
    await untilFree(launcher.port);

    const other = await startScriptedUpstream({
      dialect: 'openai', apiKey: 'sk-test-other', script: [answer({ text: 'Two.' })],
    });
    context.after(() => other.close());
    const program = launcher.program(version, [...EXEC, 'resume', '--last', 'Say two.']);
    const env = {
      ...program.env, AI_PROVIDER: 'openai-compatible', AI_API_BASE: other.url, AI_API_KEY: 'sk-test-other',
      DEFAULT_MODEL: 'scripted-model',
    };
    const second = await runProgram({ ...program, env }, PATIENCE_MS);
    const events = parseEvents(second.stdout);
    assert.equal(events[0]?.thread_id, parseEvents(first.stdout)[0]?.thread_id, second.stderr);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Two.']);
    const messages = JSON.stringify(other.requests.at(-1)?.body.messages);
    assert.match(messages, /Say one\..*One\..*Say two\./);
    await untilFree(launcher.port);
  });

  const title = `after undo, one flag resumes a thread, Codex ${version}`;
  test(title, { timeout: 3 * PATIENCE_MS }, async (context) => {
    const script = [answer({ text: 'One.' }), answer({ text: 'Two.' })];
    const launcher = await createCodexLauncher(context, { script });
    const { env, cwd } = launcher.program(version, []);
    const codex = codexCommand(version);
    const withoutProvider = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AI_')));
    const runCodex = (...words: string[]) =>
      runProgram(
        { command: codex.command, args: [...codex.args, ...EXEC, ...words], cwd, env: withoutProvider }, PATIENCE_MS,
      );
    const bridge = async (...words: string[]): Promise<void> => {
      const args = [join(PROJECT_ROOT, 'bin/aliyun-codex-bridge.js'), ...words];
      const { exitCode, stderr } = await runProgram({ command: process.execPath, args, cwd, env }, PATIENCE_MS);
      assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`);
    };
    await bridge('setup', '--yes');
    await bridge('start');
    const first = await runCodex('Say one.');
    assert.deepEqual(textsOf(parseEvents(first.stdout), 'agent_message'), ['One.'], first.stderr);
    await bridge('setup', '--undo', '--yes');
    const second = await runCodex('--profile', 'aliyun-codex-bridge', 'resume', '--last', 'Say two.');
    const events = parseEvents(second.stdout);
    assert.equal(events[0]?.thread_id, parseEvents(first.stdout)[0]?.thread_id, second.stderr);
    assert.deepEqual(textsOf(events, 'agent_message'), ['Two.']);
    await bridge('stop');
    await untilFree(launcher.port);
  });
}

test('a launch keeps the provider id that config.toml has for the bridge', LIMIT, async (context) => {
  const launcher = await createCodexLauncher(context, { script: [answer({ text: 'Hm.' })] });
  const { codexHome } = launcher.folder;
  const table = `[model_providers.mine]\nname = "Mine"\nbase_url = "http://127.0.0.1:${launcher.port}/v1"\n`;
  await writeFile(join(codexHome, 'config.toml'), `model_provider = "mine"\n\n${table}`);
  const run = await launcher.run(CURRENT_CODEX, [...EXEC, 'Hello.']);
  assert.equal(run.exitCode, 0, run.stderr);
  assert.deepEqual([...(await countThreads(codexHome)).keys()], ['mine']);
  await untilFree(launcher.port);
});

test('a Codex that is too old is not started', LIMIT, async (context) => {
  const launcher = await createCodexLauncher(context, { script: [] });
  const run = await launcher.run('0.80.0', [...EXEC, 'Do it.']);
  assert.equal(run.exitCode, 1);
  assert.match(run.stderr, /^Codex 0\.80\.0 is too old/);
  await untilFree(launcher.port);
});

test('-m after codex overrides the model of the bridge', LIMIT, async (context) => {
  const launcher = await createCodexLauncher(context, { script: [answer({ text: 'Hm.' })] });
  const run = await launcher.run(CURRENT_CODEX, [...EXEC, '-m', 'qwen3-coder-plus', 'Do it.']);
  assert.equal(run.exitCode, 0, run.stderr);
  assert.equal(launcher.upstream.requests[0]?.body.model, 'qwen3-coder-plus');
  await untilFree(launcher.port);
});

test(
  "Ctrl-C in the terminal ends Codex's turn, the provider's answer and the bridge",
  { ...LIMIT, skip: whyNoTerminal() },
  async (context) => {
    const launcher = await createCodexLauncher(context, {
      script: [answer({ text: 'For ever and ever', cutAfter: 3, end: 'hang' })],
    });
    const program = launcher.program(CURRENT_CODEX, [...EXEC, 'Go on.']);
    const words = [program.command, ...program.args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const child = startProgram({
      ...program,
      command: 'script',
      hasInput: true,
      args: ['--quiet', '--return', '--command', `exec ${words}`, '/dev/null'],
      env: { ...program.env, TERM: 'xterm', SHELL: '/bin/sh' },
    });
    let screen = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
    });
    const timer = setTimeout(() => killGroup(child), PATIENCE_MS);
    const request = await launcher.upstream.nextRequest();
    child.stdin?.write('\x03');
    await request.aborted;
    const code = await exitOf(child).finally(() => clearTimeout(timer));
    assert.equal(code, 1, `Codex's own exit code of an interrupted turn\n${screen}`);
    await untilFree(launcher.port);
  },
);

test('the terminal interface shows an answer', { ...LIMIT, skip: whyNoTerminal() }, async (context) => {
  const launcher = await createCodexLauncher(context, { script: () => answer({ text: 'Hallöchen', pieces: 99 }) });
  const { workspace, codexHome } = launcher.folder;
  const program = launcher.program(CURRENT_CODEX, ['-c', 'check_for_update_on_startup=false']);
  await runTui({ program, prompt: 'Say hello.', workspace, codexHome, env: program.env, until: ['Hallöchen'] });
  await untilFree(launcher.port);
  assert.deepEqual(launcher.upstream.rejections, []);
});
