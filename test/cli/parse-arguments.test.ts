/** The command line becomes a command, flag texts and mistakes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, COMMAND_NAMES } from '../../src/cli/commands';
import { parseArguments } from '../../src/cli/parse-arguments';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';

const parse = (line: string) => parseArguments(line.split(' ').filter((word) => word !== ''));

test('nothing said is no command, no flags and no mistakes', () => {
  assert.deepEqual(parse(''), { command: undefined, flags: {}, own: {}, mistakes: [] });
});

test('a value stands behind a space or an equals sign, and the last one wins', () => {
  assert.deepEqual(parse('--port 1 --host=::1 serve --port=2').flags, { port: '2', host: '::1' });
  assert.equal(parseArguments(['--user-agent=a=b c']).flags.userAgent, 'a=b c');
  assert.equal(parseArguments(['--host=']).flags.host, '');
  assert.equal(parse('--port -1').flags.port, '-1');
});

test('a switch is on by its name, off by no-, and takes a value that fits', () => {
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
    assert.deepEqual([parsed.flags, parsed.mistakes], [{ webSearch: value }, []], line);
  }
  assert.equal(parse('--web-search serve').command, 'serve');
  assert.deepEqual(parse('--no-web-search=1').mistakes, ['Flag --no-web-search takes no value.']);
});

test('every flag of every option is understood', () => {
  for (const name of OPTION_NAMES) {
    for (const flag of OPTIONS[name].flags) {
      assert.deepEqual(parseArguments([`${flag}=x`]), { command: undefined, flags: { [name]: 'x' }, own: {}, mistakes: [] });
    }
  }
});

test('a flag without its value is a mistake that says what was expected', () => {
  for (const line of ['--port', '--port --web-search']) {
    assert.deepEqual(parse(line).mistakes, ['Flag --port has no value: expected a port number from 0 to 65535.']);
  }
});

test('an unknown flag suggests the nearest one, and what stands behind it is never repeated', () => {
  assert.deepEqual(parse('--prot 80 --api-key=sk-test-hidden --frobnicate').mistakes, [
    'Unknown flag "--prot": did you mean --port?',
    'Unknown flag "--api-key": did you mean --ai-api-key?',
    'Unknown flag "--frobnicate": see --help.',
  ]);
  assert.doesNotMatch(parse('--api-key sk-test-hidden').mistakes.join(), /hidden/);
  assert.deepEqual(parse('--hepl --no-port').mistakes, [
    'Unknown flag "--hepl": did you mean --help?',
    'Unknown flag "--no-port": did you mean --port?',
  ]);
});

test('the first word that is no flag is the command; others are mistakes', () => {
  assert.equal(parse('--port 1 serve').command, 'serve');
  assert.deepEqual(parse('serv').mistakes, ['Unknown command "serv": did you mean serve?']);
  assert.deepEqual(parse('constructor').mistakes, ['Unknown command "constructor": see help.']);
  assert.deepEqual(parse('serve again').mistakes, ['Unexpected word "again" after the command.']);
});

test('a command takes its own flags, before it and behind it', () => {
  for (const line of ['models --codex-catalog a.json --force', '--force --codex-catalog=a.json models']) {
    assert.deepEqual(parse(line), { command: 'models', flags: {}, own: { '--codex-catalog': 'a.json', '--force': '1' }, mistakes: [] }, line);
  }
  assert.deepEqual(parse('models --json --port 1').flags, { port: '1' });
});

test('the own flags of another command are a mistake, and so are their values', () => {
  for (const line of ['--json', 'serve --json', '--json version']) {
    assert.deepEqual(parse(line).mistakes, ['Flag --json belongs to the command models.'], line);
  }
  assert.deepEqual(parse('models --codex-catalog').mistakes, ['Flag --codex-catalog has no value: expected the name of a file.']);
  assert.deepEqual(parse('models --json=perhaps --codex-version new').mistakes, [
    'Cannot use "perhaps" from flag --json: expected on or off (also 1/0, true/false, yes/no).',
    'Cannot use "new" from flag --codex-version: expected a version of Codex such as 0.146.0.',
  ]);
  assert.deepEqual(parse('models --codex-catalogue x').mistakes, ['Unknown flag "--codex-catalogue": did you mean --codex-catalog?']);
});

test('a spelling means one thing: own flags are no options, and take a value everywhere or nowhere', () => {
  const shared = OPTION_NAMES.flatMap((name) => OPTIONS[name].flags.flatMap((flag) => [flag, `--no-${flag.slice(2)}`]));
  const isSwitch = new Map<string, boolean>();
  for (const { flag, type } of COMMAND_NAMES.flatMap((name) => COMMANDS[name].own ?? [])) {
    assert.ok(!shared.some((option) => option === flag), flag);
    assert.equal(isSwitch.get(flag) ?? type.isSwitch === true, type.isSwitch === true, flag);
    isSwitch.set(flag, type.isSwitch === true);
  }
});

test('a long word in the place of a command may be a key: it is not repeated', () => {
  const [mistake = ''] = parse(`sk-test-${'0'.repeat(40)}`).mistakes;
  assert.equal(mistake, 'Unknown command "sk-…": see help.');
});

test('--help and --version stand above any command', () => {
  for (const line of ['--help', '-h', 'serve --help', '--help serve', '--help --version']) {
    assert.equal(parse(line).command, 'help', line);
  }
  for (const line of ['--version', '-v', 'serve -v']) {
    assert.equal(parse(line).command, 'version', line);
  }
});
