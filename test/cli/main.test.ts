/** Runs whole command lines in this process. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS, COMMAND_NAMES } from '../../src/cli/commands';
import { protectTerminal, run } from '../../src/cli/main';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';
import { createFakeIo } from '../support/cli/fake-io';

async function runLine(line: string, env: Record<string, string> = {}) {
  const io = createFakeIo();
  const code = await run(line.split(' ').filter((word) => word !== ''), env, io);
  return { code, ...io.written };
}

for (const line of ['help', '--help', '-h', '--port x --help']) {
  test(`"${line}" shows every command, and where to find the options`, async () => {
    const { code, out, error } = await runLine(line);
    assert.deepEqual([code, error], [0, '']);
    const text = out.replace(/\s+/g, ' ');
    for (const name of COMMAND_NAMES) assert.ok(text.includes(`${name} ${COMMANDS[name].summary}`), name);
    assert.match(text, /All options: aliyun-codex-bridge help serve/);
  });
}

// The overview has no room for fifty options; `help serve` lists all of them.
for (const line of ['help serve', 'serve --port x --help', '--help serve']) {
  test(`"${line}" shows every option`, async () => {
    const { code, out, error } = await runLine(line);
    assert.deepEqual([code, error], [0, '']);
    for (const name of OPTION_NAMES) assert.ok(out.includes(OPTIONS[name].help), name);
    assert.ok(out.split('\n').every((row) => row.length <= 120));
  });
}

for (const line of ['version', '--version', '-v']) {
  test(`"${line}" prints the version of the package and nothing else`, async () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8'));
    assert.deepEqual(await runLine(line), { code: 0, out: `${version}\n`, error: '' });
  });
}

test('errors in the command line and the environment are reported together, with exit code 2', async () => {
  const env = { LOG_LEVEL: 'loud', AI_API_KEY: 'sk-test-hidden key' };
  const { code, out, error } = await runLine('--prot 1 --drain-timeout-ms soon', env);
  assert.deepEqual([code, out], [2, '']);
  assert.equal(error, [
    'Invalid usage:',
    '  Unknown flag --prot. Did you mean --port?',
    '  Cannot use "sk-…" from env AI_API_KEY: expected visible ASCII characters without spaces.',
    '  Cannot use "soon" from flag --drain-timeout-ms: expected a whole number of milliseconds from 0 to 86400000.',
    '  Cannot use "loud" from env LOG_LEVEL: expected debug, info, warn or error.',
    '',
  ].join('\n'));
});

test('an unknown command is an error, even if the configuration is valid', async () => {
  const { code, error } = await runLine('serv');
  assert.equal(code, 2);
  assert.match(error, /^Invalid usage:\n {2}Unknown command "serv". Did you mean serve\?\n$/);
});

test('a Codex command without codex before it is reported, whatever follows', async () => {
  const { code, error } = await runLine('exec --json --skip-git-repo-check hello world');
  assert.equal(code, 2);
  assert.match(
    error,
    /^Invalid usage:\n {2}Unknown command "exec". Did you mean: aliyun-codex-bridge codex exec\n$/,
  );
});

test('the output keeps the line endings, colors and spinner of commands, and no other control characters', () => {
  const own = ['one\ntwo\r\n\tthree', '\u001b[1mbold\u001b[22m', '\r\u001b[36m|\u001b[39m wait\u001b[K', 'é…✓'];
  for (const text of own) assert.equal(protectTerminal(text), text);
  const cases: readonly (readonly [text: string, shown: string])[] = [
    ['\u001b]0;title\u0007', '?]0;title?'],
    ['\u001b]52;c;cm0=\u001b\\', '?]52;c;cm0=?\\'],
    ['\u001b[2J\u001b[H', '?[2J?[H'],
    ['\u001b[8mhidden', '?[8mhidden'],
    ['safe\roverwritten', 'safe?overwritten'],
    ['\u009b31m', '?31m'],
    ['a\u0000\b\u007f', 'a???'],
    ['\u202egnp.exe', '?gnp.exe'],
  ];
  for (const [text, shown] of cases) assert.equal(protectTerminal(text), shown);
});
