/** The options of the benchmark. test/tools/command-line.test.ts checks the exit code of an invalid one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from './options';

test('lists are separated by commas or repeated', () => {
  const { only, subjects, quick } = readOptions(['--only', 'start,paced', '--only', 'memory', '--subjects', 'direct']);
  assert.deepEqual(only, ['start', 'paced', 'memory']);
  assert.deepEqual(subjects, ['direct']);
  assert.equal(quick, false);
});

test('an unknown flag throws', () => {
  assert.throws(() => readOptions(['--fast']), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
});
