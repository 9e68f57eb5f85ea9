/** The runner of `npm test`: failures, totals and exit code. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LOAD_TYPESCRIPT } from '../support/cli/load-typescript';
import { findTests } from './run-tests';

const RUNNER = join(__dirname, 'run-tests.ts');

/** Writes test files to a folder, and runs them like `npm test`. */
function runTests(
  context: TestContext, files: Readonly<Record<string, string>>, options: readonly string[] = [],
) {
  const folder = mkdtempSync(join(tmpdir(), 'run-tests-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = [...LOAD_TYPESCRIPT, RUNNER, '--compiled', ...options, folder];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout };
}

const countsOf = (output: string): readonly string[] => output.match(/^# (?!duration)\w+ \d+$/gm) ?? [];

const PASSING = `
  import { describe, it, test } from 'node:test';
  test('one', () => undefined);
  describe('group', () => { it('two', () => undefined); });
  test('three', { skip: 'no shell' }, () => undefined);
  test('four', { todo: true }, () => { throw new Error('later'); });
`;

test('passing tests print no failure, only the totals', (context) => {
  const { status, stdout } = runTests(context, { 'a.test.ts': PASSING, 'b.ts': 'throw new Error("no test file");' });
  assert.equal(status, 0, stdout);
  assert.deepEqual(countsOf(stdout), [
    '# tests 4', '# suites 1', '# pass 2', '# fail 0', '# cancelled 0', '# skipped 1', '# todo 1',
  ]);
  assert.doesNotMatch(stdout, /FAIL|later/);
});

test('a failing test is printed once with its path, its error and the location; the exit code is 1', (context) => {
  const { status, stdout } = runTests(context, {
    'a.test.ts': PASSING,
    'c.test.ts': `
      import assert from 'node:assert/strict';
      import { describe, it, test } from 'node:test';
      describe('group', () => {
        it('passes', () => undefined);
        it('fails', () => assert.equal(1, 2));
      });
      test('rejects', () => Promise.reject(new TypeError('never')));
    `,
  });
  assert.equal(status, 1, stdout);
  assert.equal(stdout.match(/^FAIL /gm)?.length, 2);
  assert.match(stdout, /^FAIL .*c\.test\.ts › group › fails$/m);
  assert.match(stdout, /1 !== 2[^]*at .*c\.test\.ts/);
  assert.match(stdout, /^FAIL .*c\.test\.ts › rejects\n {2}TypeError.*: never$/m);
  assert.match(stdout, /^2 failures:\n.*fails\n.*rejects$/m);
  assert.match(stdout, /^# tests 7\n# suites 2\n# pass 3\n# fail 2$/m);
});

test('a file whose process is killed fails', (context) => {
  const { status, stdout } = runTests(context, {
    'e.test.ts': `
      import { test } from 'node:test';
      test('one', () => undefined);
      test('two', () => new Promise(() => setImmediate(() => process.kill(process.pid, 'SIGKILL'))));
    `,
  });
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^FAIL .*e\.test\.ts(?: › two)?\n {2}The process was killed by SIGKILL\.$/m);
  assert.match(stdout, /^# fail 1$/m);
});

test('a test that never ends fails with its name, once the event loop is empty', (context) => {
  const { status, stdout } = runTests(context, {
    'f.test.ts': `
      import { test } from 'node:test';
      test('one', () => undefined);
      test('two', () => new Promise(() => undefined));
    `,
  });
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^FAIL .*f\.test\.ts › two\n {2}The process exited with code 13\.\n.*still pending/m);
  assert.match(stdout, /^# pass 1\n# fail 1$/m);
});

test('a failing hook of a suite fails the run', (context) => {
  const { status, stdout } = runTests(context, {
    'h.test.ts': `
      import { before, describe, it } from 'node:test';
      describe('group', () => { before(() => { throw new Error('no server'); }); it('one', () => undefined); });
    `,
  });
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^FAIL .*h\.test\.ts › group.*\n {2}Error: no server$/m);
});

test('files that share a process are reported separately if they fail, do not load, never end or crash', (context) => {
  const { status, stdout } = runTests(context, {
    'a.test.ts': PASSING,
    'b.test.ts': `
      import assert from 'node:assert/strict';
      import { describe, it } from 'node:test';
      describe('group', () => { it('fails', () => assert.equal(1, 2)); });
    `,
    'c.test.ts': "throw new Error('broken file');",
    'd.test.ts': "import { test } from 'node:test';\ntest('waits', () => new Promise(() => undefined));",
    'e.test.ts': "import { test } from 'node:test';\ntest('ends', () => process.kill(process.pid, 'SIGKILL'));",
    'f.test.ts': PASSING,
  }, ['--together']);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^FAIL .*b\.test\.ts › group › fails$/m);
  assert.match(stdout, /^FAIL .*c\.test\.ts\n[^]*broken file/m);
  assert.match(stdout, /^FAIL .*d\.test\.ts › waits\n {2}The process exited with code 13\.$/m);
  assert.match(stdout, /^FAIL .*e\.test\.ts(?: › ends)?\n {2}The process was killed by SIGKILL\.$/m);
  assert.match(stdout, /^4 failures:$/m);
  assert.deepEqual(countsOf(stdout), [
    '# tests 12', '# suites 3', '# pass 4', '# fail 4', '# cancelled 0', '# skipped 2', '# todo 2',
  ]);
});

test('a file that fails only together with others fails the run', (context) => {
  const { status, stdout } = runTests(context, {
    'a.test.ts': PASSING,
    'b.test.ts': `
      import { test } from 'node:test';
      test('one', () => { if (process.argv.length > 2) setImmediate(() => process.exit(7)); });
      test('two', () => new Promise((resolve) => setTimeout(resolve, 100)));
    `,
  }, ['--together']);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^FAIL .*\n {2}The process exited with code 7\.$/m);
});

test('the standard error of a crashed process is printed although a running child holds it open', (context) => {
  const { status, stdout } = runTests(context, {
    'a.test.ts': `
      import { spawn } from 'node:child_process';
      import { writeSync } from 'node:fs';
      const wait = 'setTimeout(() => undefined, 60_000)';
      const stdio = ['ignore', 'ignore', 'inherit'];
      const { pid } = spawn(process.execPath, ['-e', wait], { detached: true, stdio });
      writeSync(2, 'left ' + pid);
      process.exit(7);
    `,
  });
  process.kill(Number(/left (\d+)/.exec(stdout)?.[1]), 'SIGKILL');
  assert.equal(status, 1, stdout);
  assert.match(stdout, /The process exited with code 7\.\n[^]*left \d+$/m);
});

test('--slowest lists the files that took longest', (context) => {
  const files = { 'a.test.ts': PASSING, 'b.test.ts': PASSING, 'c.test.ts': PASSING };
  const { stdout } = runTests(context, files, ['--slowest', '2']);
  assert.equal(stdout.match(/^ +\d+\.\d s {2}.*\.test\.ts$/gm)?.length, 2, stdout);
});

test('a file that does not load fails', (context) => {
  const { status, stdout } = runTests(context, { 'd.test.ts': "throw new Error('broken file');\n" });
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^FAIL .*d\.test\.ts/m);
  assert.match(stdout, /^# fail 1$/m);
});

test('a folder without test files fails', (context) => {
  const { status, stdout } = runTests(context, {});
  assert.equal(status, 1);
  assert.match(stdout, /^# tests 0$/m);
});

test('a folder selects the test files in it', () => {
  const found = findTests(__dirname);
  assert.ok(found.includes(join(__dirname, 'run-tests.test.ts')));
  assert.ok(!found.includes(RUNNER));
});
