/** Colors and symbols, by the kind of output, the environment and the system. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WriteStream } from 'node:tty';
import { createTerminalStyle } from '../../src/command/terminal-style';
import type { Environment } from '../../src/config/resolve';

const isColored = (isTerminal: boolean, env: Environment): boolean =>
  createTerminalStyle(isTerminal, env, 'linux').paint('red', 'x') === '\u001b[31mx\u001b[39m';

test('colors are used on a terminal that supports them', () => {
  assert.ok(isColored(true, {}));
  assert.ok(!isColored(false, {}));
  assert.ok(!isColored(true, { TERM: 'dumb' }));
  assert.ok(!isColored(true, { FORCE_COLOR: '0' }));
  assert.ok(isColored(true, { NO_COLOR: '' }));
});

test('NO_COLOR turns colors off, and overrides CLICOLOR_FORCE', () => {
  assert.ok(!isColored(true, { NO_COLOR: '1' }));
  assert.ok(isColored(false, { CLICOLOR_FORCE: '1' }));
  assert.ok(!isColored(false, { CLICOLOR_FORCE: '0' }));
  assert.ok(!isColored(true, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }));
});

for (const value of ['', '1', 'true', '2', '3', '0', 'false', 'yes', '4']) {
  test(`FORCE_COLOR=${value} has the same effect as in Node, on any output`, () => {
    const env = { FORCE_COLOR: value };
    const isForced = WriteStream.prototype.getColorDepth(env) > 1;
    for (const isTerminal of [true, false]) {
      for (const more of [{}, { TERM: 'dumb' }, { NO_COLOR: '1' }, { CLICOLOR_FORCE: '1' }]) {
        assert.equal(isColored(isTerminal, { ...more, ...env }), isForced, JSON.stringify(more));
      }
    }
  });
}

test('empty text gets no codes, and without colors text is unchanged', () => {
  assert.equal(createTerminalStyle(true, {}).paint('bold', ''), '');
  assert.equal(createTerminalStyle(false, {}).paint('bold', 'x'), 'x');
});

type Case = readonly [
  title: string,
  platform: NodeJS.Platform,
  isTerminal: boolean,
  env: Environment,
  isUnicode: boolean,
];

const CASES: readonly Case[] = [
  ['a UTF-8 locale', 'linux', true, { LANG: 'de_DE.UTF-8' }, true],
  ['a UTF-8 locale in a pipe', 'linux', false, { LANG: 'C.utf8' }, true],
  ['no locale', 'linux', true, {}, false],
  ['another encoding', 'linux', true, { LANG: 'ja_JP.eucJP' }, false],
  ['LC_ALL overrides LANG', 'linux', true, { LANG: 'C.UTF-8', LC_ALL: 'POSIX' }, false],
  ['an empty LC_ALL does not override LANG', 'linux', true, { LANG: 'C.UTF-8', LC_ALL: '' }, true],
  ['the Linux console', 'linux', true, { LANG: 'C.UTF-8', TERM: 'linux' }, false],
  ['macOS', 'darwin', true, { LANG: 'en_US.UTF-8' }, true],
  ['WSL without a locale', 'linux', true, { WT_SESSION: 'x' }, true],
  ['Windows Terminal', 'win32', true, { WT_SESSION: 'x' }, true],
  ['Windows Terminal with the output in a pipe', 'win32', false, { WT_SESSION: 'x' }, false],
  ['the terminal of VS Code', 'win32', true, { TERM_PROGRAM: 'vscode' }, true],
  ['the old console of Windows, whatever its code page', 'win32', true, {}, false],
  ['a pipe on Windows', 'win32', false, {}, false],
  ['Git Bash, which sets a locale', 'win32', true, { LANG: 'en_US.UTF-8', TERM: 'xterm-256color' }, true],
];

for (const [title, platform, isTerminal, env, isUnicode] of CASES) {
  test(`${title}: ${isUnicode ? 'Unicode' : 'ASCII'}`, () => {
    const style = createTerminalStyle(isTerminal, env, platform);
    assert.deepEqual([style.pass, style.fail], isUnicode ? ['✓', '✗'] : ['ok  ', 'FAIL']);
    assert.equal(style.spell('a→b 中'), isUnicode ? 'a→b 中' : 'a?b ?');
    assert.equal(style.spinner[0], isUnicode ? '⠋' : '|');
  });
}

test('if a line cannot be overwritten, there is no spinner', () => {
  for (const env of [{ TERM: 'dumb' }, { CI: 'true' }, { CI: '1' }])
    assert.deepEqual(createTerminalStyle(true, env).spinner, []);
  assert.notDeepEqual(createTerminalStyle(true, { CI: 'false', TERM: 'xterm' }).spinner, []);
});
