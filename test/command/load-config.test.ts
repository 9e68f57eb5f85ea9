/** Loads the whole configuration of a command; the catalog is loaded only if it can add something. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig, loadEnvironment } from '../../src/command/load-config';
import type { Environment, FlagTexts } from '../../src/config/resolve';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';

test('loadConfig adds the provider’s values, and reports errors', () => {
  const loaded = loadConfig({ provider: 'deepseek' }, { DEEPSEEK_API_KEY: 'sk-test-own' });
  assert.ok(loaded.ok);
  assert.deepEqual([loaded.config.aiBaseUrl, loaded.config.aiApiKey], ['https://api.deepseek.com', 'sk-test-own']);
  assert.equal(loadConfig({ port: 'x' }, {}).ok, false);
  assert.equal(loadConfig({ provider: 'openai-compatible' }, {}).ok, false);
});

test('with a key and no provider, the catalog is not loaded; without a --config-file, nor is its parser', () => {
  const script = `
    const { loadConfig } = require('./src/command/load-config');
    const catalogIsLoaded = () => Object.keys(require.cache).some((path) => /providers.catalog/.test(path));
    loadConfig({}, { AI_API_KEY: 'sk-test' });
    const before = catalogIsLoaded();
    loadConfig({}, {});
    const reader = Object.keys(require.cache).some((path) => /env-file/.test(path));
    console.log(before, catalogIsLoaded(), reader);`;
  const { stdout, stderr } = spawnSync(process.execPath, [...LOAD_TYPESCRIPT, '--eval', script], {
    cwd: join(__dirname, '..', '..'), env: { PATH: process.env['PATH'] }, encoding: 'utf8',
  });
  assert.equal(stdout, 'false true false\n', stderr);
});

const FOLDER = mkdtempSync(join(tmpdir(), 'env-file-'));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

let files = 0;

function writeEnvFile(...lines: readonly string[]): string {
  files += 1;
  const path = join(FOLDER, `${files}.env`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

function load(flags: FlagTexts, env: Environment) {
  const loaded = loadConfig(flags, env);
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.errors.join('\n'));
  return loaded;
}

function errorsOf(flags: FlagTexts, env: Environment): readonly string[] {
  const loaded = loadConfig(flags, env);
  return loaded.ok ? [] : loaded.errors;
}

test('flags and environment override the file, and the origin names it', () => {
  const path = writeEnvFile('PORT=1000', 'HOST=localhost', 'LOG_LEVEL=warn', 'SMALL_MODEL=', 'DEFAULT_MODEL=from-file');
  const { config, origins } = load({ configFile: path, host: '::1' }, { PORT: '2000', DEFAULT_MODEL: ' ' });
  assert.deepEqual([config.port, origins.port], [2000, { kind: 'env', name: 'PORT' }]);
  assert.deepEqual([config.host, origins.host], ['::1', { kind: 'flag', name: '--host' }]);
  assert.deepEqual([config.logLevel, origins.logLevel], ['warn', { kind: 'file', name: `LOG_LEVEL in ${path}` }]);
  assert.deepEqual([config.defaultModel, config.smallModel], ['from-file', undefined]);
});

test('the variable can name the file, and the flag overrides it', () => {
  const [first, second] = [writeEnvFile('PORT=1'), writeEnvFile('PORT=2')];
  assert.equal(load({}, { BRIDGE_ENV_FILE: first }).config.port, 1);
  assert.equal(load({ configFile: second }, { BRIDGE_ENV_FILE: first }).config.port, 2);
  assert.equal(load({}, { BRIDGE_ENV_FILE: ' ' }).config.port, 31415);
});

test("a provider's own key variable may be in the file, and the resulting environment contains all of it", () => {
  const path = writeEnvFile('AI_PROVIDER=deepseek', "DEEPSEEK_API_KEY='sk-test-file'", 'ZAI_API_KEY=sk-test-other');
  const { config, origins, env } = load({ configFile: path }, { HOME: '/somewhere' });
  assert.deepEqual(
    [config.aiApiKey, origins.aiApiKey],
    ['sk-test-file', { kind: 'file', name: `DEEPSEEK_API_KEY in ${path}` }],
  );
  assert.deepEqual([env['HOME'], env['ZAI_API_KEY']], ['/somewhere', 'sk-test-other']);
  const process = { DEEPSEEK_API_KEY: 'sk-test-process' };
  assert.deepEqual(load({ configFile: path }, process).origins.aiApiKey, { kind: 'env', name: 'DEEPSEEK_API_KEY' });
});

test('errors in the file and elsewhere are reported together, without the values', () => {
  const path = writeEnvFile('AI_API_KEY="sk-test-hidden', 'sk-test-hidden');
  assert.deepEqual(errorsOf({ configFile: path, port: 'x' }, {}), [
    `Cannot read line 1 of ${path}: the value starts with " but does not end with it.`,
    `Cannot read line 2 of ${path}: expected NAME=VALUE: there is no equals sign.`,
    'Cannot use "x" from flag --port: expected a port number from 0 to 65535.',
  ]);
});

test('an invalid value is reported with the file, and a key is not repeated', () => {
  const path = writeEnvFile('PORT=x', 'AI_API_KEY=sk-test-hidden key');
  assert.deepEqual(errorsOf({ configFile: path }, {}), [
    `Cannot use "x" from file PORT in ${path}: expected a port number from 0 to 65535.`,
    `Cannot use "sk-…" from file AI_API_KEY in ${path}: expected visible ASCII characters without spaces.`,
  ]);
  const own = writeEnvFile('AI_PROVIDER=deepseek', 'DEEPSEEK_API_KEY=sk-test-hidden key');
  assert.deepEqual(errorsOf({ configFile: own }, {}), [
    `Cannot use "sk-…" from file DEEPSEEK_API_KEY in ${own}: expected visible ASCII characters without spaces.`,
  ]);
});

test('a file that cannot be read is an error with its path and the reason', () => {
  const missing = join(FOLDER, 'missing.env');
  assert.deepEqual(errorsOf({ configFile: missing, port: 'x' }, {}), [
    `Cannot read ${JSON.stringify(missing)} from flag --config-file: no such file.`,
    'Cannot use "x" from flag --port: expected a port number from 0 to 65535.',
  ]);
  assert.deepEqual(errorsOf({}, { BRIDGE_ENV_FILE: FOLDER }), [
    `Cannot read ${JSON.stringify(FOLDER)} from env BRIDGE_ENV_FILE: it is a folder.`,
  ]);
  assert.deepEqual(errorsOf({ configFile: '~/.bridge.env' }, {}), [
    'Cannot read "~/.bridge.env" from flag --config-file: '
    + 'no such file; ~ is not expanded here, so write the full path.',
  ]);
  assert.deepEqual(errorsOf({ configFile: '' }, {}), [
    'Cannot use "" from flag --config-file: expected the path of a file.',
  ]);
});

test('the result includes the environment, the file and the origin of variables', () => {
  const path = writeEnvFile('PORT=1', 'HOST=localhost');
  const { env, file, findOrigin, errors } = loadEnvironment({ configFile: path }, { PORT: '2' });
  assert.deepEqual([env, errors], [{ PORT: '2', HOST: 'localhost' }, []]);
  assert.deepEqual(file, { path, values: { PORT: '1', HOST: 'localhost' } });
  assert.deepEqual(
    [findOrigin('PORT').kind, findOrigin('HOST').kind, findOrigin('OTHER').kind],
    ['env', 'file', 'env'],
  );
  const given = { PORT: '2' };
  assert.equal(loadEnvironment({}, given).env, given);
});

test('on Windows, names are upper case, whatever the case in which they were set', () => {
  const path = writeEnvFile('PORT=1');
  const flags = { configFile: path };
  assert.deepEqual(loadEnvironment(flags, { Path: 'C:\\bin' }, 'win32').env, { PATH: 'C:\\bin', PORT: '1' });
  assert.deepEqual(loadEnvironment(flags, { Path: '/bin' }, 'linux').env, { Path: '/bin', PORT: '1' });
});
