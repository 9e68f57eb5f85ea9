/** Flags override the environment, which overrides defaults; all errors are reported at once, without secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTIONS, OPTION_NAMES } from '../../src/config/options';
import { resolveConfig, type Environment, type FlagTexts } from '../../src/config/resolve';

function resolve(flags: FlagTexts, env: Environment) {
  const resolved = resolveConfig(flags, env);
  assert.ok(resolved.ok, resolved.ok ? '' : resolved.errors.join('\n'));
  return resolved;
}

function errorsOf(flags: FlagTexts, env: Environment): readonly string[] {
  const resolved = resolveConfig(flags, env);
  return resolved.ok ? [] : resolved.errors;
}

test('without any values, every option has its default', () => {
  const { config, origins } = resolve({}, {});
  for (const name of OPTION_NAMES) {
    assert.equal(config[name], OPTIONS[name].default);
    assert.deepEqual(origins[name], { kind: 'default' });
  }
});

test('a flag overrides the environment, which overrides the default, and the origin says which applies', () => {
  const { config, origins } = resolve({ port: '1000' }, { PORT: '2000', HOST: 'localhost' });
  assert.deepEqual([config.port, origins.port], [1000, { kind: 'flag', name: '--port' }]);
  assert.deepEqual([config.host, origins.host], ['localhost', { kind: 'env', name: 'HOST' }]);
});

test('an empty variable counts as absent, an empty flag does not', () => {
  const { config } = resolve({}, { PORT: '', HOST: ' ' });
  assert.deepEqual([config.port, config.host], [31415, '127.0.0.1']);
  assert.deepEqual(errorsOf({ port: '' }, { PORT: '1' }), [
    'Cannot use "" from flag --port: expected a port number from 0 to 65535.',
  ]);
});

test('every error is reported with the value, what was expected and its origin', () => {
  const env = { LOG_LEVEL: 'loud', AI_API_BASE: 'example.com', WEB_SEARCH: 'maybe' };
  assert.deepEqual(errorsOf({ port: '80800' }, env), [
    'Cannot use "80800" from flag --port: expected a port number from 0 to 65535.',
    'Cannot use "example.com" from env AI_API_BASE: '
    + 'expected an http:// or https:// URL without user name, query and fragment.',
    'Cannot use "maybe" from env WEB_SEARCH: expected on or off (also 1/0, true/false, yes/no).',
    'Cannot use "loud" from env LOG_LEVEL: expected debug, info, warn or error.',
  ]);
});

test('an invalid flag is an error even if the environment is valid', () => {
  assert.equal(errorsOf({ port: 'x' }, { PORT: '80' }).length, 1);
});

test('a secret is never quoted in full, nor is a secret inside a URL', () => {
  const errors = errorsOf({}, {
    AI_API_KEY: 'sk-test-0123456789 abcdef',
    AI_API_BASE: 'https://user:hidden1@example.com/v1?key=hidden2',
  }).join('\n');
  assert.match(errors, /"sk-…" from env AI_API_KEY/);
  assert.match(errors, /"https:\/\/…@example\.com\/v1\?…" from env AI_API_BASE/);
  assert.doesNotMatch(errors, /0123|hidden/);
  assert.match(errorsOf({ aiApiKey: 'a b' }, {}).join(), /"…" from flag --ai-api-key/);
});

test('a long or multi-line value is quoted on one line and truncated', () => {
  const [error = ''] = errorsOf({ port: `1\n${'2'.repeat(500)}` }, {});
  assert.match(error, /^Cannot use "1\\n2+…" from flag --port/);
  assert.ok(error.length < 200);
});
