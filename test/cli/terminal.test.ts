/** The built program on a terminal and in pipes: colors, Ctrl-C, exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { CTRL_C, startAtTerminal, whyNoTerminal, type TerminalRun } from '../support/cli/pseudo-terminal';
import { answer, createTurnstile, startScriptedUpstream } from '../support/upstream/scripted-upstream';
import { postStream } from '../support/clients/sse-client';

const PROGRAM = join(__dirname, '..', '..', 'bin', 'aliyun-codex-bridge.js');

const HOME = mkdtempSync(join(tmpdir(), 'terminal-'));
after(() => rmSync(HOME, { recursive: true, force: true }));

const ENV = { HOME, LANG: 'C.UTF-8', AI_API_KEY: 'sk-test-terminal' };

const skip = whyNoTerminal();

const LIMITS = { skip, timeout: 60_000 };

const COLOR = /\u001b\[\d+m/;

function start(
  context: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TerminalRun {
  const run = startAtTerminal({ args: [process.execPath, PROGRAM, ...args], env: { ...ENV, ...env } });
  context.after(run.kill);
  return run;
}

/** Runs the program with pipes. @param script runs in a shell that has the command line in "$@" */
function runPiped(args: readonly string[], script?: string) {
  const command = [process.execPath, PROGRAM, ...args];
  const [program = '', ...programArgs] = script === undefined ? command : ['/bin/sh', '-c', script, 'sh', ...command];
  const env = { PATH: process.env['PATH'] ?? '', ...ENV };
  const { status, stdout, stderr } = spawnSync(program, programArgs, { env, encoding: 'utf8', timeout: 30_000 });
  return { status, stdout, stderr };
}

for (const args of [['help'], ['config']]) {
  test(`${args.join(' ')} has colors on a terminal`, LIMITS, async (context) => {
    const { code, screen } = await start(context, args).ended;
    assert.equal(code, 0);
    assert.match(screen, COLOR);
  });

  test(`${args.join(' ')} has no colors with NO_COLOR or on a dumb terminal`, LIMITS, async (context) => {
    const runs = [{ NO_COLOR: '1' }, { TERM: 'dumb' }].map((env) => start(context, args, env).ended);
    for (const { code, screen } of await Promise.all(runs)) {
      assert.equal(code, 0);
      assert.doesNotMatch(screen, /\u001b/);
      assert.match(screen, /\w/);
    }
  });

  test(`${args.join(' ')} has no colors in a pipe`, () => {
    const { status, stdout } = runPiped(args);
    assert.equal(status, 0);
    assert.doesNotMatch(stdout, /\u001b|\r/);
  });
}

test(
  'a reader that closes the pipe early is not a failure',
  { skip: process.platform === 'win32' && 'needs a POSIX shell' },
  () => {
    const head = runPiped(['--help'], '{ "$@"; echo "code $?" >&2; } | head -1');
    assert.deepEqual([head.stdout, head.stderr], ['Usage: aliyun-codex-bridge [flags] [command]\n', 'code 0\n']);
    // Closed before the first write.
    assert.equal(runPiped(['help', 'serve'], '{ "$@"; echo "code $?" >&2; } | true').stderr, 'code 0\n');
  },
);

test('an unknown command exits with 2, on a terminal and in a pipe', LIMITS, async (context) => {
  const { code, screen } = await start(context, ['cdoex']).ended;
  assert.equal(code, 2);
  assert.match(screen, /Unknown command "cdoex". Did you mean codex\?\r\n$/);
  const piped = runPiped(['cdoex']);
  assert.deepEqual([piped.status, piped.stdout], [2, '']);
});

test('Ctrl-C stops an idle serve with exit code 0', LIMITS, async (context) => {
  const bridge = start(context, ['--port', '0'], { AI_API_BASE: 'http://127.0.0.1:9/v1' });
  await bridge.shows('press Ctrl-C to stop it.');
  bridge.type(CTRL_C);
  const { code, screen } = await bridge.ended;
  assert.equal(code, 0);
  assert.match(screen, /Stopping…/);
});

/** A bridge on a terminal with an answer in progress. */
async function startWithAnswer(context: TestContext) {
  const { gate, admit, open } = createTurnstile();
  const upstream = await startScriptedUpstream({
    apiKey: ENV.AI_API_KEY, script: [answer({ text: 'first words, last words', gate })],
  });
  context.after(() => upstream.close());
  const bridge = start(context, ['--port', '0', '--drain-timeout-ms', '20000'], { AI_API_BASE: upstream.url });
  const url = /is listening on (\S+);/.exec(await bridge.shows('press Ctrl-C to stop it.'))?.[1];
  const body = { model: 'qwen3.7-plus', input: 'Speak.', stream: true };
  let hasBegun: () => void;
  const begun = new Promise<void>((resolve) => (hasBegun = resolve));
  const onChunk = (_: Buffer, soFar: string): void => void (soFar.includes('output_text.delta') && hasBegun());
  const reply = postStream(`${url}/responses`, body, {}, { onChunk });
  admit(3);
  await begun;
  return { bridge, reply, open };
}

test('Ctrl-C lets a running answer finish', LIMITS, async (context) => {
  const { bridge, reply, open } = await startWithAnswer(context);
  bridge.type(CTRL_C);
  await bridge.shows('Stopping… waiting up to 20 s for 1 answer.');
  open();
  assert.match((await reply).text, /event: response\.completed\n/);
  assert.equal((await bridge.ended).code, 0);
});

test('a second Ctrl-C stops serve at once with exit code 130', LIMITS, async (context) => {
  const { bridge, reply } = await startWithAnswer(context);
  bridge.type(CTRL_C);
  await bridge.shows('Stopping… ');
  bridge.type(CTRL_C);
  assert.equal((await bridge.ended).code, 130);
  assert.notEqual((await reply).ending, 'complete');
});

test(
  'if its terminal closes, codex waits for Codex and then ends with SIGHUP instead of a crash',
  LIMITS,
  async (context) => {
    const folder = mkdtempSync(join(HOME, 'hang-up-'));
    const codex = join(folder, 'codex');
    writeFileSync(codex, "#!/bin/sh\ntrap '' HUP\necho running\ncat > /dev/null\n", { mode: 0o755 });
    const codes = join(folder, 'codes');
    spawnSync('mkfifo', [codes]);
    // Codex only prints help, which needs no bridge. The shell survives SIGHUP and records how the launcher ended.
    const args = [
      '/bin/sh',
      '-c',
      `trap : HUP; "$@"; echo $? > ${codes}`,
      'sh',
      process.execPath,
      PROGRAM,
      '--codex-bin',
      codex,
      'codex',
      'help',
    ];
    const terminal = startAtTerminal({ args, env: ENV });
    context.after(terminal.kill);
    await terminal.shows('running');
    terminal.kill();
    assert.equal(await readFile(codes, 'utf8'), `${128 + constants.signals.SIGHUP}\n`);
  },
);

test('logs --follow shows new lines until Ctrl-C', LIMITS, async (context) => {
  const file = join(HOME, 'bridge.log');
  writeFileSync(file, 'an old line\n');
  const logs = start(context, ['logs', '--follow', '--log-file', file, '--state-dir', HOME]);
  await logs.shows('an old line');
  appendFileSync(file, 'a new line\n');
  await logs.shows('a new line');
  logs.type(CTRL_C);
  assert.equal((await logs.ended).code, 0);
});

test('setup asks the user: no and Ctrl-C write nothing, Enter writes', LIMITS, async (context) => {
  const codexHome = mkdtempSync(join(HOME, 'codex-'));
  const file = join(codexHome, 'config.toml');
  const before = '# mine\nmodel = "other"\n';
  writeFileSync(file, before);
  const answerWith = async (keys: string) => {
    const setup = start(context, ['setup'], { CODEX_HOME: codexHome });
    await setup.shows('[Y/n]');
    setup.type(keys);
    return { ...(await setup.ended), text: readFileSync(file, 'utf8') };
  };
  const no = await answerWith('n\r');
  assert.equal(no.text, before);
  assert.match(no.screen, COLOR);
  assert.equal((await answerWith(CTRL_C)).text, before);
  assert.deepEqual(readdirSync(codexHome), ['config.toml']);
  const yes = await answerWith('\r');
  assert.equal(yes.code, 0);
  assert.match(yes.text, /^model_provider = "aliyun"$/m);
});
