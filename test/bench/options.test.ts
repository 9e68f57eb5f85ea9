/** The command line of the benchmark. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';
import { readOptions } from './options';

test('lists are separated by commas or repeated', () => {
  const { only, subjects, quick } = readOptions(['--only', 'start,paced', '--only', 'memory', '--subjects', 'direct']);
  assert.deepEqual(only, ['start', 'paced', 'memory']);
  assert.deepEqual(subjects, ['direct']);
  assert.equal(quick, false);
});

test('an unknown flag is a usage error', () => {
  assert.throws(() => readOptions(['--fast']), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
});

for (const args of [['--fast'], ['--only', 'speed'], ['--subjects', 'pipe'], ['--cmd', 'no command']]) {
  test(`${args.join(' ')} exits with code 2 and prints the help`, () => {
    const { status, stderr } = spawnSync(process.execPath, [...LOAD_TYPESCRIPT, join(__dirname, 'main.ts'), ...args], {
      encoding: 'utf8', timeout: 60_000,
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /\n\nUsage: npm run bench/);
  });
}
