/** `config`: shows every option with the source of its value, and never a key. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../../src/cli/main';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';
import { createFakeIo } from '../support/cli/fake-io';

const HOME = mkdtempSync(join(tmpdir(), 'config-command-'));
after(() => rmSync(HOME, { recursive: true, force: true }));

async function runConfig(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  isTerminal = false,
) {
  const io = { ...createFakeIo(), isTerminal: () => isTerminal };
  const code = await run(['config', ...args], { HOME, ...env }, io);
  return { code, ...io.written };
}

/** The row of a flag, with its continuation line. */
function rowOf(out: string, flag: string): string {
  const row = out.split(/\n(?! {4})/).find((each) => each.slice(1).startsWith(` ${flag} `));
  assert.ok(row !== undefined, flag);
  return row.replace(/\s+/g, ' ').trim();
}

test('every option is shown with its default, in lines of 80 columns', async () => {
  const { code, out, error } = await runConfig();
  assert.deepEqual([code, error], [0, '']);
  for (const name of OPTION_NAMES) {
    const { default: preset, flags } = OPTIONS[name];
    const value = preset === undefined ? '-' : typeof preset === 'boolean' ? (preset ? 'on' : 'off') : preset;
    assert.equal(rowOf(out, flags[0]), `${flags[0]} ${value} default`);
  }
  const folders = /^ {2}\w+ folder /;
  assert.deepEqual(out.split('\n').filter((line) => line.length > 80 && !folders.test(line)), []);
  assert.match(out, /^Listening\n {2}--host +127\.0\.0\.1 +default\n/);
  assert.doesNotMatch(out, / \n|\u001b/);
});

test('a row shows the source of the value, and what it overrides', async () => {
  const file = join(HOME, 'my.env');
  writeFileSync(file, 'PORT=1\nHOST=localhost\nLOG_LEVEL=debug\n');
  const env = { PORT: '2', LOG_LEVEL: 'warn', BRIDGE_ENV_FILE: join(HOME, 'other.env') };
  const { code, out } = await runConfig(['--port', '3', '--no-tool-markup', '--config-file', file], env);
  assert.equal(code, 0);
  assert.equal(rowOf(out, '--port'), `* --port 3 flag --port, overrides env PORT and file PORT in ${file}`);
  assert.equal(rowOf(out, '--log-level'), `* --log-level warn env LOG_LEVEL, overrides file LOG_LEVEL in ${file}`);
  assert.equal(rowOf(out, '--host'), `* --host localhost file HOST in ${file}`);
  assert.equal(rowOf(out, '--tool-markup'), '* --tool-markup off flag --tool-markup');
  const expected = `* --config-file ${file} flag --config-file, overrides env BRIDGE_ENV_FILE`;
  assert.equal(rowOf(out, '--config-file'), expected);
});

test('shows the detected provider, its values, and the folders', async () => {
  const env = {
    AI_PROVIDER: 'deepseek',
    DEEPSEEK_API_KEY: 'sk-test-hidden',
    CODEX_HOME: join(HOME, 'codex'),
    LANG: 'C.UTF-8',
  };
  const { out } = await runConfig(['--state-dir', join(HOME, 'state')], env);
  assert.equal(rowOf(out, '--ai-base-url'), '* --ai-base-url https://api.deepseek.com env AI_PROVIDER');
  assert.equal(rowOf(out, '--ai-api-key'), '* --ai-api-key sk-… env DEEPSEEK_API_KEY');
  assert.match(rowOf(out, 'provider'), /^provider deepseek DeepSeek/);
  assert.equal(rowOf(out, 'state folder'), `state folder ${join(HOME, 'state')}`);
  assert.equal(rowOf(out, 'Codex folder'), `Codex folder ${join(HOME, 'codex')}`);
});

test('masks a key, in the text and in JSON', async () => {
  const env = { AI_API_KEY: 'sk-test-hidden' };
  for (const args of [[], ['--json'], ['--ai-api-key', 'sk-test-hidden-too']]) {
    const { out } = await runConfig(args, env);
    assert.doesNotMatch(out, /hidden/);
    assert.match(out, /sk-/);
  }
});

test('--json prints one document with values, origins, defaults, provider and folders', async () => {
  const env = { PORT: '2', AI_API_KEY: 'sk-test-hidden', XDG_STATE_HOME: join(HOME, 'xdg') };
  const { code, out, error } = await runConfig(['--json', '--model-map', 'Fast=small'], env);
  assert.deepEqual([code, error], [0, '']);
  const { options, provider, places } = JSON.parse(out);
  assert.deepEqual(Object.keys(options), OPTION_NAMES);
  assert.deepEqual(options.port, { value: 2, origin: { kind: 'env', name: 'PORT' }, default: 31415 });
  assert.deepEqual(options.webSearch, { value: false, origin: { kind: 'default' }, default: false });
  assert.deepEqual(options.modelMap.value, { fast: 'small' });
  assert.deepEqual(options.aiApiKey, { value: 'sk-…', origin: { kind: 'env', name: 'AI_API_KEY' }, default: null });
  assert.deepEqual(options.store, { value: null, origin: { kind: 'default' }, default: null });
  assert.deepEqual(Object.keys(provider), ['name', 'title']);
  assert.equal(places.codexHome, join(HOME, '.codex'));
  if (!['win32', 'darwin'].includes(process.platform))
    assert.equal(places.state, join(HOME, 'xdg', 'aliyun-codex-bridge'));
});

test('uses colors on a terminal, and ASCII if the locale is not UTF-8', async () => {
  assert.match((await runConfig([], {}, true)).out, /\u001b\[1mListening\u001b\[22m\n.*\u001b\[2mdefault\u001b\[22m\n/);
  assert.doesNotMatch((await runConfig([], { NO_COLOR: '1' }, true)).out, /\u001b/);
  assert.match((await runConfig(['--default-model', 'größer'], { LANG: 'C' })).out, /--default-model +gr\?\?er /);
});

test('errors in flags, environment and file are reported together, with exit code 2', async () => {
  const file = join(HOME, 'wrong.env');
  writeFileSync(file, 'PORT\n');
  const { code, out, error } = await runConfig(['--jsn', '--config-file', file], { LOG_LEVEL: 'loud' });
  assert.deepEqual([code, out], [2, '']);
  assert.equal(error, [
    'Invalid usage:',
    '  Unknown flag --jsn. Did you mean --json?',
    `  Cannot read line 1 of ${file}: expected NAME=VALUE: there is no equals sign.`,
    '  Cannot use "loud" from env LOG_LEVEL: expected debug, info, warn or error.',
    '',
  ].join('\n'));
});
