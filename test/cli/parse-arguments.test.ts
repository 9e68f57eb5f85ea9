/** Parses the command line into a command, flags and errors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODEX_COMMANDS } from '../../src/cli/codex-commands';
import { COMMANDS, COMMAND_NAMES, isCommandName } from '../../src/cli/commands';
import { parseArguments } from '../../src/cli/parse-arguments';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';

const parse = (line: string) => parseArguments(line.split(' ').filter((word) => word !== ''));

const NOTHING = { command: undefined, flags: {}, own: {}, operand: undefined, rest: [], errors: [] };

test('an empty command line has no command, no flags and no errors', () => {
  assert.deepEqual(parse(''), NOTHING);
});

test('a value follows a space or an equals sign, and the last one applies', () => {
  assert.deepEqual(parse('--port 1 --host=::1 serve --port=2').flags, { port: '2', host: '::1' });
  assert.equal(parseArguments(['--user-agent=a=b c']).flags.userAgent, 'a=b c');
  assert.equal(parseArguments(['--host=']).flags.host, '');
  assert.equal(parse('--port -1').flags.port, '-1');
});

test('a switch is on without a value, off with no-, and accepts a valid value', () => {
  const spellings = {
    '--web-search': '1',
    '--no-web-search': '0',
    '--web-search=0': '0',
    '--web-search off': 'off',
    '--web-search serve': '1',
    '--web-search --no-web-search': '0',
  };
  for (const [line, value] of Object.entries(spellings)) {
    const parsed = parse(line);
    assert.deepEqual([parsed.flags, parsed.errors], [{ webSearch: value }, []], line);
  }
  assert.equal(parse('--web-search serve').command, 'serve');
  assert.deepEqual(parse('--no-web-search=1').errors, ['--no-web-search takes no value.']);
});

test('every flag of every option is accepted', () => {
  for (const name of OPTION_NAMES) {
    for (const flag of OPTIONS[name].flags) {
      assert.deepEqual(parseArguments([`${flag}=x`]), { ...NOTHING, flags: { [name]: 'x' } });
    }
  }
});

test('a flag without a value is an error that states what was expected', () => {
  for (const line of ['--port', '--port --web-search', '--port codex', '--port codex exec fix']) {
    assert.deepEqual(parse(line).errors, ['--port needs a value: a port number from 0 to 65535.'], line);
  }
  assert.equal(parse('--default-model codex stop').flags.defaultModel, 'codex', 'a name of a command may be a value');
});

test('an unknown flag suggests the nearest one, and its value is never quoted', () => {
  assert.deepEqual(parse('--prot 80 --api-key=sk-test-hidden --frobnicate').errors, [
    'Unknown flag --prot. Did you mean --port?',
    'Unknown flag --api-key. Did you mean --ai-api-key?',
    'Unknown flag --frobnicate. Run: aliyun-codex-bridge serve --help',
  ]);
  assert.deepEqual(parse('logs --frobnicate').errors, ['Unknown flag --frobnicate. Run: aliyun-codex-bridge logs ' +
    '--help']);
  assert.doesNotMatch(parse('--api-key sk-test-hidden').errors.join(), /hidden/);
  assert.deepEqual(parse('--hepl --no-port').errors, [
    'Unknown flag --hepl. Did you mean --help?',
    'Unknown flag --no-port. Did you mean --port?',
  ]);
});

test('an unknown flag does not take the command as its value', () => {
  const { command, rest, errors } = parse('--frobnicate codex exec fix');
  assert.deepEqual([command, rest], ['codex', ['exec', 'fix']]);
  assert.deepEqual(errors, ['Unknown flag --frobnicate. Run: aliyun-codex-bridge serve --help']);
  assert.deepEqual(parse('logs --prot codex').errors, ['Unknown flag --prot. Did you mean --port?']);
});

test('the first word that is not a flag is the command; others are errors', () => {
  assert.equal(parse('--port 1 serve').command, 'serve');
  assert.deepEqual(parse('serv').errors, ['Unknown command "serv". Did you mean serve?']);
  assert.deepEqual(parse('constructor').errors, ['Unknown command "constructor". Run: aliyun-codex-bridge help']);
  assert.deepEqual(parse('serve again').errors, ['Unexpected argument "again" after serve.']);
});

test('a command accepts its own flags, before and after it', () => {
  for (const line of ['models --codex-catalog a.json --force', '--force --codex-catalog=a.json models']) {
    const own = { '--codex-catalog': 'a.json', '--force': '1' };
    assert.deepEqual(parse(line), { ...NOTHING, command: 'models', own }, line);
  }
  assert.deepEqual(parse('models --json --port 1').flags, { port: '1' });
});

test('rejects flags of other commands, and missing or invalid values', () => {
  for (const line of ['--json', 'serve --json', '--json version']) {
    assert.deepEqual(
      parse(line).errors,
      ['--json works only with status, logs, usage, quota, doctor, models, providers and config.'],
      line,
    );
  }
  assert.deepEqual(parse('--follow --json stop').errors, [
    '--follow works only with logs.',
    '--json works only with status, logs, usage, quota, doctor, models, providers and config.',
  ]);
  assert.deepEqual(parse('models --codex-catalog').errors, [
    '--codex-catalog needs a value: the path of a file.',
  ]);
  assert.deepEqual(parse('models --json=perhaps --codex-version new').errors, [
    'Cannot use "perhaps" from flag --json: expected on or off (also 1/0, true/false, yes/no).',
    'Cannot use "new" from flag --codex-version: expected a Codex version such as 0.146.0.',
  ]);
  assert.deepEqual(parse('models --codex-catlog x').errors, [
    'Unknown flag --codex-catlog. Did you mean --codex-catalog?',
  ]);
});

test('spellings are unambiguous: own flags are not options, and take a value everywhere or nowhere', () => {
  const shared = OPTION_NAMES.flatMap((name) => OPTIONS[name].flags.flatMap((flag) => [flag, `--no-${flag.slice(2)}`]));
  const isSwitch = new Map<string, boolean>();
  for (const { flag, type } of COMMAND_NAMES.flatMap((name) => COMMANDS[name].own ?? [])) {
    assert.ok(!shared.some((option) => option === flag), flag);
    assert.equal(isSwitch.get(flag) ?? type.isSwitch === true, type.isSwitch === true, flag);
    isSwitch.set(flag, type.isSwitch === true);
  }
});

test('a long word in place of a command may be a key and is not quoted', () => {
  const [error = ''] = parse(`sk-test-${'0'.repeat(40)}`).errors;
  assert.equal(error, 'Unknown command "sk-…". Run: aliyun-codex-bridge help');
});

test('an unknown command is reported once, and its arguments are not checked', () => {
  assert.deepEqual(parse('cdoex fix the bug --json').errors, ['Unknown command "cdoex". Did you mean codex?']);
  assert.deepEqual(parse('modles --json --prot 1').errors, [
    'Unknown command "modles". Did you mean models?',
    'Unknown flag --prot. Did you mean --port?',
  ]);
});

test('for a Codex command, the error suggests codex, and no argument after it is checked', () => {
  for (const word of CODEX_COMMANDS) {
    const { command, errors } = parse(`--port 1 ${word} --json --frobnicate and more --help`);
    assert.deepEqual(errors, [`Unknown command "${word}". Did you mean: aliyun-codex-bridge codex ${word}`]);
    assert.equal(command, undefined);
    assert.ok(!isCommandName(word), word);
  }
  for (const word of ['exec', 'resume', 'fork', 'mcp']) assert.ok(CODEX_COMMANDS.includes(word), word);
});

test('codex passes on everything after it unchanged', () => {
  const words = [
    'exec',
    '--help',
    '-v',
    '--',
    '--port',
    '1',
    '--json',
    '--port=2',
    '',
    'a b',
    'serve',
    '--no-web-search',
  ];
  assert.deepEqual(parseArguments(['codex', ...words]), { ...NOTHING, command: 'codex', rest: words });
  assert.deepEqual(parse('codex'), { ...NOTHING, command: 'codex' });
});

test("flags before codex belong to the bridge", () => {
  assert.deepEqual(parse('--port 1 --codex-bin ./codex --no-web-search codex --port 2 --codex-bin x'), {
    ...NOTHING,
    command: 'codex',
    flags: { port: '1', webSearch: '0' },
    own: { '--codex-bin': './codex' },
    rest: ['--port', '2', '--codex-bin', 'x'],
  });
  assert.deepEqual(parse('--json --prot 1 codex --json').errors, [
    'Unknown flag --prot. Did you mean --port?',
    '--json works only with status, logs, usage, quota, doctor, models, providers and config.',
  ]);
});

test('a word after the command is its operand if it takes one, with flags before and after', () => {
  const parsed = { ...NOTHING, command: 'service', operand: 'install', own: { '--print': '1' } };
  for (const line of ['service install --print', 'service --print install', '--print service install']) {
    assert.deepEqual(parse(line), parsed, line);
  }
  assert.equal(parse('completions zsh').operand, 'zsh');
});

test('rejects a missing, unknown or additional operand', () => {
  assert.deepEqual(parse('service').errors, ['Missing action: install or remove.']);
  assert.deepEqual(parse('service instal').errors, ['Unknown action "instal". Did you mean install?']);
  assert.deepEqual(parse('completions tcsh7').errors, [
    'Unknown shell name "tcsh7". Use bash, zsh or fish.',
  ]);
  assert.deepEqual(parse('service install now').errors, ['Unexpected argument "now" after service.']);
  assert.deepEqual(parse('stop it').errors, ['Unexpected argument "it" after stop.']);
  assert.deepEqual(parse(`service sk-test-${'0'.repeat(40)}`).errors, [
    'Unknown action "sk-…". Use install or remove.',
  ]);
});

test('help accepts a command, in any order', () => {
  const spellings = ['help setup', 'setup --help', '--help setup', '-h setup', 'setup --print -h', 'help setup --help'];
  for (const line of [...spellings, '--help setup it']) {
    const { command, operand, errors } = parse(line);
    assert.deepEqual([command, operand, errors], ['help', 'setup', []], line);
  }
  for (const line of ['help', '--help', '--port 1 -h']) {
    assert.deepEqual([parse(line).command, parse(line).operand], ['help', undefined], line);
  }
  for (const line of ['--help codex', '--help codex exec', 'help codex']) assert.equal(parse(line).operand, 'codex');
  for (const line of ['service install --help', 'service --help install', '--help service install']) {
    assert.deepEqual([parse(line).operand, parse(line).errors], ['service', []], line);
  }
});

test('help for an unknown command is an error; with --help, invalid flags are ignored', () => {
  assert.deepEqual(parse('help cdoex').errors, ['Unknown command "cdoex". Did you mean codex?']);
  const unknown = 'Unknown command "frobnicate". Run: aliyun-codex-bridge help';
  assert.deepEqual(parse('--help frobnicate').errors, [unknown]);
  assert.deepEqual(parse('cdoex --help').errors, ['Unknown command "cdoex". Did you mean codex?']);
  assert.deepEqual(parse('help serve --prot').errors, ['Unknown flag --prot. Did you mean --port?']);
  for (const line of [
    '--prot --help',
    'models --json --help',
    '--json --help',
    'serve --port --help',
    'logs --lines x -h',
  ]) {
    assert.deepEqual(parse(line).errors, [], line);
  }
});

test('-h and -v after a flag with a value are not its value', () => {
  for (const line of ['serve --port -h', '--default-model -h serve', '--frobnicate -h serve']) {
    const { command, operand, flags, errors } = parse(line);
    assert.deepEqual([command, operand, flags, errors], ['help', 'serve', {}, []], line);
  }
  assert.equal(parse('logs --lines -v').command, 'version');
});

test('--help and --version override any command', () => {
  for (const line of ['--help', '-h', 'serve --help', '--help serve', '--help --version']) {
    assert.equal(parse(line).command, 'help', line);
  }
  for (const line of ['--version', '-v', 'serve -v']) {
    assert.equal(parse(line).command, 'version', line);
  }
});
