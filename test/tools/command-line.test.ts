/** The development commands reject an invalid command line: a run that does nothing must not succeed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';
import { readNumber } from './command-line';

const REJECTED: Readonly<Record<string, readonly (readonly [invalid: readonly string[], problem: RegExp])[]>> = {
  'security/fuzz/main': [
    [['--cases', 'abc'], /^Cannot read --cases "abc": expected a whole number of at least 1\.$/m],
    [['--cases', '0'], /--cases "0"/], [['--cases', '1.5'], /--cases "1\.5"/], [['--seed', 'x'], /--seed "x"/],
    [['--minutes', ''], /--minutes ""/], [['--case', '1e3'], /--case "1e3"/], [['--casse', '5'], /--casse/],
    [['5'], /Unexpected argument '5'/],
  ],
  'security/soak/main': [
    [['--minutes', 'abc'], /--minutes "abc"/], [['--streams', '0'], /--streams "0"/], [['--seed', '-'], /--seed "-"/],
    [['--stream', '5'], /--stream/],
  ],
  'tools/run-tests': [
    [['--concurrency', 'abc', '--compiled'], /--concurrency "abc"/],
    [['--slowest', 'x', '--compiled'], /--slowest "x"/],
    [['--slow'], /--slow/],
  ],
};

for (const [program, cases] of Object.entries(REJECTED)) {
  describe(program, () => {
    for (const [invalid, problem] of cases) {
      test(invalid.join(' '), () => {
        const args = [...LOAD_TYPESCRIPT, join(__dirname, '..', `${program}.ts`), ...invalid];
        const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
        assert.equal(status, 2, stderr);
        assert.match(stderr, problem);
        assert.match(stderr, /\n\nUsage: npm /);
        assert.doesNotMatch(stderr, /\n {4}at /);
        assert.equal(stdout, '');
      });
    }
  });
}

test('a number of a flag is read, and is absent without the flag', () => {
  assert.equal(readNumber({ minutes: '0.5' }, 'minutes', { min: 0, fractions: true }), 0.5);
  assert.equal(readNumber({ cases: '20000' }, 'cases', { min: 1 }), 20_000);
  assert.equal(readNumber({}, 'cases', { min: 1 }), undefined);
});
