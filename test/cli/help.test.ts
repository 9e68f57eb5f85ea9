/** `help`: a short overview and the complete help of each command, both rendered from the tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, COMMAND_NAMES, type CommandName } from '../../src/cli/commands';
import { renderCommandHelp, renderHelp } from '../../src/cli/help-command';
import { HELP_GROUPS, HELP_PAGES, MAIN_OPTIONS } from '../../src/cli/help-pages';
import { STOP_SIGNALS } from '../../src/command/command';
import { createTerminalStyle } from '../../src/command/terminal-style';
import { run } from '../../src/cli/main';
import { parseArguments } from '../../src/cli/parse-arguments';
import { OPTIONS, OPTION_NAMES, type OptionName } from '../../src/config/options';
import type { Environment } from '../../src/config/resolve';
import { createFakeIo } from '../support/cli/fake-io';

const PLAIN = createTerminalStyle(false, { LANG: 'C.UTF-8' });

async function runHelp(words: readonly string[], env: Environment = {}, isTerminal = false) {
  const io = { ...createFakeIo(), isTerminal: () => isTerminal };
  const code = await run(words, env, io);
  return { code, ...io.written };
}

/** Ignores line endings and indentation. */
const flat = (text: string): string => text.replace(/\s+/g, ' ');

test('the overview fits in 80 columns and 60 lines, and lists each command in its group', () => {
  const text = renderHelp(PLAIN);
  const lines = text.split('\n');
  assert.ok(lines.length <= 60, String(lines.length));
  assert.deepEqual(lines.filter((line) => line.length > 80 || line.endsWith(' ')), []);
  for (const title of Object.values(HELP_GROUPS)) assert.ok(text.includes(`\n${title}:\n`), title);
  for (const name of COMMAND_NAMES) assert.equal(lines.filter((line) => line.startsWith(`  ${name} `)).length, 1, name);
  for (const name of MAIN_OPTIONS)
    assert.ok(flat(text).includes(`${OPTIONS[name].help} (${OPTIONS[name].env[0]})`), name);
});

for (const name of COMMAND_NAMES) {
  test(`help ${name} shows usage, summary, own flags and the options that affect the command`, async () => {
    const { code, out, error } = await runHelp(['help', name], { LANG: 'C.UTF-8' });
    assert.deepEqual([code, error, out], [0, '', renderCommandHelp(name, PLAIN)]);
    const text = flat(out);
    assert.match(out, /^Usage: aliyun-codex-bridge /);
    assert.ok(text.includes(COMMANDS[name].summary));
    for (const { flag, help } of COMMANDS[name].own ?? [])
      assert.ok(text.includes(flag) && text.includes(flat(help)), flag);
    const { options } = HELP_PAGES[name];
    const isNamed = (option: OptionName): boolean =>
      new RegExp(`[ ,]${OPTIONS[option].flags[0]}[,. ]`).test(` ${text.split(/Options: /)[1]}`);
    for (const option of OPTION_NAMES) {
      assert.equal(out.includes(`\n      ${OPTIONS[option].help}\n`), name === 'serve', option);
      if (options !== 'all') assert.equal(isNamed(option), options.includes(option), option);
    }
    const own = out.split('Options (a flag overrides')[0] ?? '';
    assert.deepEqual(own.split('\n').filter((line) => line.length > 80 || line.endsWith(' ')), []);
  });

  test(`the examples of ${name} are valid command lines for this command`, () => {
    for (const [line] of HELP_PAGES[name].examples) {
      const { command = 'serve', errors } = parseArguments(line.split(' '));
      assert.deepEqual([command, errors], [name, []], line);
    }
  });
}

test('the usage line shows the positions of flags, operands and arguments of another program', () => {
  const usageOf = (name: CommandName): string => renderCommandHelp(name, PLAIN).split('\n\n')[0] ?? '';
  assert.equal(usageOf('codex'), 'Usage: aliyun-codex-bridge [flags] codex [codex arguments…]');
  assert.equal(usageOf('service'), 'Usage: aliyun-codex-bridge service ACTION [flags]\n       ACTION: install, remove');
  assert.equal(usageOf('completions'), 'Usage: aliyun-codex-bridge completions SHELL\n       SHELL: bash, zsh, fish');
  assert.equal(usageOf('help'), 'Usage: aliyun-codex-bridge help [COMMAND]');
  assert.equal(usageOf('demo'), 'Usage: aliyun-codex-bridge demo');
});

test('special exit codes are documented', () => {
  const text = renderCommandHelp('codex', PLAIN);
  assert.match(
    text,
    /Exit codes:\n {2}Codex's +the exit code .*\n {2}1 +.*\n {2}2 +invalid usage\n {2}127 +/,
  );
  assert.match(
    renderCommandHelp('status', PLAIN),
    / {2}0 +a bridge is running\n {2}2 +invalid usage\n {2}3 +no bridge is running\n/,
  );
  assert.doesNotMatch(renderCommandHelp('models', PLAIN), /Exit codes/);
  const codes = /Exit codes:\n([^]*?)\n\n/.exec(renderCommandHelp('serve', PLAIN))?.[1] ?? '';
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    assert.match(codes, new RegExp(`\\b${STOP_SIGNALS[signal]}\\b.* ${signal}\\b`));
  assert.doesNotMatch(codes, /SIGHUP/, 'a second SIGHUP is ignored');
});

test('every exit code is listed once', () => {
  for (const name of COMMAND_NAMES) {
    const [, codes = ''] = /Exit codes:\n([^]*?)\n\n/.exec(`${renderCommandHelp(name, PLAIN)}\n`) ?? [];
    const listed = [...codes.matchAll(/^ {2}(\S.*?) {2}/gm)].map(([, code]) => code);
    assert.deepEqual(listed, [...new Set(listed)], name);
  }
});

test('COMMAND --help prints the same as help COMMAND', async () => {
  for (const words of [['service', '--help'], ['--help', 'service'], ['service', 'install', '-h']]) {
    assert.deepEqual(await runHelp(words), await runHelp(['help', 'service']), words.join(' '));
  }
});

test('help for an unknown command is an error with exit code 2', async () => {
  const { code, out, error } = await runHelp(['help', 'cdoex']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(error, /\n {2}Unknown command "cdoex". Did you mean codex\?\n$/);
  assert.match((await runHelp(['cdoex', '--help'])).error, /Unknown command "cdoex". Did you mean codex\?/);
});

test('titles are bold on a terminal, and the text is ASCII', async () => {
  assert.match((await runHelp(['help'], {}, true)).out, /\u001b\[1mRun Codex:\u001b\[22m\n/);
  assert.doesNotMatch((await runHelp(['help'], { NO_COLOR: '1' }, true)).out, /\u001b/);
  for (const name of COMMAND_NAMES) assert.match((await runHelp(['help', name])).out, /^[\n\x20-\x7e]+$/, name);
});
